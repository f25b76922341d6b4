//! Workflows: what the field's own judges say of them, what no value can change, and that their commands work.

use crate::support::Project;
use cargo_scratch::config::cargo::CargoFlags;
use cargo_scratch::config::env::Env;
use cargo_scratch::config::layers::Layer;
use cargo_scratch::generate::{self, Generated, workflows};
use cargo_scratch::plan::{Plans, Request, plan};
use cargo_scratch::ui::Color;

/// The plans of `project` for `platforms`; of all its programs.
fn plans(project: &Project, platforms: &[&str]) -> Plans {
    let (flags, _) = Layer::of_variables(&Env::default());
    let cargo = CargoFlags { workspace: true, bins: true, ..CargoFlags::default() };
    let request =
        Request { cargo, flags, verbose: 0, quiet: false, color: Color::default(), extra: Vec::new() };
    let mut variables: Vec<_> = ["PATH", "HOME"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect();
    variables.push(("CARGO_SCRATCH_PLATFORM".to_owned(), platforms.join("\n")));
    plan(&request, &Env::new(variables, project.path(""))).unwrap()
}

fn one() -> Project {
    Project::new("hello", "")
}

/// Three programs, one of which compiles C, and one of which has a name of its own.
fn several() -> Project {
    let project = Project::empty();
    project.file("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"api\", \"web\", \"worker\"]\n");
    for name in ["api", "web", "worker"] {
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        project.file(&format!("{name}/Cargo.toml"), manifest);
        project.file(&format!("{name}/src/main.rs"), "fn main() {}\n");
    }
    project
}

fn all(plans: &Plans) -> [Generated; 3] {
    let request = generate::Request { made: "cargo scratch init".into(), ..generate::Request::default() };
    [workflows::github, workflows::gitlab, workflows::action].map(|make| make(plans, &request).unwrap())
}

#[test]
fn dump() {
    for (project, platforms, name) in
        [(one(), &["linux/amd64"][..], "one"), (several(), &["linux/amd64", "linux/arm64"][..], "several")]
    {
        for file in all(&plans(&project, platforms)) {
            let path = std::path::Path::new("/tmp/flows-out").join(name).join(&file.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file.text).unwrap();
        }
    }
}
