//! How the program speaks: as its flags say, else as cargo's own configuration does, else as the environment wishes.

use crate::support::{Project, Run};

/// Flags, variables, a line of cargo's `[term]`, and whether there is colour.
type Row = (&'static [&'static str], &'static [(&'static str, &'static str)], &'static str, bool);

/// What a flag, variables and cargo's configuration say, and whether colour comes of it where there is no terminal.
const COLOUR: &[Row] = &[
    (&[], &[], "", false),
    (&["--color", "always"], &[], "", true),
    (&["--color=always"], &[("CARGO_TERM_COLOR", "never"), ("NO_COLOR", "1")], "color = \"never\"", true),
    (&["--color", "never"], &[("CARGO_TERM_COLOR", "always"), ("CLICOLOR_FORCE", "1")], "", false),
    (&[], &[("CARGO_TERM_COLOR", "always")], "", true),
    (&[], &[("CARGO_TERM_COLOR", "always"), ("NO_COLOR", "1")], "color = \"never\"", true),
    (&[], &[("CARGO_TERM_COLOR", "never"), ("CLICOLOR_FORCE", "1")], "", false),
    (&[], &[], "color = \"always\"", true),
    (&[], &[("NO_COLOR", "1")], "color = \"always\"", true),
    (&[], &[("CLICOLOR_FORCE", "1")], "", true),
    (&[], &[("CLICOLOR_FORCE", "1")], "color = \"auto\"", true),
    (&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], "", false),
    (&["--color", "auto"], &[("CARGO_TERM_COLOR", "always")], "color = \"always\"", false),
    (&[], &[("CLICOLOR", "0")], "", false),
];

#[test]
fn colour_is_as_the_flag_says_else_as_cargo_is_configured_else_as_the_environment_wishes() {
    let project = Project::empty();
    for (flags, variables, term, coloured) in COLOUR {
        project.file(".cargo/config.toml", format!("[term]\n{term}\n"));
        let run = |words: &[&str]| {
            let mut command = project.command([words, flags].concat());
            for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
                command.env_remove(name);
            }
            Run::of({
                command.envs(variables.iter().copied());
                command
            })
        };
        let row = format!("{flags:?} {variables:?} {term}");
        // an error of ours, one of the command line's, and a help
        let colour = |text: &str| text.contains('\u{1b}');
        assert_eq!(colour(&run(&["verify", "missing"]).stderr), *coloured, "{row}");
        assert_eq!(colour(&run(&["build", "--nope"]).stderr), *coloured, "{row}");
        assert_eq!(colour(&run(&["push", "--help"]).stdout), *coloured, "{row}");
    }
}

#[test]
fn how_much_is_said_is_as_cargo_is_configured_unless_a_flag_says_it() {
    let project = crate::support::Fake::new("app", "");
    for (term, flags, verified, running) in [
        ("", &[][..], true, false),
        ("quiet = true", &[], false, false),
        ("verbose = true", &[], true, true),
        ("quiet = true", &["-v"], true, true),
        ("verbose = true", &["-q"], false, false),
    ] {
        project.file(".cargo/config.toml", format!("[term]\n{term}\n"));
        let run = project.scratch(flags);
        assert_eq!(run.status, 0, "{run:?}");
        assert_eq!(run.stderr.contains("Verified"), verified, "{term} {flags:?}: {run:?}");
        assert_eq!(run.stderr.contains("Running"), running, "{term} {flags:?}: {run:?}");
    }
}

/// What is typed, with a slip in it, and what is offered in its place.
const SLIPS: &[(&[&str], &str)] = &[
    (&["biuld"], "'build'"),
    (&["psuh", "a/b"], "'push'"),
    (&["test-imag"], "'test-image'"),
    (&["--comression", "gzip"], "'--compression'"),
    (&["push", "--repp", "a"], "'--repo'"),
    (&["run", "--engin", "docker"], "'--engine'"),
    (&["run", "--engine", "dokcer"], "'docker'"),
    (&["init", "dockerfil"], "'dockerfile'"),
    (&["dockerfile", "--style", "chief"], "'chef'"),
    (&["completions", "bsh"], "'bash'"),
    (&["--message-format", "jsn"], "'json'"),
    (&["--bin", "ap"], "--bin app"),
    (&["--example", "dem"], "--example demo"),
    (&["-p", "ap"], "-p app"),
    (&["-F", "extr"], "extra"),
    (&["-o", "docker-archiv"], "-o docker-archive"),
    (&["--compression", "gzp"], "gzip"),
    (&["--platform", "linux/amd46"], "linux/amd64"),
    (&["--target", "x86_64-unknown-linux-msul"], "x86_64-unknown-linux-musl"),
    (&["--stop-signal", "SIGTREM"], "SIGTERM"),
    (&["--builder", "dokcer"], "docker"),
];

#[test]
fn a_slip_is_answered_with_what_was_probably_meant() {
    let project = Project::new("app", "[features]\nextra = []\n");
    project.file("examples/demo.rs", "fn main() {}\n");
    let mut gaps = Vec::new();
    for (words, meant) in SLIPS {
        let run = project.scratch(*words);
        if run.status == 0 || !run.stderr.contains(meant) {
            gaps.push(format!("{words:?}: {}: {}", run.status, run.stderr));
        }
    }
    assert!(gaps.is_empty(), "{}", gaps.join("\n"));
}
