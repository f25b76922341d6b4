//! Libraries that packages look for: provided, or told within two seconds with the line for Cargo.toml.

use super::bare::{Bare, of};
use crate::support::Run;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const TREE: &str = "\
hello v0.1.0 (/hello)|
`-- native-tls v0.2.14|
    `-- openssl v0.10.73|default
        `-- openssl-sys v0.9.109|
            [build-dependencies]
            |-- cc v1.2.0|
            `-- pkg-config v0.3.32|
";
const LINE: &str = "in Cargo.toml:   openssl = { version = \"0.10.73\", features = [\"vendored\"] }\n";
const DIR: &str = "X86_64_UNKNOWN_LINUX_MUSL_OPENSSL_DIR";
const STATIC: &str = "X86_64_UNKNOWN_LINUX_MUSL_OPENSSL_STATIC";

/// A machine on which OpenSSL can be built.
fn machine(tree: &str) -> Bare {
    let bare = Bare::new(tree);
    bare.scripts(&["musl-gcc", "perl", "make"]);
    bare
}

/// A run that ends within two seconds, and has built nothing: on a busy machine the fastest of three counts.
#[track_caller]
fn soon(bare: &Bare, words: &[&str]) -> Run {
    for _ in 0..3 {
        let start = Instant::now();
        let run = bare.run(words);
        assert!(bare.project.builds().is_empty());
        if start.elapsed() < Duration::from_secs(2) {
            return run;
        }
    }
    panic!("{words:?} takes longer than two seconds");
}

#[test]
fn a_library_that_cannot_be_provided_is_told_at_once_with_the_line() {
    let looks = "error[no-library]: `openssl-sys` 0.9.109 looks for OpenSSL, and there is none for \
                 `x86_64-unknown-linux-musl`\n";
    let way = "note: it is wanted by hello → native-tls → openssl → openssl-sys\n";
    let bare = machine(TREE);
    let run = soon(&bare, &["build", "--no-provide"]);
    run.refused(3, &[looks, way, "--no-provide is set\n", LINE]);
    assert!(!run.stderr.contains("apt install"), "nothing to install helps: {run:?}");

    let bare = Bare::new(TREE);
    bare.script("musl-gcc", "exit 0");
    let without = soon(&bare, &["build"]);
    without.refused(
        3,
        &[
            looks,
            way,
            "takes perl, which is not on PATH, and make, which is not on PATH\n",
            "apt install perl make\n",
            LINE,
        ],
    );
    bare.script("make", "exit 0");
    soon(&bare, &["build"])
        .refused(3, &["takes perl, which is not on PATH\n", "sudo dnf install perl\n", LINE]);

    let bare = Bare::new(TREE);
    bare.scripts(&["perl", "make"]);
    let run = soon(&bare, &["doctor"]);
    assert_eq!(run.status, 3);
    assert!(
        run.stderr.contains("building it takes a C compiler\n")
            && run.stderr.contains("pip install ziglang")
            && run.stderr.contains(LINE),
        "{run:?}"
    );
    soon(&bare, &["build"]).refused(3, &["error[no-compiler]", "`openssl-sys` 0.9.109 compiles a probe of"]);
}

#[test]
fn a_library_is_built_once_and_handed_over_by_its_variables() {
    let bare = machine(TREE);
    let before = bare.project.listing();
    let plan = bare.run(&["--dry-run"]);
    let line = "\nlibrary      OpenSSL for openssl-sys: provided, to be built into the cache, once for all projects\n";
    assert!(plan.stdout.contains(line), "{plan:?}");
    assert!(!bare.home("").exists());

    let handed = bare.handed(&[], &[]);
    let folder = handed[DIR].clone();
    assert!(Path::new(&folder).is_dir() && Path::new(&folder).starts_with(bare.home(".cache/cargo-scratch")));
    assert_eq!(handed[STATIC], "1");
    assert!(plan.stdout.contains(&format!("{DIR}={folder} ")), "{plan:?}");
    assert_eq!(of(&handed, &["OPENSSL_DIR", "OPENSSL_STATIC"]), [None; 2], "this machine keeps its own");
    let builds = bare.project.builds();
    assert_eq!(builds.len(), 2, "the library's and the project's: {builds:?}");
    assert!(
        builds[1].0.contains("--manifest-path") && !builds[0].0.contains("--manifest-path"),
        "{builds:?}"
    );

    assert_eq!(bare.handed(&[], &[])[DIR], folder);
    assert_eq!(bare.project.builds().len(), 3, "once for all");
    let plan = bare.plan(&[], &[]);
    let way = json!(["hello", "native-tls", "openssl", "openssl-sys"]);
    let openssl = json!({"name": "OpenSSL", "package": "openssl-sys", "source": "cache", "way": way});
    assert_eq!(plan["libraries"], json!([openssl]));
    let other = bare.handed(&["--cache-dir", "other"], &[]);
    assert!(other[DIR].starts_with(bare.project.path("other").to_str().unwrap()));
    fs::remove_dir_all(bare.project.path("other")).unwrap();
    assert_eq!(bare.project.listing(), before, "the project is as it was");
    // who says no is not given what is there by chance
    bare.run(&["--no-provide"]).refused(3, &["error[no-library]", LINE]);
}

