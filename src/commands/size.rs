//! `cargo scratch size`: where the bytes of an image go.

use super::stages;
use super::workplace::Workplace;
use super::{measured, page};
use crate::config::env::Env;
use crate::error::{Error, escaped};
use crate::plan::{self, Request};
use crate::report;
use crate::size::record;
use crate::ui::Ui;
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
    // before the build, which may take minutes
    let html = shown.html.map(|path| page::place(&env.folder().join(path))).transpose()?;
    let mut plans = plan::plan(request, env)?;
    plans.keep_symbols();
    plans.warnings.iter().for_each(|warning| ui.warning(warning));
    let mut workplace = Workplace::find(&plans, env, ui)?;
    let made = stages::ready(&plans, &mut workplace, env, ui)?;
    let mut all = Vec::new();
    for ready in &made.programs {
        for (one, plan) in ready.iter().zip(plans.iter()) {
            let mut measured = measured::measured(one, plan, &plans, &made.artifacts, &workplace)?;
            let name = format!("{}.{}.{}.json", measured.bin, plan.target, plan.profile());
            measured.before = record::exchange(&plan.archives.join("size").join(name), &measured.sizes)?;
            all.push(measured);
        }
    }
    if let Some(path) = html {
        page::write(&path, &all, ui)?;
    }
    for one in &all {
        let lines: Vec<_> =
            report::size_lines(one, shown.top).iter().map(|line| escaped(line).into_owned()).collect();
        ui.result(lines.join("\n"), || report::size_json(one))?;
    }
    Ok(())
}
