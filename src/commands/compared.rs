//! What a preset, and all that goes with one, saves or costs: the program beside the one of the default build.
//!
//! That is built as the other was, by the same code, and measured as it would be packed. Nobody gets it, so nothing that
//! it is told or warned of is said again; where it fails, that is a warning, and the image goes its way.

use super::stages::{self, Made};
use super::workplace::Workplace;
use crate::config::env::Env;
use crate::error::{Caution, Code, Error, Warning};
use crate::image::layer::Source;
use crate::plan::Plans;
use crate::report::Comparison;
use crate::ui::Ui;
use crate::verify;

/// Notes in `made`, which `plans` have made, how large its programs would be by default, and tells it.
///
/// # Errors
/// The run was interrupted.
pub fn compare(made: &mut Made<'_>, plans: &Plans, env: &Env, ui: &Ui) -> Result<(), Error> {
    let optimize = &plans.first.optimize;
    let Some(plain) = plans.plain().filter(|_| optimize.compare) else { return Ok(()) };
    let words = optimize.words();
    let named: Vec<_> = plans.first.images.iter().map(|image| image.bin.as_str()).collect();
    ui.status("Comparing", format!("{} with the build without {}", named.join(", "), words.join(" ")));
    let sizes = match sizes(&plain, env, ui) {
        Ok(sizes) => sizes,
        Err(error) if error.code() == Code::Interrupted => return Err(error),
        Err(error) => {
            ui.warning(&uncompared(&error, &words));
            return Ok(());
        }
    };
    for (ready, sizes) in made.programs.iter_mut().zip(sizes) {
        for ((one, plan), size) in ready.iter_mut().zip(plans.iter()).zip(sizes) {
            let platform = match plans.others[..] {
                [] => String::new(),
                _ => format!(" for {}", plan.target.platform()),
            };
            let comparison = Comparison { without: words.clone(), size };
            let more = if plan.optimize.saves_more() { "; --panic abort saves more" } else { "" };
            let line = comparison.line(one.program.size);
            ui.status("Compared", format!("{}{platform}: {line}{more}", one.program.image.bin));
            one.program.comparison = Some(comparison);
        }
    }
    Ok(())
}

/// The bytes of each program for each platform as `plans` would pack it.
fn sizes(plans: &Plans, env: &Env, ui: &Ui) -> Result<Vec<Vec<u64>>, Error> {
    let mut workplace = Workplace::find_with(plans, env, &mut |_| ())?;
    let toolchain = workplace.prepare(env, ui)?;
    let artifacts = workplace.build(plans, (&toolchain, &[]), None, env, ui)?;
    let size = |(image, plan)| {
        let inventory = stages::inventory(image, plan, &artifacts, &workplace, env);
        let noted = stages::noted(image, &inventory)?;
        let artifact = artifacts.of(image, plans)?;
        Ok(verify::verify(artifact, &artifacts.libraries, plan, noted.as_deref())?.size())
    };
    plans.images().map(|images| images.into_iter().zip(plans.iter()).map(size).collect()).collect()
}

fn uncompared(error: &Error, words: &[String]) -> Warning {
    let words = words.join(" ");
    let what = format!("what {words} saves is not known, the build without it fails: {}", error.what());
    Warning::new(Caution::Uncompared, what)
        .help("see why: cargo scratch --optimize none")
        .help("do without the report: --no-compare")
}
