//! `cargo scratch dockerfile` as it is typed: which Rust it asks for, what it refuses, and what it does with files.

use super::images::projects::{committed, git};
use crate::support::{Fake, Project, Run};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

const LOCK: &str = "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n";

/// A package with a Cargo.lock, in no repository.
fn app(manifest: &str) -> Project {
    let project = Project::new("app", manifest);
    project.file("Cargo.lock", LOCK);
    project
}

#[track_caller]
fn text(project: &Project, words: &[&str]) -> String {
    printed(project.scratch([&["dockerfile"], words].concat()))
}

#[track_caller]
fn printed(run: Run) -> String {
    assert_eq!(run.status, 0, "{run:?}");
    run.stdout
}

/// The image that the first FROM names.
#[track_caller]
fn base(project: &Project, words: &[&str]) -> String {
    let text = text(project, words);
    let compiles = |line: &&str| line.starts_with("FROM ") && !line.ends_with(" AS tools");
    let from = text.lines().find(compiles).unwrap();
    from.split(' ').find(|word| word.contains("rust")).unwrap_or_else(|| panic!("{from}")).to_owned()
}

#[test]
fn the_image_follows_from_the_toolchain_file_then_the_oldest_rust_then_the_newest() {
    let project = app("");
    assert_eq!(base(&project, &[]), "docker.io/library/rust:1-slim-bookworm");
    let project = app("rust-version = \"1.85\"\n");
    for style in ["multi-stage", "chef"] {
        assert_eq!(base(&project, &["--style", style]), "docker.io/library/rust:1.85-slim-bookworm");
    }
    project.file("rust-toolchain.toml", "[toolchain]\nchannel = \"1.88.0\"\n");
    let pinned = text(&project, &[]);
    assert!(
        pinned.contains("FROM --platform=$BUILDPLATFORM docker.io/library/rust:1.88.0-slim-bookworm AS ")
    );
    assert!(pinned.contains("# Rust 1.88.0, as rust-toolchain.toml says.\n"), "{pinned}");
    assert!(!pinned.contains("\"rust-toolchain.toml\""), "rustup would fetch what the image has: {pinned}");

    project.file("rust-toolchain.toml", "[toolchain]\nchannel = \"nightly-2026-01-01\"\n");
    let nightly = text(&project, &[]);
    assert!(nightly.contains("COPY [\"rust-toolchain.toml\", \"./\"]\nRUN rustup show"), "{nightly}");
    let toolchain = nightly.find("rustup show").unwrap();
    assert!(
        toolchain < nightly.find("rustup target add").unwrap(),
        "a target belongs to a toolchain: {nightly}"
    );

    let own = base(&project, &["--base", "registry.example/rust:mine"]);
    assert_eq!(own, "registry.example/rust:mine", "what the user names goes before all");
}

#[test]
fn a_target_whose_c_library_is_not_in_the_program_by_itself_is_told_so() {
    let text = text(&app(""), &["--platform", "linux/riscv64"]);
    let flags = "ENV CARGO_TARGET_RISCV64GC_UNKNOWN_LINUX_MUSL_RUSTFLAGS=\"-Ctarget-feature=+crt-static\"\n";
    assert!(text.contains(flags), "{text}");
}

#[test]
fn the_folder_of_a_profile_is_cargos() {
    let project = app("[profile.small]\ninherits = \"release\"\n");
    for (profile, folder) in [
        ("release", "release"),
        ("dev", "debug"),
        ("test", "debug"),
        ("bench", "release"),
        ("small", "small"),
    ] {
        let text = text(&project, &["--profile", profile]);
        let program = format!(" /target/x86_64-unknown-linux-musl/{folder}/app /out/app");
        assert!(text.contains(&program), "{profile}: {text}");
    }
}

