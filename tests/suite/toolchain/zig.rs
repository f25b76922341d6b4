//! Zig is the compiler that is taken first: scripts in the cache stand for it, and nothing is written elsewhere.

use super::bare::{Bare, RING, of};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const NAMES: [&str; 3] = [
    "CC_x86_64_unknown_linux_musl",
    "AR_x86_64_unknown_linux_musl",
    "CMAKE_TOOLCHAIN_FILE_x86_64_unknown_linux_musl",
];

/// Every file below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let (folders, mut files): (Vec<_>, Vec<_>) =
        entries.map(|entry| entry.path()).partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| self::files(folder)));
    files
}

#[test]
fn zig_is_taken_before_a_gcc_and_one_that_is_too_old_is_passed_over() {
    let bare = Bare::new(RING);
    let gcc = bare.script("musl-gcc", "exit 0");
    let old = bare.zig("", "0.12.1");
    assert_eq!(bare.plan(&[], &[])["compiler"], json!(gcc), "too old to be tried");

    let python = bare.zig("site packages/ziglang/", "0.15.0");
    let folder = Path::new(&python).parent().unwrap().display().to_string();
    bare.script("python3", &format!("echo '{folder}'"));
    assert_eq!(bare.plan(&[], &[])["compiler"], json!(format!("zig 0.15.0 ({python})")));
    bare.script("python3", "echo >&2 'ModuleNotFoundError: No module named ziglang'; exit 1");
    assert_eq!(bare.plan(&[], &[])["compiler"], json!(gcc));

    let zig = bare.zig("", "0.17.1");
    assert_eq!(old, zig);
    assert_eq!(bare.plan(&[], &[])["compiler"], json!(format!("zig 0.17.1 ({zig})")));
    let human = bare.run(&["--dry-run"]);
    assert!(human.stdout.contains(&format!("\nC compiler   zig 0.17.1 ({zig})\n")), "{human:?}");
}

#[test]
fn a_dry_run_writes_nothing_and_a_build_writes_into_the_cache_alone() {
    let bare = Bare::new(RING);
    let zig = bare.zig("", "0.17.1");
    let cache = bare.home("a cache");
    let words = ["--cache-dir", cache.to_str().unwrap()];
    let before = bare.project.listing();
    let plan = bare.plan(&words, &[]);
    assert!(!bare.home("").exists() && bare.project.listing() == before);

    let handed = bare.handed(&words, &[]);
    for (name, path) in NAMES.iter().zip(of(&handed, &NAMES)) {
        let path = path.unwrap();
        assert!(Path::new(path).is_file() && Path::new(path).starts_with(&cache), "{name}: {path}");
        assert!(plan["command"].as_str().unwrap().contains(&format!("{name}='{path}'")), "{plan}");
    }
    let script = Command::new(&handed[NAMES[0]]).args(["-c", "x.c"]).output().unwrap();
    assert!(script.status.success(), "it runs the zig that was found: {script:?}");
    fs::remove_file(zig).unwrap();
    assert!(!Command::new(&handed[NAMES[0]]).status().unwrap().success());
    assert!(fs::read_dir(bare.home("")).unwrap().flatten().map(|entry| entry.path()).eq([cache]));
    assert_eq!(bare.project.listing(), before, "but for `target`");
}

#[test]
fn two_projects_share_what_was_written() {
    let bare = Bare::new(RING);
    bare.zig("", "0.17.1");
    let first = bare.handed(&[], &[]);
    let cache = bare.home(".cache/cargo-scratch");
    let written = files(&cache);
    assert!(written.len() >= 5, "{written:?}");
    let times = || written.iter().map(|path| fs::metadata(path).unwrap().modified().unwrap());
    let before: Vec<_> = times().collect();
    assert_eq!(of(&bare.handed(&[], &[]), &NAMES), of(&first, &NAMES));
    assert!(files(&cache) == written && times().eq(before), "nothing is written twice");
    let elsewhere = bare.home("xdg");
    let handed = bare.handed(&[], &[("XDG_CACHE_HOME", elsewhere.to_str().unwrap())]);
    assert!(Path::new(&handed[NAMES[0]]).starts_with(elsewhere.join("cargo-scratch")));
}

#[test]
fn a_zig_that_does_not_answer_is_an_error_before_the_build() {
    let bare = Bare::new(RING);
    bare.script("zig", "case $1 in version) echo 0.17.1;; *) echo 'error: out of order' >&2; exit 1;; esac");
    bare.run(&["build"]).refused(3, &["zig does not say where its headers are", "error: out of order"]);
    assert!(bare.project.builds().is_empty());
    let cache = bare.home(".cache/cargo-scratch");
    assert!(
        files(&cache).iter().all(|path| path.to_string_lossy().ends_with(".lock")),
        "{:?}",
        files(&cache)
    );
}
