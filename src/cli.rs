//! The command line, as a tree of clap's; what a flag means is said where it is defined, in [`crate::config`].

mod build;
mod completions;
#[cfg(test)]
mod documented;
mod examples;
mod explain;
mod generated;
mod index;
mod look;
mod made;
mod man;
mod mistake;
mod resolve;
mod run;
mod schema;
mod size;
mod smoke;
mod started;
mod verify;
mod wanted;
mod words;

use crate::commands;
use crate::config::env::Env;
use crate::config::layers::nearest;
use crate::error::Error;
use crate::ui::{HELP, Ui};
use build::{Build, Push};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser, Subcommand};
use index::Index;
use made::Made;
use std::ffi::OsString;
use std::path::PathBuf;
use wanted::{Talk, Wanted, request, request_of};

/// Turn any Rust project into the smallest container image that is proven to run
///
/// Builds for musl, proves that the binary is static, and packs it FROM scratch into an image archive, whose path is
/// all that goes to standard output:  docker load -i "$(cargo scratch)"
#[derive(Debug, Parser)]
#[command(name = "cargo scratch", bin_name = "cargo scratch", version, styles = HELP)]
#[command(args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,

    #[command(flatten)]
    build: Build,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Build, verify and pack; the default
    Build(Box<Build>),
    /// Build, verify and run; ends with the program's own status
    ///
    /// The image that would be pushed is what runs, and nothing is left of it. The program has the standard streams:
    /// --message-format json is for the plan of --dry-run and for errors. SIGINT, SIGTERM, SIGHUP and SIGQUIT are handed
    /// on once; a program that has no handler for them, or does not end within 10 s, is killed.
    Run(Box<run::Run>),
    /// Run the image as a test: it starts, answers, and ends when it is told to
    TestImage(Box<smoke::TestImage>),
    /// Build, verify and push; prints NAME@DIGEST
    Push(Box<Push>),
    /// Join images that separate runs pushed with --by-digest into one for all their platforms; prints NAME@DIGEST
    Index(Box<Index>),
    /// Build and push what Kubernetes manifests call scratch://PACKAGE; prints them with NAME@DIGEST in its place
    ///
    /// Every other byte stays as it is:  cargo scratch resolve -f k8s/ --repo ghcr.io/me | kubectl apply -f -
    Resolve(Box<resolve::Resolve>),
    /// Write the Dockerfile that makes the same image as a build
    Dockerfile(Box<generated::Dockerfile>),
    /// Write the files that a project keeps: Dockerfile, .dockerignore, workflow and what else fits it
    Init(Box<generated::Init>),
    /// Tell what this project and machine need, before a long build; builds nothing
    Doctor(Box<Wanted>),
    /// Tell whether programs are static and images sound, and if not, why; runs nothing
    Verify(Box<verify::Verify>),
    /// Show what is in an image: configuration, layers, files, programs
    Inspect(Box<look::Inspect>),
    /// Show what changed from one image to another
    Diff(Box<look::Diff>),
    /// Show where the bytes of an image go: sections, crates, functions, layers, and what changed since the last time
    Size(Box<size::Size>),
    /// Explain the code of an error or a warning, or a rule that `verify` tells of; without one, list them all
    Explain(explain::Explain),
    /// Print the JSON Schema of what --message-format json prints
    Schema(schema::Schema),
    /// Create a starter project: the smallest HTTP server that stops when it is told to
    New {
        /// Folder to create
        path: PathBuf,

        /// Name of the package [default: the folder's]
        #[arg(long, value_name = "NAME")]
        name: Option<String>,

        #[command(flatten)]
        talk: Talk,
    },
    /// Print the completions for a shell
    ///
    /// They complete `cargo scratch` as well as `cargo-scratch`. In zsh, cargo's own completion asks for them:
    /// `rustup completions zsh cargo` prints that. Where each shell looks for them is said by the examples.
    Completions(completions::Completions),
    /// Print the manual page, or write those of all commands into a folder
    Man(man::Manual),
}

/// Understands `words`, the command line with the program's own name first, and runs the command. Returns the status to
/// end with: that of a program that was run, or 0.
///
/// # Errors
/// The command's error, with the streams to print it on.
pub fn run(words: impl Iterator<Item = OsString>, env: &Env) -> Result<u8, (Ui, Error)> {
    let words: Vec<OsString> = words.collect();
    let made = Made::of(&words);
    let matches = match parse(words.iter().cloned()) {
        Ok(matches) => matches,
        // help and version too come as an error of clap's, which knows where each belongs
        Err(shown) if shown.exit_code() == 0 => {
            // a reader may have left
            let _ = mistake::streams(&words, env).line(shown.render().ansi().to_string().trim_end());
            return Ok(0);
        }
        Err(refused) => return Err(mistake::of(&refused, &words, env)),
    };
    let cli = Cli::from_arg_matches(&matches).map_err(|refused| mistake::of(&refused, &words, env))?;
    let done = match (&cli.verb, matches.subcommand()) {
        (Some(Verb::Run(verb)), Some((_, own))) => verb.run(own, env),
        (Some(Verb::Diff(verb)), Some((_, own))) => verb.run(own, env),
        _ => carry_out(&cli, &matches, made, env).map(|()| 0),
    };
    done.map_err(|(ui, error)| match matches.subcommand_name() {
        None | Some("build") => (ui, error),
        Some(verb) => (ui, error.said_to(verb)),
    })
}

