//! Where a project is at home: whose workflows it wants.

use crate::config::env::Env;
use crate::plan::{ImagePlan, Plans, git};

/// A service that runs workflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// GitHub, and whoever runs its workflows.
    GitHub,
    /// GitLab, anybody's.
    GitLab,
}

/// The host of `plans`' workspace: by the workflows that it has, else by the addresses in its manifest and of its git
/// remote; GitHub, where none tells.
pub fn of(plans: &Plans, env: &Env) -> Host {
    let workspace = &plans.first.workspace;
    if workspace.join(".github").is_dir() {
        return Host::GitHub;
    }
    let source = |image: &ImagePlan| image.recipe.run.labels.get("org.opencontainers.image.source").cloned();
    let remote = || git::ask(workspace, &["remote", "get-url", "origin"], env);
    let address = plans.first.images.iter().find_map(source).or_else(remote).unwrap_or_default();
    let is_gitlab = workspace.join(".gitlab-ci.yml").exists() || domain(&address).contains("gitlab");
    if is_gitlab { Host::GitLab } else { Host::GitHub }
}

/// The host of `https://host/…`, `ssh://user@host/…` or `user@host:…`.
fn domain(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_every_form_of_address() {
        for (address, host) in [
            ("https://gitlab.com/a/b", "gitlab.com"),
            ("https://user:tok@gitlab.example.org:8443/a", "gitlab.example.org"),
            ("ssh://git@gitlab.com/a/b.git", "gitlab.com"),
            ("git@gitlab.com:a/b.git", "gitlab.com"),
            ("https://github.com/gitlab/x", "github.com"),
            ("", ""),
        ] {
            assert_eq!(domain(address), host);
        }
    }
}
