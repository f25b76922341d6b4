//! What the image needs to start: a user that it knows, folders that exist, an entrypoint that a kernel can run.

use super::{app, packed};
use crate::support::{Archive, Fake, PLAIN, Run, static_program};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

#[test]
fn a_user_that_the_image_does_not_know_is_refused() {
    let fake = app();
    fake.file("passwd", "root:x:0:0:root:/:/sbin/nologin\nweb:x:33:33::/:/sbin/nologin\n");
    fake.file("group", "root:x:0:\nwww:x:33:\n");
    for user in ["0", "65532:65532", "1000", "nonroot", "root:nonroot", "nonroot:0"] {
        let archive = image(&fake, &["--user", user]);
        assert_eq!(archive.config["config"]["User"], user);
    }
    for user in ["web", "0:www", "nonroot:www", "roo", "root:roo", "x"] {
        failed(&fake, &["--user", user]).refused(2, &["error[setting]", "/etc/", "--user 1000:1000"]);
    }
    let passwd = "passwd:/etc/passwd:replace";
    let group = "group:/etc/group:replace";
    image(&fake, &["--user", "web", "--copy", passwd]);
    image(&fake, &["--user", "web:www", "--copy", passwd, "--copy", group]);
    image(&fake, &["--user", "web:nonroot", "--copy", passwd]); // the group file is still ours
    failed(&fake, &["--user", "nonroot", "--copy", passwd])
        .refused(2, &["error[setting]", "/etc/passwd", "nonroot"]);
}

#[test]
fn a_folder_that_the_configuration_names_is_there() {
    let fake = app();
    fake.file("tree/file", "x");
    let copy = ["--copy", "tree:/srv", "--workdir", "/job/sub", "--volume", "/data", "--volume", "/srv"];
    let archive = image(&fake, &copy);
    let root = archive.root();
    for (folder, mode) in [("job", 0o755), ("job/sub", 0o755), ("data", 0o1777), ("srv", 0o1777)] {
        assert!(root[folder].kind.is_dir() && root[folder].mode == mode, "{folder}: {:?}", root[folder]);
    }
    assert_eq!(archive.config["config"]["WorkingDir"], "/job/sub");
    assert!(archive.config["config"]["Volumes"]["/data"].is_object());
    for folder in ["/tmp", "/etc", "/own"] {
        let root = image(&fake, &["--workdir", folder, "--volume", folder]).root();
        let mode = root[&folder[1..]].mode;
        assert_eq!(mode, if folder == "/etc" { 0o755 } else { 0o1777 }, "{folder} as a volume");
    }
    image(&fake, &["--workdir", "/"]);
    // what passes through a folder of the base layer leaves it as it is
    for to in ["tree:/tmp", "tree:/tmp/sub"] {
        assert_eq!(image(&fake, &["--copy", to]).root()["tmp"].mode, 0o1777, "{to}");
    }
}

#[test]
fn a_folder_that_the_configuration_names_is_no_file() {
    let fake = app();
    fake.file("tree/file", "x");
    symlink("file", fake.path("tree/link")).unwrap();
    for path in ["/etc/passwd", "/app", "/srv/file", "/srv/link", "/srv/file/below", "/app/below"] {
        for flag in ["--workdir", "--volume"] {
            let run = failed(&fake, &["--copy", "tree:/srv", flag, path]);
            run.refused(1, &["error[asset]", path.trim_end_matches("/below")]);
        }
    }
}

