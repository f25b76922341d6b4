//! What a cargo in a container is told beside the plan's own flags, where the container has all tools already.

use super::compiler::compiling;
use super::remap::{Folders, Remap};
use super::said::Said;
use super::{Toolchain, debug, flags, processor};
use crate::config::env::Env;
use crate::plan::{Plan, Plans};

/// The words and variables for `plans` in `folders`; `is_bare` tells whether a plan's linker is none that compiles, too.
pub fn elsewhere(
    plans: &Plans,
    folders: &Folders<'_>,
    env: &Env,
    is_bare: impl Fn(&Plan) -> bool,
) -> Toolchain {
    // cargo's home is another one there
    let options = cargo_config2::ResolveOptions::default().env(env.variables()).cargo_home(None);
    let config = cargo_config2::Config::load_with_options(env.folder(), options).ok();
    let line = crate::plan::command_line_config(&plans.first.flags, env);
    let said = Said { env, config: config.as_ref(), line: &line };
    let mut toolchain = Toolchain::default();
    for plan in plans.iter() {
        let remap = Remap::of(plan, folders);
        let mut ours = [debug::kept(plan, &said, || is_bare(plan)), remap.rustc()].concat();
        ours.extend(processor(&plan.target));
        let joined = flags::join(plan, &said, ours);
        toolchain.arguments.extend(joined.arguments);
        toolchain.variables.extend(joined.variables);
        toolchain.folders = remap.outermost();
        let compiles = !plan.graph.is_known() || !compiling(&plan.graph).is_empty();
        // all C is compiled by zig there, which has names of its own
        let march = || plan.target.level().map(|level| level.to_string().replace('-', "_"));
        let variables = compiles.then(|| remap.variables(plan, &said, march()));
        toolchain.variables.extend(variables.into_iter().flatten());
    }
    toolchain
}
