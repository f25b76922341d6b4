//! Where programs are compiled: by this machine's toolchain, or in a container.

use crate::builder::Builder;
use crate::compile::{self, Artifacts};
use crate::config::env::Env;
use crate::error::{Error, Warning};
use crate::explain::failures::lacks_cxx;
use crate::plan::{Plan, Plans};
use crate::provenance::Tools;
use crate::sbom::{Package, Provided};
use crate::size::Library;
use crate::toolchain::{self, Survey, Toolchain, Version, libraries};
use crate::ui::{Terminal, Ui};
use std::collections::BTreeMap;
use std::ffi::OsString;

/// One or the other.
pub enum Workplace<'a> {
    /// This machine, with every rung of the ladder of tools, for every platform.
    Host(Vec<(&'a Plan, Survey)>),
    /// A container.
    Container(Box<Builder<'a>>),
}

impl<'a> Workplace<'a> {
    /// That of `plans`, looked at; nothing is made yet.
    ///
    /// # Errors
    /// The build could not start there.
    pub fn find(plans: &'a Plans, env: &Env, ui: &Ui) -> Result<Self, Error> {
        Workplace::find_with(plans, env, &mut |warning| ui.warning(warning))
    }

    /// The same; `warned` hears of what to look at.
    ///
    /// # Errors
    /// The same.
    pub fn find_with(plans: &'a Plans, env: &Env, warned: &mut dyn FnMut(&Warning)) -> Result<Self, Error> {
        if let Some(builder) = Builder::find(plans, env)? {
            return Ok(Workplace::Container(Box::new(builder)));
        }
        let mut surveys = Vec::new();
        let mut said = Vec::new();
        for plan in plans.iter() {
            let mut survey = toolchain::survey(plan, env)?;
            for warning in &survey.warnings {
                if !said.contains(warning) {
                    warned(warning);
                    said.push(warning.clone());
                }
            }
            survey.ready()?;
            surveys.push((plan, survey));
        }
        Ok(Workplace::Host(surveys))
    }

    /// How cargo is called once everything is made.
    ///
    /// # Errors
    /// No one run of cargo can build for all platforms.
    pub fn toolchain(&self, env: &Env) -> Result<Toolchain, Error> {
        match self {
            Workplace::Container(builder) => Ok(builder.toolchain(env)),
            Workplace::Host(surveys) => {
                let each = surveys.iter();
                let each = each.map(|(plan, survey)| (plan.target.clone(), survey.toolchain(plan, env)));
                Toolchain::together(each.collect())
            }
        }
    }

    /// Makes what is missing.
    ///
    /// # Errors
    /// What could not be made.
    pub fn prepare(&self, env: &Env, ui: &Ui) -> Result<Toolchain, Error> {
        let mut step = |verb: &str, what| ui.status(verb, what);
        match self {
            Workplace::Container(builder) => {
                builder.prepare(&mut step)?;
                Ok(builder.toolchain(env))
            }
            Workplace::Host(surveys) => {
                let mut toolchains = Vec::new();
                for (plan, survey) in surveys {
                    let made = toolchain::prepare(plan, survey, env, &mut step)?;
                    toolchains.push((plan.target.clone(), made));
                }
                Toolchain::together(toolchains)
            }
        }
    }

    /// The first thing that [`Workplace::prepare`] would have to make or to fetch, but for a container.
    pub fn absent(&self) -> Option<String> {
        match self {
            Workplace::Container(_) => None,
            Workplace::Host(surveys) => surveys.iter().find_map(|(plan, survey)| survey.absent(plan)),
        }
    }

    /// What compiles there, as far as it tells.
    pub fn tools(&self, env: &Env) -> Tools {
        match self {
            Workplace::Container(builder) => {
                Tools { container: Some(builder.base().to_owned()), ..Tools::default() }
            }
            Workplace::Host(surveys) => {
                // all targets have one compiler
                let first = surveys.first();
                Tools {
                    cargo: first.and_then(|(plan, _)| Version::of(&plan.cargo, env, &plan.records)),
                    rustc: first.and_then(|(plan, survey)| survey.version(plan, env)),
                    linkers: self.linkers(),
                    container: None,
                }
            }
        }
    }

    /// Who links for each target, in a word; a build may change it.
    pub fn linkers(&self) -> BTreeMap<String, &'static str> {
        let linker = |(plan, survey): &(&Plan, Survey)| {
            Some((plan.target.to_string(), survey.linker.as_ref()?.kind()))
        };
        match self {
            Workplace::Container(_) => BTreeMap::new(),
            Workplace::Host(surveys) => surveys.iter().filter_map(linker).collect(),
        }
    }

    /// The archives that come with the toolchain, as far as they are on this machine.
    pub fn runtime(&self, plan: &Plan) -> Vec<Library> {
        let of = |(one, survey): &(&Plan, Survey)| {
            (one.target == plan.target).then(|| survey.runtime(&plan.target))
        };
        match self {
            Workplace::Container(_) => Vec::new(),
            Workplace::Host(surveys) => surveys.iter().find_map(of).unwrap_or_default(),
        }
    }

    /// The native libraries that were provided to the packages `inside` a program of `plan`.
    pub fn provided(&self, plan: &Plan, inside: &[Package]) -> Vec<Provided> {
        let of = |(one, survey): &(&Plan, Survey)| {
            (one.target == plan.target).then(|| libraries::provided(&survey.libraries, inside))
        };
        match self {
            Workplace::Container(_) => Vec::new(),
            Workplace::Host(surveys) => surveys.iter().find_map(of).unwrap_or_default(),
        }
    }

    /// Builds, with cargo live on `terminal` if there is one; once more, if all that was missing is a C++ library that can
    /// be had, or a linker that understands what the one for the smallest programs does not. `variables` are what the
    /// `toolchain` has beside its own.
    ///
    /// # Errors
    /// cargo's.
    pub fn build(
        &mut self,
        plans: &Plans,
        (toolchain, variables): (&Toolchain, &[(OsString, OsString)]),
        terminal: Option<Terminal>,
        env: &Env,
        ui: &Ui,
    ) -> Result<Artifacts, Error> {
        let mut built = compile::build(plans, toolchain, terminal);
        if let Err(failed) = &built
            && lacks_cxx(&failed.said)
            && self.provide_cxx(ui)?
        {
            built = compile::build(plans, toolchain, terminal);
        }
        if let Err(failed) = &built
            && self.link_otherwise(&failed.said, env)
        {
            ui.status("Linking", "once more, by cc: LLVM's linker alone, which saves bytes, has failed");
            let mut toolchain = self.toolchain(env)?;
            toolchain.variables.extend_from_slice(variables);
            built = compile::build(plans, &toolchain, terminal);
        }
        built.map_err(|failed| failed.error)
    }

    fn link_otherwise(&mut self, said: &str, env: &Env) -> bool {
        let Workplace::Host(surveys) = self else { return false };
        surveys
            .iter_mut()
            .fold(false, |is_any, (plan, survey)| survey.link_otherwise(plan, env, said) || is_any)
    }

    fn provide_cxx(&self, ui: &Ui) -> Result<bool, Error> {
        let mut made = false;
        if let Workplace::Host(surveys) = self {
            for (plan, survey) in surveys {
                made |= toolchain::provide_cxx(plan, survey, &mut |verb, what| ui.status(verb, what))?;
            }
        }
        Ok(made)
    }
}
