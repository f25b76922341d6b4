//! `cargo scratch init`: the set of files that a project keeps, written once or compared with what they would be today.

use super::generated::{Act, handle, pinned, settled, unheeded};
use crate::config::env::Env;
use crate::error::Error;
use crate::generate::dockerfile::Style;
use crate::generate::{self, Request};
use crate::plan;
use crate::ui::Ui;
use std::path::PathBuf;

/// Runs the command for the kinds of file that `names` choose.
pub fn init(
    mut request: plan::Request,
    wanted: &Request,
    names: &[String],
    act: &Act,
    env: &Env,
    ui: &Ui,
) -> Result<(), Error> {
    let env = &settled(env, ui);
    let cargo = &mut request.cargo;
    // a set is for all programs of a project, not for the one that `cargo run` would start
    cargo.bins |= cargo.bin.is_empty() && cargo.example.is_empty();
    let plans = plan::plan(&request, env)?;
    plans.warnings.iter().for_each(|warning| ui.warning(warning));
    let at = |style: Style| plans.first.workspace.join(style.path());
    let paths = [at(wanted.style), at(Style::Builder)];
    let tools = wanted.style == Style::Chef || names.iter().any(|name| name == "builder");
    let wanted = pinned(wanted, &plans, tools, &paths.each_ref().map(PathBuf::as_path), act, env)?;
    let files = generate::set(names, &plans, &wanted, env)?;
    if files.iter().any(|file| file.path.as_os_str() == wanted.style.path()) {
        unheeded(&plans, wanted.style, ui);
    }
    handle(&files, &plans.first.workspace, act, ui)
}
