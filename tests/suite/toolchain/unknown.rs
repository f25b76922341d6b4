//! A cargo that cannot draw its tree, as offline without a lock file: the build goes on, and cargo has the word.

use super::bare::{Bare, RING, of};
use serde_json::{Value, json};
use std::fs;

/// A machine whose cargo has no tree.
fn machine() -> Bare {
    let bare = Bare::new(RING);
    fs::remove_file(bare.project.tools().join("tree")).unwrap();
    bare
}

#[test]
fn without_a_tree_the_build_goes_on_and_takes_the_compiler_that_there_is() {
    let bare = machine();
    let run = bare.run(&["build"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stderr.starts_with("cat: "), "what cargo says of it is shown: {run:?}");
    assert!(!run.stderr.contains("error["), "and is no error of ours: {run:?}");
    assert!(bare.project.path("target/scratch/hello.tar").is_file());
    assert_eq!(bare.plan(&[], &[])["compiler"], json!("none"));
    let gcc = bare.script("musl-gcc", "exit 0");
    assert_eq!(of(&bare.handed(&[], &[]), &["CC_x86_64_unknown_linux_musl"]), [Some(&*gcc)]);
}

#[test]
fn doctor_says_that_cargo_could_not_tell() {
    let bare = machine();
    let page = bare.run(&["doctor"]);
    assert_eq!(page.status, 1, "{page:?}");
    assert!(page.stderr.contains("error[project]: cargo cannot tell which packages"), "{page:?}");
    assert!(
        page.stdout.contains("\npackages       cargo could not tell them; see: cargo tree\n"),
        "{page:?}"
    );
    let json = bare.run(&["doctor", "--message-format=json"]);
    let told: Value = serde_json::from_str(json.stdout.lines().next().unwrap()).unwrap();
    assert_eq!((&told["graph"], &told["ready"], &told["native"]), (&json!(false), &json!(false), &json!([])));
    bare.project.tree(RING);
    let known = bare.run(&["doctor"]);
    assert!(!known.stdout.contains("could not tell"), "{known:?}");
}
