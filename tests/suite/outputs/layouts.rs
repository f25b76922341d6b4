//! Image layouts: many images in one folder, many runs at once, and no foreign file touched.

mod faults;
mod places;
mod readers;

use super::{temporary, wait_until};
use crate::support::{Fake, Project, Run, sha256};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

const REF_NAME: &str = "org.opencontainers.image.ref.name";

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
        assert_eq!(digest, sha256(&bytes), "a blob is what its name says");
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
fn d4_the_programs_of_one_run_share_a_layout_but_no_file() {
    let project = Project::new("app", "");
    project.file("src/bin/tool.rs", "fn main() {}");
    let run = project.scratch(["--bins", "-o", "oci-dir=out"]);
    assert_eq!(run.status, 0, "{run:?}");
    let names: Vec<_> = labels(&project.path("out")).into_keys().collect();
    assert_eq!(names, ["0.1.0", "docker.io/library/tool:0.1.0", "docker.io/library/tool:latest", "latest"]);
    for other in ["oci-archive=out.tar", "docker-archive=out"] {
        let run = project.scratch(["--bins", "-o", "oci-dir=out", "-o", other]);
        run.refused(2, &["error[usage]", "two outputs want the path"]);
    }
}
