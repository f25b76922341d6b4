//! Places: what may stand where an archive is to go, several archives in one run, and several runs at one place.

use super::{NEXT, rewritten, temporary};
use crate::support::{Archive, Fake, Run, through, tool};
use rustix::fs::{CWD, Mode, mkfifoat};
use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

#[test]
fn d4_eight_runs_at_once_end_well() {
    let (fake, _, _) = rewritten();
    for round in 0..4 {
        let runs: Vec<_> = (0..8)
            .map(|n| {
                // one begins while another writes, and ends while a third does
                std::thread::sleep(Duration::from_millis(25));
                let label = format!("run={round}.{n}");
                let mut command = fake.command(["-o", "out.tar", "--label", &label, "--copy", "data:/data"]);
                command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for run in runs {
            let run = Run::from(run.wait_with_output().unwrap());
            assert_eq!(run.status, 0, "{run:?}");
            assert_eq!(PathBuf::from(run.stdout.trim_end()), fake.path("out.tar"));
        }
        let archive = Archive::read(&fake.path("out.tar"));
        let label = archive.config["config"]["Labels"]["run"].as_str().unwrap();
        assert!(label.starts_with(&format!("{round}.")), "of one of these runs: {label}");
        assert_eq!(temporary(&fake), [""; 0]);
    }
}

#[test]
fn d5_what_is_no_file_is_not_replaced() {
    let fake = Fake::new("app", "");
    fs::create_dir(fake.path("folder")).unwrap();
    fake.file("folder/kept", "kept");
    fake.file("file", "kept");
    symlink("nowhere", fake.path("dangling")).unwrap();
    symlink("folder", fake.path("to-folder")).unwrap();
    symlink("/dev/null", fake.path("to-device")).unwrap();
    mkfifoat(CWD, fake.path("fifo"), Mode::RWXU).unwrap();
    let before = fake.listing();
    let cases = [
        ("docker-archive=folder", "it is a folder"),
        ("./folder", "it is a folder"),
        ("docker-archive=.", "could not write"),
        ("docker-archive=..", "could not write"),
        ("docker-archive=dangling", "a link that leads nowhere"),
        ("docker-archive=to-folder", "a link to something that is not a regular file"),
        ("docker-archive=to-device", "a link to something that is not a regular file"),
        ("docker-archive=fifo", "not a regular file"),
        ("docker-archive=/dev/null", "not a regular file"),
        ("docker-archive=/dev/stdout", "could not write"),
        ("docker-archive=missing/out.tar", "No such file or directory"),
        ("docker-archive=missing/", "No such file or directory"),
        ("docker-archive=file/out.tar", "could not write"),
        ("oci-archive=folder", "it is a folder"),
    ];
    for (output, expected) in cases {
        let bounded = through(tool("timeout"), ["30"], &fake.command(["-o", output]));
        let run = Run::of(bounded);
        run.refused(5, &["error[output]", expected]);
        assert_eq!(fake.listing(), before, "{output}");
    }
    assert_eq!(fs::read(fake.path("folder/kept")).unwrap(), b"kept");
    assert_eq!(fs::read(fake.path("file")).unwrap(), b"kept");
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    // the same in the second place of two, where the first must not be left half done
    let run = fake.scratch(["-o", "out.tar", "-o", "oci-archive=folder"]);
    run.refused(5, &["error[output]", "it is a folder"]);
    assert_eq!(fake.listing(), before);
}

#[test]
fn d5_a_link_to_a_file_stays_a_link() {
    let (fake, _, new) = rewritten();
    fs::create_dir(fake.path("elsewhere")).unwrap();
    fs::rename(fake.path("out.tar"), fake.path("elsewhere/real.tar")).unwrap();
    symlink("elsewhere/real.tar", fake.path("out.tar")).unwrap();
    let path = fake.pack(&NEXT[4..]);
    assert!(path.is_symlink());
    assert!(fs::read(fake.path("elsewhere/real.tar")).unwrap() == new);
    assert_eq!(fs::read_dir(fake.path("elsewhere")).unwrap().count(), 1);
    assert_eq!(temporary(&fake), [""; 0]);
}

#[test]
fn d5_a_slash_at_the_end_is_a_folder_for_a_file_of_the_programs_name() {
    let fake = Fake::new("app", "");
    fs::create_dir(fake.path("folder")).unwrap();
    let run = fake.scratch(["-o", "docker-archive=folder/", "-o", "oci-archive=folder/"]);
    assert_eq!(run.status, 0, "{run:?}");
    let paths: Vec<_> = run.stdout.lines().map(PathBuf::from).collect();
    assert_eq!(paths, [fake.path("folder/app.tar"), fake.path("folder/app.oci.tar")]);
    let run = fake.scratch([""; 0]);
    assert_eq!(PathBuf::from(run.stdout.trim_end()), fake.path("target/scratch/app.tar"), "{run:?}");
    Archive::read(&fake.path("target/scratch/app.tar"));
}

#[test]
fn d5_two_outputs_of_one_run_are_the_same_image() {
    let (fake, _, _) = rewritten();
    for compression in ["none", "gzip", "gzip:1"] {
        let words =
            ["-o", "one.tar", "-o", "oci-archive=two.tar", "-o", "./three.tar", "--compression", compression];
        let run = fake.scratch(words.iter().chain(&["--copy", "data:/srv/data", "--message-format", "json"]));
        assert_eq!(run.status, 0, "{run:?}");
        let lines: Vec<serde_json::Value> =
            run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 3);
        let archives = ["one.tar", "two.tar", "three.tar"].map(|name| Archive::read(&fake.path(name)));
        for archive in &archives {
            assert_eq!(archive.id(), archives[0].id());
            assert_eq!(archive.index["manifests"][0]["digest"], archives[0].index["manifests"][0]["digest"]);
            assert!(archive.root() == archives[0].root());
        }
        let docker = archives.each_ref().map(|archive| archive.files.contains_key("manifest.json"));
        assert_eq!(docker, [true, false, true]);
        let bytes = ["one.tar", "two.tar", "three.tar"].map(|name| fs::read(fake.path(name)).unwrap());
        assert!(bytes[0] == bytes[2], "the place among the outputs leaves no trace");
        let words = ["-o", "oci-archive=two.tar", "--compression", compression, "--copy", "data:/srv/data"];
        assert_eq!(fake.scratch(words).status, 0);
        assert!(bytes[1] == fs::read(fake.path("two.tar")).unwrap(), "nor do the other outputs");
    }
    let run = fake.scratch(["-o", "same.tar", "-o", "docker-archive=same.tar"]);
    run.refused(2, &["error[usage]", "two outputs want the path", "same.tar"]);
}

#[test]
fn d5_a_folder_that_may_not_be_written_is_named_needs_setpriv() {
    let fake = Fake::new("app", "");
    fake.file("out/old", "kept");
    let closed = fake.path("out");
    for folder in [fake.path(""), closed.clone()] {
        fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    }
    let nobody = || {
        let mut command = fake.command(["-o", "out/out.tar"]);
        command.env("HOME", fake.path("")).env("CARGO_HOME", fake.path(""));
        Run::of(through(
            tool("setpriv"),
            ["--reuid", "65534", "--regid", "65534", "--clear-groups"],
            &command,
        ))
    };
    nobody().refused(5, &["error[output]", "out/out.tar", "Permission denied"]);
    fs::set_permissions(&closed, Permissions::from_mode(0o777)).unwrap();
    let run = nobody();
    assert_eq!(run.status, 0, "only the permissions were in the way: {run:?}");
    Archive::read(&fake.path("out/out.tar"));
}
