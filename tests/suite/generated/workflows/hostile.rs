//! What a project calls its things changes those texts of a workflow that are meant to hold it, and nothing else.

use super::{TWO, one, parsed, plans, request, scripts};
use cargo_scratch::error::Code;
use cargo_scratch::generate::workflows;
use cargo_scratch::image::platform::Target;
use cargo_scratch::plan::Plans;
use serde_json::Value;

/// Each place that a project's text can stand in, by the harmless text that stands there in the golden workflow.
const PLACES: [&str; 5] = ["binary-x", "package-x", "feature-x", "profile-x", "vendor-x"];

/// What is put there, alone and between other letters.
const HOSTILE: [&str; 41] = [
    "a\nrun: id",
    "\"",
    "\\",
    "'",
    "`id`",
    "$x",
    "$(id)",
    "${{ secrets.X }}",
    "}}",
    "{{",
    "# x",
    "a: b",
    "- a",
    "&a",
    "*a",
    "!!python/object:x",
    "<<",
    "<<EOF",
    "# escape=`",
    "\t",
    "\r",
    "\0",
    "\u{1b}[31m",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\u{202e}",
    "\u{feff}",
    "%{x}",
    "[[ x ]]",
    "[% x %]",
    "|",
    ">",
    "@",
    "?",
    "a b",
    ";",
    "&&",
    "..",
    "=",
    ",",
];

/// What may well be a name, and what YAML would take for something else where it is not quoted.
const NAMES: [&str; 20] = [
    "café",
    "-rf",
    "--help",
    "con",
    "Upper",
    "true",
    "null",
    "0x1f",
    "1e3",
    "12:30:45",
    "on",
    "no",
    "_",
    "ÿ",
    "名前",
    "a-b_c",
    "x86",
    "0o7",
    "2001-01-01",
    ".inf",
];

/// A plan with `texts` in the [`PLACES`].
fn with(plans: &Plans, texts: [&str; 5]) -> Plans {
    let mut plans = plans.clone();
    let [bin, package, feature, profile, vendor] = texts;
    bin.clone_into(&mut plans.first.images[0].bin);
    plans.first.images[0].spec = format!("{package}@1.0.0");
    plans.first.flags.features = vec![feature.to_owned()];
    plans.first.flags.profile = Some(profile.to_owned());
    plans.first.target = Target::from_triple(&format!("x86_64-{vendor}-linux-musl")).unwrap();
    plans
}

/// More than a thousand texts for the places: each one in each place, then mixtures.
fn cases() -> Vec<[String; 5]> {
    let mut texts: Vec<String> = Vec::new();
    for text in HOSTILE.iter().chain(&NAMES) {
        texts.extend([(*text).to_owned(), format!("a{text}b"), format!("{text}{text}")]);
    }
    let mut cases = Vec::new();
    for text in &texts {
        for place in 0..PLACES.len() {
            let mut case = PLACES.map(str::to_owned);
            case[place].clone_from(text);
            cases.push(case);
        }
    }
    // a linear congruential generator (Knuth's MMIX) chooses: the same cases in every run
    let mut state = 1_u64;
    let mut choose = |from: &[String]| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        from[usize::try_from(state >> 33).unwrap() % from.len()].clone()
    };
    let names = NAMES.map(str::to_owned);
    cases.extend((0..400).map(|_| [(); 5].map(|()| choose(&names))));
    cases.extend((0..400).map(|_| [(); 5].map(|()| choose(&texts))));
    cases
}

/// `golden` with the texts of `case` where the harmless ones stand.
fn filled(golden: &Value, case: &[String; 5]) -> Value {
    match golden {
        Value::String(text) => {
            let (mut whole, mut rest) = (String::new(), text.as_str());
            let next = |rest: &str| (0..5).filter_map(|place| Some((rest.find(PLACES[place])?, place))).min();
            while let Some((at, place)) = next(rest) {
                whole.push_str(&rest[..at]);
                whole.push_str(&case[place]);
                rest = &rest[at + PLACES[place].len()..];
            }
            Value::from(whole + rest)
        }
        Value::Array(items) => items.iter().map(|item| filled(item, case)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (key.clone(), filled(value, case)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

#[test]
fn needs_python3_needs_yaml_g2_no_name_or_value_changes_more_than_its_own_text() {
    let project = one("");
    let plans = plans(&project, &TWO[..1]);
    let cases = cases();
    assert!(cases.len() >= 1000);
    for make in [workflows::github, workflows::gitlab, workflows::action] {
        let golden = make(&with(&plans, PLACES), &request()).unwrap().text;
        let (mut written, mut refused) = (vec![(PLACES.map(str::to_owned), golden)], 0);
        for case in &cases {
            match make(&with(&plans, case.each_ref().map(String::as_str)), &request()) {
                Ok(file) => {
                    let mut case = case.clone();
                    case[2] = case[2].replace(' ', ","); // between features, both mean the same
                    written.push((case, file.text));
                }
                Err(error) => {
                    assert_eq!(error.code(), Code::Name, "{case:?}: {error}");
                    refused += 1;
                }
            }
        }
        assert!(written.len() > 500 && refused > 500, "{} written, {refused} refused", written.len());
        let read = parsed(written.iter().map(|(_, text)| text.as_str()));
        let golden = &read[0];
        for script in scripts(golden) {
            assert!(PLACES.iter().all(|place| !script.contains(place)), "{script}");
        }
        for ((case, text), read) in written.iter().zip(&read) {
            assert_eq!(*read, filled(golden, case), "{case:?}: {text}");
        }
    }
}

#[test]
fn needs_python3_needs_yaml_g2_the_command_that_makes_a_file_stays_a_comment() {
    let project = one("");
    let plans = plans(&project, TWO);
    for make in [workflows::github, workflows::gitlab, workflows::action] {
        let mut written = vec![make(&plans, &request()).unwrap().text];
        for text in HOSTILE {
            let mut request = request();
            request.made = format!("cargo scratch init --label {text}");
            match make(&plans, &request) {
                Ok(file) => written.push(file.text),
                Err(error) => assert_eq!(error.code(), Code::Name, "{text:?}: {error}"),
            }
        }
        let read = parsed(written.iter().map(String::as_str));
        assert!(read.iter().all(|other| *other == read[0]));
    }
}
