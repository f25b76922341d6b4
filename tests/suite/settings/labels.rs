//! Labels that an image gets from Cargo.toml and git, none of them secret.

use super::image;
use crate::support::{Fake, git};
use serde_json::Value;

#[test]
fn b1_what_the_manifest_says_becomes_one_line_each() {
    let project = Fake::new(
        "hello",
        concat!(
            "description = \"two\\nlines, \\\"quoted\\\" ${{ x }}\\u001b[31m\\t'end'\\n\"\n",
            "license = \"MIT OR Apache-2.0\"\nauthors = [\"A <a@example.org>\", \"B\"]\n",
            "homepage = \"https://example.org\"\ndocumentation = \"https://docs.example.org/x\"\n",
        ),
    );
    let labels = labels(&project);
    for (name, value) in [
        ("title", "hello"),
        ("version", "0.1.0"),
        ("description", "two lines, \"quoted\" ${{ x }} [31m 'end'"),
        ("licenses", "MIT OR Apache-2.0"),
        ("authors", "A <a@example.org>, B"),
        ("url", "https://example.org"),
        ("documentation", "https://docs.example.org/x"),
    ] {
        assert_eq!(labels[&format!("org.opencontainers.image.{name}")], value);
    }
    assert_eq!(labels.as_object().unwrap().len(), 7, "nothing that nobody said: {labels}");
}

#[test]
fn a_label_of_the_user_is_stronger_than_one_of_the_manifest() {
    let project = Fake::new("hello", "description = \"of the manifest\"\n");
    let run = project.scratch(["--label", "org.opencontainers.image.description=mine", "--label", "x=y"]);
    let labels = image(&project, &run)["run"]["Labels"].clone();
    assert_eq!(labels["org.opencontainers.image.description"], "mine");
    assert_eq!(labels["org.opencontainers.image.title"], "hello");
    assert_eq!(labels["x"], "y");
}

#[test]
fn h2_credentials_in_addresses_are_nowhere_in_the_image_or_the_plan() {
    let project = Fake::new(
        "hello",
        concat!(
            "repository = \"https://user:hunter2@example.org/x.git\"\n",
            "homepage = \"https://user:hun/hunter2@example.org/\"\n",
            "documentation = \"http://a@b:hunter2@example.org/d?token=hunter2#hunter2\"\n",
        ),
    );
    for name in [".git/config", "src/secret"] {
        project.file(name, "[remote \"origin\"]\nurl = https://user:hunter2@example.org\n");
    }
    let bytes = std::fs::read(project.pack(&[])).unwrap();
    let has = |word: &str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
    assert!(has("http://example.org/d\""));
    assert!(has("https://example.org/x.git"), "the layers are plain, so that what is there is found");
    assert!(!has("hunter2") && !has("user:"));
    for format in ["human", "json"] {
        let run = project.scratch(["--dry-run", "--message-format", format]);
        assert!(run.status == 0 && run.stdout.contains("https://example.org/x.git"), "{run:?}");
        assert!(!run.stdout.contains("hunter2") && !run.stderr.contains("hunter2"), "{run:?}");
    }
}

#[test]
fn needs_git_a_revision_is_said_only_where_git_tracks_the_project() {
    let revision = "org.opencontainers.image.revision";
    let project = Fake::new("hello", "");
    assert_eq!(labels(&project)[revision], Value::Null, "no repository");

    git(&project.path(""), &["init", "--quiet"]);
    assert_eq!(labels(&project)[revision], Value::Null, "no commit");
    git(&project.path(""), &["add", "src"]);
    git(&project.path(""), &["commit", "--quiet", "-m", "one"]);
    assert_eq!(labels(&project)[revision], Value::Null, "the manifest is not in it");
    git(&project.path(""), &["add", "Cargo.toml"]);
    git(&project.path(""), &["commit", "--quiet", "-m", "two"]);
    git(&project.path(""), &["tag", "v1"]);
    let head = git(&project.path(""), &["rev-parse", "HEAD"]);
    assert_eq!(head.len(), 40);
    assert_eq!(labels(&project)[revision], head);
    project.file("not tracked", "");
    assert_eq!(labels(&project)[revision], head);
    project.file("src/main.rs", "fn main() {}");
    assert_eq!(labels(&project)[revision], format!("{head}-dirty"));
}

#[track_caller]
fn labels(project: &Fake) -> Value {
    image(project, &project.scratch(["build"]))["run"]["Labels"].clone()
}