/// Runs one of the commands that end with 0 or an error.
fn carry_out(cli: &Cli, matches: &ArgMatches, made: Made, env: &Env) -> Result<(), (Ui, Error)> {
    match (&cli.verb, matches.subcommand()) {
        (Some(Verb::Build(verb)), Some((_, matches))) => verb.run(matches, env),
        (Some(Verb::Push(verb)), Some((_, matches))) => verb.run(matches, env),
        (Some(Verb::Index(verb)), Some((_, matches))) => verb.run(matches, env),
        (Some(Verb::Size(verb)), Some((_, matches))) => verb.run(matches, env),
        (Some(Verb::Resolve(resolve)), Some((_, matches))) => {
            let ui = resolve.talk.ui(env);
            let resolved = resolve
                .request(matches, env)
                .and_then(|request| commands::resolve::resolve(&resolve.wanted(), &request, env, &ui));
            resolved.map_err(|error| (ui, error))
        }
        (Some(Verb::Dockerfile(verb)), Some((_, matches))) => {
            let (ui, request) = (verb.wanted.talk.ui(env), request(&verb.wanted, matches, env));
            verb.run(&request, made, env, &ui).map_err(|error| (ui, error))
        }
        (Some(Verb::Init(verb)), Some((_, matches))) => {
            let (ui, request) = (verb.wanted.talk.ui(env), request(&verb.wanted, matches, env));
            verb.run(request, made, env, &ui).map_err(|error| (ui, error))
        }
        (Some(Verb::Doctor(wanted)), Some((_, matches))) => {
            let (ui, request) = (wanted.talk.ui(env), request(wanted, matches, env));
            commands::doctor::doctor(&request, env, &ui).map_err(|error| (ui, error))
        }
        (Some(Verb::TestImage(verb)), Some((_, matches))) => verb.run(matches, env),
        (Some(Verb::Verify(verb)), Some((_, matches))) => verb.run(matches, env),
        (Some(Verb::Inspect(verb)), Some((_, matches))) => verb.run(matches, env),
        (Some(Verb::Explain(verb)), _) => verb.run(env),
        (Some(Verb::Schema(verb)), _) => verb.run(env),
        (Some(Verb::New { path, name, talk }), _) => {
            let ui = talk.ui(env);
            commands::new::new(path, name.as_deref(), env, &ui).map_err(|error| (ui, error))
        }
        (Some(Verb::Completions(verb)), _) => plain(verb.run(&tree())),
        (Some(Verb::Man(verb)), _) => plain(verb.run(tree())),
        _ => cli.build.run(matches, env),
    }
}

/// The end of a command that says nothing on the way.
fn plain(done: Result<(), Error>) -> Result<(), (Ui, Error)> {
    done.map_err(|error| (Ui::default(), error))
}

/// The whole command line, with its examples.
fn tree() -> Command {
    examples::taught(Cli::command())
}

/// cargo calls `cargo-scratch scratch …`; called by its own name, the word is missing.
fn parse(words: impl Iterator<Item = OsString>) -> Result<ArgMatches, clap::Error> {
    let mut words = words::with_long_options(words.collect());
    if words.get(1).is_some_and(|word| word == "scratch") {
        words.remove(1);
    }
    tree().try_get_matches_from(words).map_err(verb_first)
}

/// Says what to do where a verb comes after options, or is not quite one: clap takes either for an argument too many.
fn verb_first(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else { return error };
    if error.kind() == ErrorKind::UnknownArgument && Cli::command().find_subcommand(word).is_some() {
        let tip = format!("options stand behind the command: cargo scratch {word} OPTIONS");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    } else if error.kind() == ErrorKind::UnknownArgument && !word.starts_with('-') {
        let near = nearest(word, Cli::command().get_subcommands().map(Command::get_name));
        let tip = near.map(|near| format!("a similar command exists: '{near}'"));
        let tips = tip.into_iter().map(Into::into).collect();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_verb_behind_options_is_told_its_place() {
        let said = |line: &str| parse(line.split(' ').map(OsString::from)).unwrap_err().to_string();
        for line in ["cargo-scratch scratch -q push a/b", "cargo-scratch --dry-run push"] {
            assert!(said(line).contains("cargo scratch push OPTIONS"), "{}", said(line));
        }
        assert!(!said("cargo-scratch -q pusj").contains("stand behind"));
    }

    #[test]
    fn both_ways_of_calling_and_the_default_verb_mean_the_same() {
        for line in
            ["cargo-scratch scratch build -t a", "cargo-scratch build -t a", "cargo-scratch scratch -t a"]
        {
            let matches = parse(line.split(' ').map(OsString::from)).unwrap();
            let own = matches.subcommand().map_or(&matches, |(_, own)| own);
            assert!(own.contains_id("tag"), "{line}");
        }
    }
}
