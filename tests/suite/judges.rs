//! The judges: readers and engines that are not ours take the image, agree on its digests, and start it.

use crate::support::{Archive, Project, Run, tool};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The lock-down that the README promises.
const LOCKED: [&str; 5] =
    ["--read-only", "--cap-drop=ALL", "--security-opt", "no-new-privileges", "--network=none"];

/// Prints what a program sees, and ends with 42.
const WITNESS: &str = r#"
use std::os::unix::fs::MetadataExt;
fn main() {
    println!("args {:?}", std::env::args().skip(1).collect::<Vec<_>>());
    println!("cwd {}", std::env::current_dir().unwrap().display());
    println!("var {:?}", std::env::var("GREETING"));
    println!("uid {}", std::fs::metadata("/proc/self").unwrap().uid());
    println!("file {:?}", std::fs::read_to_string("/etc/witness/café.txt"));
    println!("tmp {:o}", std::fs::metadata("/tmp").unwrap().mode());
    println!("passwd {}", std::fs::read_to_string("/etc/passwd").unwrap().lines().count());
    std::process::exit(42);
}
"#;

const METADATA: &str = r#"
[package.metadata.scratch]
env = { GREETING = "hello there" }
workdir = "/job/here"
copy = ["café.txt:/etc/witness/"]
cmd = ["--default", "argument"]
label = { "org.example" = "yes" }
expose = [8080]
"#;

/// A project whose image is named by no other test.
fn witness(name: &str) -> (Project, PathBuf) {
    let project = Project::new(name, METADATA);
    project.file("src/main.rs", WITNESS);
    project.file("café.txt", "from a file");
    let path = project.build(["-q"]);
    (project, path)
}

#[track_caller]
fn seen(run: &Run, user: &str) {
    assert_eq!(run.status, 42, "{run:?}");
    for line in [
        r#"args ["--default", "argument"]"#,
        "cwd /job/here",
        r#"var Ok("hello there")"#,
        user,
        r#"file Ok("from a file")"#,
        "tmp 41777",
        "passwd 2",
    ] {
        assert!(run.stdout.contains(line), "no {line:?} in {run:?}");
    }
}

/// What the program `name` says to `words`.
pub fn said(name: &str, words: &[&str]) -> Run {
    let mut command = tool(name);
    command.args(words);
    Run::of(command)
}

#[track_caller]
fn docker(words: &[&str]) -> Run {
    said("docker", words)
}

/// Removes what a test has given to an engine, also when it fails.
pub struct Left<'a>(pub &'a str, pub Vec<String>);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        for words in &self.1 {
            let _ = said(self.0, &words.split(' ').collect::<Vec<_>>());
        }
    }
}

#[test]
fn h3_needs_docker_an_image_loads_under_its_id_and_runs_locked_down() {
    let (_project, path) = witness("witness-docker");
    let archive = Archive::read(&path);
    let _left = Left("docker", vec!["rmi -f witness-docker:0.1.0 witness-docker:latest".into()]);
    let loaded = docker(&["load", "-i", path.to_str().unwrap()]);
    assert!(
        loaded.stdout.contains("witness-docker:0.1.0") && loaded.stdout.contains("witness-docker:latest"),
        "{loaded:?}"
    );
    let id = docker(&["image", "inspect", "-f", "{{.Id}}", "witness-docker:latest"]);
    assert_eq!(id.stdout.trim(), archive.id());
    seen(&docker(&[&["run", "--rm"], &LOCKED[..], &["witness-docker"]].concat()), "uid 65532");
    let label =
        docker(&["image", "inspect", "-f", "{{index .Config.Labels \"org.example\"}}", "witness-docker"]);
    assert_eq!(label.stdout.trim(), "yes");
}

