//! What `diff` tells of two images of ours.

use super::{difference, look, text};
use crate::support::{Fake, Run, tool};
use serde_json::{Value, json};
use std::path::PathBuf;

/// An image of the same project as every other of these, but for `words`.
fn image(fake: &Fake, name: &str, words: &[&str]) -> PathBuf {
    let output = format!("docker-archive={name}.tar");
    let run = fake.scratch([&["-q", "-t", "app:1", "-o", &output, "--compression", "none"], words].concat());
    assert_eq!(run.status, 0, "{run:?}");
    fake.path(&format!("{name}.tar"))
}

fn project() -> Fake {
    let fake = Fake::new("app", "");
    fake.file("data/file", "some bytes");
    fake
}

const COPY: [&str; 2] = ["--copy", "data:/data"];

/// The lines of the page, for `diff` that ends well.
#[track_caller]
fn lines(a: &std::path::Path, b: &std::path::Path) -> Vec<String> {
    let run = look(&["diff", text(a), text(b)]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stderr.is_empty(), "{run:?}");
    run.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn an_image_differs_from_itself_in_nothing() {
    let fake = project();
    let a = image(&fake, "a", &COPY);
    assert_eq!(lines(&a, &a), ["no difference"]);
    let json = difference(text(&a), text(&a));
    assert_eq!((&json["reason"], &json["equal"]), (&json!("diff"), &json!(true)));
    assert_eq!(json["images"][0]["files"], json!([]));
}

#[test]
fn each_setting_that_changed_has_a_line_of_its_own() {
    let fake = project();
    let a = image(&fake, "a", &["--env", "A=1", "--env", "B=1", "--label", "old=1"]);
    let b = image(
        &fake,
        "b",
        &["--env", "A=2", "--env", "B=1", "--label", "new=1", "--user", "0", "--expose", "80"],
    );
    let all = lines(&a, &b);
    for line in
        ["~ user: 65532:65532 -> 0", "~ env A: 1 -> 2", "- label old: 1", "+ label new: 1", "+ expose 80/tcp"]
    {
        assert!(all.iter().any(|one| one == line), "no {line:?} in {all:#?}");
    }
    assert!(!all.iter().any(|line| line.contains("env B")), "{all:#?}");
    assert!(all.last().unwrap().starts_with("5 settings changed"), "{all:#?}");
}

#[test]
fn files_are_told_with_what_changed_of_them() {
    let fake = project();
    fake.file("data/gone", "1234");
    fake.file("data/same-size", "aaaa");
    let a = image(&fake, "a", &COPY);
    std::fs::remove_file(fake.path("data/gone")).unwrap();
    fake.file("data/file", "some bytes and some more");
    fake.file("data/same-size", "bbbb");
    fake.file("data/new", "x");
    std::os::unix::fs::symlink("file", fake.path("data/link")).unwrap();
    let b = image(&fake, "b", &COPY);
    let all = lines(&a, &b);
    for line in [
        "- /data/gone (4 B)",
        "~ /data/file: 10 B -> 24 B (+14 B)",
        "~ /data/same-size: content, still 4 B",
        "+ /data/new (1 B)",
        "+ /data/link -> file",
    ] {
        assert!(all.iter().any(|one| one == line), "no {line:?} in {all:#?}");
    }
    let sum = all.last().unwrap();
    assert!(sum.starts_with("5 files changed (2 added, 1 removed, 2 changed), +11 B; layers "), "{sum}");
    let paths: Vec<_> = all.iter().filter_map(|line| line.split(['/', ':']).nth(2)).collect();
    assert!(paths.is_sorted(), "{all:#?}");

    // the way back has the same lines with the signs turned
    let back = lines(&b, &a);
    assert!(
        back.contains(&"+ /data/gone (4 B)".to_owned()) && back.contains(&"- /data/new (1 B)".to_owned())
    );
    assert!(back.last().unwrap().contains("-11 B"), "{back:#?}");
}

#[test]
fn a_changed_mode_is_a_change() {
    let fake = project();
    let a = image(&fake, "a", &COPY);
    std::fs::set_permissions(fake.path("data/file"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    let b = image(&fake, "b", &COPY);
    assert!(
        lines(&a, &b).contains(&"~ /data/file: -rw-r--r-- -> -rwxr-xr-x".to_owned()),
        "{:?}",
        lines(&a, &b)
    );
}

#[test]
fn another_compression_or_time_is_no_difference_and_is_told() {
    let fake = project();
    let a = image(&fake, "a", &COPY);
    let run = fake.scratch(["-q", "-t", "app:1", "-o", "b.tar", "--compression", "gzip", COPY[0], COPY[1]]);
    assert_eq!(run.status, 0, "{run:?}");
    let b = fake.path("b.tar");
    assert_eq!(lines(&a, &b), ["no difference to a container; what differs: compression"]);
    let mut later =
        fake.command(["-q", "-t", "app:1", "-o", "later.tar", "--compression", "none", COPY[0], COPY[1]]);
    later.env("SOURCE_DATE_EPOCH", "1000000000");
    let run = Run::of(later);
    assert_eq!(run.status, 0, "{run:?}");
    let [line] = &lines(&a, &fake.path("later.tar"))[..] else { panic!() };
    assert!(line.starts_with("no difference to a container; what differs: the times of "), "{line}");
    assert!(line.contains("the time of creation"), "{line}");
}

#[test]
fn the_exit_status_tells_if_it_is_asked_to() {
    let fake = project();
    let (a, b) = (image(&fake, "a", &[]), image(&fake, "b", &COPY));
    let status = |words: &[&str]| look(&[&["diff"], words].concat()).status;
    assert_eq!(status(&[text(&a), text(&b)]), 0);
    assert_eq!(status(&["--exit-code", text(&a), text(&b)]), 1);
    assert_eq!(status(&["--exit-code", text(&a), text(&a)]), 0);
    let other = fake.file("other.tar", "no image");
    look(&["diff", "--exit-code", text(&a), text(&other)]).refused(4, &["other.tar"]);
    // what cannot be read at all has the status of a difference elsewhere
    let unreadable = fake.path("fifo");
    assert!(tool("mkfifo").arg(&unreadable).status().unwrap().success());
    look(&["diff", text(&a), text(&unreadable)]).refused(1, &["fifo"]);
    look(&["diff", "--exit-code", text(&a), text(&unreadable)]).refused(2, &["fifo"]);
    let json = look(&["diff", "--exit-code", "--message-format", "json", text(&a), text(&b)]);
    assert_eq!((json.status, json.stdout.lines().count()), (1, 1), "{json:?}");
}

#[test]
fn platforms_are_compared_pairwise() {
    let fake = project();
    let build = |name: &str, platforms: &str, words: &[&str]| {
        let output = format!("{name}.tar");
        let mut command =
            fake.command([&["-q", "-t", "app:1", "-o", &output, "--platform", platforms], words].concat());
        command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "/bin/false");
        let run = Run::of(command);
        assert_eq!(run.status, 0, "{run:?}");
        fake.path(&output)
    };
    let both = build("both", "linux/amd64,linux/arm64", &[]);
    let other = build("other", "linux/arm64,linux/amd64", &["--env", "A=1"]);
    let all = lines(&both, &other);
    let env = |all: &[String]| all.iter().filter(|line| *line == "+ env A: 1").count();
    assert_eq!(env(&all), 2, "{all:#?}");
    assert!(all.contains(&"linux/amd64:".into()) && all.contains(&"linux/arm64:".into()), "{all:#?}");
    let one = build("one", "linux/amd64", &[]);
    let all = lines(&both, &one);
    assert!(
        all.contains(&"- platform linux/arm64".into()) && all.contains(&"no difference".into()),
        "{all:#?}"
    );
    let json = difference(text(&one), text(&both));
    assert_eq!((&json["equal"], &json["added_platforms"]), (&json!(false), &json!(["linux/arm64"])));
    let run = look(&["diff", "--platform", "linux/amd64", "--exit-code", text(&both), text(&one)]);
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn numbers_in_json_add_up() {
    let fake = project();
    let a = image(&fake, "a", &COPY);
    fake.file("data/second", vec![b'x'; 5000]);
    std::fs::remove_file(fake.path("data/file")).unwrap();
    let b = image(&fake, "b", &COPY);
    let json = difference(text(&a), text(&b));
    let image = &json["images"][0];
    let files = image["files"].as_array().unwrap();
    let count = |word: &str| files.iter().filter(|file| file["change"] == word).count();
    assert_eq!((count("added"), count("removed"), count("changed")), (1, 1, 0));
    assert_eq!((&image["added"], &image["removed"], &image["changed"]), (&json!(1), &json!(1), &json!(0)));
    let size = |value: &Value| value.as_i64().unwrap();
    let layers = image["layers"].as_array().unwrap();
    let side =
        |side: &str| layers.iter().map(|pair| pair[side]["unpacked"].as_i64().unwrap_or(0)).sum::<i64>();
    let unpacked = &image["unpacked"];
    assert_eq!(side("after") - side("before"), size(&unpacked["after"]) - size(&unpacked["before"]));
}
