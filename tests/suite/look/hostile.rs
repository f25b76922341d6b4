//! Broken and hostile images: shown as far as they go, and never raw.

use super::{inspected, look, text};
use crate::mutations::editor::{BASES, Change, Parts};
use crate::mutations::record::Record;
use crate::support::Project;
use serde_json::Value;
use std::path::PathBuf;

/// An image of ours with `change` in it.
fn changed(change: Change) -> (Project, PathBuf) {
    let project = Project::empty();
    let path = project.path("image.tar");
    Parts::build(BASES[0]).write(change, &path);
    (project, path)
}

/// Lines that a terminal may show, from a run that ends well.
#[track_caller]
fn tame(words: &[&str]) -> String {
    let run = look(words);
    assert_eq!(run.status, 0, "{run:?}");
    for c in run.stdout.chars().chain(run.stderr.chars()) {
        assert!(c == '\n' || !c.is_control() && c != '\u{202e}', "{c:?}: {run:?}");
    }
    run.stdout
}

#[test]
fn h8_escape_sequences_of_an_image_do_not_reach_the_terminal() {
    let (_project, path) = changed(Change::Image(|image| {
        image.config["config"]["Env"] = serde_json::json!(["A=\u{1b}[31mred\nnext"]);
        image.config["config"]["Labels"] = serde_json::json!({ "\u{202e}l": "\u{9b}1m" });
        image.config["config"]["User"] = "\u{7}bell".into();
        image.config["architecture"] = "amd64\u{1b}]0;x\u{7}".into();
        image.push(vec![Record::file("\u{1b}[2Jfile", "x"), Record::symlink("link", "\u{1b}[1m")]);
        image.config["history"][0]["created_by"] = "\u{1b}[7mstep".into();
    }));
    let page = tame(&["inspect", text(&path)]);
    for shown in ["A=\\u{1b}[31mred\\nnext", "/\\u{1b}[2Jfile", "/link -> \\u{1b}[1m", "\\u{1b}[7mstep"] {
        assert!(page.contains(shown), "no {shown:?} in {page}");
    }
    let (_plain, other) = changed(Change::None);
    let lines = tame(&["diff", text(&other), text(&path)]);
    assert!(lines.contains("+ /\\u{1b}[2Jfile") && lines.contains("+ env A: \\u{1b}[31mred"), "{lines}");
    assert_eq!(inspected(text(&path))[0]["env"][0], "A=\u{1b}[31mred\nnext", "JSON has it as it is");
}

#[test]
fn h8_a_broken_image_is_shown_as_far_as_it_goes_with_the_way_to_its_faults() {
    let breaks: [(&str, Change, &str); 4] = [
        ("a layer is gone", Change::Files(|files| drop(files.remove(2))), "is not there"),
        ("a layer is cut", Change::Blob(1, |blob| blob.truncate(blob.len() / 2)), "layer 2 "),
        ("a layer is no tar", Change::Tar(1, |tar| tar[..512].fill(b'x')), "layer 2 "),
        (
            "a path leaves the image",
            Change::Entries(1, |all| all.push(Record::file("../../evil", "x"))),
            "layer 2 ",
        ),
    ];
    for (what, change, shown) in breaks {
        let (_project, path) = changed(change);
        let page = tame(&["inspect", text(&path)]);
        assert!(page.contains(shown) && page.contains("entrypoint   [\"/hello\"]"), "{what}: {page}");
        let faults = page.lines().find(|line| line.starts_with("faults ")).unwrap();
        assert!(!faults.contains("none") && faults.contains("cargo scratch verify "), "{what}: {faults}");
        assert!(inspected(text(&path))[0]["faults"].as_u64() > Some(0), "{what}");
        assert!(!page.contains("evil"), "{what}: {page}");

        // what was not read is equal to nothing
        for pair in [[text(&path), text(&path)], [text(&path), text(&changed(Change::None).1)]] {
            let run = look(&[&["diff", "--exit-code"], &pair[..]].concat());
            assert!(![0, 1].contains(&run.status), "{what}: {run:?}");
            run.refused(run.status, &["cannot be read", "cargo scratch verify"]);
        }
    }
}

#[test]
fn h8_what_is_no_image_is_refused_with_its_name() {
    let project = Project::empty();
    let not_one: [(&str, &[u8]); 4] =
        [("empty", b""), ("text", b"hello"), ("zeros.tar", &[0; 2048]), ("cut.gz", b"\x1f\x8b\x08\0")];
    for (name, bytes) in not_one {
        let path = project.file(name, bytes);
        let run = look(&["inspect", text(&path)]);
        assert_ne!(run.status, 0, "{name}: {run:?}");
        run.refused(run.status, &[name]);
        let run = look(&["diff", text(&path), text(&path)]);
        run.refused(run.status, &[name]);
    }
    std::fs::create_dir(project.path("folder")).unwrap();
    let run = look(&["inspect", text(&project.path("folder"))]);
    run.refused(run.status, &["folder"]);
}

#[test]
fn h8_a_config_of_megabytes_is_cut_for_people_and_whole_for_programs() {
    let (_project, path) = changed(Change::Config(|config| {
        config["config"]["Labels"] = serde_json::json!({ "long": "x".repeat(1 << 20) });
    }));
    let page = tame(&["inspect", text(&path)]);
    assert!(page.len() < 20_000, "{}", page.len());
    let label: &Value = &inspected(text(&path))[0]["labels"]["long"];
    assert_eq!(label.as_str().unwrap().len(), 1 << 20);
}

#[test]
fn whiteouts_are_told_and_what_they_take_away_is_not_shown() {
    let (_project, path) = changed(Change::Image(|image| {
        image.push(vec![
            Record::folder("data/"),
            Record::file("data/.wh.file", ""),
            Record::file("data/.wh.sub", ""),
        ]);
    }));
    let page = tame(&["inspect", text(&path)]);
    assert!(page.contains("takes away /data/file, /data/sub"), "{page}");
    assert!(!page.lines().any(|line| line.ends_with(" /data/file")), "{page}");
    let image = &inspected(text(&path))[0];
    assert!(
        !image["files"].as_array().unwrap().iter().any(|file| file["path"] == "/data/sub/other"),
        "{image}"
    );
    let (_plain, other) = changed(Change::None);
    let lines = tame(&["diff", text(&other), text(&path)]);
    assert!(lines.contains("- /data/file (10 B)") && lines.contains("- /data/sub/other"), "{lines}");
}
