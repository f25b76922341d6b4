//! Three projects: the one that `cargo scratch new` makes, a workspace with all settings, and one that compiles C.

use crate::support::{Project, Run, fixture, scratch, text, tool};
use std::path::Path;

pub fn starter() -> Project {
    let project = Project::empty();
    let run = project.scratch(["new", "--name", "hello", "hello"]);
    assert_eq!(run.status, 0, "{run:?}");
    let hello = Project::empty();
    for entry in ["Cargo.toml", "README.md", "src/main.rs", ".gitignore"] {
        hello.file(entry, std::fs::read(project.path("hello").join(entry)).unwrap());
    }
    committed(hello)
}

/// A virtual workspace: three programs, one of them with everything that an image can have, and a library.
pub fn three() -> Project {
    let project = Project::empty();
    let workspace = "
        [workspace]
        members = [\"api\", \"cli\", \"shared\", \"worker\"]
        resolver = \"2\"
    ";
    project.file("Cargo.toml", text(workspace));
    project.file(".gitignore", "target\n");
    let package = |name: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"1.2.3\"\nedition = \"2024\"\nrust-version = \"1.85\"\n"
        )
    };
    let settings = r#"
        description = """A "quoted" one
          of two lines"""
        authors = ["Ann O'Nym <ann@example.org>", "$HOME \\ {{x}}"]

        [dependencies]
        shared = { path = "../shared" }

        [package.metadata.scratch]
        copy = ["assets:/srv/assets", "assets/run.sh:/srv/", "assets/secret.txt:/srv/secret:mode=0600"]
        env = { MESSAGE = "a b: it's \"$HOME\" \\ here", EMPTY = "" }
        label = { "org.example.odd" = "100% `id` ${x} # no comment <<EOF", "org.example.日本" = "x" }
        workdir = "/srv/data"
        volume = ["/srv/data", "/var/lib/two words"]
        user = "1234:5678"
        expose = [8080, "53/udp"]
        stop-signal = "SIGINT"
        cmd = ["--flag", "a \"b\" $c"]
    "#;
    // a label's name is a plain word
    let settings = settings.replace(", \"org.example.日本\" = \"x\"", "");
    project.file("api/Cargo.toml", package("api") + &text(&settings));
    project.file("api/assets/index.html", "<p>hello</p>\n");
    project.file("api/assets/deep/er/data.bin", [0, 159, 146, 150]);
    project.file("api/assets/secret.txt", "not for others\n");
    let script = project.file("api/assets/run.sh", "#!/bin/sh\n");
    executable(&script);
    std::os::unix::fs::symlink("deep/er/data.bin", project.path("api/assets/link")).unwrap();
    project.file(
        "api/src/main.rs",
        text(
            r#"
            fn main() {
                let folder = std::env::current_dir().unwrap();
                println!("{} in {} with {}", shared::by("api"), folder.display(), std::env::var("MESSAGE").unwrap());
            }
            "#,
        ),
    );
    for name in ["cli", "worker"] {
        project.file(&format!("{name}/Cargo.toml"), package(name));
        project.file(&format!("{name}/src/main.rs"), format!("fn main() {{ println!(\"{name}\") }}\n"));
    }
    project.file("shared/Cargo.toml", package("shared"));
    project.file("shared/src/lib.rs", "pub fn by(who: &str) -> String { format!(\"shared by {who}\") }\n");
    committed(project)
}

pub fn sqlite() -> Project {
    let all = Project::empty();
    let folder = fixture(&all, "sqlite");
    let project = Project::empty();
    for file in ["Cargo.toml", "Cargo.lock", "src/main.rs"] {
        project.file(file, std::fs::read(folder.join(file)).unwrap());
    }
    project.file(".gitignore", "target\n");
    committed(project)
}

/// `project` as a repository with one commit.
pub fn committed(project: Project) -> Project {
    let mut cargo = std::process::Command::new("cargo");
    cargo.args(["generate-lockfile", "--offline"]).current_dir(project.path(""));
    for (name, value) in scratch().get_envs() {
        if let Some(value) = value {
            cargo.env(name, value);
        }
    }
    if !project.path("Cargo.lock").exists() {
        assert_eq!(Run::of(cargo).status, 0);
    }
    git(&project.path(""), &["init", "--quiet"]);
    git(&project.path(""), &["add", "--all"]);
    git(&project.path(""), &["commit", "--quiet", "--message=all"]);
    project
}

/// A fresh clone of `project`.
pub fn fresh(project: &Project) -> Project {
    let clone = Project::empty();
    git(&clone.path(""), &["clone", "--quiet", &project.path("").display().to_string(), "."]);
    clone
}

pub fn git(folder: &Path, words: &[&str]) {
    let mut git = tool("git");
    git.args(["-c", "user.name=test", "-c", "user.email=test@example.org"]).args(words).current_dir(folder);
    let run = Run::of(git);
    assert_eq!(run.status, 0, "{words:?}: {run:?}");
}

fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
