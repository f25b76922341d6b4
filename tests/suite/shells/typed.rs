//! The tabulator in a shell on a terminal, and what the command line has become when it runs.

use super::{shell, written};
use crate::support::{Project, Terminal};

/// What is typed, and the words that `cargo`, or the program, must be called with.
const TYPED: &[(&str, &str)] = &[
    ("cargo scratch compl\tba\t", "cargo|scratch|completions|bash"),
    ("cargo scratch build --messag\tjs\t", "cargo|scratch|build|--message-format|json"),
    ("cargo-scratch dif\t--exit\t", "cargo-scratch|diff|--exit-code"),
];

/// Types the lines of [`TYPED`] after `setup`, which defines functions that print how they were called.
fn type_all(name: &str, words: &[&str], project: &Project, setup: &str) {
    let mut command = shell(project, name);
    command.args(words);
    let mut terminal = Terminal::start(&command, 200);
    project.file("setup", setup);
    terminal.send("source ./setup\n");
    terminal.until(|text| text.contains("set-up-is-done"));
    for (line, expected) in TYPED {
        terminal.send(&format!("{line}\n"));
        // zsh joins an option and its value
        terminal.until(|text| text.replace('=', "|").contains(&format!("called:{expected}")));
    }
    terminal.send("exit\n");
    let (_, text) = terminal.end();
    for word in ["not found", "error", "bad ", "unknown"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

const POSIX: &str = "
    show() { local IFS='|'; echo \"called:$*\"; }
    cargo() { show cargo \"$@\"; }
    cargo-scratch() { show cargo-scratch \"$@\"; }
    echo set-up-is-''done
";

#[test]
fn the_tabulator_completes_in_bash_needs_bash() {
    let project = Project::empty();
    let file = written(&project, "bash", "completions.bash");
    type_all("bash", &["--norc", "--noprofile", "-i"], &project, &format!("source '{file}'\n{POSIX}"));
}

#[test]
fn the_tabulator_completes_in_zsh_needs_zsh() {
    // where cargo has a completion of its own, which asks for ours, as the one of rustup does
    let project = Project::empty();
    written(&project, "zsh", "functions/_cargo-scratch");
    let theirs = "#compdef cargo\nlocal state ret=1\n_arguments '1: :(build)' '*::args:->args'\n\
                  [[ $state != args ]] || _call_function ret _cargo-$words[1]\n";
    project.file("functions/_cargo", theirs);
    let load = "fpath=(~/functions $fpath); autoload -Uz compinit; compinit -u\n";
    type_all("zsh", &["-f", "-i"], &project, &format!("{load}{POSIX}"));
    // and where it has none
    let project = Project::empty();
    let file = written(&project, "zsh", "completions.zsh");
    let load = format!("autoload -Uz compinit; compinit -u; source '{file}'\n");
    type_all("zsh", &["-f", "-i"], &project, &format!("{load}{POSIX}"));
}

#[test]
fn the_tabulator_completes_in_fish_needs_fish() {
    let project = Project::empty();
    written(&project, "fish", "config/fish/conf.d/cargo-scratch.fish");
    let setup = "
        function cargo; echo called:(string join -- '|' cargo $argv); end
        function cargo-scratch; echo called:(string join -- '|' cargo-scratch $argv); end
        echo set-up-is-''done
    ";
    type_all("fish", &["-i"], &project, setup);
}
