//! Programs that build scripts run beside a compiler: told before the build, with who runs them.

use super::bare::{Bare, RING};
use crate::support::Run;

/// CMake for one package, perl and make for another.
const BOTH: &str = "\
hello v0.1.0 (/hello)|
|-- flate v1.1.0|
|   `-- libz-ng-sys v1.1.22|
|       [build-dependencies]
|       `-- cmake v0.1.54|
`-- openssl v0.10.73|vendored
    `-- openssl-sys v0.9.109|vendored,openssl-src
        [build-dependencies]
        |-- cc v1.2.0|
        `-- openssl-src v300.5.0|
";

#[test]
fn a_program_that_a_build_script_runs_is_missed_before_the_build() {
    let bare = Bare::new(BOTH);
    bare.script("musl-gcc", "exit 0");
    let run = bare.run(&["build"]);
    let words = [
        "error[tool]: `cmake` is not on PATH\n",
        "note: `libz-ng-sys` needs it to build (hello → flate → libz-ng-sys)\n",
        "sudo apt install cmake\n",
        "all that is missing at once: cargo scratch doctor\n",
    ];
    run.refused(3, &words);
    bare.script("cmake", "exit 0");
    bare.run(&["build"]).refused(3, &["`make` is not on PATH", "(hello → openssl → openssl-sys)"]);
    bare.script("make", "exit 0");
    let run = bare.run(&["build"]);
    run.refused(3, &["`perl` is not on PATH", "`openssl-sys` needs it to build", "sudo dnf install perl\n"]);
    assert!(!run.stderr.contains("doctor"), "it is all that is missing: {run:?}");
    assert!(bare.project.builds().is_empty());
    // as Debian's perl-base says it
    bare.script("perl", "echo \"Can't locate FindBin.pm in @INC\" >&2; exit 2");
    bare.run(&["build"]).refused(3, &["`perl` lacks its modules FindBin", "sudo apt install perl\n"]);
    bare.script("perl", "exit 0");
    assert_eq!(bare.run(&["build"]).status, 0);
}

#[test]
fn a_program_that_the_user_names_may_be_anywhere() {
    let tree = "hello v0.1.0 (/hello)|\n`-- libz-ng-sys v1.1.22|\n    [build-dependencies]\n    \
                `-- cmake v0.1.54|\n[build-dependencies]\n`-- prost-build v0.14.1|\n";
    let bare = Bare::new(tree);
    bare.script("musl-gcc", "exit 0");
    bare.run(&["build"]).refused(3, &["`cmake` is not on PATH"]);
    let with = |variables: &[(&str, &str)]| {
        let mut command = bare.command(&["build"]);
        command.envs(variables.iter().copied());
        Run::of(command)
    };
    let protoc = with(&[("CMAKE", "/x")]);
    protoc.refused(
        3,
        &["`protoc` is not on PATH", "apt install protobuf-compiler\n", "apk add protoc\n", "(hello)"],
    );
    assert_eq!(with(&[("CMAKE", "/x"), ("PROTOC", "/y")]).status, 0);
    bare.project.file(".cargo/config.toml", "[env]\nCMAKE = \"/x\"\nPROTOC = { value = \"/y\" }\n");
    assert_eq!(bare.run(&["build"]).status, 0);
}

#[test]
fn everything_that_is_missing_is_told_in_the_order_of_the_rungs() {
    let bare = Bare::new(
        &(BOTH.to_owned() + &RING.replacen("hello v0.1.0 (/hello)|", "hello v0.1.0 (/hello)| (*)", 1)),
    );
    let run = bare.run(&["doctor"]);
    assert_eq!(run.status, 3, "{run:?}");
    let told: Vec<_> = run.stderr.lines().filter(|line| line.starts_with("error[")).collect();
    let tools = ["cmake", "make", "perl"].map(|tool| format!("error[tool]: `{tool}` is not on PATH"));
    let compiler = "error[no-compiler]: no C compiler for `x86_64-unknown-linux-musl`".to_owned();
    // the one that decides the status stands last, where a terminal ends
    assert_eq!(told, [tools.to_vec(), vec![compiler]].concat());
}
