use super::*;
use crate::tool::Tool;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;

const COMPILER: &str = "zig 0.17.1";

fn target(triple: &str) -> Target {
    Target::from_triple(triple).unwrap()
}

fn row(name: &str) -> &'static Row {
    ROWS.iter().find(|row| row.name == name).unwrap()
}

fn missing(name: &str, path: Option<&OsStr>) -> Vec<&'static str> {
    row(name).missing_tools(path).into_iter().map(|(tool, _)| tool).collect()
}

fn workshop<'a>(cargo: &'a Path, cache: &'a Path, target: &'a Target, compiler: &'a str) -> Workshop<'a> {
    Workshop { cargo, cache, target, arguments: &[], variables: &[], compiler, offline: true }
}

fn names(seen: &[(&str, &str, &[&str])]) -> Vec<&'static str> {
    let owned: Vec<_> = seen
        .iter()
        .map(|(name, version, features)| {
            (*name, *version, features.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>())
        })
        .collect();
    let applies = |row: &&Row| {
        owned.iter().any(|(name, version, features)| {
            row.applies(&Package { name, version, features, build_dependencies: &[] })
        })
    };
    ROWS.iter().filter(applies).map(|row| row.name).collect()
}

#[test]
fn what_looks_for_the_systems_library_is_provided_and_what_builds_its_own_is_not() {
    assert_eq!(names(&[("openssl-sys", "0.9.118", &[])]), ["OpenSSL"]);
    assert_eq!(names(&[("openssl-sys", "0.9.118", &["openssl-src", "vendored"])]), [""; 0]);
    assert_eq!(names(&[("libsqlite3-sys", "0.38.2", &["default"])]), ["SQLite"]);
    assert_eq!(names(&[("libsqlite3-sys", "0.38.2", &["bundled"])]), [""; 0]);
    assert_eq!(names(&[("pq-sys", "0.7.8", &["bundled"]), ("zstd-sys", "2.1.3", &[])]), [""; 0]);
    // each once, OpenSSL before what is built on it
    let twice = [("pq-sys", "0.7.8", &[][..]), ("pq-sys", "0.6.3", &[]), ("openssl-sys", "0.9.118", &[])];
    assert_eq!(names(&twice), ["OpenSSL", "libpq"]);
}

#[test]
fn a_version_that_does_not_know_the_variables_gets_nothing() {
    assert_eq!(names(&[("openssl-sys", "0.9.63", &[]), ("pq-sys", "0.4.6", &[])]), [""; 0]);
    assert_eq!(names(&[("openssl-sys", "0.9.64", &[]), ("pq-sys", "0.4.7", &[])]), ["OpenSSL", "libpq"]);
}

#[test]
fn every_rows_variables_are_for_one_target_only() {
    for triple in ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"] {
        let (target, cache) = (target(triple), tempfile::tempdir().unwrap());
        let workshop = workshop(Path::new("cargo"), cache.path(), &target, COMPILER);
        let lower = triple.replace('-', "_");
        for row in ROWS {
            let folder = workshop.place(row);
            let variables = row.variables(&workshop);
            let inside = |value: &OsString| value.to_str().unwrap().starts_with(folder.to_str().unwrap());
            assert!(variables.iter().any(|(_, value)| inside(value)));
            for (name, value) in variables {
                let (name, value) = (name.into_string().unwrap(), value.into_string().unwrap());
                assert!(name.contains(&lower) || name.contains(&lower.to_uppercase()), "{name}");
                assert!(!format!("{name}{value}").contains(['{', '}']), "{name}={value}");
            }
        }
    }
    let target = target("aarch64-unknown-linux-musl");
    let name = fill("{TARGET}_OPENSSL_DIR", &target, Path::new(""));
    assert_eq!(name, "AARCH64_UNKNOWN_LINUX_MUSL_OPENSSL_DIR");
}

#[test]
fn the_users_own_variable_wins() {
    let target = target("x86_64-unknown-linux-musl");
    let set = |row: &Row, name: &str| is_users(row.library().unwrap(), &target, |asked| asked == name);
    for name in [
        "OPENSSL_DIR",
        "X86_64_UNKNOWN_LINUX_MUSL_OPENSSL_LIB_DIR",
        "PKG_CONFIG_ALLOW_CROSS",
        "PKG_CONFIG_SYSROOT_DIR_x86_64-unknown-linux-musl",
        "TARGET_PKG_CONFIG",
    ] {
        assert!(set(row("OpenSSL"), name), "{name}");
    }
    for name in
        ["AARCH64_UNKNOWN_LINUX_MUSL_OPENSSL_DIR", "OPENSSL_STATIC", "PKG_CONFIG_PATH", "SQLITE3_LIB_DIR"]
    {
        assert!(!set(row("OpenSSL"), name), "{name}");
    }
    assert!(set(row("libpq"), "PQ_LIB_DIR_X86_64_UNKNOWN_LINUX_MUSL"));
    assert!(set(row("SQLite"), "SQLITE3_LIB_DIR"));
}

