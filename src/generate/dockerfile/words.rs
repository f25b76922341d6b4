//! The words that choose what is built and how, for each program that a Dockerfile runs or names.

use crate::plan::Plan;

/// The words of each command.
pub struct Words {
    /// Those of `cargo build`; a profile of our own is in the variables of the workbench.
    pub cargo: Vec<String>,
    /// Those of `cargo chef cook`, which knows no versions of the workspace's packages and no `--config`: dependencies
    /// for which that makes a difference are compiled with the project.
    pub chef: Vec<String>,
    /// Those of `cargo scratch`, whose profile is `release` unless it is told another.
    pub scratch: Vec<String>,
}

impl Words {
    /// Those for all images of `plan`.
    pub fn of(plan: &Plan) -> Self {
        // the version is told only where a dependency has the same name: it changes with every release
        let name = |spec: &str| spec.split('@').next().unwrap_or(spec).to_owned();
        let is_double = |name: &str| plan.graph.dependencies().any(|node| node.name == name);
        let spec = |spec: &str| if is_double(&name(spec)) { spec.to_owned() } else { name(spec) };
        let mut packages: Vec<_> = plan.images.iter().map(|image| spec(&image.spec)).collect();
        packages.dedup();

        let profile = format!("--profile={}", plan.profile());
        let features = plan.flags.features().into_iter().map(|word| word.to_string_lossy().into_owned());
        let features: Vec<_> = features.collect();
        let config = plan.flags.config.iter().flat_map(|value| ["--config".to_owned(), value.clone()]);
        let chosen = packages.iter().map(|spec| format!("--package={spec}"));
        let chosen = chosen.chain(plan.images.iter().map(|image| {
            let kind = if image.example { "example" } else { "bin" };
            format!("--{kind}={}", image.bin)
        }));
        let chosen: Vec<_> = features.iter().cloned().chain(config).chain(chosen).collect();

        let always = ["--locked".to_owned(), profile.clone()];
        let cooked = packages.iter().map(|spec| format!("--package={}", name(spec)));
        Words {
            cargo: [&always, &chosen[..]].concat(),
            chef: always.iter().cloned().chain(features).chain(cooked).collect(),
            scratch: Some(plan.flags.profile())
                .filter(|profile| *profile != "release")
                .map(|profile| format!("--profile={profile}"))
                .into_iter()
                .chain(plan.optimize.words())
                .chain(plan.optimize.is_any().then(|| "--no-compare".to_owned()))
                .chain(chosen)
                .collect(),
        }
    }
}
