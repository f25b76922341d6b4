//! The plans of one run: one for each platform, and the same without what makes other programs.

use super::{ImagePlan, Optimization, Plan, Told};
use crate::error::Warning;

/// Everything that a run will do: a plan for each platform, which share one build and are alike but for what follows
/// from the platform.
#[derive(Clone, Debug)]
pub struct Plans {
    /// The plan for the first platform that was named.
    pub first: Plan,
    /// Those for the others.
    pub others: Vec<Plan>,
    /// What to look at.
    pub warnings: Vec<Warning>,
}

impl Plans {
    /// Every plan.
    pub fn iter(&self) -> impl Iterator<Item = &Plan> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The images of one program, one for each platform, for every program.
    pub fn images(&self) -> impl Iterator<Item = Vec<&ImagePlan>> {
        (0..self.first.images.len())
            .map(|at| self.iter().filter_map(|plan| plan.images.get(at)).collect::<Vec<_>>())
    }

    /// The same as they are by default, where something is asked for that makes other programs.
    #[must_use]
    pub fn plain(&self) -> Option<Plans> {
        let plain = |plan: &Plan| {
            let Told { build, symbols } = plan.plain.clone();
            let target = plan.target.clone().with_level(None);
            let mut images = plan.images.clone();
            images.iter_mut().for_each(|image| image.recipe.target = target.clone());
            Plan { images, target, build, symbols, optimize: Optimization::default(), ..plan.clone() }
        };
        let others = self.others.iter().map(plain).collect();
        let is_any = self.first.optimize.is_any();
        is_any.then(|| Plans { first: plain(&self.first), others, warnings: Vec::new() })
    }

    /// Has the symbols stay in the programs that are built: what the profile takes out of them is taken out on the way
    /// into the image instead.
    pub fn keep_symbols(&mut self) {
        self.first.symbols.keep();
        self.others.iter_mut().for_each(|plan| plan.symbols.keep());
    }
}
