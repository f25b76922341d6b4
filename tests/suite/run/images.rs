//! Images that are there already.

use super::{command, inmate, ran};
use crate::support::{Fake, Run, tool};
use std::fs;

/// Docker's image of busybox's static program, for as long as the value lives.
struct Busybox(String);

impl Busybox {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("bin")).unwrap();
        let mut which = tool("sh");
        which.args(["-c", "cp \"$(command -v busybox)\" \"$0\""]).arg(at("bin/busybox"));
        assert_eq!(Run::of(which).status, 0);
        std::os::unix::fs::symlink("busybox", at("bin/sh")).unwrap();
        let name = format!("{name}-{}", std::process::id());
        let mut import = tool("sh");
        let changes = "--change 'CMD [\"/bin/sh\", \"-c\", \"echo from $0 as $(/bin/busybox id -u)\", \"docker\"]' --change 'USER 1234'";
        import
            .args(["-c", &format!("tar -C \"$0\" -c bin | docker import {changes} - {name}")])
            .arg(folder.path());
        let run = Run::of(import);
        assert_eq!(run.status, 0, "{run:?}");
        Busybox(name)
    }
}

impl Drop for Busybox {
    fn drop(&mut self) {
        let _ = tool("docker").args(["rmi", "--force", &self.0]).output();
    }
}

#[test]
fn an_archive_a_layout_and_a_compressed_one_run_without_a_build() {
    let fake = inmate();
    for (output, image) in [
        ("docker-archive=a.tar", "a.tar"),
        ("oci-archive=b.tar", "b.tar"),
        ("oci-dir=c", "c"),
        ("oci-dir=c", "oci-dir:c"),
    ] {
        assert_eq!(fake.scratch(["-q", "-o", output, "--compression", "gzip"]).status, 0);
        let builds = fake.builds().len();
        let run = ran(&fake, &["--image", image], &["sees"]);
        assert!(run.status == 0 && run.stdout.contains("Uid: 65532"), "{run:?}");
        assert!(
            run.stderr.contains(&format!("Running {} (sandbox)", image.trim_start_matches("oci-dir:"))),
            "{run:?}"
        );
        assert_eq!(fake.builds().len(), builds);
    }
    // no project is needed
    let elsewhere = tempfile::tempdir().unwrap();
    let path = fake.path("a.tar").display().to_string();
    let mut command = command(&fake, &["--image", &path], &["sees"]);
    command.current_dir(elsewhere.path());
    assert_eq!(Run::of(command).status, 0);
}

#[test]
fn needs_docker_needs_busybox_an_image_that_is_no_rust_program_runs_too() {
    let fake = Fake::new("x", "");
    let busybox = Busybox::new("run-busybox");
    let image = format!("docker:{}", busybox.0);
    let run = ran(&fake, &["--image", &image], &[]);
    assert_eq!((run.status, &*run.stdout), (0, "from docker as 1234\n"), "{run:?}");
    let run = ran(&fake, &["--image", &image], &["/bin/sh", "-c", "echo $0 $1; exit 3", "a", "b c"]);
    assert_eq!((run.status, &*run.stdout), (3, "a b c\n"), "{run:?}");
    let run = ran(&fake, &["--image", &image, "--engine", "docker"], &[]);
    assert_eq!((run.status, &*run.stdout), (0, "from docker as 1234\n"), "{run:?}");
}

#[test]
fn h8_an_image_with_a_fault_is_not_run() {
    let fake = inmate();
    assert_eq!(fake.scratch(["-q", "-o", "a.tar", "--compression", "none"]).status, 0);
    let mut bytes = fs::read(fake.path("a.tar")).unwrap();
    // in the program, where no header says what should be
    let at = memchr::memmem::find(&bytes, b"unknown: ").unwrap();
    bytes[at] = b'U';
    fs::write(fake.path("a.tar"), bytes).unwrap();
    let words = ["error[invalid-image]", "`a.tar` is not run", "digest", "cargo scratch verify a.tar"];
    ran(&fake, &["--image", "a.tar"], &["sees"]).refused(4, &words);
    let run = ran(&fake, &["--image", "nowhere.tar"], &["sees"]);
    assert!(run.status == 2 && run.stderr.contains("no such file or folder"), "{run:?}");
}
