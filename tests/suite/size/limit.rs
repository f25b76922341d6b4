//! `--max-size`: stops a pipeline, and names what the project can do without.

use super::{is_packed, largest_crate, sizes};
use crate::support::Project;

/// A workspace whose program has a heavy library: constants that only its own code mentions.
fn heavy(profile: &str) -> Project {
    let project = Project::new("app", &format!("[dependencies]\nheavy = {{ path = 'heavy' }}\n{profile}"));
    project.file("heavy/Cargo.toml", "[package]\nname = 'heavy'\nversion = '0.1.0'\nedition = '2024'\n");
    project.file(
        "heavy/src/lib.rs",
        "const TABLE: &[u32] = &{ let mut all = [1; 90_000]; let mut at = 0;
         while at < all.len() { all[at] = at as u32; at += 1; } all };
         #[inline(never)] pub fn pick(at: usize) -> u32 { TABLE[at % TABLE.len()] }",
    );
    project.file("src/main.rs", "fn main() { println!(\"{}\", heavy::pick(std::env::args().count())); }");
    project
}

#[test]
fn an_image_that_is_too_large_fails_and_names_the_crate_first() {
    for profile in ["", "[profile.release]\nstrip = true\n", "[profile.release]\nlto = true\n"] {
        let project = heavy(profile);
        let run = project.scratch(["--max-size", "400kB"]);
        run.refused(4, &["error[too-large]", "`app`", "cargo scratch size"]);
        let first = run.stderr.lines().find(|line| line.contains("note:")).unwrap();
        assert!(first.ends_with("crate heavy") && first.contains("360."), "{profile}: {run:?}");
        assert!(run.stdout.is_empty() && !is_packed(&project, "app"), "{run:?}");
    }
}

#[test]
fn a_limit_is_a_setting_like_any_other_and_counts_all_files() {
    let project = heavy("[package.metadata.scratch]\nmax-size = '1.5MB'\ncopy = ['data:/data']\n");
    project.file("data", "x");
    assert_eq!(project.scratch(["-q"]).status, 0);
    project.file("data", vec![0_u8; 1_000_000]);
    let run = project.scratch(["-q"]);
    run.refused(4, &["error[too-large]", "1.00 MB", "/data", "crate heavy"]);
    let first = run.stderr.lines().find(|line| line.contains("note:")).unwrap();
    assert!(first.ends_with("  /data"), "{run:?}");
    assert_eq!(project.scratch(["-q", "--max-size", "3MB"]).status, 0);
    let plan = project.scratch(["--dry-run", "--split-debug", "--max-size", "3MB"]).stdout;
    assert!(plan.contains("  max size   3.00 MB\n") && plan.contains("  debug      kept beside"), "{plan}");
    project.scratch(["--max-size", "2m"]).refused(2, &["--max-size", "2m", "64MB"]);
}

#[test]
fn what_is_exactly_as_large_as_it_may_be_is_packed() {
    let project = heavy("");
    let image = &sizes(&project.scratch(["size", "--message-format", "json"]))[0];
    assert_eq!(largest_crate(image), "heavy");
    let size = image["size"].as_u64().unwrap();
    assert_eq!(project.scratch(["-q", "--max-size", &format!("{size}B")]).status, 0);
    project.scratch(["-q", "--max-size", &format!("{}B", size - 1)]).refused(4, &["1 B more"]);
}

#[test]
fn a_dockerfile_that_cannot_see_to_a_limit_says_so() {
    let project = Project::new("app", "[package.metadata.scratch]\nmax-size = '1MB'\n");
    project.lock();
    for (words, warned) in [
        (&["dockerfile", "--split-debug"][..], 2),
        (&["dockerfile", "--style", "chef"], 1),
        (&["dockerfile", "--style", "builder"], 0),
        (&["init", "dockerfile"], 1),
        (&["init", "dockerignore"], 0),
    ] {
        let run = project.scratch(words);
        assert_eq!(run.status, 0, "{run:?}");
        assert_eq!(run.stderr.matches("warning[ignored-setting]").count(), warned, "{words:?}: {run:?}");
    }
}

#[test]
fn programs_read_the_contributors_too() {
    let project = heavy("");
    let run = project.scratch(["--max-size", "100kB", "--message-format", "json"]);
    let error: serde_json::Value = serde_json::from_str(run.stdout.trim()).unwrap();
    assert_eq!((run.status, error["code"].as_str()), (4, Some("too-large")));
    assert!(error["notes"][0].as_str().unwrap().contains("crate heavy"), "{error}");
}

#[test]
fn what_runs_is_held_to_the_limit_of_what_is_pushed() {
    let project = heavy("[package.metadata.scratch]\nmax-size = '400kB'\n");
    project.scratch(["run"]).refused(4, &["error[too-large]", "crate heavy"]);
    project.scratch(["test-image"]).refused(4, &["error[too-large]"]);
    // to look at what is too large is not refused
    assert_eq!(project.scratch(["size"]).status, 0);
}
