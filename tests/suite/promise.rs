//! The promise where it is easiest to break: programs that are static and still would not start, names that collide,
//! settings that outrank each other.

use crate::support::{Archive, Fake, Project, Run, text};
use std::fs;

/// A workspace of two packages whose images would have one name.
fn twins() -> Project {
    let project = Project::empty();
    project.file("Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n");
    for (package, bin) in [("one", "My-App"), ("two", "my-app")] {
        let manifest = text(&format!(
            r#"
            [package]
            name = "{package}"
            version = "0.1.2"
            edition = "2024"
            [[bin]]
            name = "{bin}"
            path = "src/main.rs"
            "#
        ));
        project.file(&format!("{package}/Cargo.toml"), manifest);
        project.file(&format!("{package}/src/main.rs"), "fn main() {}\n");
    }
    project
}

#[test]
fn two_images_of_one_name_are_refused_before_the_build() {
    let project = twins();
    let words = ["error[usage]", "`My-App`", "`my-app`", "--tag NAME"];
    project.scratch(["--workspace"]).refused(2, &words);
    project.scratch(["--workspace", "--tag", "same:1"]).refused(2, &words);
    assert!(!project.path("target").exists());
}

#[test]
fn two_images_are_not_pushed_under_one_name() {
    let project = Project::new("one", "");
    project.file("src/bin/two.rs", "fn main() {}\n");
    let dry = ["--dry-run", "--bins", "-o", "registry=127.0.0.1:5000/me/app:1"];
    project.scratch(dry).refused(2, &["error[usage]", "`one`", "`two`", "same name", "--tag NAME"]);
    // without a tag there is room for both
    assert_eq!(project.scratch(dry.into_iter().chain(["--by-digest"])).status, 0);
}

#[test]
fn b4_a_package_is_named_in_all_the_ways_of_cargo() {
    let project = twins();
    let id = format!("file://{}/two", project.path("").display());
    for spec in ["two", "two@0.1.2", "two@0.1", "two:0.1.2", "tw?", "t*", &id, &format!("path+{id}#0.1.2")] {
        let run = project.scratch(["--dry-run", "-p", spec]);
        assert!(run.status == 0 && run.stdout.contains("/my-app"), "{spec}: {run:?}");
    }
    for spec in ["two@0.2", "two@0.1.2.3", "two@0.", "tw", "w*"] {
        project.scratch(["--dry-run", "-p", spec]).refused(2, &["error[selection]", "no package"]);
    }
}

#[test]
fn needs_gcc_a6_a_linker_that_knows_no_static_pie_is_told_apart() {
    // what musl-gcc does: the option for a static-pie is dropped and a loader named
    let project = Project::new("hello", "");
    let script = "#!/bin/sh\nfor a; do shift; case $a in -static-pie) set -- \"$@\" -pie \
                  -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1;; *) set -- \"$@\" \"$a\";; esac; done\nexec cc \"$@\"\n";
    let linker = project.file("linker", script);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&linker, mode).unwrap();
    let config = format!("[target.x86_64-unknown-linux-musl]\nlinker = {:?}\n", linker.display().to_string());
    project.file(".cargo/config.toml", config);
    let words = ["/lib/ld-musl-x86_64.so.1", "static-pie", "relocation-model=static"];
    project.scratch(["--quiet"]).refused(4, &words);
    // and the advice is good
    let advice = "target.x86_64-unknown-linux-musl.rustflags=[\"-Crelocation-model=static\"]";
    let path = project.build(["--quiet", "--config", advice]);
    assert!(Archive::read(&path).root().contains_key("hello"));
}

#[test]
fn needs_gcc_a3_a_place_in_memory_that_linux_does_not_give_is_refused() {
    let project = Project::new("hello", "");
    for flags in [
        "-Crelocation-model=static -Clink-arg=-Wl,-Ttext-segment=0",
        "-Crelocation-model=static -Clink-arg=-Wl,-N",
    ] {
        let mut command = project.command(["--quiet"]);
        command.env("RUSTFLAGS", flags);
        let run = Run::of(command);
        assert_eq!(run.status, 4, "{flags}: {run:?}");
    }
}

#[test]
fn a_stronger_layers_copy_takes_the_place_of_a_weaker_one() {
    let project =
        Project::new("hello", "[package.metadata.scratch]\ncopy = [\"weak:/file\", \"other:/other\"]\n");
    project.file("weak", "weak");
    project.file("strong", "strong");
    project.file("other", "other");
    let root = Archive::read(&project.build(["--quiet", "--copy", "strong:/file"])).root();
    assert_eq!((&root["file"].content[..], &root["other"].content[..]), (&b"strong"[..], &b"other"[..]));
}

