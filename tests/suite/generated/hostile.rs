//! Names and values of the worst kind: either they are refused, or a Dockerfile has exactly the intended instructions.
//!
//! Each of the fields below has a plain value. In every case one to three fields have a hostile one instead, all three
//! styles are generated, and a parser that is not ours reads both the plain and the hostile Dockerfile: the second
//! must be the first, instruction by instruction, with nothing but the values put in.

mod project;
mod real;

use self::project::{FIELDS, Wish};
use crate::support::tool;
use cargo_scratch::error::{Code, Error};
use cargo_scratch::generate::Request;
use cargo_scratch::generate::dockerfile::{Style, dockerfile};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

const STYLES: [Style; 3] = [Style::MultiStage, Style::Chef, Style::Prebuilt];

/// How many hostile projects there are; each is asked for in every style.
const CASES: usize = 400;

/// FAULTS B1 and G1, and what else a parser of Dockerfiles, JSON or shell words gives a meaning.
const WORDS: &[&str] = &[
    "",
    " ",
    ".",
    "..",
    "../evil",
    "a/b",
    "a\"b",
    "a\nb",
    "$(id)",
    ".wh.foo",
    "\u{1b}[31m",
    "a b",
    "a\\b",
    "a`b",
    "\n",
    "\r",
    "\r\nRUN id\r\n",
    "\nRUN id\n",
    "\nUSER 0",
    "\"",
    "\\",
    "'",
    "`",
    "$x",
    "${x}",
    "${x:-y}",
    "$",
    "$$",
    "\\$x",
    "\\\\",
    "\\\"",
    "\\n",
    "\\\n",
    "${{ secrets.X }}",
    "# escape=`",
    "# syntax=x",
    "#",
    "<<EOF",
    "a <<EOF",
    "\t",
    "\u{b}",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\u{202e}",
    "\u{feff}",
    "\0",
    "\u{a0}",
    "\u{3000}",
    "\u{200b}",
    "\" RUN id",
    "x\" y=\"z",
    "x\"]\nRUN id",
    "]",
    "[",
    "[\"a\"]",
    ",",
    ";",
    "&&",
    "|",
    ">",
    "<",
    "(",
    ")",
    "!",
    "--flag",
    "--",
    "-",
    "-rf",
    "--from=x",
    "--platform=x",
    "é",
    "e\u{301}",
    "日本語",
    "🦀",
    "*",
    "?",
    "[a]",
    "{a,b}",
    "~",
    "a;b",
    "%{x}",
    "{{x}}",
    "[[x]]",
    "[% x %]",
    "[# x #]",
    "=",
    "a=b",
    "a=b c=d",
    ":",
    "@",
    "a@b",
    "con",
    "scratch",
    "build",
    "toolchain",
    "chef",
    "AS x",
    "it's",
    "a\\",
    " a",
    "a ",
    "a  b",
    "ONBUILD RUN id",
    "$PATH",
    "\u{7f}",
    "\u{ad}",
    "http://x/y",
    "git@x:y",
    "%s",
    "%n",
    "0",
    "4294967296",
    "1e9",
    "null",
    "true",
    "...",
    "a.b-c_d",
];

/// What random values are made of.
const ALPHABET: &str = "[ab01 \"'\\\\$`#{}()<>\\[\\]*?!=:;,/|&~%@.+_\\-\né日\u{a0}]{1,12}";

#[test]
fn g1_a_thousand_hostile_projects_are_refused_or_say_what_was_meant_needs_python3_and_dockerfile_parse() {
    let cases = cases();
    // whatever is no release has to be brought by rustup
    let plain =
        [Wish::plain(), Wish::with(&[("channel", "nightly")])].map(|wish| texts(&wish).map(Result::unwrap));
    let (mut accepted, mut refused) = (0, 0);
    let mut wanted = Vec::new();
    for wish in &cases {
        for (at, text) in texts(wish).into_iter().enumerate() {
            match text {
                Ok(text) => {
                    accepted += 1;
                    let plain = &plain[usize::from(!wish.has_release())][at];
                    let (values, changed) = (wish.values(), wish.changed());
                    wanted.push(json!({ "plain": plain, "text": text, "values": values, "wish": changed }));
                }
                Err(error) => {
                    clear(&error, wish);
                    refused += 1;
                }
            }
        }
    }
    assert!(accepted + refused >= 1000 && accepted * 4 > refused, "{accepted} accepted, {refused} refused");
    let answers = parsed(&wanted.clone().into());
    assert_eq!(answers.len(), accepted);
    let wrong: Vec<_> = answers.iter().zip(&wanted).filter(|(answer, _)| !answer.is_null()).collect();
    for (answer, case) in wrong.iter().take(10) {
        eprintln!("{}\n{}\n", case["wish"], answer.as_str().unwrap());
    }
    assert!(wrong.is_empty(), "{} of {accepted} Dockerfiles say something else", wrong.len());
}

