//! Who runs the build: a run of a CI that is known here, by its own variables, or somebody's machine.
//!
//! Only the variables that are named here are read, and a value that is not what its makers document is not repeated.

use super::OWN_MACHINE;
use super::source::is_commit;
use crate::config::env::Env;
use crate::image::address::{Address, is_path};

/// A builder, and its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runner {
    /// The builder's address.
    pub id: String,
    /// The run's.
    pub invocation: Option<String>,
    /// The commit that the run is about, and the name of git's that it was started for.
    reference: Option<(String, String)>,
}

impl Runner {
    /// The one that `env` tells of.
    pub fn of(env: &Env) -> Self {
        github(env).or_else(|| gitlab(env)).unwrap_or_default()
    }

    /// The name that git has for `commit` (`refs/heads/main`), if the run is about that one.
    pub fn reference(&self, commit: &str) -> Option<&str> {
        self.reference.as_ref().filter(|(known, _)| known == commit).map(|(_, name)| name.as_str())
    }
}

/// Somebody's machine.
impl Default for Runner {
    fn default() -> Self {
        Runner { id: OWN_MACHINE.to_owned(), invocation: None, reference: None }
    }
}

/// GitHub Actions (docs.github.com, "Variables reference", "Default environment variables").
fn github(env: &Env) -> Option<Runner> {
    let on = word(env, "GITHUB_ACTIONS")? == "true";
    let server = server(env, "GITHUB_SERVER_URL").filter(|_| on)?;
    let workflow = word(env, "GITHUB_WORKFLOW_REF")?;
    let run = || {
        let (repository, run) = (word(env, "GITHUB_REPOSITORY")?, number(env, "GITHUB_RUN_ID")?);
        let attempt = number(env, "GITHUB_RUN_ATTEMPT").unwrap_or_else(|| "1".to_owned());
        Some(format!("{server}/{repository}/actions/runs/{run}/attempts/{attempt}"))
    };
    let reference = word(env, "GITHUB_REF").filter(|name| name.starts_with("refs/"));
    Some(Runner {
        id: format!("{server}/{workflow}"),
        invocation: run(),
        reference: commit(env, "GITHUB_SHA").zip(reference),
    })
}

/// GitLab CI/CD (docs.gitlab.com, "Predefined CI/CD variables reference").
fn gitlab(env: &Env) -> Option<Runner> {
    let on = word(env, "GITLAB_CI")? == "true";
    let server = server(env, "CI_SERVER_URL").filter(|_| on)?;
    let id = format!("{server}/{}", word(env, "CI_PROJECT_PATH")?);
    let named = |name: &str, place: &str| word(env, name).map(|name| format!("refs/{place}/{name}"));
    let reference = named("CI_COMMIT_TAG", "tags").or_else(|| named("CI_COMMIT_BRANCH", "heads"));
    let below = format!("{id}/");
    Some(Runner {
        invocation: text(env, "CI_JOB_URL").filter(|url| url.strip_prefix(&below).is_some_and(is_path)),
        reference: commit(env, "CI_COMMIT_SHA").zip(reference),
        id,
    })
}

fn text(env: &Env, name: &str) -> Option<String> {
    env.get(name)?.to_str().map(str::to_owned)
}

/// A value that can be a part of a path as it is: one or several words with slashes between them.
fn word(env: &Env, name: &str) -> Option<String> {
    text(env, name).filter(|value| is_path(value) && !value.starts_with('/') && !value.contains("//"))
}

/// The address of a service, without a slash at its end.
fn server(env: &Env, name: &str) -> Option<String> {
    let url = text(env, name)?;
    let url = url.trim_end_matches('/');
    let address = Address::read(url).map(|address| address.to_string());
    // not one that had a user or a query
    address.filter(|address| address == url)
}

fn number(env: &Env, name: &str) -> Option<String> {
    text(env, name).filter(|value| value.len() <= 20 && value.bytes().all(|byte| byte.is_ascii_digit()))
}

