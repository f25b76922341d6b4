//! The report of what is saved: the default build beside the one that was asked for.

use crate::support::{Fake, Run, built};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A project whose cargo, where it is told of no profile of ours, does `body` in place of its build. `$real` is cargo's
/// prepared answer.
fn fake(body: &str) -> Fake {
    let fake = Fake::bare("app");
    let (cargo, real) = (fake.tools().join("cargo"), fake.tools().join("cargo.real"));
    fs::rename(&cargo, &real).unwrap();
    let text = format!(
        "#!/bin/sh\nPATH=$PATH:/usr/bin:/bin\nreal={real}\nhere={here}\n\
         case \"$*\" in build*--profile=scratch-*) ;; build*)\n{body}\n;; esac\nexec $real \"$@\"\n",
        real = real.display(),
        here = fake.tools().display(),
    );
    fs::write(&cargo, text).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    fake
}

/// A program that is larger than the usual one.
const LARGE: &str = "static DATA: [u8; 100_000] = [7; 100_000]; fn main() { println!(\"{}\", DATA[std::env::args().count()]); }";

#[test]
fn the_default_build_is_made_in_silence_and_the_difference_told() {
    let fake =
        fake("echo 'warning: unused' >&2; \"$real\" \"$@\" | sed \"s|$here/program|$here/large|\"; exit");
    fs::copy(built("large", Some(LARGE)), fake.tools().join("large")).unwrap();
    let run = fake.scratch(["--optimize", "size", "--message-format", "json"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(!run.stderr.contains("warning"), "nothing of the second build is said: {run:?}");
    let line = run.stderr.lines().find(|line| line.contains("Compared app: ")).unwrap();
    assert!(line.contains(" %) less than without --optimize=size; --panic abort saves more"), "{line}");
    let image: Value = serde_json::from_str(&run.stdout).unwrap();
    let program = &image["platforms"][0]["program"];
    let comparison = &program["comparison"];
    assert_eq!(comparison["without"], serde_json::json!(["--optimize=size"]));
    let size = |value: &Value| value["size"].as_i64().unwrap();
    assert_eq!(comparison["saved"], size(comparison) - size(program));
    assert!(size(comparison) - size(program) > 90_000, "{program}");

    let builds = fake.builds();
    let [(first, _), (second, _)] = &builds[..] else { panic!("{builds:?}") };
    assert!(first.contains("--profile=scratch-release-size") && second.contains("--profile=release"));
    let order = ["Verified", "Comparing", "Compared", "Packed"].map(|word| run.stderr.find(word).unwrap());
    assert!(order.is_sorted(), "{run:?}");
}

#[test]
fn a_default_build_that_fails_is_a_warning_and_the_image_is_there() {
    let fake = fake("echo 'error: broken' >&2; exit 101");
    let run = fake.scratch(["--optimize", "size", "-o", "out.tar"]);
    assert_eq!(run.status, 0, "{run:?}");
    for word in ["warning[uncompared]", "--optimize=size", "--no-compare", "error: broken\n", "see why: "] {
        assert!(run.stderr.contains(word), "{word}: {run:?}");
    }
    let why = run.stderr.lines().find(|line| line.contains("see why: ")).unwrap();
    assert!(why.contains("cargo build ") && why.contains("--profile=release"), "what was run: {why}");
    assert!(!run.stderr.contains("Compared"), "{run:?}");
    assert!(fake.path("out.tar").is_file());
}

#[test]
fn nothing_is_compared_that_is_the_default_or_of_which_nobody_wants_to_know() {
    let fake = fake("exit 101");
    let run = fake.scratch(["--optimize", "size", "--no-compare"]);
    assert!(run.status == 0 && !run.stderr.contains("Compar"), "{run:?}");
    let run = fake.scratch(["run", "--optimize", "size"]);
    assert!(run.status == 0 && !run.stderr.contains("Compar"), "{run:?}");
    let usual = Fake::bare("app");
    for words in [&["--allocator", "system"][..], &["--optimize", "none"], &[]] {
        let run = usual.scratch(words);
        assert!(run.status == 0 && !run.stderr.contains("Compar"), "{run:?}");
    }
}

#[test]
fn each_program_on_each_platform_has_a_line_of_its_own() {
    let fake = Fake::bare("app");
    let mut command = fake.command(["--optimize", "speed", "--platform", "linux/amd64,linux/arm64"]);
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "/bin/false");
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    for platform in ["linux/amd64", "linux/arm64"] {
        assert!(run.stderr.contains(&format!("Compared app for {platform}: ")), "{run:?}");
    }
    assert!(run.stderr.contains("as large as without --optimize=speed"), "{run:?}");
}

#[test]
fn where_nothing_has_changed_nothing_is_built_again() {
    let fake = Fake::new("app", "");
    let said = |words: &[&str]| {
        let before = fake.builds().len();
        let run = fake.scratch(words);
        assert_eq!(run.status, 0, "{run:?}");
        let line = run.stderr.lines().find(|line| line.contains("Compared")).map(str::to_owned);
        (line.unwrap(), fake.builds().len() - before)
    };
    let words = ["--optimize", "speed"];
    let (first, builds) = said(&words);
    assert_eq!(builds, 2);
    assert_eq!(said(&words), (first.clone(), 1));
    assert_eq!(said(&[&words[..], &["--no-cache"]].concat()), (first.clone(), 2));
    // the preset has its own word on it, and so only the other program changes
    assert_eq!(said(&[&words[..], &["--config", "profile.release.opt-level=1"]].concat()).1, 2);
    let manifest = fs::read_to_string(fake.path("Cargo.toml")).unwrap();
    fs::write(fake.path("Cargo.toml"), manifest + "\n[profile.release]\nlto = true\n").unwrap();
    assert_eq!(said(&words).1, 2);
    // another program
    fs::copy(fake.program(), fake.tools().join("copy")).unwrap();
    fs::rename(fake.tools().join("copy"), fake.program()).unwrap();
    assert_eq!(said(&words).1, 2);
}
