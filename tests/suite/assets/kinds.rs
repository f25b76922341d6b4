//! Kinds, modes and sizes: what is no file is refused at once, what is one is packed the same on every machine.

use super::{app, bounded, holds, packed, refused, words};
use crate::support::{Archive, PLAIN, Run, through, tool};
use rustix::fs::{CWD, Mode, XattrFlags, mkfifoat, setxattr};
use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

#[test]
fn c3_a_fifo_a_socket_and_a_device_are_refused_without_waiting() {
    let fake = app();
    for folder in ["a", "b"] {
        fake.file(&format!("{folder}/file"), "");
    }
    mkfifoat(CWD, fake.path("a/fifo"), Mode::RWXU).unwrap();
    let socket = UnixListener::bind(fake.path("b/socket")).unwrap();
    let cases = [
        ("a:/srv", "a/fifo` is a fifo"),
        ("a/fifo:/x", "a/fifo` is a fifo"),
        ("b:/srv", "b/socket` is a socket"),
        ("b/socket:/x", "b/socket` is a socket"),
        ("/dev/null:/x", "/dev/null` is a device"),
        ("/dev/zero:/x", "/dev/zero` is a device"),
    ];
    for (copy, expected) in cases {
        let start = Instant::now();
        let run = Run::of(bounded(&fake.command(PLAIN.iter().copied().chain(words(&[copy])))));
        run.refused(1, &["error[asset]", expected]);
        assert!(start.elapsed() < Duration::from_secs(10), "{copy}");
        assert!(!fake.path("out.tar").exists());
    }
    drop(socket);
}

#[test]
fn c3_modes_say_only_whether_a_file_is_a_program() {
    let fake = app();
    let table = [
        (0o600, 0o644, None),
        (0o644, 0o644, None),
        (0o666, 0o644, None),
        (0o777, 0o755, None),
        (0o700, 0o755, None),
        (0o640, 0o644, None),
        (0o4755, 0o755, Some("4755")),
        (0o2711, 0o755, Some("2711")),
        (0o1644, 0o644, Some("1644")),
    ];
    for (mode, _, _) in table {
        let path = fake.file(&format!("tree/folder-{mode:o}/file-{mode:o}"), "x");
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    }
    fs::set_permissions(fake.path("tree/folder-600"), Permissions::from_mode(0o777)).unwrap();
    let run =
        fake.scratch(PLAIN.iter().copied().chain(words(&["tree:/srv", "tree/folder-600:/set:mode=0750"])));
    assert_eq!(run.status, 0, "{run:?}");
    let root = Archive::read(&fake.path("out.tar")).root();
    for (mode, expected, warning) in table {
        let name = format!("folder-{mode:o}/file-{mode:o}");
        assert_eq!(root[&format!("srv/{name}")].mode, expected, "{mode:o}");
        assert_eq!(root[&format!("srv/folder-{mode:o}")].mode, 0o755, "of a folder");
        let said: Vec<_> =
            run.stderr.lines().filter(|line| line.contains("warning") && line.contains(&name)).collect();
        match warning {
            Some(warning) => {
                assert!(said.len() == 1 && said[0].contains(warning), "{mode:o}: {}", run.stderr);
            }
            None => assert!(said.is_empty(), "{mode:o}: {said:?}"),
        }
    }
    assert_eq!(root["set/file-600"].mode, 0o750);
    assert_eq!(root["set"].mode, 0o755, "`mode` is of files");
}

#[test]
fn c3_extended_attributes_do_not_travel() {
    let fake = app();
    let file = fake.file("tree/file", "x");
    let before = fs::read(fake.pack(&words(&["tree:/srv"]))).unwrap();
    setxattr(&file, "user.note", b"xattr-that-stays-here", XattrFlags::empty()).unwrap();
    let output = fake.pack(&words(&["tree:/srv"]));
    assert!(!holds(&output, "xattr-that-stays-here"));
    assert_eq!(fs::read(output).unwrap(), before);
}

#[test]
fn c4_hard_links_are_files_like_any_other() {
    let fake = app();
    fake.file("tree/a", "content");
    fake.file("tree/sub/b", "content");
    let apart = fs::read(fake.pack(&words(&["tree:/srv"]))).unwrap();
    fs::remove_file(fake.path("tree/sub/b")).unwrap();
    fs::hard_link(fake.path("tree/a"), fake.path("tree/sub/b")).unwrap();
    let linked = fs::read(fake.pack(&words(&["tree:/srv"]))).unwrap();
    assert!(apart == linked, "the same digest with and without hard links");
    let root = Archive::read(&fake.path("out.tar")).root();
    for name in ["srv/a", "srv/sub/b"] {
        assert!(root[name].kind.is_file() && root[name].content == b"content", "{name}");
    }
}

