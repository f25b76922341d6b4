//! Image layouts: many images in one folder, many runs at once, and no foreign file touched.

use super::{temporary, wait_until};
use crate::support::{Archive, Fake, Project, Run, through, tool};
use rustix::fs::{CWD, Mode, mkfifoat};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The system calls that write a layout, each with a group of names that a libc may choose from.
const WRITING: [&str; 6] = [
    "mkdir,mkdirat",
    "write",
    "copy_file_range,sendfile,splice",
    "fsync,fdatasync",
    "rename,renameat,renameat2",
    "flock",
];
/// More calls of one kind than a small image needs.
const MANY: usize = 60;

/// Adds an image under `tag` to the layout `out` of the project; its label sets it apart.
fn add(fake: &Fake, tag: &str, label: &str) -> Run {
    fake.scratch(["-o", "oci-dir=out", "-t", tag, "--label", &format!("run={label}")])
}

#[track_caller]
fn added(fake: &Fake, tag: &str, label: &str) {
    let run = add(fake, tag, label);
    assert_eq!((run.status, run.stdout.trim_end()), (0, fake.path("out").to_str().unwrap()), "{run:?}");
}

/// The `run` label of the image under each name of the layout, read by code that is not ours; every blob that a name
/// leads to is there and is what it is called.
#[track_caller]
fn labels(layout: &Path) -> BTreeMap<String, String> {
    let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    assert_eq!(json(&fs::read(layout.join("oci-layout")).unwrap())["imageLayoutVersion"], "1.0.0");
    let blob = |descriptor: &Value| {
        let digest = descriptor["digest"].as_str().unwrap();
        let bytes = fs::read(layout.join("blobs").join(digest.replace(':', "/"))).unwrap();
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, format!("sha256:{hash}"), "a blob is what its name says");
        assert_eq!(descriptor["size"].as_u64().unwrap(), bytes.len() as u64);
        bytes
    };
    let index = json(&fs::read(layout.join("index.json")).unwrap());
    let mut labels = BTreeMap::new();
    for entry in index["manifests"].as_array().unwrap() {
        let manifest = json(&blob(entry));
        manifest["layers"].as_array().unwrap().iter().for_each(|layer| drop(blob(layer)));
        let config = json(&blob(&manifest["config"]));
        let label = config["config"]["Labels"]["run"].as_str().unwrap_or_default().to_owned();
        let name = entry["annotations"][REF_NAME].as_str().unwrap().to_owned();
        assert!(labels.insert(name.clone(), label).is_none(), "{name} stands twice");
    }
    labels
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, label)| ((*name).to_owned(), (*label).to_owned())).collect()
}

#[test]
fn d4_eight_writers_of_one_layout_lose_no_tag() {
    const ROUNDS: usize = 5;
    let fake = Fake::new("app", "");
    thread::scope(|scope| {
        for writer in 0..8 {
            let fake = &fake;
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let (tag, label) = (format!("app:{writer}.{round}"), format!("run={writer}.{round}"));
                    let words = ["-o", "oci-dir=out", "-t", &tag, "-t", "app:last", "--label", &label];
                    let run = fake.scratch(words);
                    assert_eq!(run.status, 0, "{run:?}");
                    assert!(!run.stderr.contains("warning"), "{run:?}");
                }
            });
        }
    });
    let mut labels = labels(&fake.path("out"));
    assert!(labels.remove("last").is_some_and(|label| labels.contains_key(&label)));
    assert_eq!(labels.len(), 8 * ROUNDS, "{labels:?}");
    assert!(labels.iter().all(|(tag, label)| tag == label), "{labels:?}");
    assert_eq!(temporary(&fake), [""; 0]);
}