#[test]
fn what_no_container_has_is_refused_with_the_line_to_type() {
    let project = Project::new("app", "");
    for style in ["multi-stage", "chef"] {
        project
            .scratch(["dockerfile", "--style", style])
            .refused(1, &["there is no Cargo.lock", "cargo generate-lockfile"]);
    }
    text(&project, &["--style", "prebuilt"]);
    let project = app("");
    project.scratch(["dockerfile", "--base", "a b"]).refused(2, &["`a b` cannot be written safely"]);
    project.file("rust-toolchain.toml", "[toolchain]\npath = \"/opt/rust\"\n");
    project.scratch(["dockerfile"]).refused(1, &["rust-toolchain.toml", "--base IMAGE"]);

    let outside = Project::new("outside", "");
    outside.file("src/lib.rs", "");
    let dependency =
        format!("[dependencies]\noutside = {{ path = {:?} }}\n", outside.path("").display().to_string());
    let project = app(&dependency);
    let lock = LOCK.replace("\"0.1.0\"\n", "\"0.1.0\"\ndependencies = [\"outside\"]\n");
    project.file("Cargo.lock", format!("{lock}\n[[package]]\nname = \"outside\"\nversion = \"0.1.0\"\n"));
    project
        .scratch(["dockerfile"])
        .refused(1, &["`outside` lies outside of the workspace", "--style prebuilt"]);
    text(&project, &["--style", "prebuilt"]);
}

#[test]
fn needs_git_a_lock_file_that_a_fresh_clone_lacks_is_refused() {
    let project = app("");
    project.file(".gitignore", "target\nCargo.lock\n");
    let project = committed(project);
    project
        .scratch(["dockerfile"])
        .refused(1, &["git does not track Cargo.lock", "git add --force Cargo.lock"]);
    git(&project.path(""), &["add", "--force", "Cargo.lock"]);
    project.file("notes.txt", "not tracked");
    project.file(".env", "SECRET=1");
    let text = text(&project, &[]);
    assert!(text.contains("COPY [\"Cargo.lock\", \"Cargo.toml\", \"./\"]\n"), "{text}");
    assert!(!text.contains("notes.txt") && !text.contains(".env"), "{text}");
}

#[test]
fn private_registries_and_ssh_come_by_mounts_and_never_as_arguments() {
    // a cargo that does not ask the registry
    let project = Fake::of(app(""));
    let package = |name: &str, source: &str| {
        format!("\n[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"{source}\"\n")
    };
    let private = package("a", "sparse+https://crates.example.com/index/");
    let ssh = package("b", "git+ssh://git@git.example.com/b.git#0123456789abcdef0123456789abcdef01234567");
    project.file("Cargo.lock", format!("{LOCK}{private}{ssh}"));
    project
        .scratch(["dockerfile"])
        .refused(1, &["a registry of Cargo.lock has no name", "[registries.NAME]"]);
    let config = "[registries.my-company]\nindex = \"sparse+https://crates.example.com/index/\"\n";
    project.file(".cargo/config.toml", config);
    for style in ["multi-stage", "chef"] {
        let text = printed(project.scratch(["dockerfile", "--style", style]));
        for words in [
            "--mount=type=secret,id=cargo-my-company-token ",
            "--mount=type=ssh ",
            "docker build --secret id=cargo-my-company-token,src=FILE\n",
            "docker build --ssh default\n",
            "CARGO_REGISTRIES_MY_COMPANY_TOKEN=\"$(cat /run/secrets/cargo-my-company-token)\"",
            "COPY [\".cargo/\", \".cargo/\"]\n",
        ] {
            assert!(text.contains(words), "{style}: no {words:?} in {text}");
        }
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        assert!(
            !lines.any(|line| line.starts_with("ARG CARGO") || line.starts_with("ENV CARGO_REG")),
            "{text}"
        );
    }
    project.file(".cargo/config.toml", config.replace("my-company", "\"my company\""));
    project.scratch(["dockerfile"]).refused(2, &["the registry `my company`"]);
}

#[test]
fn two_stages_of_one_name_are_refused() {
    let bins =
        ["chef", "image-chef"].map(|name| format!("[[bin]]\nname = \"{name}\"\npath = \"src/main.rs\"\n"));
    let project = app(&bins.concat());
    let run = project.scratch(["dockerfile", "--bins"]);
    run.refused(2, &["two binaries would have the stage", "--bin NAME"]);
}

