//! How cargo's own configuration wants it to speak: `[term]` (The Cargo Book, "Configuration").
//!
//! cargo's order, as its `GlobalContext::configure` has it: a flag, then `CARGO_TERM_*`, then the files. What is left to
//! "auto" looks at the terminal, and at `NO_COLOR`, `CLICOLOR_FORCE` and `CLICOLOR` (anstream, which is cargo's too).

use super::env::Env;
use crate::ui::{Color, Verbosity};
use cargo_config2::{Config, ResolveOptions, When};

/// What holds where no flag says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Term {
    /// When to colour.
    pub color: Color,
    /// How much to say.
    pub verbosity: Verbosity,
    /// Whether a bar may show how far a step is.
    pub progress: bool,
}

impl Term {
    /// That of `env` and of the files that cargo reads in its folder. What they have wrong is cargo's to complain about.
    pub fn of(env: &Env) -> Self {
        let options = ResolveOptions::default().env(env.variables());
        let term = Config::load_with_options(env.folder(), options)
            .map(|config| config.term.clone())
            .unwrap_or_default();
        let color = match term.color {
            None | Some(cargo_config2::Color::Auto) => Color::Auto,
            Some(cargo_config2::Color::Always) => Color::Always,
            Some(cargo_config2::Color::Never) => Color::Never,
        };
        let verbosity = match (term.quiet, term.verbose) {
            (Some(true), _) => Verbosity::Quiet,
            (_, Some(true)) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        };
        // cargo's `util/progress.rs`: nobody looks at a terminal of CI, and a dumb one cannot take a line back
        let dumb = env.get("TERM").is_some_and(|term| term == "dumb");
        let ci = ["CI", "TF_BUILD"].iter().any(|name| env.exact(name).is_some());
        let progress = match term.progress.when {
            Some(When::Never) => false,
            Some(When::Always) => !dumb,
            _ => !dumb && !ci,
        };
        Term { color, verbosity, progress }
    }
}
