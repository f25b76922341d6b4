//! What is committed is the same wherever and whenever it is made: nothing of a machine, a run or a commit is in it.

use crate::support::{Project, Run, tool};

/// A project with a lock that git watches, and nothing of it committed yet.
fn project() -> Project {
    let project = Project::new("app", "");
    project.file("Cargo.lock", "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n");
    git(&project, &["init", "--quiet"]);
    project
}

fn git(project: &Project, words: &[&str]) {
    let mut git = tool("git");
    git.args(["-c", "user.name=me", "-c", "user.email=me@example.org"]).args(words);
    git.current_dir(project.path(""));
    let run = Run::of(git);
    assert_eq!(run.status, 0, "{run:?}");
}

fn commit(project: &Project) {
    git(project, &["add", "--all"]);
    git(project, &["commit", "--quiet", "--message=all"]);
}

#[track_caller]
fn stays(project: &Project, variables: &[(&str, &str)]) -> String {
    let mut command = project.command(["init", "--check"]);
    command.envs(variables.iter().copied());
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{variables:?}: {run:?}");
    run.stderr
}

#[test]
fn needs_git_files_that_were_made_before_the_first_commit_are_true_after_it() {
    let project = project();
    project.file(".gitignore", "/target\n*.log\n");
    project.file("debug.log", "");
    let run = project.scratch(["init"]);
    assert_eq!(run.status, 0, "{run:?}");
    commit(&project);
    stays(&project, &[]);
    // nor does it count what lies about, or that a file has changed
    project.file("notes.txt", "");
    project.file("src/main.rs", "fn main() {}\n");
    stays(&project, &[]);
}

#[test]
fn needs_git_what_holds_for_a_run_is_not_committed() {
    let project = project();
    let home = project.file("home/config.toml", "[profile.release]\nstrip = true\n");
    project.file(".gitignore", "/target\n/home\n");
    assert_eq!(project.scratch(["init"]).status, 0);
    commit(&project);
    stays(&project, &[("SOURCE_DATE_EPOCH", "99"), ("CARGO_PROFILE_RELEASE_STRIP", "none")]);
    stays(&project, &[("CARGO_TARGET_DIR", "/nowhere/target"), ("RUSTFLAGS", "-Cdebuginfo=1")]);
    stays(&project, &[("CARGO_HOME", home.parent().unwrap().to_str().unwrap())]);
    let said = stays(&project, &[("CARGO_SCRATCH_TAG", "other:1"), ("CARGO_SCRATCH_REPO", "ghcr.io/me")]);
    assert!(said.contains("CARGO_SCRATCH_TAG does not count"), "{said}");
    assert_eq!(stays(&project, &[("CARGO_SCRATCH_CACHE_DIR", "/nowhere")]).matches("warning").count(), 0);
}
