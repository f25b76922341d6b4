//! Names: whatever Linux allows and image tools can read arrives as it was, and the rest is refused with its reason.

use super::{app, packed, refused, words};
use crate::support::{Fake, tool};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Names that every reader of tar files understands; a line end is not among them.
fn sound() -> Vec<String> {
    let mut names: Vec<String> =
        [1, 95, 96, 97, 98, 99, 100, 101, 151, 154, 155, 156, 251, 254, 255].map(|n| "n".repeat(n)).into();
    names.extend(["é".repeat(50), "é".repeat(51), "é".repeat(127)]);
    let odd = [
        "trailing space ",
        " leading",
        "-rf",
        "--help",
        "caf\u{e9}",
        "cafe\u{301}",
        "Twin",
        "twin",
        "TWIN",
        "*",
        "a:b",
        "a\\b",
        "\"quoted\"",
        "'",
        "$(id)",
        "`id`",
        "…",
        "...",
        "\u{1f980}",
        "\u{202e}txt",
        "\u{1b}[31m",
        "tab\there",
        "%s",
        ".hidden",
        ".whx",
        ".wh",
    ];
    names.extend(odd.map(str::to_owned));
    names
}

fn tree(names: &[String]) -> Fake {
    let fake = app();
    for name in names {
        fake.file(&format!("tree/{name}"), name);
    }
    fake
}

#[test]
fn c5_odd_names_arrive_as_they_were() {
    let names = sound();
    let root = packed(&tree(&names), &["tree:/srv"]);
    for name in &names {
        let entry = root.get(&format!("srv/{name}")).unwrap_or_else(|| panic!("{name:?} is lost"));
        assert_eq!(entry.content, name.as_bytes(), "{name:?}");
    }
    assert_eq!(root.keys().filter(|name| name.starts_with("srv/")).count(), names.len());
}

#[test]
fn c5_a_path_of_4000_bytes_arrives_and_a_longer_one_than_linux_has_is_refused() {
    let fake = app();
    let component = "d".repeat(200);
    let deep = (0..19).map(|_| component.as_str()).collect::<Vec<_>>().join("/"); // 3818 bytes
    // made by a program that goes down step by step: the project's own path comes on top
    let make = format!(
        "cd tree && for i in $(seq 19); do mkdir {component} && cd -P {component}; done && echo x >file"
    );
    fs::create_dir(fake.path("tree")).unwrap();
    let made = tool("bash").args(["-c", &make]).current_dir(fake.path("")).status().unwrap();
    assert!(made.success());
    let top = "t".repeat(4_000 - deep.len() - 6);
    let (front, back) = top.split_at(top.len() / 2);
    let copy = format!("tree:/{front}/{}", &back[1..]);
    let root = packed(&fake, &[&copy]);
    let longest = root.keys().map(String::len).max().unwrap();
    assert!((3_990..=4_000).contains(&longest), "{longest}");
    assert_eq!(root.iter().find(|(name, _)| name.len() == longest).unwrap().1.content, b"x\n");
    fs::remove_file(fake.path("out.tar")).unwrap();
    let beyond = format!("tree:/{}/{}", "u".repeat(200), "v".repeat(200));
    refused(&fake, &[&beyond], &["error[asset]", "longer than"]);
}

