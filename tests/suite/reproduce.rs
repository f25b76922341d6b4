//! `--verify-reproducible`: what is the same when it is built again is delivered, and what is not says why.

mod canary;
mod varied;

use crate::support::{Project, Run, through, tool};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a build of `app` writes.
const OUTPUT: &str = "app/target/scratch/app.tar";

/// A program that prints the value of `expression`.
fn printing(expression: &str) -> String {
    format!("fn main() {{ println!(\"{{}}\", {expression}); }}\n")
}

/// A build script that writes the value of `expression` to the file `made` of its folder.
fn writing(expression: &str) -> String {
    format!(
        "use std::hash::{{BuildHasher, Hasher}};\nfn main() {{\n    let made = {expression};\n    \
         std::fs::write(std::env::var(\"OUT_DIR\").unwrap() + \"/made\", format!(\"{{made:?}}\")).unwrap();\n    \
         let _ = std::collections::hash_map::RandomState::new().build_hasher().finish();\n}}\n"
    )
}

/// The command in `folder` of `project`, with a folder of its own for what is temporary.
fn command(project: &Project, folder: &str, words: &[&str]) -> Command {
    fs::create_dir_all(project.path("temporary")).unwrap();
    let mut command = project.command(["--verify-reproducible"].iter().chain(words));
    command.current_dir(project.path(folder)).env("TMPDIR", project.path("temporary"));
    command
}

/// A build of `app` as usual; what it writes lies beside the package, whose scripts would run again for a new file.
fn usual(project: &Project) -> Command {
    let mut command = project.command(["-q", "-o", "../usual.tar"]);
    command.current_dir(project.path("app"));
    command
}

#[track_caller]
fn verified(project: &Project, folder: &str, words: &[&str]) -> Run {
    let run = Run::of(command(project, folder, words));
    let left = fs::read_dir(project.path("temporary")).unwrap().count();
    assert_eq!(left, 0, "the copy was left behind: {run:?}");
    run
}

/// Builds, and asserts that nothing was delivered, for a reason that has all of `words`.
#[track_caller]
fn differs(project: &Project, words: &[&str]) {
    let run = verified(project, "app", &[]);
    let reasons = [&["error[not-reproducible]", "`app` is not the same"], words].concat();
    run.refused(4, &reasons);
    assert!(!project.path(OUTPUT).exists());
}