/// The variables of the two builds of a run: the library's, and the project's.
#[track_caller]
fn both(bare: &Bare, words: &[&str], variables: &[(&str, &str)]) -> [BTreeMap<String, String>; 2] {
    let before = bare.project.builds().len();
    bare.handed(words, variables);
    let builds = bare.project.builds().split_off(before);
    builds.into_iter().map(|(_, variables)| variables).collect::<Vec<_>>().try_into().unwrap()
}

#[test]
fn what_one_project_says_to_rustc_is_not_in_what_all_share() {
    let flags = "CARGO_ENCODED_RUSTFLAGS";
    let own = "-Crelocation-model=static";
    for (at, (config, words, variables)) in [
        ("", &[][..], &[("RUSTFLAGS", own)][..]),
        ("", &[], &[(flags, own)]),
        ("[build]\nrustflags = \"-Crelocation-model=static\"\n", &[], &[]),
        ("", &["--config", "build.rustflags=\"-Crelocation-model=static\""], &[]),
    ]
    .into_iter()
    .enumerate()
    {
        let bare = machine(TREE);
        bare.script("x86_64-linux-musl-gcc", "exit 0");
        bare.project.file(".cargo/config.toml", config);
        let [library, project] = both(&bare, words, variables);
        assert_eq!(library[flags], "", "not even what cargo would find elsewhere");
        let told = project.get(flags).map(|told| told.split('\u{1f}').next().unwrap());
        assert_eq!(told, (at < 2).then_some(own), "ours stand where the user's are, and behind them");
        assert!(!bare.project.builds()[0].0.contains("relocation"), "{:?}", bare.project.builds());
        assert_eq!(bare.handed(&[], &[])[DIR], project[DIR], "the same for everybody");
    }
}

#[test]
fn what_the_user_says_to_the_compiler_is_heard_and_has_a_place_of_its_own() {
    let bare = machine(TREE);
    bare.scripts(&["gcc"]);
    let plain = bare.handed(&[], &[])[DIR].clone();
    let mut places = vec![plain.clone()];
    for (name, value) in [
        ("CFLAGS_x86_64_unknown_linux_musl", "-O1"),
        ("CFLAGS_x86_64_unknown_linux_musl", "-O2"),
        ("CFLAGS", "-O1"),
        ("TARGET_AR", "/mine/ar"),
        ("CC", "gcc -Os"),
    ] {
        let [library, project] = both(&bare, &[], &[(name, value)]);
        let told = library[name].split(" -ffile-prefix-map=").next();
        assert_eq!(told, Some(value));
        assert!(!places.contains(&project[DIR]), "{name}");
        places.push(project[DIR].clone());
        // a project's [env] is not heard where the library is built, so it is told
        let setting = format!("env.{name}={value:?}");
        let same = bare.handed(&["--config", &setting], &[]);
        assert_eq!(same[DIR], project[DIR]);
        bare.project.file(".cargo/config.toml", format!("[env]\n{name} = {{ value = {value:?} }}\n"));
        let [library, _] = both(&bare, &["--cache-dir", &format!("target/{}", places.len())], &[]);
        let told = library[name].split(" -ffile-prefix-map=").next();
        assert_eq!(told, Some(value));
        bare.project.file(".cargo/config.toml", "");
    }
    assert_eq!(bare.handed(&[], &[("HOST_CC", "x"), ("CFLAGS_aarch64_unknown_linux_musl", "y")])[DIR], plain);
}

#[test]
fn the_users_own_library_wins() {
    let bare = Bare::new(TREE);
    bare.script("musl-gcc", "exit 0");
    for name in [
        "OPENSSL_DIR",
        DIR,
        "OPENSSL_LIB_DIR",
        "PKG_CONFIG_ALLOW_CROSS",
        "PKG_CONFIG_ALLOW_CROSS_x86_64-unknown-linux-musl",
        "PKG_CONFIG_SYSROOT_DIR",
    ] {
        let plan = bare.plan(&[], &[(name, "/mine")]);
        assert_eq!(plan["libraries"][0]["source"], json!("users"), "{name}");
        assert!(!plan["command"].as_str().unwrap().contains("OPENSSL"), "{plan}");
        bare.plan(&["--no-provide"], &[(name, "/mine")]);
        let setting = format!("env.{name:?}=\"/mine\"");
        assert_eq!(bare.plan(&["--config", &setting], &[])["libraries"][0]["source"], json!("users"));
    }
    bare.project.file(".cargo/config.toml", "[env]\nOPENSSL_DIR = \"/mine\"\n");
    let run = bare.run(&["--dry-run"]);
    let line = "\nlibrary      OpenSSL for openssl-sys: as your variables say\n";
    assert!(run.stdout.contains(line), "{run:?}");
    let handed = bare.handed(&[], &[]);
    assert_eq!(of(&handed, &[DIR, STATIC]), [None; 2]);
    assert_eq!(bare.project.builds().len(), 1, "nothing but the project");
}

