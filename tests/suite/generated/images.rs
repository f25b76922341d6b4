//! Images that Dockerfiles make, by the builders that people have: the same as a build's, file by file.
//!
//! The image of Rust that they build in is a stand-in made of local files (see `support/rust_image.rs`); what is
//! installed in it comes from the registries of packages.

mod caches;
mod private;
pub mod projects;

use self::projects::{fresh, sqlite, starter, three};
use crate::support::{Builder, Built, Project, Run, rust_image, same_config, same_root, tool};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Who builds which style; chef's is for those whose builder has no cache mounts, and so for the old one too.
const BUILDS: [(&str, &[Builder]); 3] = [
    ("multi-stage", &[Builder::BuildKit, Builder::Buildah]),
    ("chef", &[Builder::BuildKit, Builder::Legacy]),
    ("prebuilt", &[Builder::BuildKit, Builder::Legacy, Builder::Buildah]),
];

#[test]
fn needs_buildkit_needs_buildah_needs_debootstrap_needs_crates_io_needs_hadolint_needs_git_the_starter() {
    let project = starter();
    same_images(&project, &["hello"]);
    let run = in_containers(&project, "hello", &["--env=PORT=nowhere"]);
    assert!(run.stderr.contains("nowhere"), "{run:?}");
}

#[test]
fn needs_buildkit_needs_buildah_needs_debootstrap_needs_crates_io_needs_hadolint_needs_git_a_workspace() {
    let project = three();
    same_images(&project, &["api", "cli", "worker"]);
    let run = in_containers(&project, "api", &[]);
    assert_eq!(run.stdout, "shared by api in /srv/data with a b: it's \"$HOME\" \\ here\n");
}

#[test]
fn needs_buildkit_needs_buildah_needs_debootstrap_needs_crates_io_needs_hadolint_needs_git_rusqlite() {
    let project = sqlite();
    same_images(&project, &["sqlite"]);
    in_containers(&project, "sqlite", &[]);

    // a change of the project's own code compiles nothing else
    let clone = fresh(&project);
    let text = dockerfile(&clone, "multi-stage");
    let main = std::fs::read_to_string(clone.path("src/main.rs")).unwrap();
    // each run of the test has a change that no cache has seen
    clone.file("src/main.rs", format!("{main}\n// {:?}\n", std::time::SystemTime::now()));
    let said = built(Builder::BuildKit, &text, &clone.path(""), &[]).said;
    let compiled: Vec<_> = said.lines().filter_map(|line| line.split_once(" Compiling ")).collect();
    assert_eq!(compiled.len(), 1, "{said}");
    assert!(compiled[0].1.starts_with("sqlite "), "{said}");
}

/// Every style by every builder, for each of `programs`, from a fresh clone of `project`.
#[allow(clippy::print_stderr, reason = "whoever reads a failure must know of which build it is")]
fn same_images(project: &Project, programs: &[&str]) {
    let run = project.scratch(["--bins", "-o", "target/scratch/", "-o", "rootfs"]);
    assert_eq!(run.status, 0, "{run:?}");
    let clone = fresh(project);
    for (style, builders) in BUILDS {
        let text = dockerfile(project, style);
        assert_eq!(text, dockerfile(&clone, style), "a fresh clone says the same");
        spotless(&text);
        let text = if style == "chef" { with_chef(&text) } else { text };
        let context = if style == "prebuilt" { project } else { &clone };
        for builder in builders {
            for program in programs {
                let theirs = built(*builder, &text, &context.path(""), &[&format!("--target={program}")]);
                let mut ours = Built::read(&project.path(&format!("target/scratch/{program}.tar")));
                eprintln!("{style} by {builder:?}: {program}");
                without_revision(&mut ours);
                same_config(&ours, &theirs);
                if style != "prebuilt" {
                    alike(&mut ours, &theirs, program);
                }
                same_root(&ours, &theirs);
            }
        }
    }
}

/// What cannot be in a committed file is given on the command line.
fn without_revision(built: &mut Built) {
    let labels = built.config["config"]["Labels"].as_object_mut().unwrap();
    labels.remove("org.opencontainers.image.revision").unwrap();
}

