//! Where a project is at home: whose workflows it wants.

use crate::config::env::Env;
use crate::error::{Code, Error};
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
/// remote; GitHub, where none tells. `None` for a workspace below the root of its repository, where no host looks for
/// workflows.
pub fn of(plans: &Plans, env: &Env) -> Option<Host> {
    below(plans, env).is_none().then(|| usual(plans, env))
}

/// Refuses a workflow where no host would find it.
///
/// # Errors
/// The workspace is not the root of its repository.
pub fn finds(plans: &Plans, env: &Env) -> Result<(), Error> {
    match below(plans, env) {
        None => Ok(()),
        Some(folder) => Err(Error::new(Code::Project, "no workflow is made for a folder of a repository")
            .at(plans.first.workspace.display())
            .note(format!("hosts read workflows at the root alone, and the workspace is its `{folder}`"))
            .help("in a workflow of your own: cargo scratch push NAME, with that working directory")),
    }
}

/// Where the workspace lies in its repository, unless that is at the root.
fn below(plans: &Plans, env: &Env) -> Option<String> {
    let prefix = git::ask(&plans.first.workspace, &["rev-parse", "--show-prefix"], env)?;
    Some(prefix.trim_end().trim_end_matches('/').to_owned()).filter(|prefix| !prefix.is_empty())
}

fn usual(plans: &Plans, env: &Env) -> Host {
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