#[test]
fn an_entrypoint_that_would_not_start_is_refused() {
    let fake = app();
    let mode = |path: &str, mode| fs::set_permissions(fake.path(path), Permissions::from_mode(mode)).unwrap();
    fake.file("tree/script", "#!/bin/sh\nexec /app\n");
    mode("tree/script", 0o755);
    fs::copy(static_program(), fake.path("tree/init")).unwrap();
    mode("tree/init", 0o755);
    fs::copy(static_program(), fake.path("tree/plain")).unwrap();
    mode("tree/plain", 0o644);
    // a program of this machine, which wants an interpreter
    fs::copy("/bin/sh", fake.path("dynamic")).unwrap();
    mode("dynamic", 0o755);
    fake.file("tree/empty", "");
    mode("tree/empty", 0o755);
    let cases = [
        ("/bin/script", "the entrypoint `/bin/script` would not start"),
        ("/bin/empty", "would not start"),
        ("/bin/plain", "may not execute"),
        ("/bin/none", "no such file"),
        ("/bin", "not a regular file"),
        ("app", "PATH"),
        ("sh", "PATH"),
        ("/etc/passwd", "would not start"),
    ];
    for (entrypoint, expected) in cases {
        let run = failed(&fake, &["--copy", "tree:/bin", "--entrypoint", entrypoint]);
        run.refused(4, &["error[not-static]", expected, "--entrypoint /app"]);
    }
    fake.file("huge", fs::read(static_program()).unwrap());
    mode("huge", 0o755);
    fs::File::options().write(true).open(fake.path("huge")).unwrap().set_len(65 << 20).unwrap();
    let run = failed(&fake, &["--copy", "huge:/huge", "--entrypoint", "/huge"]);
    run.refused(1, &["error[asset]", "/huge", "bytes"]);
    let run = failed(&fake, &["--copy", "dynamic:/dynamic", "--entrypoint", "/dynamic"]);
    run.refused(4, &["error[not-static]", "/dynamic", "would not start"]);

    let words =
        ["--copy", "tree:/bin", "--entrypoint", "/bin/init", "--entrypoint", "--", "--entrypoint", "/app"];
    let archive = image(&fake, &words);
    assert_eq!(archive.config["config"]["Entrypoint"], serde_json::json!(["/bin/init", "--", "/app"]));
    // the mode in the image counts
    image(&fake, &["--copy", "tree/plain:/x:mode=0755", "--entrypoint", "/x"]);
}

#[test]
fn what_no_engine_would_start_is_refused() {
    let fake = app();
    fake.file("tree/file", "x");
    for words in [
        &["--volume", "/"][..],
        &["--volume", "/proc"],
        &["--volume", "/dev/shm"],
        &["--workdir", "/proc/x"],
        &["--workdir", "/sys"],
        &["--user", "3000000000"],
        &["--user", "1:4294967295"],
        &["--stop-signal", "SIGFOO"],
        &["--expose", "+80"],
        &["--tag", "sha256"],
    ] {
        let run = failed(&fake, words);
        assert!(run.status == 2 && run.stdout.is_empty(), "{words:?}: {run:?}");
    }
    for to in ["/etc/hosts", "/etc/resolv.conf", "/etc/hostname"] {
        failed(&fake, &["--copy", &format!("tree:{to}")]).refused(1, &["error[asset]", to]);
        image(&fake, &["--copy", &format!("tree/file:{to}")]);
    }
    // a file that only root may execute, for a user who is not root
    fs::copy(static_program(), fake.path("init")).unwrap();
    let init = ["--copy", "init:/init:mode=0700", "--entrypoint", "/init"];
    failed(&fake, &init).refused(4, &["error[not-static]", "may not execute"]);
    image(&fake, &[&init[..], &["--user", "0"]].concat());
    // a user database that says nothing
    for line in ["web", "web:x:notnum:3", "web:x:1"] {
        fake.file("passwd", line);
        let words = ["--user", "web", "--copy", "passwd:/etc/passwd:replace"];
        failed(&fake, &words).refused(2, &["error[setting]", "/etc/passwd", "web"]);
    }
    fake.file("etc/real", "web:x:1:1::/:\n");
    symlink("real", fake.path("etc/passwd")).unwrap();
    let words = ["--user", "web", "--copy", "etc:/etc:replace"];
    failed(&fake, &words).refused(2, &["error[setting]", "no regular file"]);
}

#[test]
fn without_files_the_image_is_the_base_and_the_program() {
    let root = packed(&app(), &[]);
    let kinds: BTreeMap<_, _> = root.iter().map(|(name, entry)| (name.as_str(), entry.mode)).collect();
    let expected =
        [("app", 0o755), ("etc", 0o755), ("etc/group", 0o644), ("etc/passwd", 0o644), ("tmp", 0o1777)];
    assert_eq!(kinds, expected.into());
}

/// The image that a run with `flags` makes.
#[track_caller]
fn image(fake: &Fake, flags: &[&str]) -> Archive {
    Archive::read(&fake.pack(flags))
}

/// The run with `flags`, which must not make an image.
#[track_caller]
fn failed(fake: &Fake, flags: &[&str]) -> Run {
    let _ = fs::remove_file(fake.path("out.tar"));
    let run = fake.scratch(PLAIN.iter().chain(flags));
    assert_ne!(run.status, 0, "{flags:?} would not start");
    assert!(!fake.path("out.tar").exists(), "{flags:?}");
    run
}