#[test]
fn check_tells_what_a_change_of_the_project_changes() {
    let project = app("");
    let check = ["dockerfile", "-o", "Dockerfile", "--check"];
    let run = project.scratch(check);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stdout.starts_with("--- /dev/null\n"), "{run:?}");
    assert_eq!(project.scratch(["dockerfile", "-o", "Dockerfile"]).status, 0);
    assert_eq!(project.scratch(check).status, 0);
    let text = fs::read_to_string(project.path("Dockerfile")).unwrap();
    fs::write(project.path("Dockerfile"), text.replace('\n', "\r\n")).unwrap();
    assert_eq!(project.scratch(check).status, 0, "git may have changed the ends of lines");
    assert_eq!(project.scratch(["dockerfile", "-o", "Dockerfile"]).status, 0, "and nothing would be written");

    let manifest = fs::read_to_string(project.path("Cargo.toml")).unwrap();
    project.file("Cargo.toml", manifest.replace("0.1.0", "0.2.0"));
    project.file("Cargo.lock", LOCK.replace("0.1.0", "0.2.0"));
    let run = project.scratch(check);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stdout.contains("\n-LABEL org.opencontainers.image.version=\"0.1.0\"\n"), "{run:?}");
    assert!(run.stdout.contains("\n+LABEL org.opencontainers.image.version=\"0.2.0\"\n"), "{run:?}");
    assert!(run.stderr.contains("error[") && run.stderr.contains("--force"), "{run:?}");
    assert_eq!(project.scratch(["dockerfile", "-o", "Dockerfile", "--force"]).status, 0);
    assert_eq!(project.scratch(check).status, 0);
}

#[test]
fn g3_what_stands_at_the_path_is_neither_lost_nor_followed() {
    let project = app("");
    let words = |more: &[&'static str]| [&["dockerfile", "-o", "Dockerfile"], more].concat();
    project.file("Dockerfile", "FROM mine\n");
    project.scratch(words(&[])).refused(5, &["/Dockerfile` is there already", "--force", "--check"]);
    assert_eq!(fs::read_to_string(project.path("Dockerfile")).unwrap(), "FROM mine\n");

    fs::set_permissions(project.path("Dockerfile"), fs::Permissions::from_mode(0o444)).unwrap();
    project.scratch(words(&[])).refused(5, &["--force"]);
    let run = project.scratch(words(&["--force"]));
    assert_eq!(run.status, 0, "{run:?}");
    let written = fs::read_to_string(project.path("Dockerfile")).unwrap();
    assert!(written.starts_with("# Made by: cargo scratch dockerfile\n"), "{written}");
    assert_eq!(written, text(&project, &[]), "what is written is what is printed");
    let before = project.listing();
    assert_eq!(project.scratch(words(&[])).status, 0, "a second run has nothing to do");
    assert_eq!(project.listing(), before, "and leaves nothing");

    fs::remove_file(project.path("Dockerfile")).unwrap();
    project.file("victim", "theirs\n");
    symlink("victim", project.path("Dockerfile")).unwrap();
    for more in [&[][..], &["--force"], &["--check"]] {
        project.scratch(words(more)).refused(5, &["is a symbolic link"]);
    }
    assert_eq!(fs::read_to_string(project.path("victim")).unwrap(), "theirs\n");
    fs::remove_file(project.path("Dockerfile")).unwrap();
    fs::create_dir(project.path("Dockerfile")).unwrap();
    project.scratch(words(&["--force"])).refused(5, &["is no regular file"]);
}

#[test]
fn needs_hadolint_every_kind_of_dockerfile_is_spotless() {
    let manifest = r#"
        [features]
        a = []
        [package.metadata.scratch]
        ca-certs = "mozilla"
        zoneinfo = ["Europe/Berlin", "UTC"]
        user = "nonroot"
        volume = ["/a", "/b"]
    "#;
    let project = Fake::of(app(&crate::support::text(manifest)));
    let package = |name: &str| format!("\n[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n");
    let private = package("a") + "source = \"sparse+https://crates.example.com/index/\"\n";
    project.file("Cargo.lock", format!("{LOCK}{private}"));
    project
        .file(".cargo/config.toml", "[registries.x]\nindex = \"sparse+https://crates.example.com/index/\"\n");
    for style in ["multi-stage", "chef", "prebuilt"] {
        for more in
            [&[][..], &["--platform=linux/amd64,linux/arm64"], &["--zoneinfo=all"], &["-Fa", "--profile=dev"]]
        {
            super::images::spotless(&printed(
                project.scratch([&["dockerfile", "--style", style], more].concat()),
            ));
        }
    }
}
