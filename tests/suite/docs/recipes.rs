//! The recipes do what they say, pasted into a shell in an empty folder.

use super::{as_a_user, path};
use crate::support::{Project, Run, scratch, scratch_for};
use std::process::Command;

#[test]
fn the_recipe_for_a_web_server_does_what_it_says() {
    let run = pasted("A web server", scratch());
    assert!(run.stdout.contains("8080/tcp"), "{run:?}");
}

#[test]
fn the_recipe_for_a_command_line_tool_does_what_it_says() {
    let run = pasted("A command-line tool", scratch());
    assert!(run.stdout.starts_with("HELLO\n"), "{run:?}");
    assert!(run.stderr.contains("size.html"), "{run:?}");
}

#[test]
fn the_recipe_for_a_workspace_does_what_it_says() {
    let run = pasted("A workspace", scratch());
    assert!(run.stdout.contains("api.tar") && run.stdout.contains("worker.tar"), "{run:?}");
    assert!(run.stdout.ends_with("Hello, world!\n"), "{run:?}");
}

#[test]
fn needs_aarch64_std_the_recipe_for_several_platforms_does_what_it_says() {
    let run = pasted("Several platforms", scratch_for("aarch64-unknown-linux-musl"));
    assert!(run.stdout.contains("linux/amd64") && run.stdout.contains("linux/arm64"), "{run:?}");
}

#[test]
fn needs_git_the_recipe_for_a_release_workflow_does_what_it_says() {
    let run = pasted("A release workflow", scratch());
    assert!(run.stderr.contains(".github/workflows/image.yml"), "{run:?}");
}

/// The shell block of a recipe, run where `cargo scratch` has the environment of `like`.
fn pasted(recipe: &str, like: Command) -> Run {
    let text = std::fs::read_to_string(path("docs/recipes.md")).unwrap();
    let (_, part) = text.split_once(&format!("\n## {recipe}\n")).unwrap();
    let (_, block) = part.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("\n```").unwrap();
    let folder = Project::empty();
    let mut shell = Command::new("sh");
    shell.args(["-euc", block]).current_dir(folder.path(""));
    let run = Run::of(as_a_user(shell, &like));
    assert_eq!(run.status, 0, "{block}\n{run:?}");
    run
}
