//! Each rule by itself, and the text around them.

use super::*;

/// The lines of a .gitignore file, and what they are in docker's language.
const TABLE: &[(&str, &[&str])] = &[
    ("", &[]),
    ("   ", &[]),
    ("# comment", &[]),
    ("foo", &["**/foo"]),
    ("foo   ", &["**/foo"]),
    ("foo\r", &["**/foo"]),
    ("/foo", &["foo"]),
    ("foo/bar", &["foo/bar"]),
    ("foo/", &["**/foo/*"]),
    ("/foo/", &["foo/*"]),
    ("!foo", &["!**/foo"]),
    ("!/foo/", &["!foo"]),
    (r"\!foo", &[r"**/\!foo"]),
    (r"\#foo", &[r"**/\#foo"]),
    (r"/\#foo", &[r"\#foo"]),
    (r"!\#foo", &[r"!**/\#foo"]),
    (r"foo\ ", &["**/foo[ ]"]),
    (r"foo\  ", &["**/foo[ ]"]),
    ("/ foo", &["[ ]foo"]),
    ("a b", &["**/a b"]),
    ("*.o", &["**/*.o"]),
    ("**.o", &["**/*.o"]),
    ("a**b", &["**/a*b"]),
    ("/a**b/c", &["a*b/c"]),
    ("!/a**b/c", &["!a*"]),
    ("**", &["**/*"]),
    ("*", &["**/*"]),
    ("/*", &["*"]),
    ("**/foo", &["**/foo"]),
    ("**/foo/bar", &["**/foo/bar"]),
    ("foo/**", &["foo/**/*"]),
    ("foo/**/", &["foo/**/*/*"]),
    ("foo/**/bar", &["foo/**/bar"]),
    ("foo/**/**/***/bar", &["foo/**/bar"]),
    ("a?c", &["**/a?c"]),
    ("[abc].o", &["**/[a-c].o"]),
    ("[a-cx]", &["**/[a-cx]"]),
    ("[!a]", &["**/[^/a]"]),
    ("[^a-c]", &["**/[^/a-c]"]),
    ("[]a]", &[r"**/[\]a]"]),
    (r"[\]a]", &[r"**/[\]a]"]),
    ("[a-]", &[r"**/[\-a]"]),
    ("[[:digit:]]", &["**/[0-9]"]),
    ("[[:punct:]]x", &[r"**/[\!-\.\:-\@\[-\`\{-\~]x"]),
    ("[+-9]", &[r"**/[\+-\.0-9]"]),
    ("[*?]", &[r"**/[\*\?]"]),
    (r"\a\*", &[r"**/a\*"]),
    ("a^b+c(d)", &[r"**/a\^b\+c\(d\)"]),
    ("{a,b}$", &[r"**/\{a,b\}\$"]),
    ("é", &["**/é"]),
    // git matches nothing with these
    ("/", &[]),
    ("//foo", &[]),
    ("foo//", &[]),
    ("foo//bar", &[]),
    ("./foo", &[]),
    ("../foo", &[]),
    (r"foo\", &[]),
    (r"foo\/", &[]),
    ("foo[", &[]),
    ("foo[a", &[]),
    ("[[:nope:]]", &[]),
    ("[[:cntrl:]]", &[]),
    ("!", &[]),
    // what has no equivalent is left out, or, for an exception, widened
    ("a\tb", &["# `a\\tb` has no equivalent here"]),
    ("[é]", &["# `[é]` has no equivalent here"]),
    ("\u{fffd}", &["# `\u{fffd}` has no equivalent here"]),
    ("![é]x", &["!**/*x"]),
    ("!a\tb", &["!**/a*b"]),
];

const AGAIN: &str = "# Once more: for git, no exception brings back what lies in an ignored folder";

fn lines(files: &[(&[&str], &[&str], &str)]) -> Vec<String> {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let file = |(above, folder, text): &(&[&str], &[&str], &str)| RulesFile {
        shown: "x".into(),
        above: owned(above),
        folder: owned(folder),
        text: (*text).into(),
    };
    let known = Known { files: files.iter().map(file).collect(), ..Known::default() };
    let text = text("x", &known, None);
    let end = text.find("\n\n# What no build needs").unwrap();
    let lines =
        text[..end].lines().skip(3).filter(|line| !line.is_empty() && !line.starts_with("# What git"));
    lines.map(str::to_owned).collect()
}

#[test]
fn every_kind_of_rule_has_its_line() {
    for (rule, expected) in TABLE {
        assert_eq!(lines(&[(&[], &[], rule)]), *expected, "{rule:?}");
    }
}

#[test]
fn a_rule_is_of_the_folder_of_its_file() {
    assert_eq!(
        lines(&[(&[], &["a", "b c"], "/x\ny\n!/z/")]),
        ["a/b c/x", "a/b c/**/y", "!a/b c/z", AGAIN, "a/b c/**/y"]
    );
    assert_eq!(
        lines(&[(&["a", "b"], &[], "/a/b/x\n/a/c/y\n/a/*/z/\nw\n/a\nb\na/**/v\n!/a/b/\n!/a/b**/x")]),
        ["x", "z/*", "**/w", "**/b", "**/v", "!**/*"]
    );
    // a folder that a line cannot hold
    assert_eq!(lines(&[(&[], &["a\nb"], "x\n!y")]), ["# `x` has no equivalent here", "!a*b/**/y"]);
}

#[test]
fn g1_files_that_nobody_wrote_by_hand_take_no_time_and_end_no_comment() {
    let stars = format!("!/a/{}b\n/a/{}c\n", "*x**/".repeat(500), "**/x/".repeat(700));
    let above = ["a"; 40];
    let text = lines(&[(&above, &[], &stars.repeat(50)), (&[], &[], &"a*b*c*d\n!*e*\n".repeat(2_000))]);
    assert!(text.len() > 4_000);
    let hostile = "x\u{1b}c\u{202e}\ry";
    assert_eq!(lines(&[(&[], &[], hostile)]), [r"# `x\u{1b}c\u{202e}\ry` has no equivalent here"]);
}

#[test]
fn a_rule_comes_once_more_where_only_docker_hears_the_difference() {
    let text = "node_modules/\n*.log\n!*.js\n!/important.log";
    assert_eq!(
        lines(&[(&[], &[], text)]),
        ["**/node_modules/*", "**/*.log", "!**/*.js", "!important.log", AGAIN, "**/node_modules/*"]
    );
    // nothing to repeat: the exception is of the path itself, or of another place
    for text in ["/*\n!/src", "/a\n!/b", "*.o\n!keep.o"] {
        assert!(!lines(&[(&[], &[], text)]).contains(&AGAIN.to_owned()), "{text}");
    }
}

#[test]
fn what_every_text_ends_with() {
    let known = Known {
        asked: true,
        hidden: vec!["a b/[x].o".into()],
        secrets: vec!["tests/ca.pem".into()],
        lacks_lock: true,
        ..Known::default()
    };
    let text = text("x", &known, Some(Path::new("out/cargo")));
    let at = |line: &str| {
        text.lines().position(|one| one == line).unwrap_or_else(|| panic!("no {line} in {text}"))
    };
    assert!(at(r"!a b/\[x\].o") < at("target") && at("target") < at("!target/scratch/rootfs"));
    assert!(at("out/cargo") < at("!out/cargo/scratch/rootfs"));
    assert!(at("**/*.pem") < at("!tests/ca.pem") && at("!tests/ca.pem") < at("!Cargo.lock"));
    assert!(text.contains("git ignores Cargo.lock") && text.ends_with("!Cargo.toml\n!Cargo.lock\n"));
    assert!(
        !super::text("x", &Known::default(), None).contains("*.pem"),
        "without git, nobody knows what is secret"
    );
}
