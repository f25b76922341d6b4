//! `cargo scratch man`: the manual pages, from clap's tree and the table of examples.
//!
//! A page has the sections of man-pages(7) in their order. It has no date, so that the same program writes the same bytes.

mod sections;

use crate::commands;
use crate::error::{Code, Error};
use crate::ui::Ui;
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io;
use std::path::PathBuf;

/// The name of the program's page; that of a command has the command's after it, as git's have.
const PROGRAM: &str = "cargo-scratch";

#[derive(Debug, clap::Args)]
pub struct Manual {
    /// Folder to write all pages into: cargo-scratch.1, cargo-scratch-build.1 and so on; it is made if need be
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Manual {
    /// Prints the program's page, or writes all pages; `tree` is the whole command line.
    ///
    /// # Errors
    /// A page cannot be written.
    pub fn run(&self, tree: Command) -> Result<(), Error> {
        let pages = pages(tree).map_err(|reason| Error::new(Code::Output, reason.to_string()))?;
        commands::man::man(&pages, self.folder.as_deref(), &Ui::default())
    }
}

/// Every page by the name of its file, that of the whole program first.
///
/// # Errors
/// The system's, and none for memory.
fn pages(tree: Command) -> io::Result<Vec<(String, String)>> {
    let mut tree = tree.disable_help_subcommand(true).subcommand_help_heading("COMMANDS");
    tree = tree.name(PROGRAM).display_name(PROGRAM);
    tree.build();
    let version = tree.get_version().unwrap_or_default().to_owned();
    let mut all = vec![(format!("{PROGRAM}.1"), page(&tree, "", &version)?)];
    for verb in tree.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let name = verb.get_name();
        all.push((format!("{PROGRAM}-{name}.1"), page(verb, name, &version)?));
    }
    Ok(all)
}

/// The page of `command`; `verb` is its name, and empty for the whole program.
fn page(command: &Command, verb: &str, version: &str) -> io::Result<String> {
    let man = Man::new(command.clone());
    let mut out = Vec::new();
    man.render_name_section(&mut out)?;
    synopsis(command).to_writer(&mut out)?;
    man.render_description_section(&mut out)?;
    if verb.is_empty() {
        man.render_subcommands_section(&mut out)?;
    }
    man.render_options_section(&mut out)?;
    sections::rest(command, verb).to_writer(&mut out)?;
    let name = command.get_display_name().unwrap_or(PROGRAM).to_uppercase();
    // clap_mangen leaves an empty date out, and what follows it moves up
    let title = format!(".TH {name} 1 \"\" \"{PROGRAM} {version}\" \"Cargo Manual\"\n");
    Ok(ascii(&(title + &String::from_utf8_lossy(&out))))
}

/// The usage as `-h` has it: with all options in it, as clap_mangen writes it, it would be a page by itself.
fn synopsis(command: &Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    let usage = command.clone().render_usage().to_string();
    for (at, line) in usage.trim_start_matches("Usage:").lines().map(str::trim).enumerate() {
        if at > 0 {
            roff.control("br", []);
        }
        let end = line.find(['[', '<']).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        roff.text([bold(name), roman(rest)]);
    }
    roff
}

/// `page` in what every roff reads: characters beyond ASCII by their numbers (groff_char(7)), and the definition of the
/// apostrophe, which [`Roff`] writes before each part, once.
fn ascii(page: &str) -> String {
    let preamble = [".ie \\n(.g .ds Aq \\(aq\n", ".el .ds Aq '\n"].concat();
    let once = preamble.clone() + &page.replace(&preamble, "");
    let mut out = String::with_capacity(once.len());
    for c in once.chars() {
        match c.is_ascii() {
            true => out.push(c),
            false => out.push_str(&format!("\\[u{:04X}]", u32::from(c))),
        }
    }
    out
}