fn commit(env: &Env, name: &str) -> Option<String> {
    text(env, name).filter(|value| is_commit(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    fn runner(variables: &[(&str, &str)]) -> Runner {
        Runner::of(&Env::new(variables.iter().copied(), "/"))
    }

    #[test]
    fn h6_a_known_ci_is_told_by_the_addresses_of_its_workflow_and_its_run() {
        let github = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_WORKFLOW_REF", "me/app/.github/workflows/release.yml@refs/tags/v1"),
            ("GITHUB_REPOSITORY", "me/app"),
            ("GITHUB_RUN_ID", "17"),
            ("GITHUB_RUN_ATTEMPT", "2"),
            ("GITHUB_REF", "refs/tags/v1"),
            ("GITHUB_SHA", SHA),
        ];
        let one = runner(&github);
        assert_eq!(one.id, "https://github.com/me/app/.github/workflows/release.yml@refs/tags/v1");
        assert_eq!(one.invocation.as_deref(), Some("https://github.com/me/app/actions/runs/17/attempts/2"));
        assert_eq!(one.reference(SHA), Some("refs/tags/v1"));
        assert_eq!(one.reference(&SHA.replace('0', "1")), None, "another checkout than the run's");
        let gitlab = [
            ("GITLAB_CI", "true"),
            ("CI_SERVER_URL", "https://gitlab.example.org:8443/"),
            ("CI_PROJECT_PATH", "group/app"),
            ("CI_JOB_URL", "https://gitlab.example.org:8443/group/app/-/jobs/5"),
            ("CI_COMMIT_BRANCH", "main"),
            ("CI_COMMIT_SHA", SHA),
        ];
        let one = runner(&gitlab);
        assert_eq!(one.id, "https://gitlab.example.org:8443/group/app");
        assert_eq!(one.invocation.as_deref(), Some(gitlab[3].1));
        assert_eq!(one.reference(SHA), Some("refs/heads/main"));
    }

    #[test]
    fn h2_a_value_that_is_not_what_it_should_be_is_not_repeated() {
        let good = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_WORKFLOW_REF", "me/app/.github/workflows/x.yml@refs/heads/main"),
            ("GITHUB_REPOSITORY", "me/app"),
            ("GITHUB_RUN_ID", "17"),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_SHA", SHA),
        ];
        for (name, value) in [
            ("GITHUB_ACTIONS", "canary"),
            ("GITHUB_SERVER_URL", "https://me:canary@github.com"),
            ("GITHUB_SERVER_URL", "file:///home/canary"),
            ("GITHUB_SERVER_URL", "canary"),
            ("GITHUB_WORKFLOW_REF", "/home/canary"),
            ("GITHUB_WORKFLOW_REF", "canary\n"),
            ("GITHUB_WORKFLOW_REF", "canary?token=x"),
            ("GITHUB_REPOSITORY", "canary canary"),
            ("GITHUB_RUN_ID", "canary"),
            ("GITHUB_RUN_ATTEMPT", "canary"),
            ("GITHUB_REF", "canary"),
            ("GITHUB_SHA", "canary"),
        ] {
            let mut variables = good.to_vec();
            variables.retain(|(known, _)| *known != name);
            variables.push((name, value));
            assert!(!format!("{:?}", runner(&variables)).contains("canary"), "{name}={value}");
        }
        assert_eq!(runner(&[]).id, OWN_MACHINE);
        assert_eq!(runner(&[("GITHUB_ACTIONS", "true")]).id, OWN_MACHINE);
        let url = [
            ("GITLAB_CI", "true"),
            ("CI_SERVER_URL", "https://gitlab.com"),
            ("CI_PROJECT_PATH", "me/app"),
            ("CI_JOB_URL", "https://gitlab.com/me/app/-/jobs/1?token=canary"),
        ];
        assert_eq!(runner(&url).invocation, None);
    }
}
