//! Links: stored as links or refused, never followed out of the project, also when they are swapped in during a run.

use super::{SECRET, app, bounded, holds, packed, refused};
use crate::support::{Fake, PLAIN, Project, Run};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn c1_a_link_that_stays_in_the_image_is_stored_as_a_link() {
    let fake = app();
    fake.file("tree/file", "content");
    fake.file("tree/sub/deep", "");
    let links = [
        ("plain", "file"),
        ("dot", "./file"),
        ("around", "sub/../file"),
        ("up", "../srv/file"),
        ("to-the-root", ".."),
        ("folder", "sub"),
        ("dangling", "nowhere"),
        ("loop", "loop"),
        ("ping", "pong"),
        ("pong", "ping"),
        ("absolute", "/srv/file"),
        ("to-the-program", "/app"),
        ("to-the-base", "/etc/passwd"),
        ("sub/up", "../../srv/file"),
        (&"n".repeat(120), &"t".repeat(180)),
    ];
    for (name, target) in links {
        symlink(target, fake.path("tree").join(name)).unwrap();
    }
    let root = packed(&fake, &["tree:/srv"]);
    for (name, target) in links {
        let entry = &root[&format!("srv/{name}")];
        assert!(entry.kind.is_symlink() && entry.content.is_empty(), "{name}: {entry:?}");
        assert_eq!(entry.link.as_deref(), Some(target), "{name}");
    }
}

#[test]
fn c1_a_link_that_leaves_the_project_is_refused_and_never_followed() {
    let outside = Project::empty();
    let secret = outside.file("secret", SECRET);
    let absolute = secret.to_str().unwrap();
    let up = "../".repeat(40) + &absolute[1..];
    let targets = [
        absolute,
        outside.path("").to_str().unwrap(),
        &up,
        "../../srv/file",
        "/proc/self/environ",
        "/etc/shadow",
    ]
    .map(str::to_owned);
    for target in targets {
        let fake = app();
        fake.file("tree/file", "content");
        symlink(&target, fake.path("tree/escape")).unwrap();
        refused(&fake, &["tree:/srv"], &["error[asset]", "tree/escape", "out of the image", &target]);
        // among other copies, and where the target happens to be a path that is packed
        refused(&fake, &["tree/file:/a", "tree:/srv"], &["tree/escape"]);
    }
}

#[test]
fn c1_a_link_that_is_itself_the_source_may_not_leave_the_project() {
    let outside = Project::empty();
    outside.file("secret", SECRET);
    let fake = app();
    fake.file("inside", "content");
    symlink("inside", fake.path("good")).unwrap();
    symlink(outside.path("secret"), fake.path("bad")).unwrap();
    symlink(outside.path(""), fake.path("folder")).unwrap();
    symlink("nowhere", fake.path("dangling")).unwrap();
    symlink("round", fake.path("round")).unwrap();
    assert_eq!(packed(&fake, &["good:/data/"])["data/good"].content, b"content");
    fs::remove_file(fake.path("out.tar")).unwrap();
    refused(&fake, &["bad:/x"], &["bad", "outside the project", "--copy"]);
    refused(&fake, &["folder:/x"], &["folder", "outside the project"]);
    refused(&fake, &["dangling:/x"], &["dangling"]);
    refused(&fake, &["round:/x"], &["round"]);
    refused(&fake, &["missing:/x"], &["missing", "No such file"]);
}

