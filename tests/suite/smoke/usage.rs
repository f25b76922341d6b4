//! What cannot be tested so.

use super::Subject;

#[test]
fn what_cannot_be_understood_is_refused_with_an_example() {
    let subject = Subject::new();
    for (words, expected) in [
        (&["--http", "health"][..], "e.g. /health, /missing=404 or :9090/metrics"),
        (&["--http", "/x=700"], "a status from 200 to 599"),
        (&["--tcp", "0"], "a port from 1 to 65535"),
        (&["--stdout", "("], "--stdout"),
        (&["--exit", "256"], "256"),
        (&["--timeout", "10"], "10s, 500ms or 2m"),
        (&["--grace", "0s"], "10s, 500ms or 2m"),
    ] {
        let run = subject.test("serve", words);
        assert!(run.status == 2 && run.stderr.contains(expected), "{run:?}");
    }
}

#[test]
fn a_port_must_be_said_unless_the_image_has_exactly_one() {
    let words = ["--http", "/health=200"];
    let several = Subject::with(&["--expose", "8080,9090"]);
    let expected = ["error[usage]", "several ports: 8080, 9090", "--http :PORT/health=200"];
    several.test("serve", &words).refused(2, &expected);
    super::passed(&several.test("serve", &["--http", ":8080/health"]));
    Subject::with(&[])
        .test("serve", &words)
        .refused(2, &["error[usage]", "the image exposes no port", "--http :PORT"]);
}

#[test]
fn a_port_that_is_missing_is_told_before_anything_is_built() {
    let subject = Subject::with(&[]);
    let builds = subject.0.builds().len();
    let run = subject.0.scratch(["test-image", "--http", "/"]);
    run.refused(2, &["the image exposes no port", "--http :PORT/"]);
    assert_eq!(subject.0.builds().len(), builds);
}

#[test]
fn a_plan_is_shown_and_nothing_is_started() {
    let subject = Subject::new();
    for words in [&["--image", "out.tar"][..], &[]] {
        let run = subject.0.scratch(["test-image", "--dry-run"].iter().chain(words));
        assert!(run.status == 0 && !run.stdout.contains("ok: ") && !run.stdout.is_empty(), "{run:?}");
    }
}
