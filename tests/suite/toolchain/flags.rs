//! What the user has said to the compiler holds: flags, profiles and stripping.

use super::MUSL;
use crate::support::{Archive, Project, Run};
use std::fs;

#[test]
fn b8_the_users_flags_reach_the_compiler_wherever_they_stand() {
    let target = "[target.x86_64-unknown-linux-musl]\nrustflags = [\"--cfg\", \"mark\"]\n";
    let cfg = "[target.'cfg(target_env = \"musl\")']\nrustflags = [\"--cfg\", \"mark\"]\n";
    let build = "[build]\nrustflags = \"--cfg mark\"\n";
    for (config, variable) in [
        (target, None),
        (cfg, None),
        (build, None),
        ("", Some(("RUSTFLAGS", "--cfg mark"))),
        ("", Some(("CARGO_ENCODED_RUSTFLAGS", "--cfg\u{1f}mark"))),
        ("", Some(("CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS", "--cfg mark"))),
        ("", Some(("CARGO_BUILD_RUSTFLAGS", "--cfg mark"))),
    ] {
        let project = Project::new("hello", "");
        project.file("src/main.rs", "#[cfg(not(mark))]\ncompile_error!(\"no mark\");\nfn main() {}\n");
        project.file(".cargo/config.toml", config);
        let mut command = project.command(["--quiet"]);
        command.envs(variable);
        let run = Run::of(command);
        assert_eq!(run.status, 0, "{config:?} {variable:?}: {run:?}");
        assert!(Archive::read(&project.path("target/scratch/hello.tar")).root().contains_key("hello"));
    }
}

#[test]
fn b8_build_scripts_stay_programs_of_the_host() {
    let project = Project::new("hello", "");
    project.file(
        "build.rs",
        "fn main() {\n    assert_eq!(std::env::var(\"TARGET\").unwrap(), \"x86_64-unknown-linux-musl\");\n    \
         assert!(!cfg!(mark), \"flags of the target\");\n}\n",
    );
    project.file("src/main.rs", "#[cfg(not(mark))]\ncompile_error!(\"no mark\");\nfn main() {}\n");
    let mut command = project.command(["--quiet"]);
    command.env("RUSTFLAGS", "--cfg mark");
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn b8_stripping_is_the_profiles_own_decision_where_it_makes_one() {
    let built = |project: &Project, words: &[&str], folder: &str| {
        // the list of packages is in the packed program alone
        let run = project.scratch([&["--auditable=false"], words].concat());
        assert_eq!(run.status, 0, "{run:?}");
        let packed = Archive::read(&project.path("target/scratch/hello.tar")).root()["hello"].content.clone();
        (packed, fs::read(project.path(&format!("target/{MUSL}/{folder}/hello"))).unwrap(), run.stderr)
    };
    let (packed, compiled, said) = built(&Project::new("hello", ""), &[], "release");
    assert!(symbols(&compiled) && !symbols(&packed), "by default, symbols stay in target/");
    assert!(packed.len() < compiled.len() && said.contains("symbols taken out save"), "{said}");

    let kept = Project::new("hello", "[profile.release]\nstrip = false\n");
    let (packed, compiled, said) = built(&kept, &[], "release");
    assert!(packed == compiled && symbols(&packed), "not a byte is changed");
    assert!(said.contains("not stripped") && !said.contains("taken out"), "{said}");

    let stripped = Project::new("hello", "[profile.release]\nstrip = \"symbols\"\n");
    let (packed, compiled, _) = built(&stripped, &[], "release");
    assert!(packed == compiled && !symbols(&packed));

    let custom =
        "[profile.release]\nstrip = false\n[profile.small]\ninherits = \"release\"\nopt-level = \"z\"\n";
    let (packed, compiled, _) = built(&Project::new("hello", custom), &["--profile", "small"], "small");
    assert!(packed == compiled && symbols(&packed), "a profile inherits the decision");
    let (packed, compiled, _) = built(&Project::new("hello", custom), &["--profile", "dev"], "debug");
    assert!(symbols(&compiled) && !symbols(&packed), "another profile does not");
}

#[test]
fn b8_the_profile_can_be_chosen_and_is_release_otherwise() {
    let project = Project::new("hello", "");
    project.file("src/main.rs", "#[cfg(debug_assertions)]\ncompile_error!(\"debug\");\nfn main() {}\n");
    assert!(project.build(["--quiet"]).is_file());
    assert!(project.build(["--quiet", "--release"]).is_file());
    project.scratch(["--profile", "dev"]).refused(101, &["error: debug"]);
    let mut command = project.command(["--quiet"]);
    command.env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true");
    Run::of(command).refused(101, &["error: debug"]);
}

/// Whether a symbol table is among the sections.
fn symbols(elf: &[u8]) -> bool {
    assert!(elf.starts_with(b"\x7fELF"));
    elf.windows(8).any(|bytes| bytes == b".symtab\0")
}
