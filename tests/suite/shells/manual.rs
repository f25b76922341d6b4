//! The manual pages, as the programs that show them take them.

use crate::support::{Project, Run, scratch, tool};
use std::path::PathBuf;
use std::process::Command;

/// The pages in a folder, and their paths.
fn pages(project: &Project) -> Vec<PathBuf> {
    let run = project.scratch(["man", "share/man/man1"]);
    assert_eq!((run.status, run.stdout.as_str()), (0, ""), "{run:?}");
    let folder = std::fs::read_dir(project.path("share/man/man1")).unwrap();
    let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn said(mut command: Command) -> Run {
    Run::of(std::mem::replace(&mut command, Command::new("true")))
}

#[test]
fn there_is_a_page_for_every_command_of_the_help() {
    let project = Project::empty();
    let pages = pages(&project);
    let help = project.scratch(["-h"]).stdout;
    let commands = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let mut expected: Vec<_> = commands.map(|line| line.split_whitespace().next().unwrap()).collect();
    expected.retain(|command| *command != "help");
    assert!(expected.len() > 10, "{help}");
    let names: Vec<_> = pages.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    for command in &expected {
        assert!(names.contains(&&*format!("cargo-scratch-{command}.1")), "{command}: {names:?}");
    }
    assert_eq!(names.len(), expected.len() + 1);
    let again = project.scratch(["man"]).stdout;
    assert_eq!(again, std::fs::read_to_string(project.path("share/man/man1/cargo-scratch.1")).unwrap());
}

#[test]
fn groff_sets_every_page_without_a_warning_needs_groff() {
    let project = Project::empty();
    for page in pages(&project) {
        let mut groff = tool("groff");
        groff.args(["-man", "-Tutf8", "-ww", "-z"]).arg(&page);
        let run = said(groff);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", page.display());
    }
}

#[test]
fn mandoc_finds_nothing_wrong_with_any_page_needs_mandoc() {
    let project = Project::empty();
    let mut mandoc = tool("mandoc");
    mandoc.args(["-T", "lint", "-W", "warning"]).args(pages(&project));
    let said = said(mandoc);
    // no date, so that a build of the same source has the same bytes; and clap_mangen's line between two paragraphs
    let known = ["missing date", "skipping paragraph macro: br"];
    let rest = said.stdout.lines().filter(|line| !known.iter().any(|word| line.contains(word)));
    assert_eq!(rest.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn man_finds_a_page_by_its_name_and_its_sections_tell_what_a_script_needs_needs_man() {
    let project = Project::empty();
    pages(&project);
    let mut man = tool("man");
    man.arg("cargo-scratch-run").env("MANPATH", project.path("share/man")).env("MANWIDTH", "300");
    man.env("LC_ALL", "C.UTF-8").env("PAGER", "cat");
    let run = said(man);
    assert_eq!(run.status, 0, "{run:?}");
    for words in [
        "CARGO-SCRATCH-RUN(1)",
        "Build, verify and run",
        "EXIT STATUS",
        "The program's own",
        "CARGO_SCRATCH_STOP_SIGNAL",
        "NO_COLOR",
        "target/scratch/",
        "cargo scratch run --engine docker -p 8080:80",
        "SEE ALSO",
    ] {
        assert!(run.stdout.contains(words), "no {words:?} in {}", run.stdout);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told_and_nothing_is_left() {
    let project = Project::empty();
    project.file("taken", "");
    project.scratch(["man", "taken"]).refused(5, &["`taken`"]);
    assert_eq!(project.listing(), ["taken"]);
    let mut command = scratch();
    command.args(["completions", "tcsh"]).current_dir(project.path(""));
    let run = Run::of(command);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("possible values: bash, elvish, fish, powershell, zsh"), "{run:?}");
}