#[test]
fn c10_a_sparse_file_is_packed_dense() {
    const SIZE: u64 = 300 << 20;
    let fake = app();
    fake.file("sparse", "begin");
    File::options().write(true).open(fake.path("sparse")).unwrap().set_len(SIZE).unwrap();
    let output = fake.pack(&words(&["sparse:/srv/sparse"]));
    // not by `Archive`, whose digests would take a minute without optimisation
    let mut outer = tar::Archive::new(File::open(&output).unwrap());
    let blobs = outer.entries().unwrap().map(Result::unwrap);
    let layer = blobs.into_iter().find(|blob| blob.size() > SIZE).expect("a layer with all of the file");
    let mut inner = tar::Archive::new(layer);
    let mut found =
        inner.entries().unwrap().map(Result::unwrap).filter(|entry| !entry.header().entry_type().is_dir());
    let mut file = found.next().unwrap();
    assert_eq!(file.path_bytes(), &b"srv/sparse"[..]);
    assert!(file.header().entry_type().is_file(), "no sparse entry, which most readers do not know");
    assert_eq!((file.size(), file.header().entry_size().unwrap()), (SIZE, SIZE));
    let mut begin = [0; 9];
    file.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"begin\0\0\0\0");
    assert!(output.metadata().unwrap().len() > SIZE);
}

#[test]
fn c10_many_files_an_empty_file_and_empty_folders() {
    let fake = app();
    for n in 0..2_000 {
        fake.file(&format!("tree/{}/{n}", n % 7), n.to_string());
    }
    fake.file("tree/empty", "");
    fs::create_dir_all(fake.path("tree/hollow/inner")).unwrap();
    fs::create_dir(fake.path("nothing")).unwrap();
    let root = packed(&fake, &["tree:/srv", "nothing:/nothing"]);
    for n in 0..2_000 {
        assert_eq!(root[&format!("srv/{}/{n}", n % 7)].content, n.to_string().as_bytes());
    }
    assert_eq!(root["srv/empty"].size, 0);
    for folder in ["srv/hollow/inner", "nothing"] {
        assert!(root[folder].kind.is_dir(), "{folder}");
    }
    let below = root.keys().filter(|name| name.starts_with("srv/") || name.starts_with("nothing")).count();
    assert_eq!(below, 2_000 + 7 + 1 + 2 + 1);
}

#[test]
fn c11_what_cannot_be_read_is_named_needs_setpriv() {
    let fake = app();
    let hidden = fake.file("tree/sub/hidden", "x");
    fs::set_permissions(fake.path(""), Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(&hidden, Permissions::from_mode(0o600)).unwrap();
    let nobody = || {
        let mut command = fake.command(PLAIN.iter().copied().chain(words(&["tree:/srv"])));
        command.env("HOME", fake.path("")).env("CARGO_HOME", fake.path(""));
        let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
        Run::of(through(tool("setpriv"), nobody, &command))
    };
    nobody().refused(1, &["error[asset]", "tree/sub/hidden", "Permission denied"]);
    fs::set_permissions(&hidden, Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(fake.path("tree/sub"), Permissions::from_mode(0o700)).unwrap();
    nobody().refused(1, &["error[asset]", "tree/sub", "Permission denied"]);
    fs::set_permissions(fake.path("tree/sub"), Permissions::from_mode(0o755)).unwrap();
    let run = nobody();
    assert_eq!(run.status, 0, "only the permissions were in the way: {run:?}");
}

#[test]
fn c11_a_disk_that_fails_is_named_needs_strace() {
    let fake = app();
    let file = fake.file("tree/file", "content");
    let command = fake.command(PLAIN.iter().copied().chain(words(&["tree:/srv"])));
    let strace =
        ["-qq", "-o", "/dev/null", "-P", file.to_str().unwrap(), "-e", "inject=pread64,read:error=EIO"];
    let run = Run::of(through(tool("strace"), strace, &command));
    run.refused(1, &["error[asset]", "tree/file", "Input/output error"]);
    assert!(!fake.path("out.tar").exists());
    refused(&fake, &["tree/none:/x"], &["tree/none"]);
}
