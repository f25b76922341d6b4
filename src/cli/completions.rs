//! `cargo scratch completions SHELL`: what a shell needs to know of the command line, from clap's tree.
//!
//! People type `cargo scratch`, and every shell asks the completion of `cargo` then. zsh's asks further by itself: a
//! function `_cargo-scratch` is a command of cargo's to it. For the others a hook follows what clap writes.

use crate::error::Error;
use crate::ui::Ui;
use clap::{Arg, Command};
use clap_complete::Shell;

/// The name of the program, as shells know it.
const PROGRAM: &str = "cargo-scratch";

#[derive(Debug, clap::Args)]
pub struct Completions {
    /// Shell to write for
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    /// Prints what the shell reads; `tree` is the whole command line.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn run(&self, tree: &Command) -> Result<(), Error> {
        Ui::default().document(&script(self.shell, tree))
    }
}

/// The text for `shell`.
fn script(shell: Shell, tree: &Command) -> String {
    let own = offered(tree).name(PROGRAM);
    if shell == Shell::Bash {
        // clap_complete 4.6 mixes two spellings of a program whose name has a dash, and finds no command below it
        let (name, spoken) = (PROGRAM.replace('-', "_"), format!(" default {PROGRAM}\n"));
        let text = generated(shell, own, &name).replace(&format!(" default {name}\n"), &spoken);
        return text + include_str!("completions/cargo.bash");
    }
    let text = generated(shell, own.clone(), PROGRAM);
    match shell {
        Shell::Fish => text + &words(&own) + include_str!("completions/cargo.fish"),
        Shell::Zsh => text + include_str!("completions/cargo.zsh"),
        // neither has a completion of cargo's that could be asked, so cargo gets one that knows this command
        _ => text + &generated(shell, Command::new("cargo").subcommand(own.name("scratch")), "cargo"),
    }
}

/// `command` without what stands after `--`, which zsh would expect in the place of a command.
fn offered(command: &Command) -> Command {
    let args = command.get_arguments().filter(|arg| !arg.is_last_set());
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let mut offered = Command::new(command.get_name().to_owned()).args(args).subcommands(verbs.map(offered));
    if let Some(about) = command.get_about() {
        offered = offered.about(about.clone());
    }
    match command.get_version() {
        Some(version) => offered.version(version.to_owned()),
        None => offered,
    }
}

/// What the arguments of each command can be, for fish: clap writes the values of options only.
fn words(own: &Command) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let mut text = String::new();
    for verb in own.get_subcommands() {
        let called = verb.get_name();
        for value in verb.get_positionals().flat_map(Arg::get_possible_values) {
            let about = value.get_help().map(|help| format!(" -d {}", quoted(&help.to_string())));
            let (name, about) = (quoted(value.get_name()), about.unwrap_or_default());
            let there = format!("-n '__fish_cargo_scratch_using_subcommand {called}'");
            text.push_str(&format!("complete -c {PROGRAM} {there} -f -a {name}{about}\n"));
        }
    }
    text
}

fn generated(shell: Shell, mut tree: Command, name: &str) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut tree, name, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
