//! Every command in the documentation is one that the command line takes.

use super::parse;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::path::PathBuf;

#[test]
fn every_command_in_the_documentation_is_understood() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let pages = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = pages.chain([root.join("README.md")]);
    let mut count = 0;
    for page in pages.filter(|page| page.extension().is_some_and(|extension| extension == "md")) {
        for command in commands(&std::fs::read_to_string(&page).unwrap()) {
            count += 1;
            match parse(words(&command).into_iter().map(OsString::from)) {
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {}
                // a name that stands for the reader's own file
                Err(error) if error.to_string().contains("no such file") => {}
                Err(error) => panic!("{}: `{command}`: {error}", page.display()),
            }
        }
    }
    assert!(count > 30, "{count}");
}

/// What calls `cargo scratch` in blocks of shell, each without what is around it.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block = "";
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("```") {
            block = kind;
            continue;
        }
        let typed = match block {
            "sh" => line,
            "console" => line.strip_prefix("$ ").unwrap_or_default(),
            _ => "",
        };
        let typed = typed.split(" #").next().unwrap_or_default();
        for (at, _) in typed.match_indices("cargo scratch") {
            let end = [")", " | ", " && ", "; ", " > "].iter().filter_map(|end| typed[at..].find(end)).min();
            found.push(typed[at..at + end.unwrap_or(typed.len() - at)].trim().to_owned());
        }
    }
    found
}

/// The words of a command, without quotes.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut quote) = (vec![String::new()], None);
    for c in command.chars() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (' ', None) => words.push(String::new()),
            (c, _) => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    // as cargo calls us
    words[0] = "cargo-scratch".to_owned();
    words
}
