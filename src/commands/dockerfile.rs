//! `cargo scratch dockerfile`: the Dockerfile that makes the same image as a build.

use super::generated::{Act, handle, pinned, settled, unheeded};
use crate::config::env::Env;
use crate::error::Error;
use crate::generate::Request;
use crate::generate::dockerfile::{Style, dockerfile as generated};
use crate::plan;
use crate::ui::Ui;
use std::path::Path;

/// Runs the command; the Dockerfile goes to `output`, if that is named and not printed to.
pub fn dockerfile(
    request: &plan::Request,
    wanted: &Request,
    output: Option<&Path>,
    act: &Act,
    env: &Env,
    ui: &Ui,
) -> Result<(), Error> {
    let env = &settled(env, ui);
    let plans = plan::plan(request, env)?;
    plans.warnings.iter().for_each(|warning| ui.warning(warning));
    unheeded(&plans, wanted.style, ui);
    let usual = plans.first.workspace.join(wanted.style.path());
    let path = output.map_or(usual, |output| env.folder().join(output));
    let wanted = pinned(wanted, &plans, wanted.style != Style::MultiStage, &[&path], act, env)?;
    let mut file = generated(&plans, &wanted, env)?;
    if output.is_some() {
        file.path = path;
    }
    handle(&[file], &plans.first.workspace, act, ui)
}