#[test]
fn a_configuration_that_only_cargo_understands_is_left_to_cargo() {
    let project = Project::new("hello", "");
    project.file(".cargo/config.toml", "[build]\njobs = \"default\"\n");
    let run = project.scratch(["build"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stderr.contains("warning[cargo-config]: cargo's configuration files"), "{run:?}");
}

#[test]
fn words_that_no_kernel_takes_and_outputs_outside_of_the_project_are_refused() {
    for (metadata, place) in [
        ("cmd = [\"a\\u0000b\"]", "cmd"),
        ("entrypoint = [\"/hello\", \"\\u0000\"]", "entrypoint"),
        ("output = \"/elsewhere/x.tar\"", "output"),
        ("output = \"oci-archive=../x.tar\"", "output"),
        ("env = { \"A=B\" = \"c\" }", "env"),
    ] {
        let project = Project::new("hello", &format!("[package.metadata.scratch]\n{metadata}\n"));
        project.scratch(["--dry-run"]).refused(2, &["error[setting]", place, "Cargo.toml"]);
    }
}

#[test]
fn what_is_refused_leaves_no_half_of_a_result() {
    let project = Project::new("one", "");
    project.file("src/bin/two.rs", "fn main() {}\n");
    project
        .scratch(["--quiet", "--bins", "--entrypoint", "/one"])
        .refused(4, &["error[not-static]", "`/one`"]);
    assert!(!project.path("target/scratch").exists());
}

#[test]
fn b5_what_decides_about_the_artifact_cannot_hide_behind_the_dashes() {
    let project = Project::new("hello", "");
    for word in [
        "--target",
        "--target=x86_64-unknown-linux-gnu",
        "--profile=dev",
        "--message-format",
        "--target-dir=x",
    ] {
        project.scratch(["--", word, "short"]).refused(2, &["error[usage]", "before the `--`"]);
    }
    // but the profile's own word on stripping is heard there too
    let plan = project.scratch(["--dry-run", "--", "--config", "profile.release.strip='none'"]);
    assert!(plan.stdout.contains("as the profile says"), "{plan:?}");
}

#[test]
fn c9_an_image_does_not_hold_its_own_archive() {
    let project = Project::new("hello", "[package.metadata.scratch]\ncopy = [\".:/app\"]\n");
    project.scratch(["--quiet"]).refused(1, &["error[asset]", "holds what is built"]);
    let elsewhere = Project::empty();
    let path = project.build(["--quiet", "--target-dir", elsewhere.path("").to_str().unwrap()]);
    assert!(Archive::read(&path).root().contains_key("app/src/main.rs"));
}

#[test]
fn b6_only_a_build_runs_what_the_projects_configuration_names() {
    let project = Project::new("hello", "");
    let marker = project.path("marker");
    let wrapper = project.file("wrapper", format!("#!/bin/sh\ntouch {}\nexec \"$@\"\n", marker.display()));
    std::fs::set_permissions(&wrapper, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let config = format!(
        "[build]\nrustc-wrapper = {0:?}\n[target.x86_64-unknown-linux-musl]\nrunner = {0:?}\n",
        wrapper.display().to_string()
    );
    project.file(".cargo/config.toml", config);
    let run = project.scratch(["verify", env!("CARGO_BIN_EXE_cargo-scratch"), "/bin/sh"]);
    assert_eq!(run.status, 4, "{run:?}");
    assert_eq!(project.scratch(["--help"]).status, 0);
    assert!(!marker.exists(), "nothing of the project runs to look at a file");
    // a build is trusted as much as `cargo build`
    project.build(["--quiet"]);
    assert!(marker.exists());
}

#[test]
fn h1_a_program_that_names_a_folder_of_this_machine_is_warned_of() {
    let project = Project::new("hello", "");
    let warned = || {
        let run = project.scratch(["--quiet"]);
        assert_eq!(run.status, 0, "{run:?}");
        run.stderr
    };
    project.file("src/main.rs", "fn main() { println!(\"{}\", file!()); panic!() }\n");
    assert_eq!(warned(), "");
    project.file(
        "src/main.rs",
        "fn main() { println!(\"{}\", concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/data\")); }\n",
    );
    let what = format!(
        "warning[build-path]: `hello` names a folder of this machine: `{}",
        project.path("data").display()
    );
    assert!(warned().starts_with(&what), "{}", warned());
}

#[test]
fn h5_a_program_that_cannot_hold_the_list_of_its_packages_is_warned_of() {
    let fake = Fake::new("app", "");
    let program = fake.program();
    let mut bytes = fs::read(&program).unwrap();
    bytes.extend_from_slice(b"a payload that the program reads from its own file");
    fs::write(&program, bytes).unwrap();
    let run = fake.scratch(["-o", "out.tar"]);
    assert!(
        run.status == 0 && run.stderr.contains("warning[unlisted]: `app` does not have the list"),
        "{run:?}"
    );
    let run = fake.scratch(["-o", "out.tar", "--auditable=false"]);
    assert!(run.status == 0 && !run.stderr.contains("unlisted"), "{run:?}");
}