#[test]
fn a_missing_tool_is_named_also_that_of_what_comes_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = Some(folder.path().as_os_str());
    assert_eq!(missing("OpenSSL", path), ["perl", "make"]);
    assert_eq!(missing("libpq", path), ["perl", "make"]);
    assert_eq!(missing("SQLite", path), [""; 0]);
    script(&folder.path().join("perl"), "exit 0");
    assert_eq!(missing("OpenSSL", path), ["make"]);
}

#[test]
fn a_library_has_a_place_for_each_target_and_compiler() {
    let mut places = BTreeSet::new();
    let cargo = Path::new("cargo");
    for triple in ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"] {
        for compiler in [COMPILER, "musl-gcc 12"] {
            let target = target(triple);
            let workshop = workshop(cargo, Path::new("/cache"), &target, compiler);
            places.extend(ROWS.iter().map(|row| workshop.place(row)));
        }
    }
    assert_eq!(places.len(), ROWS.len() * 4);
}

/// Written by another process: a file that this one has open for writing cannot be started by a test beside.
fn script(path: &Path, text: &str) {
    let write = "printf '#!/bin/sh\\n%s\\n' \"$2\" > \"$1\" && chmod 755 \"$1\"";
    let said = Tool::new("/bin/sh").args(["-c", write, "sh"]).arg(path).arg(text).read().unwrap();
    assert!(said.status.success(), "{}", said.stderr);
}

#[test]
fn what_is_half_built_is_never_found_and_the_next_run_starts_again() {
    let (target, folder) = (target("x86_64-unknown-linux-musl"), tempfile::tempdir().unwrap());
    let (cargo, cache) = (folder.path().join("cargo"), folder.path().join("cache"));
    let workshop = workshop(&cargo, &cache, &target, COMPILER);
    let sqlite = row("SQLite");

    let full = "echo \"error: could not write: No space left on device (os error 28)\" >&2";
    script(&cargo, &format!("echo half > \"$PROVIDE_INTO/half\"; {full}; exit 1"));
    let error = sqlite.build(&workshop).unwrap_err();
    assert_eq!(error.exit_status(), 3);
    let (notes, helps) = (error.notes().join("\n"), error.helps().join("\n"));
    assert!(notes.contains("the disk is full") && helps.contains("bundled"), "{error:?}");
    // what the user has set for one project does not reach what all share
    assert!(notes.contains("-u SQLITE3_LIB_DIR"), "{error:?}");
    assert!(!sqlite.is_ready(&workshop));

    // a killed run leaves its folder and its lock file
    let place = workshop.place(sqlite);
    let partial = place.with_file_name(format!(".{}.partial", place.file_name().unwrap().display()));
    fs::create_dir_all(partial.join("made/half")).unwrap();
    script(&cargo, "test -f build.rs && test -f .cargo/config.toml && echo \"$@\" > \"$PROVIDE_INTO/whole\"");
    sqlite.build(&workshop).unwrap();
    assert!(sqlite.is_ready(&workshop));
    assert!(!partial.exists() && !place.join("half").exists());
    let said = fs::read_to_string(place.join("whole")).unwrap();
    assert!(said.contains("--target=x86_64-unknown-linux-musl") && said.contains("--offline"), "{said}");

    // what is there is not built again
    script(&cargo, "exit 1");
    assert!(sqlite.build(&workshop).is_ok());
}

#[test]
fn two_runs_do_not_build_the_same_thing_twice() {
    let (target, folder) = (target("x86_64-unknown-linux-musl"), tempfile::tempdir().unwrap());
    let (cargo, log) = (folder.path().join("cargo"), folder.path().join("log"));
    script(&cargo, &format!("echo run >> '{}'; sleep 0.3", log.display()));
    let workshop = workshop(&cargo, folder.path(), &target, COMPILER);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| row("SQLite").build(&workshop).is_ok())).collect();
        assert!(runs.into_iter().all(|run| run.join().unwrap()));
    });
    assert_eq!(fs::read_to_string(log).unwrap(), "run\n");
}

#[test]
fn what_comes_before_is_built_first_and_its_variables_are_handed_on() {
    let (target, folder) = (target("x86_64-unknown-linux-musl"), tempfile::tempdir().unwrap());
    let cargo = folder.path().join("cargo");
    script(&cargo, "env > \"$PROVIDE_INTO/env\"");
    let mut workshop = workshop(&cargo, folder.path(), &target, COMPILER);
    let compiler = [(OsString::from("CC_x86_64_unknown_linux_musl"), OsString::from("some-gcc"))];
    workshop.variables = &compiler;
    row("libpq").build(&workshop).unwrap();
    let openssl = workshop.place(row("OpenSSL"));
    let env = fs::read_to_string(workshop.place(row("libpq")).join("env")).unwrap();
    let expected = format!("X86_64_UNKNOWN_LINUX_MUSL_OPENSSL_DIR={}", openssl.display());
    assert!(env.lines().any(|line| line == expected), "{env}");
    assert!(env.lines().any(|line| line == "CC_x86_64_unknown_linux_musl=some-gcc"), "{env}");
}