/// The program of a container has been compiled and linked by others, and so is not the same to the byte: it must be
/// proven by the same judge, and of the same kind.
fn alike(ours: &mut Built, theirs: &Built, program: &str) {
    let other = theirs.root[program].content.clone();
    let folder = Project::empty();
    let path = folder.file(program, &other);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = folder.scratch(["verify", program]);
    assert_eq!(run.status, 0, "{run:?}");
    let own = &mut ours.root.get_mut(program).unwrap().content;
    assert_eq!(own[..24], other[..24], "class, byte order, kind and machine");
    let near = |a: usize, b: usize| a.abs_diff(b) * 5 < a.max(b);
    assert!(near(own.len(), other.len()), "{} bytes and {} bytes", own.len(), other.len());
    *own = other;
}

/// What the containers of both images of `program` say: the same.
fn in_containers(project: &Project, program: &str, words: &[&str]) -> Run {
    let name = format!("localhost/scratch-test-both-{}-{program}:t", std::process::id());
    let run = |image: &str| {
        let mut docker = tool("docker");
        docker.args(["run", "--rm", "--network=none", "--read-only"]).args(words).arg(image);
        Run::of(docker)
    };
    let text = dockerfile(project, "multi-stage");
    let clone = fresh(project);
    let words = [format!("--target={program}"), format!("--tag={name}")];
    built(Builder::BuildKit, &text, &clone.path(""), &words.each_ref().map(String::as_str));
    let theirs = run(&name);
    let load = project.scratch(["--bin", program, "-o", "docker", "--tag", &name]);
    assert_eq!(load.status, 0, "{load:?}");
    let ours = run(&name);
    let mut forget = tool("docker");
    forget.args(["rmi", &name]);
    Run::of(forget);
    assert_eq!((theirs.status, &theirs.stdout, &theirs.stderr), (ours.status, &ours.stdout, &ours.stderr));
    ours
}

fn dockerfile(project: &Project, style: &str) -> String {
    let run = project.scratch(["dockerfile", "--bins", "--style", style]);
    assert_eq!(run.status, 0, "{run:?}");
    run.stdout
}

/// `text` on an image that has cargo-chef already, so that it is compiled once, and fast, for all tests.
fn with_chef(text: &str) -> String {
    let (from, install) = ("FROM docker.io/library/rust:", "RUN cargo install ");
    let line = |start: &str| text.lines().find(|line| line.starts_with(start));
    let (from, install) = (line(from).unwrap(), line(install).unwrap());
    let base = from.split(' ').nth(1).unwrap();
    let lock = std::fs::File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("chef.lock")).unwrap();
    lock.lock().unwrap(); // tests are processes of their own
    rust_image::provide(Builder::Legacy, &[base]);
    let fast = "CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off ";
    let kitchen = format!("FROM {base}\n{}\n", install.replacen("RUN ", &format!("RUN {fast}"), 1));
    let name = format!("localhost/scratch-test-chef:{}", base.rsplit(':').next().unwrap());
    let folder = Project::empty();
    folder.file("Dockerfile", kitchen);
    let mut docker = tool("docker");
    docker.env("DOCKER_BUILDKIT", "0").args(["build", "--tag", &name]).arg(folder.path(""));
    let run = Run::of(docker);
    assert_eq!(run.status, 0, "{run:?}");
    text.replacen(base, &name, 1)
}

/// Builds `text`, as it stands.
#[track_caller]
fn built(builder: Builder, text: &str, context: &Path, words: &[&str]) -> Built {
    provided(builder, text);
    let mut words = words.to_vec();
    if builder == Builder::Buildah {
        words.push("--layers"); // as the others do by themselves
    }
    builder
        .build(text, context, &words)
        .unwrap_or_else(|run| panic!("{builder:?}: {}{}\n{text}", run.stdout, run.stderr))
}

/// Makes `builder` find the images that `text` builds in.
#[track_caller]
fn provided(builder: Builder, text: &str) {
    let bases = text.lines().filter_map(|line| line.strip_prefix("FROM "));
    let bases = bases.flat_map(|line| line.split(' ')).filter(|word| word.starts_with("docker.io/"));
    rust_image::provide(builder, &bases.collect::<Vec<_>>());
}

/// hadolint finds nothing.
#[track_caller]
pub fn spotless(text: &str) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let said = tool("hadolint").arg(file.path()).output().unwrap();
    assert!(said.status.success(), "{}\n{text}", String::from_utf8_lossy(&said.stdout));
}
