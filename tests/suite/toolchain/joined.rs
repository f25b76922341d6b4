//! Flags that we add stand beside the user's own, in the place that cargo takes those from, and never instead of them.

use super::bare::{Bare, RING};
use super::{MUSL, executable};
use crate::support::{Archive, Project, Run};

const TARGET: &str = "riscv64gc-unknown-linux-musl";
const OURS: &str = "-Ctarget-feature=+crt-static";
const OWN: &str = "-Copt-level=1";

/// A program without C; for riscv64 it is not static unless rustc is told.
fn machine() -> Bare {
    Bare::new("hello v0.1.0 (/hello)|\n`-- serde v1.0.0|\n")
}

/// The command of the plan for [`TARGET`], with this configuration, words and variables.
#[track_caller]
fn command(bare: &Bare, config: &str, words: &[&str], variables: &[(&str, &str)]) -> String {
    bare.project.file(".cargo/config.toml", config);
    let plan = bare.plan(&[&["--target", TARGET], words].concat(), variables);
    plan["command"].as_str().unwrap().to_owned()
}

/// The words by which cargo is given `flags` for the target, and behind them those that every build has.
fn told(flags: &[&str]) -> String {
    let list = serde_json::to_string(flags).unwrap();
    format!(".rustflags={},\"-Clink-arg=", list.trim_end_matches(']'))
}

/// The flags that reach cargo in a build with these variables, whose program is of this machine, but for those that
/// every build has.
#[track_caller]
fn handed(bare: &Bare, variables: &[(&str, &str)]) -> Vec<String> {
    let mut command = bare.command(&["--target", TARGET]);
    command.envs(variables.iter().copied());
    Run::of(command).refused(4, &["wanted riscv64gc"]);
    let flags = bare.project.builds().pop().unwrap().1.remove("CARGO_ENCODED_RUSTFLAGS").unwrap();
    let standing = |flag: &&str| flag.starts_with("-Clink-arg=") || flag.starts_with("--remap-path-prefix=");
    let (rest, own): (Vec<_>, Vec<_>) = flags.split('\u{1f}').partition(standing);
    assert!(rest.len() > 1, "{rest:?}");
    own.into_iter().map(str::to_owned).collect()
}

#[test]
fn b8_where_static_is_not_the_default_it_is_added_to_the_users_flags() {
    let bare = machine();
    let list = format!("rustflags = [\"{OWN}\"]\n");
    let (target, build) = (format!("[target.{TARGET}]\n{list}"), format!("[build]\n{list}"));
    let ours = told(&[OURS]);
    assert!(command(&bare, "", &[], &[]).contains(&ours));
    assert!(command(&bare, &target, &[], &[]).contains(&ours), "cargo joins the two lists");
    let joined = told(&[OWN, OURS]);
    let words = command(&bare, &build, &[], &[]);
    assert!(words.contains(&joined), "the general flags would be switched off: {words}");
    let words = command(&bare, &(target.clone() + "[build]\nrustflags = [\"-g\"]\n"), &[], &[]);
    assert!(words.contains(&ours), "they are switched off by the user's own: {words}");
    let variable = format!("CARGO_TARGET_{}_RUSTFLAGS", TARGET.replace('-', "_").to_uppercase());
    assert!(command(&bare, "", &[], &[(&variable, OWN)]).contains(&ours));
    assert!(command(&bare, "", &[], &[("CARGO_BUILD_RUSTFLAGS", OWN)]).contains(&joined));

    for value in [format!("[\"{OWN}\"]"), format!("\"{OWN}\"")] {
        let general = format!("build.rustflags={value}");
        let words = command(&bare, "", &["--config", &general], &[]);
        assert!(words.contains(&joined), "{words}");
        let targets = format!("target.{TARGET}.rustflags={value}");
        for config in ["", &build, &target] {
            let words = command(&bare, config, &["--config", &targets], &[]);
            assert!(words.contains(&ours) && words.contains(&targets.replace('\'', "")), "{words}");
        }
    }
    let general = format!("build.rustflags=[\"{OWN}\"]");
    let words =
        command(&bare, "[build]\nrustflags = \"-g --cap-lints=warn\"\n", &["--config", &general], &[]);
    assert!(words.contains(&told(&["-g", "--cap-lints=warn", OWN, OURS])), "{words}");
}

#[test]
fn b8_flags_in_variables_outrank_all_others_so_ours_go_there() {
    let bare = machine();
    let config = format!("[target.{TARGET}]\nrustflags = [\"--cfg=unheard\"]\n");
    for (name, value, joined) in [
        ("RUSTFLAGS", format!("{OWN}  --cfg mark"), vec![OWN, "--cfg", "mark", OURS]),
        // cargo lets an empty one outrank its tables too
        ("RUSTFLAGS", String::new(), vec![OURS]),
        ("CARGO_ENCODED_RUSTFLAGS", format!("{OWN}\u{1f}--cfg=a b"), vec![OWN, "--cfg=a b", OURS]),
    ] {
        let words = command(&bare, &config, &[], &[(name, &value)]);
        assert!(!words.contains("rustflags"), "{words}");
        assert_eq!(handed(&bare, &[(name, &value)]), joined);
    }
    let both = [("RUSTFLAGS", "--cfg=unheard"), ("CARGO_ENCODED_RUSTFLAGS", OWN)];
    assert_eq!(handed(&bare, &both), [OWN, OURS], "as cargo ranks them");
    // pipelines set them to nothing, and cargo takes that for an answer: no table is heard, so ours is in none
    for variables in [&[("RUSTFLAGS", "")][..], &[("CARGO_ENCODED_RUSTFLAGS", ""), ("RUSTFLAGS", OWN)]] {
        assert_eq!(handed(&bare, variables), [OURS], "{variables:?}");
    }
}

