//! The sections of a manual page that clap's tree does not have: EXIT STATUS, ENVIRONMENT, FILES, EXAMPLES, SEE ALSO.

use crate::cli::examples;
use crate::config::Settings;
use crate::config::layers::PREFIX;
use crate::error::Exit;
use clap::{Arg, Args, Command};
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

/// The variables beside those of the settings.
const VARIABLES: &[(&str, &str)] = &[
    ("SOURCE_DATE_EPOCH", "The one time in the image, in seconds; stronger than --created."),
    ("CARGO", "The cargo to build with; cargo sets it for its subcommands."),
    (
        "CARGO_TERM_COLOR",
        "When to colour, where --color does not say it; stronger than term.color of cargo's configuration.",
    ),
    ("CARGO_TERM_QUIET, CARGO_TERM_VERBOSE", "How much to say, where neither -q nor -v does."),
    ("CARGO_TERM_PROGRESS_WHEN", "auto, always or never: whether a bar shows progress on a terminal."),
    ("NO_COLOR, CLICOLOR, CLICOLOR_FORCE", "Whether to colour, where nothing above says it."),
    (
        "DOCKER_CONFIG, REGISTRY_AUTH_FILE, DOCKER_AUTH_CONFIG",
        "Where the credentials for registries are; else where docker login and podman login keep them.",
    ),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "Certificates that registries are trusted by, in place of the system's."),
    ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "The way to registries."),
];

/// The files of a build, with what each is.
const FILES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "Settings are keys of [package.metadata.scratch], and of [workspace.metadata.scratch] for all packages.",
    ),
    (".cargo/config.toml", "Read as cargo reads it: linkers, flags and term.color hold here too."),
    ("target/scratch/", "What is built: images, unless --output says otherwise, and debug information."),
    ("~/.cache/cargo-scratch/", "What is built once for all projects; --cache-dir moves it."),
];

/// All of them for `command`, which is called `verb`; the whole program has the empty name.
pub fn rest(command: &Command, verb: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    statuses(&mut roff, verb);
    let settings = settings_of(command);
    if !settings.is_empty() {
        roff.control("SH", ["ENVIRONMENT"]);
        let names = settings.iter().filter_map(Arg::get_long).map(|key| {
            let name = key.replace('-', "_").to_uppercase();
            format!("{PREFIX}{name}")
        });
        roff.text([roman("Every setting is a variable too, which its option is stronger than. One with several values has one a line.")]);
        roff.control("PP", []);
        let names: Vec<_> = names.flat_map(|name| [roman(", "), bold(name)]).skip(1).collect();
        roff.text(names.into_iter().chain([roman(".")]).collect::<Vec<_>>());
        VARIABLES.iter().for_each(|(names, about)| row(&mut roff, [bold(*names)], about));
        roff.control("SH", ["FILES"]);
        FILES.iter().for_each(|(path, about)| row(&mut roff, [italic(*path)], about));
    }
    roff.control("SH", ["EXAMPLES"]);
    for (at, example) in examples::of(verb).iter().enumerate() {
        if at > 0 {
            roff.control("PP", []);
        }
        roff.text([roman(format!("{}:", example.about))]);
        roff.control("PP", []);
        roff.control("RS", ["4"]);
        roff.control("nf", []);
        roff.text([bold(example.line)]);
        roff.control("fi", []);
        roff.control("RE", []);
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text(see_also(verb));
    roff
}

fn statuses(roff: &mut Roff, verb: &str) {
    row(roff, [bold("0")], "All went well.");
    if verb == "run" {
        row(roff, [bold("any")], "The program's own, or 128 and the number of the signal that ended it.");
    }
    if verb == "diff" {
        let about = "With --exit-code: the images differ. What cannot be compared ends with 2 or more.";
        row(roff, [bold("1")], about);
    }
    for status in Exit::ALL {
        row(roff, [bold((*status as u8).to_string())], status.about());
    }
    row(roff, [bold("128+N")], "Signal N ended the run: 130 is Ctrl-C. Nothing half-made is left.");
}

/// The settings among what `command` takes.
fn settings_of(command: &Command) -> Vec<Arg> {
    let taken = |arg: &&Arg| {
        command.get_arguments().any(|other| !other.is_hide_set() && other.get_id() == arg.get_id())
    };
    Settings::augment_args(Command::default()).get_arguments().filter(taken).cloned().collect()
}

fn see_also(verb: &str) -> Vec<Inline> {
    let own = (!verb.is_empty()).then_some("cargo-scratch");
    let pages = own.into_iter().chain(["cargo-build", "docker-load"]);
    pages.flat_map(|name| [roman(", "), bold(name), roman("(1)")]).skip(1).collect()
}

/// One item of a list with tags.
fn row(roff: &mut Roff, tag: impl IntoIterator<Item = Inline>, about: &str) {
    roff.control("TP", []);
    roff.text(tag.into_iter().collect::<Vec<_>>());
    roff.text([roman(about)]);
}
