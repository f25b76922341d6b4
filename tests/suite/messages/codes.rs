//! Every code of an error and of a warning has its page, and is used.

use crate::support::{Run, scratch};
use cargo_scratch::error::{Caution, Code};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every code as its message begins, with its variant, its line and its page.
fn codes() -> Vec<(String, String, &'static str, &'static str)> {
    let errors = Code::ALL.iter().map(|code| {
        (format!("error[{}]", code.word()), format!("Code::{code:?}"), code.about(), code.page())
    });
    let warnings = Caution::ALL.iter().map(|code| {
        (format!("warning[{}]", code.word()), format!("Caution::{code:?}"), code.about(), code.page())
    });
    errors.chain(warnings).collect()
}

fn explained(words: &[&str]) -> Run {
    let mut command = scratch();
    command.arg("explain").args(words);
    Run::of(command)
}

#[test]
fn every_code_has_a_page_with_what_it_means_and_an_example() {
    for (message, _, about, page) in codes() {
        let lines: Vec<&str> = page.lines().collect();
        assert_eq!(lines[0], format!("# {message}"));
        assert!(lines[2].starts_with(about), "{message}: {}", lines[2]);
        assert!(page.contains(&format!("\n    {message}: ")), "{message} has no example");
        let text = lines[3..].iter().filter(|line| !line.is_empty() && !line.starts_with("    ")).count();
        assert!((1..=12).contains(&text) && lines.len() <= 20, "{message}: {text} lines");
        assert!(page.ends_with('\n') && lines.iter().all(|line| line.trim_end() == *line), "{message}");
    }
    for code in Code::ALL.iter().filter(|code| **code != Code::Interrupted) {
        assert!(code.page().contains(&format!("Exit status {}.", code.exit() as u8)), "{}", code.word());
    }
}

#[test]
fn no_page_is_left_of_a_code_that_is_gone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/codes");
    let pages = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pages: BTreeSet<_> =
        pages.map(|page| page.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    let words = Code::ALL.iter().map(|code| code.word()).chain(Caution::ALL.iter().map(|code| code.word()));
    assert_eq!(pages, words.map(str::to_owned).collect());
}

#[test]
fn every_code_is_given_somewhere() {
    let mut texts = String::new();
    let mut waiting = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => waiting.push(path),
                false if path.file_name().unwrap() == "tests.rs" => {}
                false => {
                    let text = fs::read_to_string(&path).unwrap();
                    texts.push_str(text.split("#[cfg(test)]\nmod tests").next().unwrap());
                }
            }
        }
    }
    for (message, variant, ..) in codes() {
        let given = texts
            .match_indices(&variant)
            .any(|(at, _)| !texts[at + variant.len()..].starts_with(|next: char| next.is_alphanumeric()));
        assert!(given, "{message} is given nowhere");
    }
}

#[test]
fn a_page_is_found_by_the_word_however_it_is_copied() {
    for words in [&["smoke"][..], &["error[smoke]"], &["[smoke]"], &["error[smoke]: `hello` failed its test"]]
    {
        let run = explained(words);
        assert!(run.status == 0 && run.stdout == Code::Smoke.page() && run.stderr.is_empty(), "{run:?}");
    }
    let both = explained(&["platform"]);
    assert!(both.stdout.contains("# error[platform]") && both.stdout.contains("# [platform]"), "{both:?}");
    assert!(!explained(&["error[platform]"]).stdout.contains("# [platform]"));
    explained(&["registy"])
        .refused(2, &["error[usage]: no message has the code `registy`", "did you mean `registry`?"]);
    explained(&["\u{1b}[2J"]).refused(2, &["no message has the code"]);
}

#[test]
fn without_a_word_all_are_listed_with_the_exit_statuses() {
    let list = explained(&[]);
    assert_eq!(list.status, 0, "{list:?}");
    for (message, _, about, _) in codes() {
        let word = message.split(['[', ']']).nth(1).unwrap();
        let found = list
            .stdout
            .lines()
            .any(|line| line.split_whitespace().next() == Some(word) && line.ends_with(about));
        assert!(found, "{message} is not listed");
    }
    for line in [
        "  smoke                   4  An image",
        "    6  A registry or an engine refused",
        "  128 and a signal",
    ] {
        assert!(list.stdout.contains(line), "no {line:?} in {}", list.stdout);
    }
}
