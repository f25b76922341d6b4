//! What `inspect` shows of an image: a page, or one JSON object.

mod files;
mod json;
mod layers;
mod materials;

pub use files::mode;
pub use json::{inspect_json, kind};

use super::{Verdict, quoted, size};
use crate::content::{Beside, Config, Found, Laid, Stored};
use crate::error::bounded;
use crate::verify::programs::{Program, Programs};
use serde_json::Value;
use std::path::Path;

/// What a line holds beside its title, in characters.
const WIDTH: usize = 86;
/// How many programs beside the one that starts are shown to people; JSON has all.
const PROGRAMS: usize = 10;

/// An image that was looked into.
#[derive(Clone, Copy)]
pub struct Inspected<'a> {
    /// Where it was found.
    pub found: &'a Found,
    /// The image.
    pub stored: &'a Stored,
    /// Its layers and files.
    pub laid: &'a Laid,
    /// Its programs.
    pub programs: &'a Programs,
    /// The program that it starts, links followed (`/app`).
    pub start: Option<&'a str>,
    /// How many rules it breaks, together with what it was found in.
    pub faults: usize,
    /// The documents that lie beside the file or folder that it is in.
    pub beside: &'a [Beside],
}

impl Inspected<'_> {
    /// The platform that it is for, by its configuration, or else by the index.
    fn platform(&self) -> String {
        match self.stored.settings.platform() {
            said if said.is_empty() => self.stored.platform.clone().unwrap_or_default(),
            said => said,
        }
    }

    /// The annotations of its manifest.
    fn annotations(&self) -> Vec<(&str, &str)> {
        let manifest = self.stored.manifest.as_ref().map_or(&Value::Null, |manifest| &manifest.json);
        let pairs = manifest["annotations"].as_object().into_iter().flatten();
        pairs.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect()
    }
}

/// The page; of its files the first `most`.
pub fn inspect_lines(image: &Inspected<'_>, most: usize) -> Vec<String> {
    let Inspected { found, stored, laid, .. } = *image;
    let mut page = Page(Vec::new());
    page.row("image", &format!("{} ({})", found.place, found.form.word()));
    page.list("name", stored.names.iter());
    page.row("platform", &image.platform());
    page.row("manifest", &stored.manifest.as_ref().map(|one| one.digest.to_string()).unwrap_or_default());
    page.row("config", &stored.config.digest.to_string());
    let (packed, unpacked) = laid.sizes();
    let layers = super::counted(laid.layers.len(), "layer");
    page.row("size", &format!("{} in {layers}, {} unpacked", size(packed), size(unpacked)));
    settings(&stored.settings, &mut page);
    page.list("annotation", image.annotations().iter().map(|(name, value)| format!("{name}={value}")));
    layers::show(image, &mut page);
    files::show(laid, most, &mut page);
    programs(image, &mut page);
    match materials::sboms(image) {
        none if none.is_empty() => page.row("sbom", "none found"),
        sboms => page.list("sbom", sboms.iter().map(materials::Sbom::words)),
    }
    page.list("attached", materials::others(image).iter());
    page.list("beside", materials::files(image).iter());
    page.row(
        "faults",
        &match image.faults {
            0 => "none".to_owned(),
            count => format!("{count}; see: cargo scratch verify {}", found.place),
        },
    );
    page.0
}

fn settings(config: &Config, page: &mut Page) {
    page.row("created", &config.created);
    page.row("user", if config.user.is_empty() { "root, as none is set" } else { &config.user });
    let command = |words: &[String]| if words.is_empty() { String::new() } else { quoted(words) };
    page.row("entrypoint", &command(&config.entrypoint));
    page.row("cmd", &command(&config.cmd));
    page.row("workdir", &config.working_dir);
    page.list("env", config.env.iter());
    page.list("expose", config.exposed_ports.iter());
    page.list("volume", config.volumes.iter());
    page.row("stop", &config.stop_signal);
    page.list("label", config.labels.iter().map(|(name, value)| format!("{name}={value}")));
}

fn programs(image: &Inspected<'_>, page: &mut Page) {
    let all = image.programs.all();
    let starts = |path: &str| image.start.is_some_and(|start| start.trim_start_matches('/') == path);
    let mut verdicts: Vec<String> = Vec::new();
    if let Some((path, program)) = all.iter().find(|(path, _)| starts(path)) {
        verdicts.extend(verdict(path, program));
    }
    let others: Vec<_> = all.iter().filter(|(path, _)| !starts(path)).collect();
    verdicts.extend(
        others.iter().take(PROGRAMS).filter_map(|(path, program)| verdict(path, program).into_iter().next()),
    );
    let rest = others.len().saturating_sub(PROGRAMS) + image.programs.more();
    if rest > 0 {
        verdicts.push(format!("and {rest} more; all of them: --message-format json"));
    }
    let lines: Vec<_> = verdicts.iter().flat_map(|line| wrapped(line)).collect();
    page.list("program", lines.iter());
}

/// `text` on lines of the page's width, broken between words; those after the first stand further in.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.trim().is_empty() || line.chars().count() + word.chars().count() < WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("    {word}")),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// What `verify` would say of the program as a file.
fn verdict(path: &str, program: &Program) -> Vec<String> {
    let path = format!("/{path}");
    match &program.told {
        Err(why) => vec![format!("{path}: not proven static: {why}")],
        Ok(told) => Verdict {
            path: Path::new(&path),
            size: program.size,
            facts: &told.facts,
            report: told.report.as_ref(),
            traces: Some(&told.traces),
            refusals: &told.refusals,
        }
        .lines(),
    }
}

/// Lines with a title each, or none where the line above has it.
struct Page(Vec<String>);

impl Page {
    /// A line; none for nothing.
    fn row(&mut self, title: &str, text: &str) {
        if !text.is_empty() {
            self.0.push(format!("{title:<12} {}", bounded(text)).trim_end().to_owned());
        }
    }

    /// A line each.
    fn list<T: AsRef<str>>(&mut self, title: &str, texts: impl Iterator<Item = T>) {
        for (at, text) in texts.enumerate() {
            self.row(if at == 0 { title } else { "" }, text.as_ref());
        }
    }
}