/// A package `app` in a folder of that name.
fn app(main: &str, script: Option<&str>) -> Project {
    let project = Project::empty();
    project.file("app/Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    project.file("app/src/main.rs", main);
    if let Some(script) = script {
        project.file("app/build.rs", script);
    }
    project
}

#[test]
fn h1_a_program_with_its_sources_names_in_it_is_the_same_in_another_folder() {
    let project = app(
        "fn main() { assert!(std::env::args().count() < 9, \"{}\", file!()); part::part(); }\n",
        Some("fn main() { println!(\"cargo:rustc-env=UNUSED=1\"); }\n"),
    );
    project.file("app/Cargo.toml", "[workspace]\nmembers = [\"part\"]\n[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\npart = { path = \"part\" }\n");
    project
        .file("app/part/Cargo.toml", "[package]\nname = \"part\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    project
        .file("app/part/src/lib.rs", "pub fn part() { print!(\"{}\", std::panic::Location::caller()); }\n");
    // what a folder above says is said to the copy too: without it the second build would fail
    project.file(".cargo/config.toml", "[env]\nABOVE = \"above\"\n");
    project.file(
        "app/part/build.rs",
        "fn main() { assert_eq!(std::env::var(\"ABOVE\").unwrap(), \"above\"); }\n",
    );
    let run = verified(&project, "app", &[]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stderr.contains("Reproduced app: sha256:"), "{run:?}");
    assert_eq!(run.stdout.trim(), project.path(OUTPUT).to_str().unwrap());
}

#[test]
fn a_path_of_env_is_named_with_file_section_and_variable() {
    let project = app(&printing("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/assets\")"), None);
    let path = project.path("app").join("assets").display().to_string();
    differs(
        &project,
        &[
            "/app, section .rodata",
            "a path:",
            &path,
            "`app` reads env!(\"CARGO_MANIFEST_DIR\")",
            "include_str!",
        ],
    );
}

#[test]
fn a_time_that_a_build_script_writes_is_named_even_where_both_builds_take_no_second() {
    let since = "std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()";
    let project =
        app(&printing("include_str!(concat!(env!(\"OUT_DIR\"), \"/made\"))"), Some(&writing(since)));
    let words = ["a timestamp:", "the build script of `app` has written another `made`", "SOURCE_DATE_EPOCH"];
    differs(&project, &words);
}

#[test]
fn a_random_number_of_a_build_script_is_named_with_its_script_and_function() {
    let random = "std::collections::hash_map::RandomState::new().build_hasher().finish()";
    let main = "fn main() { let made: u64 = include!(concat!(env!(\"OUT_DIR\"), \"/made\"));\n    \
                println!(\"{}\", std::hint::black_box(made)); }\n";
    let project = app(main, Some(&writing(random)));
    differs(
        &project,
        &[
            "section .text",
            "of the crate `app`, in `app::main`",
            "the build script of `app` has written another `made`",
        ],
    );
}

#[test]
fn a_variable_of_the_user_is_named_though_both_builds_have_it() {
    let project = app(&printing("env!(\"HOME\")"), None);
    differs(
        &project,
        &["when somebody else builds it", "`app` reads env!(\"HOME\")", "when the program runs"],
    );
}

#[test]
fn what_an_earlier_build_has_left_is_put_to_the_test() {
    // the script does not run again: in the user's own folder nothing would ever differ
    let main = printing("include_str!(concat!(env!(\"OUT_DIR\"), \"/made\"))");
    let project = app(&main, Some(&writing("std::env::var(\"STAMP\").unwrap_or_default()")));
    let mut earlier = usual(&project);
    earlier.env("STAMP", "stamped once");
    assert_eq!(Run::of(earlier).status, 0);
    differs(&project, &["the build script of `app` has written another `made`"]);
}

#[test]
fn of_several_programs_none_is_delivered_where_one_is_not_the_same() {
    let project = app(&printing("1"), None);
    project.file("app/src/bin/moved.rs", printing("env!(\"CARGO_MANIFEST_DIR\")"));
    let run = verified(&project, "app", &["--bins"]);
    run.refused(4, &["`moved` is not the same"]);
    assert!(!project.path(OUTPUT).exists());
}

#[test]
fn a_program_that_the_second_build_does_not_have_is_told() {
    let project = app(&printing("1"), None);
    project.file("app/target/made/extra.rs", printing("2"));
    std::os::unix::fs::symlink("../target/made", project.path("app/src/bin")).unwrap();
    let run = verified(&project, "app", &["--bins"]);
    let words = ["the second build has made other programs", "`extra` for linux/amd64", "target folders"];
    run.refused(4, &words);
    assert!(!project.path(OUTPUT).exists());
}

#[test]
fn debug_information_beside_the_image_is_compared_too() {
    // a variable has its name there alone
    let script = "fn main() {\n    let time = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();\n    \
                  let made = format!(\"fn main() {{ let made_{time} = std::env::args().count(); println!(\\\"{{made_{time}}}\\\"); }}\");\n    \
                  std::fs::write(std::env::var(\"OUT_DIR\").unwrap() + \"/made\", made).unwrap();\n}\n";
    let project = app("include!(concat!(env!(\"OUT_DIR\"), \"/made\"));\n", Some(script));
    // usually the build id, which is in the image, follows from it
    for flags in ["", "-Clink-arg=-Wl,--build-id=0x0123456789abcdef"] {
        let mut command = command(&project, "app", &["--profile", "dev", "--split-debug"]);
        command.env("RUSTFLAGS", flags);
        let run = Run::of(command);
        run.refused(4, &["its debug information differs", "app.debug, section .debug_", "another `made`"]);
        assert!(!project.path(OUTPUT).exists() && !project.path("app/target/scratch/debug").exists());
    }
}

#[test]
fn needs_aarch64_std_the_programs_of_all_platforms_are_built_twice_with_their_debug_information() {
    let project = app(&printing("file!()"), None);
    let words = ["--platform", "linux/amd64,linux/arm64", "--split-debug"];
    let run = verified(&project, "app", &words);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stderr.contains("Reproduced app: sha256:"), "{run:?}");
    assert!(project.path("app/target/scratch/debug/app.linux-arm64.debug").exists(), "{run:?}");
}

#[test]
fn a_build_script_that_asks_git_hears_of_the_same_commit_and_the_repository_stays_as_it_is_needs_git() {
    let script = "fn main() {\n    let said = std::process::Command::new(\"git\").args([\"describe\", \"--always\", \"--dirty\"]).output().unwrap();\n    \
                  println!(\"cargo:rustc-env=COMMIT={}\", String::from_utf8(said.stdout).unwrap().trim());\n}\n";
    let project = app(&printing("env!(\"COMMIT\")"), Some(script));
    project.file("app/.gitignore", "/target\n/Cargo.lock\n");
    project.file("beside/file", "a file of the work tree beside the workspace");
    for words in [
        &["init", "-q"][..],
        &["add", "app", "beside"],
        &["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "a"],
    ] {
        let mut git = tool("git");
        git.args(words).current_dir(project.path(""));
        assert_eq!(Run::of(git).status, 0);
    }
    // the first build is the user's own, and its git may look
    assert_eq!(Run::of(usual(&project)).status, 0);
    let before = fs::read(project.path(".git/index")).unwrap();
    let run = verified(&project, "app", &[]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(fs::read(project.path(".git/index")).unwrap() == before, "the index is the user's");
}

#[test]
fn h2_the_value_of_a_variable_that_may_be_a_secret_is_not_told() {
    let script = "fn main() {\n    let since = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();\n    \
                  println!(\"cargo:rustc-env=API_TOKEN=canary-{since:x}\");\n}\n";
    let project = app(&printing("env!(\"API_TOKEN\")"), Some(script));
    let run = verified(&project, "app", &[]);
    assert!(run.status == 4 && run.stderr.contains("may be a secret"), "{run:?}");
    assert!(run.stderr.contains("`app` reads env!(\"API_TOKEN\"), which its build script sets"), "{run:?}");
    assert!(!run.stderr.contains("canary") && !run.stdout.contains("canary"), "{run:?}");
}

#[test]
fn a_path_dependency_outside_of_the_workspace_is_copied_and_told_of() {
    let project = app("fn main() { outside::outside(); }\n", None);
    let manifest = fs::read_to_string(project.path("app/Cargo.toml")).unwrap();
    let dependency = "[dependencies]\noutside = { path = \"../libraries/outside\" }\n";
    project.file("app/Cargo.toml", manifest + dependency);
    let workspace = "[workspace]\nmembers = [\"outside\"]\n[workspace.package]\nversion = \"0.1.0\"\n";
    project.file("libraries/Cargo.toml", workspace);
    let package = "[package]\nname = \"outside\"\nversion.workspace = true\nedition = \"2024\"\n";
    project.file("libraries/outside/Cargo.toml", package);
    project.file("libraries/outside/src/lib.rs", "pub fn outside() { print!(\"{}\", file!()); }\n");
    differs(&project, &["a path:", "libraries/outside"]);
}

#[test]
fn a_signal_in_the_second_build_leaves_nothing() {
    let script = "fn main() {\n    let out = std::env::var(\"OUT_DIR\").unwrap();\n    if out.contains(\"/temporary/\") {\n        \
                  std::fs::write(std::env::var(\"FLAG\").unwrap(), \"\").unwrap();\n        std::thread::sleep(std::time::Duration::from_secs(60));\n    }\n}\n";
    let project = app(&printing("1"), Some(script));
    let mut command = command(&project, "app", &[]);
    command
        .env("FLAG", project.path("flag"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let end = Instant::now() + Duration::from_mins(5);
    while !project.path("flag").exists() {
        assert!(Instant::now() < end, "the second build has not begun");
        std::thread::sleep(Duration::from_millis(50));
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    Run::from(child.wait_with_output().unwrap()).refused(130, &["interrupted"]);
    assert_eq!(fs::read_dir(project.path("temporary")).unwrap().count(), 0);
    assert!(!project.path(OUTPUT).exists());
}

#[test]
fn d1_no_room_for_the_copy_is_told_with_what_to_do_needs_mount() {
    let project = app(&printing("1"), None);
    project.file("app/large", vec![7; 200_000]);
    fs::create_dir(project.path("app/disk")).unwrap();
    let script = "mount -t tmpfs -o size=64k tmpfs disk && TMPDIR=$PWD/disk exec \"$0\" \"$@\"";
    let _mount = tool("mount");
    let words = ["--user", "--map-root-user", "--mount", "sh", "-c", script];
    let run = Run::of(through(tool("unshare"), words, &command(&project, "app", &[])));
    run.refused(5, &["No space left on device", "set TMPDIR to a folder with more room"]);
    assert!(!project.path(OUTPUT).exists());
}