#[test]
fn c5_a_name_that_is_not_utf8_is_refused() {
    for name in [&b"tree/\xff\xfe"[..], b"tree/caf\xe9", b"tree/\xed\xa0\x80/file"] {
        let fake = app();
        let path = fake.path("").join(OsStr::from_bytes(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
        refused(&fake, &["tree:/srv"], &["error[asset]", "is not UTF-8", "rename"]);
    }
}

#[test]
fn c5_a_destination_with_a_component_beyond_255_bytes_is_refused() {
    let fake = app();
    fake.file("file", "x");
    let at = |n: usize| format!("file:/{}", "n".repeat(n));
    assert_eq!(packed(&fake, &[&at(255)])[&"n".repeat(255)].content, b"x");
    fs::remove_file(fake.path("out.tar")).unwrap();
    refused(&fake, &[&at(256)], &["error[asset]", "255"]);
}

#[test]
fn c6_names_that_delete_are_refused() {
    for name in [".wh.file", ".wh.", ".wh..wh..opq", ".wh..opq", ".wh.sub/file"] {
        let fake = app();
        fake.file(&format!("tree/{name}"), "");
        fake.file("file", "");
        refused(&fake, &["tree:/srv"], &["error[asset]", ".wh.", "lower layer"]);
        refused(&fake, &[&format!("file:/srv/{name}")], &["error[asset]", ".wh.", "lower layer"]);
    }
}

#[test]
fn c5_gnu_tar_reads_the_same_names_needs_tar() {
    let names = sound();
    let fake = tree(&names);
    let said = tool("tar").args(["--quoting-style=literal", "-tf"]).arg(layer(&fake)).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let text = String::from_utf8(said.stdout).unwrap();
    same(&names, text.lines());
}

#[test]
fn c5_bsdtar_reads_the_same_names_needs_bsdtar() {
    let names = sound();
    let fake = tree(&names);
    let layer = layer(&fake);
    let target = fake.path("unpacked");
    fs::create_dir(&target).unwrap();
    let mut command = tool("bsdtar");
    command.env("LC_ALL", "C.UTF-8").arg("-xf").arg(layer).arg("-C").arg(&target);
    let said = command.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    for name in &names {
        let content = fs::read_to_string(target.join("srv").join(name));
        assert_eq!(content.as_deref().ok(), Some(name.as_str()), "{name:?}");
    }
    assert_eq!(fs::read_dir(target.join("srv")).unwrap().count(), names.len());
}

#[test]
fn c5_python_reads_the_same_names_and_line_ends_needs_python3() {
    let mut names = sound();
    names.extend([
        "new\nline".into(),
        "end\n".into(),
        "\n".into(),
        format!("12 path=x\n{}", "n".repeat(120)),
    ]);
    let fake = tree(&names);
    let program = "import sys, tarfile\nfor entry in tarfile.open(sys.argv[1]):\n  \
        sys.stdout.buffer.write(entry.name.encode('utf-8', 'surrogateescape') + b'\\0')\n  \
        if entry.isfile(): assert tarfile.open(sys.argv[1]).extractfile(entry).read() == \
        entry.name.split('/', 1)[1].encode(), entry\n";
    let said = tool("python3").args(["-c", program]).arg(layer(&fake)).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let text = String::from_utf8(said.stdout).unwrap();
    same(&names, text.split_terminator('\0'));
}

/// The layer of the user's files as a tar file of its own.
fn layer(fake: &Fake) -> PathBuf {
    let output = fake.pack(&words(&["tree:/srv"]));
    // the `tar` crate that reads the archive splits pax records at line ends, so only the outer one is read
    let mut files = std::collections::BTreeMap::new();
    for entry in tar::Archive::new(&fs::read(output).unwrap()[..]).entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        files.insert(String::from_utf8(entry.path_bytes().into_owned()).unwrap(), content);
    }
    let docker: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    let layers = docker[0]["Layers"].as_array().unwrap();
    assert_eq!(layers.len(), 3, "base, files, program");
    fake.file("layer.tar", &files[layers[1].as_str().unwrap()])
}

/// Asserts that `found` is the folder `srv` and, in any order, `names` below it.
#[track_caller]
fn same<'a>(names: &[String], found: impl Iterator<Item = &'a str>) {
    let mut found: Vec<_> = found.map(|name| name.trim_end_matches('/')).collect();
    let mut wanted = vec!["srv".to_owned()];
    wanted.extend(names.iter().map(|name| format!("srv/{name}")));
    found.sort_unstable();
    wanted.sort();
    assert_eq!(found, wanted);
}