#[test]
fn needs_docker_the_starter_answers_and_stops_at_once() {
    let folder = Project::empty();
    let made = folder.scratch(["new", "starter-docker"]);
    assert_eq!(made.status, 0, "{made:?}");
    let mut command = folder.command(["-q"]);
    command.current_dir(folder.path("starter-docker"));
    let built = Run::of(command);
    assert_eq!(built.status, 0, "{built:?}");
    let path = built.stdout.trim();
    let size = std::fs::metadata(path).unwrap().len();
    assert!(size <= 600_000, "the starter's image has {size} bytes");
    let root = Archive::read(Path::new(path)).root();
    assert!(root["starter-docker"].size <= 600_000);

    let _left = Left(
        "docker",
        vec!["rm -f starter-docker".into(), "rmi -f starter-docker:0.1.0 starter-docker:latest".into()],
    );
    assert_eq!(docker(&["load", "-q", "-i", path]).status, 0);
    let run = ["run", "-d", "--name", "starter-docker", "-p", "127.0.0.1::8080"];
    let started = docker(&[&run[..], &LOCKED[..4], &["starter-docker"]].concat());
    assert_eq!(started.status, 0, "{started:?}");
    let port = docker(&["port", "starter-docker", "8080"]);
    let answer = http(port.stdout.lines().next().unwrap());
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("Hello World from Rust in minimal Docker container\n"), "{answer}");
    let start = Instant::now();
    assert_eq!(docker(&["stop", "-t", "9", "starter-docker"]).status, 0);
    assert!(start.elapsed() < Duration::from_secs(5), "docker had to kill it");
    let code = docker(&["inspect", "-f", "{{.State.ExitCode}}", "starter-docker"]);
    assert_eq!(code.stdout.trim(), "0");
}

