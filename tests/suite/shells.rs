//! What a shell and a reader of manuals get: completions, as real shells take them, and pages.

mod manual;
mod typed;

use crate::support::{Project, Run, scratch, tool};
use std::process::Command;

/// The completions for `shell`, in a file called `name`.
fn written(project: &Project, shell: &str, name: &str) -> String {
    let run = Run::of({
        let mut command = scratch();
        command.args(["completions", shell]);
        command
    });
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
    project.file(name, run.stdout).to_string_lossy().into_owned()
}

/// `shell` with a home of its own and nothing of this machine's set up.
fn shell(project: &Project, name: &str) -> Command {
    let mut shell = tool(name);
    let home = project.path("");
    shell
        .env("HOME", &home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_DATA_HOME", home.join("data"));
    shell.env("XDG_CACHE_HOME", home.join("cache")).env_remove("ZDOTDIR").env_remove("BASH_ENV");
    shell.current_dir(home).env("TERM", "dumb");
    shell
}

/// What `words` run by the shell print, a line each; it may say nothing on standard error.
#[track_caller]
fn lines(mut shell: Command, words: &[&str]) -> Vec<String> {
    shell.args(words);
    let run = Run::of(shell);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
    run.stdout.lines().map(|line| line.split('\t').next().unwrap().trim().to_owned()).collect()
}

/// What is asked, each as the words before the word that is completed, and what must be among the answers.
const QUESTIONS: &[(&str, &[&str])] = &[
    ("scratch ", &["build", "push", "test-image", "completions"]),
    ("scratch test", &["test-image"]),
    ("scratch build --com", &["--compression"]),
    ("scratch build --message-format ", &["human", "json"]),
    ("scratch init docker", &["dockerfile", "dockerignore"]),
    ("scratch run --engine ", &["auto", "builtin"]),
    ("+nightly scratch completions ", &["bash", "zsh", "fish", "elvish", "powershell"]),
];

#[track_caller]
fn answered(question: &str, expected: &[&str], answers: &[String]) {
    for word in expected {
        assert!(answers.iter().any(|answer| answer == word), "{question:?}: no {word} in {answers:?}");
    }
    if !question.ends_with(' ') {
        let begun = question.rsplit(' ').next().unwrap();
        assert!(answers.iter().all(|answer| answer.starts_with(begun)), "{question:?}: {answers:?}");
    }
}

/// Asks bash as readline does: the function that completes `cargo`, with the words and where the cursor is.
const ASK_BASH: &str = r#"
    read -ra COMP_WORDS <<<"$2"
    [[ $2 != *' ' ]] || COMP_WORDS+=('')
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$2 COMP_POINT=${#2}
    [[ $(complete -p "$1") =~ -F\ ([^ ]+) ]]
    "${BASH_REMATCH[1]}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf '%s\n' "${COMPREPLY[@]}"
"#;

#[test]
fn bash_completes_both_ways_of_calling_needs_bash() {
    let project = Project::empty();
    let file = written(&project, "bash", "completions.bash");
    for (question, expected) in QUESTIONS {
        let own = question.split_once("scratch ").unwrap().1;
        for (program, line) in
            [("cargo", format!("cargo {question}")), ("cargo-scratch", format!("cargo-scratch {own}"))]
        {
            let script = format!("set -u; source '{file}'\n{ASK_BASH}");
            let words = ["--norc", "--noprofile", "-c", &script, "ask", program, &line];
            answered(question, expected, &lines(shell(&project, "bash"), &words));
        }
    }
}

#[test]
fn bash_leaves_the_rest_of_cargo_to_the_completion_that_cargo_has_needs_bash_needs_bash_completion() {
    let project = Project::empty();
    let file = written(&project, "bash", "completions.bash");
    let theirs = "_cargo() { COMPREPLY=(theirs \"$2\"); }\ncomplete -F _cargo cargo\n";
    project.file("data/bash-completion/completions/cargo", theirs);
    let main = "source /usr/share/bash-completion/bash_completion";
    // read before ours, after it, and when it is first asked for
    for before in [format!("{main}; source '{file}'"), format!("{main}; {theirs}\nsource '{file}'")] {
        let ask = |line: &str| {
            let script = format!("{before}\n{ASK_BASH}");
            lines(shell(&project, "bash"), &["--norc", "--noprofile", "-c", &script, "ask", "cargo", line])
        };
        assert_eq!(ask("cargo che"), ["theirs", "che"]);
        assert_eq!(ask("cargo build scratch "), ["theirs", ""]);
        assert!(ask("cargo scratch dif").contains(&"diff".to_owned()));
    }
    let twice = format!("{main}; source '{file}'\n{ASK_BASH}\nCOMPREPLY=()\n{ASK_BASH}");
    let words = ["--norc", "--noprofile", "-c", &twice, "ask", "cargo", "cargo che"];
    assert_eq!(lines(shell(&project, "bash"), &words), ["theirs", "che", "theirs", "che"]);
}

#[test]
fn fish_completes_both_ways_of_calling_needs_fish() {
    let project = Project::empty();
    written(&project, "fish", "config/fish/conf.d/cargo-scratch.fish");
    for (question, expected) in QUESTIONS {
        let own = question.split_once("scratch ").unwrap().1;
        for line in [format!("cargo {question}"), format!("cargo-scratch {own}")] {
            let script = format!("complete -C '{line}'");
            answered(question, expected, &lines(shell(&project, "fish"), &["-c", &script]));
        }
    }
}

#[test]
fn zsh_reads_them_without_a_word_needs_zsh() {
    let project = Project::empty();
    written(&project, "zsh", "functions/_cargo-scratch");
    // as a function of $fpath, and by `source`
    for load in [
        "fpath=(~/functions $fpath); autoload -Uz compinit; compinit -u; autoload +X -Uz _cargo-scratch",
        "autoload -Uz compinit; compinit -u; source ~/functions/_cargo-scratch",
    ] {
        let script = format!("{load}; print -r -- $_comps[cargo-scratch]");
        assert_eq!(lines(shell(&project, "zsh"), &["-f", "-c", &script]), ["_cargo-scratch"]);
    }
}
