//! `cargo scratch doctor`: what this project and machine need, told before a long build. Builds and installs nothing.

use crate::config::env::Env;
use crate::error::{Code, Error, escaped};
use crate::plan::{self, Request};
use crate::report;
use crate::toolchain;
use crate::ui::{Format, Ui};

/// Runs the command; an error at the end, the first one found, if the build could not start.
pub fn doctor(request: &Request, env: &Env, ui: &Ui) -> Result<(), Error> {
    let plans = plan::plan(request, env)?;
    plans.warnings.iter().for_each(|warning| ui.warning(warning));
    let mut problems = Vec::new();
    for plan in plans.iter() {
        let mut survey = toolchain::survey(plan, env)?;
        if !plan.graph.is_known() {
            let what = "cargo cannot tell which packages would be built";
            survey.problems.insert(0, Error::new(Code::Project, what).help("see why: cargo tree"));
        }
        survey.warnings.iter().for_each(|warning| ui.warning(warning));
        match ui.format {
            Format::Json => ui.json(&report::doctor_json(plan, &survey))?,
            Format::Human => {
                let lines = report::doctor_lines(plan, &survey);
                let page: Vec<_> = lines.iter().map(|line| escaped(line)).collect();
                ui.line(page.join("\n"))?;
            }
        }
        problems.extend(survey.problems);
    }
    let mut problems = problems.into_iter();
    let Some(first) = problems.next() else { return Ok(()) };
    // the one that is printed last is the first, which gives the status
    problems.for_each(|problem| ui.error(&problem));
    Err(first)
}