#[test]
fn d4_a_run_waits_for_the_one_that_writes_the_index_and_can_be_interrupted() {
    let fake = Fake::new("app", "");
    added(&fake, "app:1", "1");
    let held = File::open(fake.path("out")).unwrap();
    held.lock().unwrap();
    let start = || {
        let mut command = fake.command(["-o", "oci-dir=out", "-t", "app:2", "--label", "run=2"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let blobs = || fs::read_dir(fake.path("out/blobs/sha256")).unwrap().count();
    let before = blobs();
    let child = start();
    wait_until("the blobs are there", || blobs() == before + 2 && temporary(&fake).is_empty());
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    Run::from(child.wait_with_output().unwrap()).refused(143, &["interrupted"]);
    assert_eq!(labels(&fake.path("out")), pairs(&[("1", "1")]));
    let child = start();
    // it would be done by now
    thread::sleep(Duration::from_millis(300));
    assert_eq!(labels(&fake.path("out")), pairs(&[("1", "1")]));
    drop(held);
    assert_eq!(Run::from(child.wait_with_output().unwrap()).status, 0);
    assert_eq!(labels(&fake.path("out")), pairs(&[("1", "1"), ("2", "2")]));
}

#[test]
fn d4_a_tag_moves_to_the_new_image_and_another_images_tag_stays_with_it() {
    let fake = Fake::new("app", "");
    added(&fake, "app:1", "one");
    added(&fake, "app:2", "two");
    added(&fake, "app:1", "three");
    assert_eq!(labels(&fake.path("out")), pairs(&[("1", "three"), ("2", "two")]));
    let run = add(&fake, "other:1", "four");
    assert_eq!(run.status, 0);
    assert!(run.stderr.contains("warning") && run.stderr.contains("docker.io/library/other:1"), "{run:?}");
    let all = [("1", "three"), ("2", "two"), ("docker.io/library/other:1", "four")];
    assert_eq!(labels(&fake.path("out")), pairs(&all));
}

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
    symlink("/proc/self/fd", fake.path("to-proc")).unwrap();
    let before = fake.listing();
    let cases = [
        ("file", "it is not a folder"),
        ("fifo", "it is not a folder"),
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
        ("to-proc", "a folder of the kernel's"),
        ("/dev/new", "a folder of the kernel's"),
        ("/proc/self/new", "a folder of the kernel's"),
        ("missing/out", "mkdir -p"),
    ];
    for (place, expected) in cases {
        let output = format!("oci-dir={place}");
        let run = Run::of(through(tool("timeout"), ["30"], &fake.command(["-o", &output])));
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
fn d2_d7_a_run_that_is_killed_costs_no_tag_and_stops_no_other_needs_strace() {
    let fake = Fake::new("app", "");
    added(&fake, "app:1", "1");
    let old = pairs(&[("1", "1")]);
    let both = pairs(&[("1", "1"), ("2", "2")]);
    let (mut points, mut leftovers) = (0, 0);
    for exists in [true, false] {
        for calls in WRITING {
            for n in 1.. {
                assert!(n < MANY);
                let _ = fs::remove_dir_all(fake.path("out"));
                if exists {
                    added(&fake, "app:1", "1");
                }
                let run = inject(&fake, calls, &format!("signal=KILL:when={n}"));
                if exists {
                    let now = labels(&fake.path("out"));
                    assert!(now == old || now == both, "killed at {calls} {n}: {now:?}");
                }
                if run.status == 0 {
                    break;
                }
                assert_eq!(run.status, -9, "{run:?}");
                points += 1;
                leftovers += temporary(&fake).len();
                // the next run does not wait for a dead one, and sweeps up after it
                added(&fake, "app:2", "2");
                assert_eq!(
                    labels(&fake.path("out")),
                    if exists { both.clone() } else { pairs(&[("2", "2")]) }
                );
                assert_eq!(temporary(&fake), [""; 0], "after {calls} {n}");
            }
        }
    }
    assert!(points > 40 && leftovers > 10, "{points} {leftovers}");
}

#[test]
fn d1_d6_a_disk_that_fails_is_an_error_and_the_index_stays_whole_needs_strace() {
    let fake = Fake::new("app", "");
    let mut failures = 0;
    let effects = [
        ("fsync,fdatasync", "EIO", "Input/output error"),
        ("rename,renameat,renameat2", "EIO", "Input/output error"),
        ("copy_file_range,sendfile,splice", "ENOSPC", "No space left on device"),
        ("mkdir,mkdirat", "ENOSPC", "No space left on device"),
    ];
    for exists in [true, false] {
        for (calls, error, words) in effects {
            for n in 1.. {
                assert!(n < MANY);
                let _ = fs::remove_dir_all(fake.path("out"));
                if exists {
                    added(&fake, "app:1", "1");
                }
                let run = inject(&fake, calls, &format!("error={error}:when={n}"));
                assert_eq!(temporary(&fake), [""; 0], "{calls} {n}");
                if exists {
                    assert_eq!(labels(&fake.path("out"))["1"], "1");
                }
                if run.status == 0 {
                    break;
                }
                run.refused(5, &["error[output]", words]);
                failures += 1;
                added(&fake, "app:2", "2");
            }
        }
    }
    assert!(failures > 20, "{failures}");
}

#[test]
fn d7_a_file_system_without_locks_is_said_so_needs_strace() {
    let fake = Fake::new("app", "");
    let run = inject(&fake, "flock", "error=EBADF");
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stderr.contains("warning") && run.stderr.contains("could not lock"), "{run:?}");
    assert_eq!(labels(&fake.path("out")), pairs(&[("2", "2")]));
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

#[test]
fn needs_skopeo_needs_umoci_needs_oci_image_tool_every_tag_of_a_layout_is_read() {
    let fake = Fake::new("app", "");
    added(&fake, "app:1", "one");
    added(&fake, "app:2", "two");
    every_name_is_read(&fake.path("out"), &["1", "2"]);
    let run =
        fake.scratch(["-o", "oci-dir=out", "-t", "other:1", "-t", "ghcr.io/me/other:3", "-t", "other:3"]);
    assert_eq!(run.status, 0, "{run:?}");
    every_name_is_read(
        &fake.path("out"),
        &["1", "2", "docker.io/library/other:1", "3", "docker.io/library/other:3"],
    );
}

#[test]
fn needs_skopeo_needs_umoci_needs_oci_image_tool_needs_aarch64_std_two_platforms_stand_under_one_tag() {
    let project = Project::new("app", "");
    for tag in ["app:1", "app:2"] {
        let words = ["-o", "oci-dir=out", "-t", tag, "--platform", "linux/amd64,linux/arm64"];
        assert_eq!(project.build(words), project.path("out"));
    }
    let layout = project.path("out");
    every_name_is_read(&layout, &["1", "2"]);
    for arch in ["amd64", "arm64"] {
        let image = format!("oci:{}:2", layout.display());
        let run = said("skopeo", &["--override-arch", arch, "inspect", "--config", &image]);
        let config: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(config["architecture"], arch);
    }
}

/// The three readers find every one of `names`, and no more.
#[track_caller]
fn every_name_is_read(layout: &Path, names: &[&str]) {
    let text = layout.to_str().unwrap();
    let listed = said("umoci", &["ls", "--layout", text]);
    assert_eq!(listed.stdout.lines().collect::<Vec<_>>(), names);
    for name in names {
        let run = said("skopeo", &["inspect", &format!("oci:{text}:{name}")]);
        assert_eq!(run.status, 0, "{run:?}");
        // it looks at no more than every second entry of those that it does not look for
        if names.len() > 2 {
            continue;
        }
        let reference = format!("name={name}");
        let run = said("oci-image-tool", &["validate", "--type", "image", "--ref", &reference, text]);
        assert!(format!("{}{}", run.stdout, run.stderr).contains("Validation succeeded"), "{run:?}");
    }
}

fn said(name: &str, words: &[&str]) -> Run {
    let mut command = tool(name);
    command.args(words);
    Run::of(command)
}

/// A run that adds `app:2` to `out`, with `effect` on the system calls of the program itself, not of its children.
fn inject(fake: &Fake, calls: &str, effect: &str) -> Run {
    let words = ["-qq", "-o", "/dev/null", "-e", &format!("trace={calls}"), "-e"];
    let inject = format!("inject={calls}:{effect}");
    let command = fake.command(["-o", "oci-dir=out", "-t", "app:2", "--label", "run=2"]);
    Run::of(through(tool("strace"), words.iter().copied().chain([inject.as_str()]), &command))
}
