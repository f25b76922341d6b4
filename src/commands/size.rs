//! `cargo scratch size`: where the bytes of an image go.

use super::stages;
use super::workplace::Workplace;
use super::{build, measured};
use crate::config::env::Env;
use crate::error::{Code, Error, escaped};
use crate::plan::{self, Request};
use crate::report::{self, Measured};
use crate::size::record;
use crate::temporary;
use crate::ui::Ui;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What is shown, and where.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The page to write too.
    pub html: Option<&'a Path>,
    /// How many crates and functions; 0 for all.
    pub top: usize,
}

/// Builds what `request` asks for, with its symbols, and shows its sizes.
pub fn size(request: &Request, shown: &Shown<'_>, env: &Env, ui: &Ui) -> Result<(), Error> {
    let mut plans = plan::plan(request, env)?;
    plans.keep_symbols();
    plans.warnings.iter().for_each(|warning| ui.warning(warning));
    let workplace = Workplace::find(&plans, env, ui)?;
    let made = stages::ready(&plans, &workplace, env, ui)?;
    let mut all = Vec::new();
    for ready in &made.programs {
        for (one, plan) in ready.iter().zip(plans.iter()) {
            let mut measured = measured::measured(one, plan, &plans, &made.artifacts, &workplace)?;
            let name = format!("{}.{}.json", measured.bin, plan.target);
            measured.before = record::exchange(&plan.archives.join("size").join(name), &measured.sizes)?;
            all.push(measured);
        }
    }
    if let Some(path) = shown.html {
        page(&env.folder().join(path), &all, ui)?;
    }
    for one in &all {
        let lines: Vec<_> =
            report::size_lines(one, shown.top).iter().map(|line| escaped(line).into_owned()).collect();
        build::result(ui, lines.join("\n"), || report::size_json(one))?;
    }
    Ok(())
}

/// How every page begins that was ever written here.
const BEGINNING: &str = "<!doctype html>";

/// Writes the page, in the place of an older one and of nothing else.
fn page(path: &Path, all: &[Measured<'_>], ui: &Ui) -> Result<(), Error> {
    let text = report::size_page(all)?;
    let is_page = |head: &[u8]| head.to_ascii_lowercase().starts_with(BEGINNING.as_bytes());
    let mut head = Vec::new();
    let there = File::open(path).and_then(|file| file.take(64).read_to_end(&mut head));
    if there.is_ok() && !head.is_empty() && !is_page(&head) {
        return Err(Error::new(Code::Output, format!("`{}` is there, and is no page", path.display()))
            .note("it is left as it is")
            .help("name another file: --html size.html"));
    }
    temporary::write(path, text.as_bytes())
        .map_err(|reason| Error::io(Code::Output, "write", path, &reason))?;
    ui.status("Wrote", format!("{} ({})", path.display(), report::size(text.len() as u64)));
    Ok(())
}
