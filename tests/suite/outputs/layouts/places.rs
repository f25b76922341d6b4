//! What may stand where a layout is to go, and what one holds.

use super::{added, labels, pairs};
use crate::support::{Archive, Fake, Run, through, tool};
use rustix::fs::{CWD, Mode, mkfifoat};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

#[test]
fn d5_what_is_no_layout_is_not_touched() {
    let fake = Fake::new("app", "");
    let good = r#"{"imageLayoutVersion":"1.0.0"}"#;
    let index = r#"{"schemaVersion":2,"manifests":[]}"#;
    fake.file("file", "kept");
    fake.file("full/kept", "kept");
    fake.file("later/oci-layout", r#"{"imageLayoutVersion":"9.9"}"#);
    fake.file("unmarked/index.json", index);
    fake.file("garbled/oci-layout", "{");
    fake.file("nameless/oci-layout", "{}");
    fake.file("corrupt/oci-layout", good);
    fake.file("corrupt/index.json", "{\"schemaVersion\":2,\n\"manifests\":[");
    fake.file("list/oci-layout", good);
    fake.file("list/index.json", "[]");
    fake.file("flat/oci-layout", good);
    fake.file("flat/blobs", "kept");
    fs::create_dir(fake.path("pipe")).unwrap();
    mkfifoat(CWD, fake.path("pipe/oci-layout"), Mode::RWXU).unwrap();
    mkfifoat(CWD, fake.path("fifo"), Mode::RWXU).unwrap();
    symlink("nowhere", fake.path("dangling")).unwrap();
    fs::create_dir(fake.path("mark")).unwrap();
    fake.file("no-index/oci-layout", good);
    fake.file("no-blobs/oci-layout", good);
    for link in ["mark/oci-layout", "no-index/index.json", "no-blobs/blobs"] {
        symlink("nowhere", fake.path(link)).unwrap();
    }
    symlink("/proc/self/fd", fake.path("to-proc")).unwrap();
    let before = fake.listing();
    let cases = [
        ("file", "it is not a folder"),
        ("fifo", "it is not a folder"),
        ("file/", "it is not a folder"),
        ("file/below", "Not a directory"),
        ("full", "it holds `kept` and is no image layout"),
        (".", "is no image layout"),
        ("later", "it is an image layout of version 9.9"),
        ("unmarked", "it holds `index.json` and is no image layout"),
        ("garbled", "garbled/oci-layout"),
        ("nameless", "names no version"),
        ("corrupt", "line 2 column 13"),
        ("list", "list/index.json"),
        ("flat", "its `blobs` is not a folder"),
        ("pipe", "expected a regular file"),
        ("dangling", "a link that leads nowhere"),
        ("dangling/", "a link that leads nowhere"),
        ("mark", "mark/oci-layout`: it is a link that leads nowhere"),
        ("no-index", "no-index/index.json`: it is a link that leads nowhere"),
        ("no-blobs", "its `blobs` is a link that leads nowhere"),
        ("to-proc", "a folder of the kernel's"),
        ("/dev/new", "a folder of the kernel's"),
        ("/proc/self/new", "a folder of the kernel's"),
        ("missing/out", "mkdir -p"),
    ];
    for (place, expected) in cases {
        let output = format!("oci-dir={place}");
        let run = Run::of(through(tool("timeout"), ["-k1", "30"], &fake.command(["-o", &output])));
        run.refused(5, &["error[output]", expected]);
        assert_eq!(fake.listing(), before, "{output}");
    }
    assert!(fake.builds().is_empty(), "all of this is known before a long build");
    assert_eq!(fs::read(fake.path("full/kept")).unwrap(), b"kept");
    assert_eq!(fs::read(fake.path("file")).unwrap(), b"kept");
}

#[test]
fn d5_layouts_of_others_empty_folders_and_links_to_folders_are_filled() {
    let fake = Fake::new("app", "");
    fs::create_dir(fake.path("empty")).unwrap();
    symlink("empty", fake.path("out")).unwrap();
    added(&fake, "app:1", "1");
    assert!(fake.path("out").is_symlink());
    assert_eq!(labels(&fake.path("empty")), pairs(&[("1", "1")]));

    fake.file("theirs/oci-layout", r#"{"imageLayoutVersion":"1.0.0","more":true}"#);
    let entry = r#"{"mediaType":"x/y","digest":"sha512:00","size":1,"later":[1.5],"annotations":{"k":"v"}}"#;
    fake.file("theirs/index.json", format!(r#"{{"schemaVersion":2,"manifests":[{entry}],"k":{{}}}}"#));
    fake.file("theirs/blobs/sha512/00", "x");
    fake.file("theirs/notes.txt", "kept");
    let run = fake.scratch(["-o", "oci-dir=theirs", "-t", "app:1"]);
    assert_eq!(run.status, 0, "{run:?}");
    let index: Value = serde_json::from_slice(&fs::read(fake.path("theirs/index.json")).unwrap()).unwrap();
    assert_eq!(index["manifests"][0], serde_json::from_str::<Value>(entry).unwrap());
    assert_eq!((index["manifests"].as_array().unwrap().len(), &index["k"]), (2, &serde_json::json!({})));
    let mark = fs::read_to_string(fake.path("theirs/oci-layout")).unwrap();
    assert!(mark.contains("more") && fake.path("theirs/notes.txt").exists());

    let run = fake.scratch(["-o", "oci-dir=target/scratch/app.oci"]);
    assert_eq!(run.status, 0, "the usual folder is created: {run:?}");
}

#[test]
fn d5_a_slash_at_the_end_changes_nothing() {
    let fake = Fake::new("app", "");
    for (place, folder) in [("one/", "one"), ("one//", "one"), ("two/.", "two"), ("./three", "three")] {
        for _ in 0..2 {
            let run = fake.scratch(["-o", &format!("oci-dir={place}"), "-t", "app:1"]);
            assert_eq!(
                (run.status, run.stdout.trim_end()),
                (0, fake.path(folder).to_str().unwrap()),
                "{run:?}"
            );
            assert_eq!(labels(&fake.path(folder)), pairs(&[("1", "")]));
        }
    }
    symlink("one", fake.path("link")).unwrap();
    let run = fake.scratch(["-o", "oci-dir=link/", "-t", "app:2"]);
    assert_eq!((run.status, run.stdout.trim_end()), (0, fake.path("link").to_str().unwrap()), "{run:?}");
    assert!(fake.path("link").is_symlink());
    assert_eq!(labels(&fake.path("one")), pairs(&[("1", ""), ("2", "")]));
    // another spelling of the same place makes room for no file
    let run = fake.scratch(["-o", "oci-dir=same/", "-o", "docker-archive=same"]);
    run.refused(2, &["error[usage]", "two outputs want the path"]);
}

#[test]
fn d5_a_blob_that_is_not_what_its_name_says_is_written_anew() {
    let fake = Fake::new("app", "");
    added(&fake, "app:1", "1");
    let blobs = || {
        let entries = fs::read_dir(fake.path("out/blobs/sha256")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect::<BTreeSet<_>>()
    };
    let all = blobs();
    let spoils: [fn(&mut Vec<u8>); 3] =
        [|bytes| bytes.truncate(3), |bytes| bytes[0] ^= 1, |bytes| bytes.push(0)];
    for spoil in spoils {
        for path in &all {
            let mut bytes = fs::read(path).unwrap();
            spoil(&mut bytes);
            fs::write(path, bytes).unwrap();
        }
        added(&fake, "app:1", "1");
        assert_eq!(labels(&fake.path("out")), pairs(&[("1", "1")]));
        assert_eq!(blobs(), all);
    }
    // and one that is sound is left alone
    let times = || all.iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect::<Vec<_>>();
    let before = times();
    added(&fake, "app:1", "1");
    assert_eq!(times(), before);
}

#[test]
fn d5_a_layout_is_the_same_image_as_an_archive_and_twice_the_same_bytes() {
    let fake = Fake::new("app", "");
    let words = ["-o", "oci-dir=one", "-o", "out.tar", "-o", "oci-dir=two", "--message-format", "json"];
    let run = fake.scratch(words);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(fake.scratch(["-o", "oci-dir=three"]).status, 0);
    let archive = Archive::read(&fake.path("out.tar"));
    let files = |layout: &str| {
        let all = fake.listing().into_iter();
        let inside = all.filter_map(|name| Some(name.strip_prefix(&format!("{layout}/"))?.to_owned()));
        let kept = inside.filter(|name| fake.path(layout).join(name).is_file());
        kept.map(|name| (name.clone(), fs::read(fake.path(layout).join(&name)).unwrap()))
            .collect::<BTreeMap<_, _>>()
    };
    let one = files("one");
    assert!(one == files("two") && one == files("three"));
    let index: Value = serde_json::from_slice(&one["index.json"]).unwrap();
    assert_eq!(index, archive.index);
    for (name, bytes) in one.iter().filter(|(name, _)| *name != "index.json") {
        assert!(archive.files[name] == *bytes, "{name}");
    }
    for (name, mode) in [("one", 0o755), ("one/blobs/sha256", 0o755), ("one/index.json", 0o644)] {
        let bits = fs::metadata(fake.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(bits & !mode, bits & 0o022 & !mode, "{name}: {bits:o}");
        assert!(bits & 0o600 == 0o600, "{name}: {bits:o}");
    }
}

#[test]
fn d5_a_layout_that_may_not_be_written_is_known_before_the_build_needs_setpriv() {
    let fake = Fake::new("app", "");
    added(&fake, "app:1", "1");
    for folder in ["", "out", "out/blobs", "out/blobs/sha256"] {
        fs::set_permissions(fake.path(folder), Permissions::from_mode(0o755)).unwrap();
    }
    let builds = fake.builds().len();
    for output in ["oci-dir=out", "oci-dir=new", "docker-archive=out/out.tar"] {
        let mut command = fake.command(["-o", output]);
        command.env("HOME", fake.path("")).env("CARGO_HOME", fake.path(""));
        let words = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
        let run = Run::of(through(tool("setpriv"), words, &command));
        run.refused(5, &["error[output]", "Permission denied"]);
    }
    assert_eq!(fake.builds().len(), builds);
}
