//! `cargo scratch inspect IMAGE`: what is in it. Runs nothing of it, and shows of a broken one what can be read.

use super::look::Way;
use crate::config::env::Env;
use crate::config::layers::Layer;
use crate::content::{Beside, Found, Stored, beside, lay};
use crate::error::{Error, escaped};
use crate::report::{Inspected, inspect_json, inspect_lines};
use crate::source::Source;
use crate::ui::{Format, Ui};
use crate::verify::image::judge;
use crate::verify::programs::Programs;

/// How many files are shown to people who do not ask for all.
const FILES: usize = 40;

/// What is wanted of an image.
pub struct Wanted<'a> {
    /// The image.
    pub image: &'a Source,
    /// The platform of several.
    pub platform: Option<&'a str>,
    /// Whether all files are shown.
    pub files: bool,
}

/// Runs the command; `flags` is what the command line says of registries.
pub fn inspect(wanted: &Wanted<'_>, flags: Layer, env: &Env, ui: &Ui) -> Result<(), Error> {
    let found = Way::new(flags, wanted.platform, env, ui)?.open(wanted.image)?;
    let judged = judge(&found)?;
    let beside = match wanted.image {
        Source::Path(path) | Source::Layout(path, _) => beside(path),
        _ => Vec::new(),
    };
    let most = if wanted.files { usize::MAX } else { FILES };
    for (at, (stored, verdict)) in found.images.iter().zip(&judged.images).enumerate() {
        let start = verdict.program.as_ref().map(|program| program.path.as_str());
        if at > 0 && ui.format == Format::Human {
            ui.line("")?;
        }
        show(&found, stored, start, judged.faults.len(), &beside, most, ui)?;
    }
    Ok(())
}

fn show(
    found: &Found,
    stored: &Stored,
    start: Option<&str>,
    faults: usize,
    beside: &[Beside],
    most: usize,
    ui: &Ui,
) -> Result<(), Error> {
    let mut programs = Programs::default();
    let laid = lay(stored, &mut |layer, entry, content| programs.look(layer, entry, content))?;
    programs.keep(&laid.tree);
    let image = Inspected { found, stored, laid: &laid, programs: &programs, start, faults, beside };
    match ui.format {
        Format::Human => inspect_lines(&image, most).iter().try_for_each(|line| ui.line(escaped(line))),
        Format::Json => ui.json(&inspect_json(&image)),
    }
}
