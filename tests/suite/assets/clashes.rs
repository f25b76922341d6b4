//! Destinations: no two files for one path, no path that is not one, and nothing of the base layer lost by accident.

use super::{app, packed, refused};
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn c7_two_files_for_one_path_are_refused() {
    let fake = app();
    fake.file("one/file", "1");
    fake.file("two/file", "2");
    fake.file("deep/file/below", "3");
    fs::create_dir(fake.path("link")).unwrap();
    symlink("elsewhere", fake.path("link/file")).unwrap();
    symlink("elsewhere", fake.path("link/sub")).unwrap();
    let clashes: [&[&str]; 8] = [
        &["one:/srv", "two:/srv"],
        &["one/file:/x", "two/file:/x"],
        &["one/file:/x", "one/file:/x"],
        &["one:/srv", "deep:/srv"],
        &["deep:/srv", "one:/srv"],
        &["one:/srv", "link:/srv"],
        &["link:/srv", "one/file:/srv/sub/file"],
        &["one/file:/srv", "two:/srv"],
    ];
    for copies in clashes {
        refused(&fake, copies, &["error[asset]", "two files want the path `/"]);
    }
    // folders merge
    fs::rename(fake.path("two/file"), fake.path("two/other")).unwrap();
    let root = packed(&fake, &["one:/srv", "two:/srv"]);
    assert_eq!((&root["srv/file"].content[..], &root["srv/other"].content[..]), (&b"1"[..], &b"2"[..]));
}

#[test]
fn c7_destinations_that_are_no_paths_are_refused() {
    let fake = app();
    fake.file("file", "x");
    fake.file("tree/file", "x");
    let bad = ["/a/../b", "/../b", "/..", "/.", "/./a", "/a/./b", "/a//b", "//a", "//", "/a/.."];
    for destination in bad {
        for source in ["file", "tree"] {
            let copy = format!("{source}:{destination}");
            refused(&fake, &[&copy], &["error[asset]", "cannot be a path in an image"]);
        }
    }
    for copy in
        ["file", "file:", "file:relative", ":/x", "file:/x:mode=4755", "file:/x:mode=rwx", "file:/x:ro"]
    {
        let run = fake.scratch(["--copy", copy]);
        assert_eq!(run.status, 2, "{copy}: {run:?}");
        assert!(run.stderr.contains("--copy"), "{run:?}");
    }
}

#[test]
fn c7_a_slash_at_the_end_keeps_the_name_and_the_root_takes_a_folder_by_its_name() {
    let fake = app();
    fake.file("tree/file", "x");
    let root = packed(&fake, &["tree/file:/data/", "tree:/"]);
    for name in ["data/file", "tree/file"] {
        assert_eq!(root[name].content, b"x", "{name}");
    }
}

#[test]
fn c7_what_a_running_container_would_cover_is_refused() {
    let fake = app();
    fake.file("file", "x");
    fake.file("proc/file", "x");
    fake.file("tree/sys/file", "x");
    for destination in ["/proc", "/proc/x", "/sys", "/sys/x", "/dev", "/dev/null", "/dev/x/y"] {
        let copy = format!("file:{destination}");
        refused(&fake, &[&copy], &["error[asset]", "never be seen", "file system of the kernel"]);
    }
    refused(&fake, &["proc:/"], &["error[asset]", "never be seen"]);
    let root = packed(&fake, &["file:/process", "file:/srv/proc/x", "file:/devices", "tree:/srv/sub"]);
    for name in ["process", "srv/proc/x", "devices", "srv/sub/sys/file"] {
        assert_eq!(root[name].content, b"x", "{name}");
    }
}

#[test]
fn c8_a_file_of_the_base_layer_is_replaced_only_on_request() {
    let fake = app();
    fake.file("etc/passwd", "root:x:0:0:root:/:/sbin/nologin\nweb:x:33:33::/:/sbin/nologin\n");
    fake.file("etc/own.conf", "x");
    fake.file("tmp", "a file");
    let passwd = fs::read(fake.path("etc/passwd")).unwrap();
    refused(&fake, &["etc/passwd:/etc/passwd"], &["error[asset]", "`/etc/passwd`", ":replace"]);
    refused(&fake, &["etc:/etc"], &["`/etc/passwd`", ":replace"]);
    refused(&fake, &["etc/passwd:/etc/group"], &["`/etc/group`", ":replace"]);
    refused(&fake, &["tmp:/tmp"], &["error[asset]", "`/tmp`"]);
    refused(&fake, &["tmp:/etc/passwd/below"], &["error[asset]", "/etc/passwd"]);
    // one request is not for another file
    refused(&fake, &["etc/own.conf:/e:replace", "etc/passwd:/etc/passwd"], &["`/etc/passwd`", ":replace"]);

    for copy in ["etc/passwd:/etc/passwd:replace", "etc:/etc:replace", "etc/passwd:/etc/:replace"] {
        let root = packed(&fake, &[copy]);
        assert_eq!(root["etc/passwd"].content, passwd, "{copy}");
        let group = String::from_utf8(root["etc/group"].content.clone()).unwrap();
        assert!(group.contains("nonroot:x:65532:"), "the other file of the base stays: {group}");
        assert_eq!(root["tmp"].mode, 0o1777);
    }
}

#[test]
fn c8_the_programs_own_path_belongs_to_the_program() {
    let fake = app();
    fake.file("file", "x");
    fake.file("tree/app", "x");
    for copies in [&["file:/app"][..], &["file:/app:replace"], &["tree/app:/"], &["file:/app/below"]] {
        refused(&fake, copies, &["error[asset]", "/app"]);
    }
    refused(&fake, &["tree:/app"], &["error[asset]", "/app"]);
    let root = packed(&fake, &["tree:/opt"]);
    assert!(root["app"].content.starts_with(b"\x7fELF") && root["opt/app"].content == b"x");
}