/// The answer to `GET /`, from a server that may just be starting.
fn http(address: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let mut answer = String::new();
        let asked = TcpStream::connect(address).and_then(|mut stream| {
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            stream.read_to_string(&mut answer)
        });
        if asked.is_ok() && !answer.is_empty() {
            return answer;
        }
        assert!(Instant::now() < deadline, "no answer from {address}: {asked:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn needs_podman_an_image_loads_and_runs() {
    let (_project, path) = witness("witness-podman");
    let archive = Archive::read(&path);
    let _left =
        Left("podman", vec!["rmi -f localhost/witness-podman:0.1.0 localhost/witness-podman:latest".into()]);
    let loaded = said("podman", &["load", "-q", "-i", path.to_str().unwrap()]);
    assert_eq!(loaded.status, 0, "{loaded:?}");
    let id = said("podman", &["image", "inspect", "-f", "{{.Id}}", "localhost/witness-podman:latest"]);
    assert_eq!(format!("sha256:{}", id.stdout.trim()), archive.id(), "{id:?}");
    let limits = [
        "--runtime",
        "runc",
        "run",
        "--rm",
        "--network=none",
        "--ulimit",
        "nofile=1024:1024",
        "--ulimit",
        "nproc=1024:1024",
    ];
    seen(
        &said(
            "podman",
            &[&limits[..], &["--read-only", "--cap-drop=ALL", "localhost/witness-podman"]].concat(),
        ),
        "uid 65532",
    );
}

#[test]
fn needs_skopeo_both_readings_of_the_archive_agree() {
    let (project, path) = witness("witness-skopeo");
    let archive = Archive::read(&path);
    let digest = archive.index["manifests"][0]["digest"].as_str().unwrap().to_owned();
    let path = path.to_str().unwrap();
    for tag in ["0.1.0", "latest"] {
        let run = said("skopeo", &["inspect", &format!("oci-archive:{path}:{tag}")]);
        assert_eq!(run.status, 0, "{run:?}");
        let seen: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(seen["Digest"], digest);
    }
    let docker = said("skopeo", &["inspect", "--config", &format!("docker-archive:{path}")]);
    let seen: serde_json::Value = serde_json::from_str(&docker.stdout).unwrap();
    assert_eq!(seen["config"]["User"], "65532:65532", "{docker:?}");
    let out = project.path("out");
    let copy = said(
        "skopeo",
        &[
            "copy",
            "-q",
            "--insecure-policy",
            &format!("oci-archive:{path}:latest"),
            &format!("dir:{}", out.display()),
        ],
    );
    assert_eq!(copy.status, 0, "{copy:?}");
}

#[test]
fn needs_skopeo_a_zstd_archive_is_read() {
    let (project, _) = witness("witness-zstd");
    let path = project.build(["-q", "--compression=zstd", "-o", "oci-archive"]);
    let archive = Archive::read(&path);
    let out = project.path("out");
    let from = format!("oci-archive:{}:latest", path.display());
    let copy = said("skopeo", &["copy", "-q", "--insecure-policy", &from, &format!("dir:{}", out.display())]);
    assert_eq!(copy.status, 0, "{copy:?}");
    assert_eq!(archive.manifest["layers"][0]["mediaType"], "application/vnd.oci.image.layer.v1.tar+zstd");
    assert!(!archive.files.contains_key("manifest.json"), "docker cannot read it, so it is not offered");
}

#[test]
fn needs_umoci_needs_runc_the_root_file_system_unpacks_as_it_was_meant_and_runs() {
    let (project, path) = witness("witness-umoci");
    let archive = Archive::read(&path);
    let layout = project.path("layout");
    std::fs::create_dir(&layout).unwrap();
    assert!(tool("tar").arg("xf").arg(&path).arg("-C").arg(&layout).status().unwrap().success());
    let image = format!("{}:latest", layout.display());
    let tags = said("umoci", &["ls", "--layout", layout.to_str().unwrap()]);
    assert!(tags.stdout.contains("latest") && tags.stdout.contains("0.1.0"), "{tags:?}");
    let bundle = project.path("bundle");
    let unpacked = said("umoci", &["unpack", "--image", &image, bundle.to_str().unwrap()]);
    assert_eq!(unpacked.status, 0, "{unpacked:?}");
    for (path, entry) in archive.root() {
        use std::os::unix::fs::MetadataExt;
        let on_disk = bundle.join("rootfs").join(&path);
        let status = on_disk.symlink_metadata().unwrap();
        assert_eq!((status.mode() & 0o7777, status.uid()), (entry.mode, 0), "{path}");
        if entry.kind.is_file() {
            assert_eq!(std::fs::read(on_disk).unwrap(), entry.content, "{path}");
        }
    }
    // as runc wants it: no terminal, and none of the limits that this machine may not set
    let config = bundle.join("config.json");
    let mut spec: serde_json::Value = serde_json::from_slice(&std::fs::read(&config).unwrap()).unwrap();
    spec["process"]["terminal"] = false.into();
    spec["process"].as_object_mut().unwrap().remove("rlimits");
    std::fs::write(&config, serde_json::to_vec(&spec).unwrap()).unwrap();
    let id = format!("witness-{}", std::process::id());
    seen(&said("runc", &["run", "-b", bundle.to_str().unwrap(), &id]), "uid 65532");
}

#[test]
fn needs_oci_image_tool_the_layout_is_valid() {
    let (project, path) = witness("witness-oci");
    let layout = project.path("layout");
    std::fs::create_dir(&layout).unwrap();
    assert!(tool("tar").arg("xf").arg(&path).arg("-C").arg(&layout).status().unwrap().success());
    let run = said(
        "oci-image-tool",
        &["validate", "--type", "image", "--ref", "name=latest", layout.to_str().unwrap()],
    );
    assert!(
        run.status == 0 && format!("{}{}", run.stdout, run.stderr).contains("Validation succeeded"),
        "{run:?}"
    );
}

#[test]
fn needs_bsdtar_four_readers_list_the_same() {
    let (project, path) = witness("witness-tar");
    let path = path.to_str().unwrap();
    let lines = |run: Run| run.stdout.lines().map(|l| l.trim_end_matches('/').to_owned()).collect::<Vec<_>>();
    let gnu = lines(said("tar", &["tf", path]));
    assert!(gnu.len() > 8, "{gnu:?}");
    assert_eq!(lines(said("bsdtar", &["-tf", path])), gnu);
    assert_eq!(lines(said("busybox", &["tar", "tf", path])), gnu);
    let list = "import sys, tarfile\nfor m in tarfile.open(sys.argv[1]): print(m.name)";
    assert_eq!(lines(said("python3", &["-c", list, path])), gnu);
    drop(project);
}
