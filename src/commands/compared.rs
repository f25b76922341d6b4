//! What a preset, and all that goes with one, saves or costs: the program beside the one of the default build.
//!
//! That is built as the other was, by the same code, and measured as it would be packed; once for the program that it is
//! compared with, as its size is remembered. Nobody gets it, so nothing that it is told or warned of is said again, and
//! nothing is installed or built for it but itself; where it fails, that is a warning, and the image goes its way.

use super::stages::{self, Made, Ready};
use super::workplace::Workplace;
use crate::compile::{self, Failed};
use crate::config::env::Env;
use crate::error::{Caution, Code, Error, Warning};
use crate::image::layer::Source;
use crate::plan::{Optimization, Plan, Plans};
use crate::report::Comparison;
use crate::ui::Ui;
use crate::verify;
use serde::Serialize;

/// What records are called of the sizes of default builds.
const RECORD: &str = "plain";

/// Notes in `made`, which `plans` have made, how large its programs would be by default, and tells it.
///
/// # Errors
/// The run was interrupted.
pub fn compare(made: &mut Made<'_>, plans: &Plans, env: &Env, ui: &Ui) -> Result<(), Error> {
    let optimize = &plans.first.optimize;
    let Some(plain) = plans.plain().filter(|_| optimize.compare) else { return Ok(()) };
    let sizes = match known(made, plans) {
        Some(sizes) => sizes,
        None => match sizes(&plain, optimize, env, ui) {
            Ok(sizes) => sizes,
            Err(Uncompared::Failed(failed)) if failed.error.code() == Code::Interrupted => {
                return Err(failed.error);
            }
            Err(uncompared) => {
                ui.warning(&uncompared.warning(optimize));
                return Ok(());
            }
        },
    };
    for (ready, sizes) in made.programs.iter_mut().zip(sizes) {
        for ((one, plan), size) in ready.iter_mut().zip(plans.iter()).zip(sizes) {
            if let Some(key) = key(one, plan) {
                plan.records.put(RECORD, &key, &size);
            }
            let platform = match plans.others[..] {
                [] => String::new(),
                _ => format!(" for {}", plan.target.platform()),
            };
            let comparison = Comparison { without: optimize.words(), size };
            let more = if plan.optimize.saves_more() { "; --panic abort saves more" } else { "" };
            let line = comparison.line(one.program.size);
            ui.status("Compared", format!("{}{platform}: {line}{more}", one.program.image.bin));
            one.program.comparison = Some(comparison);
        }
    }
    Ok(())
}

/// The sizes that earlier runs have found out for these very programs, if that is all of them.
fn known(made: &Made<'_>, plans: &Plans) -> Option<Vec<Vec<u64>>> {
    let size = |(one, plan): (&Ready<'_>, &Plan)| plan.records.get(RECORD, &key(one, plan)?);
    made.programs.iter().map(|ready| ready.iter().zip(plans.iter()).map(size).collect()).collect()
}

/// All that the size of the default build's program depends on: what would change it changes `one`, too, or is in the
/// recipe.
fn key<'a>(one: &Ready<'_>, plan: &'a Plan) -> Option<impl Serialize + use<'a>> {
    let own = one.proof.fingerprint()?.to_string();
    Some((own, plan.target.triple(), plan.plain_recipe()))
}

/// The bytes of each program for each platform as `plans`, which are those without `optimize`, would pack it.
fn sizes(plans: &Plans, optimize: &Optimization, env: &Env, ui: &Ui) -> Result<Vec<Vec<u64>>, Uncompared> {
    let workplace = Workplace::find_with(plans, env, &mut |_| ())?;
    if let Some(absent) = workplace.absent() {
        return Err(Uncompared::Absent(absent));
    }
    let named: Vec<_> = plans.first.images.iter().map(|image| image.bin.as_str()).collect();
    let words = optimize.words().join(" ");
    ui.status("Comparing", format!("{} with the build without {words}", named.join(", ")));
    let toolchain = workplace.prepare(env, ui)?;
    let artifacts = compile::build(plans, &toolchain, None)?;
    let size = |(image, plan)| {
        let inventory = stages::inventory(image, plan, &artifacts, &workplace, env);
        let noted = stages::noted(image, &inventory)?;
        let artifact = artifacts.of(image, plans)?;
        Ok(verify::verify(artifact, &artifacts.libraries, plan, noted.as_deref())?.size())
    };
    let all = plans.images().map(|images| images.into_iter().zip(plans.iter()).map(size).collect());
    Ok(all.collect::<Result<_, Error>>()?)
}

/// Why nothing was compared.
enum Uncompared {
    /// This is not there, and would have to be made first.
    Absent(String),
    Failed(Box<Failed>),
}

impl<E: Into<Box<Failed>>> From<E> for Uncompared {
    fn from(failed: E) -> Self {
        Uncompared::Failed(failed.into())
    }
}

impl Uncompared {
    fn warning(&self, optimize: &Optimization) -> Warning {
        let words = optimize.words().join(" ");
        let plain = format!("cargo scratch {}", optimize.taken_back().join(" "));
        let (why, help) = match self {
            Uncompared::Absent(what) => {
                (format!("takes {what}, which is not there"), format!("have it made, once: {plain}"))
            }
            Uncompared::Failed(failed) => {
                let said = failed.said.lines().find(|line| line.starts_with("error"));
                let said = said.map(|line| format!(": {line}")).unwrap_or_default();
                let notes = failed.error.notes();
                let command = notes.iter().find_map(|note| note.strip_prefix(compile::COMMAND));
                let help = format!("see why: {}", command.unwrap_or(&plain));
                (format!("fails: {}{said}", failed.error.what()), help)
            }
        };
        let what = format!("what {words} saves is not known, the build without it {why}");
        Warning::new(Caution::Uncompared, what).help(help).help("do without the report: --no-compare")
    }
}