#[test]
fn b8_what_the_user_has_said_is_not_said_again() {
    let bare = machine();
    let list = format!("rustflags = [\"{OURS}\"]\n");
    let setting = format!("build.rustflags=[\"{OURS}\"]");
    // it is said where the user's flags are said again, so that others can stand behind them, and in the user's own words
    for (config, words, variables, times) in [
        (String::new(), &[][..], &[("RUSTFLAGS", OURS)][..], 1),
        (String::new(), &[], &[("CARGO_ENCODED_RUSTFLAGS", OURS)], 1),
        (format!("[target.{TARGET}]\n{list}"), &[], &[], 0),
        (format!("[build]\n{list}"), &[], &[], 1),
        (String::new(), &["--config", &setting], &[], 2),
    ] {
        let said = command(&bare, &config, words, variables);
        assert_eq!(said.matches("+crt-static").count(), times, "{said}");
    }
    // where it is the default nobody says anything
    let plan = bare.plan(&[], &[("RUSTFLAGS", OWN)]);
    assert!(!plan["command"].as_str().unwrap().contains("crt-static"), "{plan}");
}

#[test]
fn b8_a_processor_that_others_lack_is_warned_of_wherever_it_is_said() {
    let bare = Bare::new(RING);
    bare.script("musl-gcc", "exit 0");
    let native = "-Ctarget-cpu=native";
    let warned = |config: &str, words: &[&str], variable: Option<&str>| {
        bare.project.file(".cargo/config.toml", config);
        let mut command = bare.command(&[words, &["--dry-run"]].concat());
        command.envs(variable.map(|name| (name, native)));
        let run = Run::of(command);
        assert_eq!(run.status, 0, "{run:?}");
        let warning = "warning[processor]: `target-cpu=native` in the compiler's flags: the image will run only on processors \
                       that have all of what this machine's has\n  = help: to have the image say so: --cpu x86-64-v3 in \
                       place of the flag, or another level\n";
        assert!(run.stderr.is_empty() || run.stderr == warning, "{run:?}");
        !run.stderr.is_empty()
    };
    let target = format!("[target.{MUSL}]\nrustflags = [\"-C\", \"target-cpu=native\"]\n");
    let setting = format!("build.rustflags=\"{native}\"");
    assert!(warned("", &[], Some("RUSTFLAGS")) && warned("", &[], Some("CARGO_ENCODED_RUSTFLAGS")));
    assert!(
        warned(&target, &[], None) && warned("[build]\nrustflags = \"-Ctarget-cpu=native\"\n", &[], None)
    );
    assert!(warned("", &["--config", &setting], None));
    assert!(!warned("", &[], None));
    assert!(!warned(&target.replace("native", "x86-64-v2"), &[], None), "common enough");
    bare.project.file(".cargo/config.toml", target.as_str());
    assert!(bare.run(&["doctor"]).stderr.starts_with("warning[processor]: `target-cpu=native`"));
}

/// With the real cargo: a flag of ours names the folder of zig's C++ library to the linker, and the user's own reach
/// rustc beside it from every place.
#[test]
fn b8_ours_and_the_users_reach_the_compiler_together() {
    let project =
        Project::new("hello", "build = \"build.rs\"\n[build-dependencies]\ncc = { path = \"cc\" }\n");
    project.file("cc/Cargo.toml", "[package]\nname = \"cc\"\nversion = \"1.2.0\"\nedition = \"2024\"\n");
    project.file("cc/src/lib.rs", "");
    project.file(
        "build.rs",
        format!(
            "fn main() {{\n    assert!(!cfg!(mark), \"flags of the target\");\n    let flags = \
             std::env::var(\"CARGO_ENCODED_RUSTFLAGS\").unwrap();\n    assert!(flags.contains(\"-Lnative=\"), \
             \"{{flags}}\");\n    println!(\"cargo::rerun-if-env-changed=CC_{0}\");\n    \
             assert!(std::env::var(\"CC_{0}\").unwrap().ends_with(\"/cc\"));\n}}\n",
            MUSL.replace('-', "_")
        ),
    );
    project.file("src/main.rs", "#[cfg(not(mark))]\ncompile_error!(\"no mark\");\nfn main() {}\n");
    let tools = Project::empty();
    let zig = "#!/bin/sh\ncase $1 in version) echo 0.17.1;; *) printf '#include <\\n /a\\n /b\\nEnd\\n' >&2;; esac\n";
    executable(&tools.file("zig", zig));
    let mut path = vec![tools.path("")];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let path = std::env::join_paths(path).unwrap();
    let (target, build) =
        (format!("[target.{MUSL}]\nrustflags = \"--cfg mark\"\n"), "[build]\nrustflags = \"--cfg mark\"\n");
    for (config, variable, words) in [
        (target.as_str(), None, &[][..]),
        (build, None, &[]),
        ("", Some("RUSTFLAGS"), &[]),
        ("", Some("CARGO_BUILD_RUSTFLAGS"), &[]),
        ("", None, &["--config", "build.rustflags=[\"--cfg\", \"mark\"]"]),
    ] {
        project.file(".cargo/config.toml", config);
        let mut command = project.command(["--quiet", "--cache-dir", "cache"].iter().chain(words));
        command.env("PATH", &path).envs(variable.map(|name| (name, "--cfg mark")));
        for name in ["CC", "TARGET_CC"] {
            command.env_remove(name);
        }
        let run = Run::of(command);
        assert_eq!(run.status, 0, "{config:?} {variable:?} {words:?}: {run:?}");
        assert!(Archive::read(&project.path("target/scratch/hello.tar")).root().contains_key("hello"));
    }
}