#[test]
fn a_library_that_nobody_provides_is_the_users_to_name() {
    let bare = Bare::new("hello v0.1.0 (/hello)|\n`-- pcap v2.5.0|\n");
    let name = "name the folder of a libpcap.a that is built for musl: LIBPCAP_LIBDIR";
    bare.run(&["build"]).refused(3, &["error[no-library]: `pcap` 2.5.0 looks for libpcap", name]);
    bare.plan(&[], &[("LIBPCAP_LIBDIR", "/mine")]);
}

#[test]
fn a_package_that_builds_its_own_gets_nothing_and_glibc_is_left_alone() {
    let bare = machine(
        &TREE
            .replace("0.9.109|", "0.9.109|vendored")
            .replace("`-- pkg-config v0.3.32", "`-- openssl-src v300.5.0"),
    );
    let plan = bare.plan(&["--no-provide"], &[]);
    assert_eq!(plan["libraries"], json!([]));
    assert!(!plan["command"].as_str().unwrap().contains("OPENSSL"), "{plan}");

    let bare = Bare::new(TREE);
    let plan = bare.plan(&["--target", "x86_64-unknown-linux-gnu"], &[]);
    assert_eq!((&plan["libraries"], &plan["compiler"]), (&json!([]), &json!("the machine's own")));
    assert!(!plan["command"].as_str().unwrap().contains("OPENSSL"), "{plan}");
}

#[test]
fn a_package_too_old_for_what_is_provided_is_told_its_line() {
    let bare = machine(&TREE.replace("0.9.109", "0.9.63"));
    let run = soon(&bare, &["build"]);
    run.refused(
        3,
        &["error[no-library]: `openssl-sys` 0.9.63 looks for OpenSSL", "hello → native-tls →", LINE],
    );
    assert_eq!(run.stderr.matches("error[").count(), 1, "once: {run:?}");
}

#[test]
fn a_library_without_a_static_form_is_refused_with_advice() {
    let udev = "hello v0.1.0 (/hello)|\n`-- serialport v4.7.0|\n    `-- libudev v0.3.0|\n        \
                `-- libudev-sys v0.1.4|\n            [build-dependencies]\n            `-- pkg-config v0.3.32|\n";
    let bare = machine(udev);
    let run = soon(&bare, &["build"]);
    let words = [
        "error[no-library]: `libudev-sys` 0.1.4 looks for udev, and there is none for",
        "hello → serialport → libudev → libudev-sys",
        "no static form of it is known",
        "leave out the feature that brings it",
    ];
    run.refused(3, &words);
    assert!(!run.stderr.contains("in Cargo.toml"), "there is no such line: {run:?}");
    bare.plan(&[], &[("PKG_CONFIG_ALLOW_CROSS", "1")]);
    bare.plan(&["--target", "x86_64-unknown-linux-gnu"], &[]);
}

#[test]
fn a_library_that_the_user_names_is_no_obstacle() {
    let tree = |package: &str| format!("hello v0.1.0 (/hello)|\n`-- {package}|\n");
    for (package, variable) in [
        ("pcap v2.5.0", "LIBPCAP_LIBDIR"),
        ("selinux-sys v0.6.14", "SELINUX_LIB_DIR"),
        ("mysqlclient-sys v0.5.2", "MYSQLCLIENT_LIB_DIR"),
        ("mlua-sys v0.13.0", "LUA_LIB"),
    ] {
        let bare = machine(&tree(package));
        soon(&bare, &["build"]).refused(3, &["error[no-library]"]);
        bare.plan(&[], &[(variable, "/lib for musl")]);
    }
}

#[test]
fn make_is_not_started_in_a_folder_whose_path_has_blanks() {
    let bare = machine(TREE);
    let run = soon(&bare, &["build", "--cache-dir", "my cache"]);
    run.refused(3, &["error[no-library]: `openssl-sys`", "my cache`, with its blanks", "--cache-dir DIR\n"]);
    bare.plan(&["--cache-dir", "cache"], &[]);
}