/// What is harmless in its place is not refused: whoever quotes well need not forbid.
#[test]
fn g1_values_that_have_quotes_are_taken() {
    for field in ["description", "author", "label-value", "env-value", "entry", "cmd"] {
        for word in
            ["a \"b\"", "\\", "$x", "it's", "`id`", "${{ secrets.X }}", "# escape=`", "<<EOF", "日本語 🦀"]
        {
            for text in texts(&Wish::with(&[(field, word)])) {
                text.unwrap_or_else(|error| panic!("{field} = {word:?}: {error:?}"));
            }
        }
    }
}

/// Where the parser of the tests is more lenient than the builders, which were asked: each of these is an error of
/// theirs, or becomes another value.
#[test]
fn g1_what_a_builder_would_take_otherwise_is_refused() {
    let long = "x".repeat(1 << 16);
    for (field, word) in [
        ("volume", "a$b"),
        ("volume", "it's"),
        ("volume", "a\\d"),
        ("file", "it's"),
        ("folder", "a*"),
        ("source", "[a]"),
        ("destination", "$x"),
        ("env-name", "--foo"),
        ("label-name", "--foo"),
        ("label-value", &long),
        ("registry", "a.b"),
        ("base", "--foo"),
        ("channel", "+1.90"),
    ] {
        let [multi_stage, ..] = texts(&Wish::with(&[(field, word)]));
        match multi_stage {
            Err(error) => clear(&error, &Wish::with(&[(field, "…")])),
            // rustup has the last word on what is no release
            Ok(text) => {
                assert!(field == "channel" && text.contains("rustup show"), "{field} = {word}: {text}")
            }
        }
    }
}

#[test]
fn g1_hadolint_finds_nothing_in_hostile_dockerfiles_needs_hadolint() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    // without those that ask for a base: an image without a tag is the user's wish
    let cases = cases().into_iter().filter(|wish| wish.changed().get("base").is_none());
    for (at, wish) in cases.take(60).enumerate() {
        for (style, text) in texts(&wish).into_iter().enumerate() {
            let Ok(text) = text else { continue };
            let path = folder.path().join(format!("Dockerfile.{at}.{style}"));
            std::fs::write(&path, text).unwrap();
            files.push(path);
        }
    }
    assert!(files.len() >= 24, "{}", files.len());
    let said = tool("hadolint").args(&files).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
}

/// One to three hostile values each, every word in every field among them.
fn cases() -> Vec<Wish> {
    let mut runner = TestRunner::deterministic();
    let field = proptest::sample::select(&FIELDS[..]);
    let known = proptest::sample::select(WORDS).prop_map(str::to_owned);
    let word = proptest::prop_oneof![known, ALPHABET.prop_map(String::from)];
    let some = proptest::collection::btree_map(field, word, 1..=3);
    let mut next = move || {
        let values: BTreeMap<&str, String> = some.new_tree(&mut runner).unwrap().current();
        Wish::with(&values.iter().map(|(field, word)| (*field, word.as_str())).collect::<Vec<_>>())
    };
    (0..CASES).map(|_| next()).collect()
}

/// The Dockerfiles for `wish`, of each style.
fn texts(wish: &Wish) -> [Result<String, Error>; 3] {
    let project = project::lay_out(wish);
    let plans = project.plans();
    STYLES.map(|style| {
        let (made, base) = (format!("cargo scratch {wish}"), Some(wish.get("base").to_owned()));
        let request = Request { made, style, base, ..Request::default() };
        match &plans {
            Ok(plans) => dockerfile(plans, &request, &project.env).map(|file| file.text),
            // an error cannot be cloned
            Err(_) => project.plans().map(|_| String::new()),
        }
    })
}

/// A refusal names what it is about, in one line, and is the user's to mend.
#[track_caller]
fn clear(error: &Error, wish: &Wish) {
    assert!([1, 2, 5].contains(&error.exit_status()), "{wish}: {error:?}");
    assert!(!error.what().is_empty() && !error.what().starts_with("template"), "{wish}: {error:?}");
    assert!(error.code() != Code::Output, "{wish}: {error:?}");
}

/// What the parser says of each case: nothing, or what is different.
fn parsed(question: &Value) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/generated/hostile/parse.py");
    let mut python: Command = tool("python3");
    let mut child = python.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let question = question.to_string();
    let writer = std::thread::spawn(move || input.write_all(question.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}