#[test]
fn c1_the_command_line_may_name_any_file_and_the_metadata_only_the_workspaces() {
    let outside = Project::empty();
    let secret = outside.file("secret", SECRET);
    let absolute = secret.to_str().unwrap();
    let fake = app();
    let copy = format!("{absolute}:/x");
    assert_eq!(packed(&fake, &[&copy])["x"].content, SECRET.as_bytes(), "a person may name any file");
    assert!(holds(&fake.path("out.tar"), SECRET), "and the search for a secret finds one");

    let up = "../".repeat(40) + &absolute[1..];
    for source in [absolute, &up, "..", "inner/../../", "way/secret", "direct", "/etc/passwd"] {
        let fake = Fake::new("app", &format!("[package.metadata.scratch]\ncopy = [\"{source}:/x\"]\n"));
        fake.file("inner/file", "");
        symlink(outside.path(""), fake.path("way")).unwrap();
        symlink(outside.path("secret"), fake.path("direct")).unwrap();
        refused(&fake, &[], &["error[asset]", "outside the project"]);
    }
    let fake = Fake::new("app", "[package.metadata.scratch]\ncopy = [\"inner:/x\", \"in-link:/y\"]\n");
    fake.file("inner/file", "content");
    symlink("inner", fake.path("in-link")).unwrap();
    let root = packed(&fake, &[]);
    assert_eq!(root["x/file"].content, b"content");
    assert_eq!(root["y/file"].content, b"content");
}

#[test]
fn c2_a_folder_swapped_for_a_link_during_the_walk_leaks_nothing() {
    let fake = app();
    for n in 0..40 {
        fake.file(&format!("tree/data/{n:02}"), "inside");
    }
    let side = Project::empty();
    let outside = outside();
    symlink(outside.path(""), side.path("link")).unwrap();
    race(&fake, &["--copy", "tree:/srv"], &fake.path("tree/data"), &side.path("link"));
}

#[test]
fn c2_a_file_swapped_for_a_link_during_the_walk_leaks_nothing() {
    let fake = app();
    for n in 0..40 {
        fake.file(&format!("tree/{n:02}"), "inside");
    }
    let (side, outside) = (Project::empty(), outside());
    symlink(outside.path("20"), side.path("link")).unwrap();
    race(&fake, &["--copy", "tree:/srv"], &fake.path("tree/20"), &side.path("link"));
}

#[test]
fn c2_a_folder_above_the_source_swapped_for_a_link_leaks_nothing() {
    let fake = Fake::new("app", "[package.metadata.scratch]\ncopy = [\"way/leaf:/srv\"]\n");
    fake.file("way/leaf/00", "inside");
    let side = Project::empty();
    let outside = outside();
    symlink(outside.path(""), side.path("link")).unwrap();
    race(&fake, &[], &fake.path("way"), &side.path("link"));
}

/// A folder with the same names as the project's, all of them secret.
fn outside() -> Project {
    let outside = Project::empty();
    for n in 0..40 {
        outside.file(&format!("{n:02}"), SECRET);
        outside.file(&format!("leaf/{n:02}"), SECRET);
    }
    outside
}

/// Runs again and again while a thread exchanges `inside` and `link`: every run packs the inside or is an error.
fn race(fake: &Fake, words: &[&str], inside: &Path, link: &Path) {
    let (stop, swaps) = (AtomicBool::new(false), AtomicU32::new(0));
    let (mut good, mut bad) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                renameat_with(CWD, inside, CWD, link, RenameFlags::EXCHANGE).unwrap();
                if swaps.fetch_add(1, Ordering::Relaxed) % 64 < 32 {
                    thread::sleep(Duration::from_micros(300)); // long enough for some runs to see one side only
                }
            }
        });
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(3) {
            let run = Run::of(bounded(&fake.command(PLAIN.iter().chain(words))));
            let output = fake.path("out.tar");
            if run.status == 0 {
                good += 1;
                if holds(&output, SECRET) {
                    stop.store(true, Ordering::Relaxed);
                    panic!("run {} packed what is outside of the project", good + bad);
                }
                fs::remove_file(output).unwrap();
            } else {
                bad += 1;
                if run.status != 1 || !run.stderr.contains("error[") || run.stderr.contains(SECRET) {
                    stop.store(true, Ordering::Relaxed);
                    panic!("{run:?}");
                }
                assert!(!output.exists());
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    let swaps = swaps.into_inner();
    assert!(swaps > 1_000 && good + bad > 10, "{swaps} swaps, {good} good runs, {bad} refused");
    assert!(bad > 0, "no run has met the link, in {swaps} swaps and {good} runs");
}
