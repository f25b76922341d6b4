//! The builders of Dockerfiles that people have, and what they have built: its file system and its configuration.

use super::{Run, tool};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Who builds a Dockerfile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builder {
    /// The Docker Engine's builder since 23.0, and the one that `DOCKER_BUILDKIT=1` asks for before.
    BuildKit,
    /// The Docker Engine's builder of old, which knows no `RUN --mount`.
    Legacy,
    Buildah,
}

impl Builder {
    /// Builds `dockerfile`, handed over on standard input, with the files of `context`; `words` are added to the
    /// command line. Gives what was built, or the run that failed. No image is pulled.
    pub fn build(self, dockerfile: &str, context: &Path, words: &[&str]) -> Result<Built, Run> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("localhost/scratch-test-{}-{number}:t", std::process::id());
        // buildah takes an image's parents away with it, and another build may have begun on them
        let lock = std::env::temp_dir().join("cargo-scratch-tests-buildah.lock");
        let lock = std::fs::File::create(lock).unwrap();
        if self == Builder::Buildah {
            lock.lock().unwrap();
        }
        let build = || {
            let mut command = self.command();
            match self {
                Builder::BuildKit | Builder::Legacy => command.args(["build", "--file=-"]),
                // host: Debian's buildah comes without the plugins that its own networks need
                Builder::Buildah => command.args(["bud", "--file=-", "--pull-never", "--network=host"]),
            };
            command.args(["--tag", &name]).args(words).arg(context);
            fed(command, dockerfile)
        };
        // the old builder looks for a step to reuse among all images without a parent, and gives up when another test
        // takes one of them away meanwhile
        let disturbed =
            |run: &Run| self == Builder::Legacy && run.stderr.contains("unable to find image \"sha256:");
        let mut run = build();
        for _ in 0..20 {
            if disturbed(&run) {
                run = build();
            }
        }
        if run.status != 0 {
            return Err(run);
        }

        let folder = tempfile::Builder::new().prefix("scratch-built-").tempdir().unwrap();
        let file = folder.path().join("image.tar");
        let mut save = self.command();
        let mut forget = self.command();
        match self {
            Builder::BuildKit | Builder::Legacy => {
                save.args(["save", "--output"]).arg(&file).arg(&name);
                forget.args(["rmi", "--no-prune", &name]); // the layers stay: they are the cache
            }
            Builder::Buildah => {
                save.args(["push", "--quiet", &name, &format!("docker-archive:{}:{name}", file.display())]);
                forget.args(["rmi", &name]);
            }
        }
        for command in [save, forget] {
            let run = Run::of(command);
            assert_eq!(run.status, 0, "{run:?}");
        }
        Ok(Built { said: run.stdout + &run.stderr, ..Built::read(&file) })
    }

    fn command(self) -> Command {
        match self {
            Builder::BuildKit => {
                let mut command = Command::new(buildkit_client());
                command.env("DOCKER_BUILDKIT", "1").env("BUILDKIT_PROGRESS", "plain");
                command
            }
            Builder::Legacy => {
                let mut command = tool("docker");
                command.env("DOCKER_BUILDKIT", "0");
                command
            }
            Builder::Buildah => tool("buildah"),
        }
    }
}

/// The docker client that can hand a build to BuildKit, which need not be the first on `PATH`.
#[track_caller]
fn buildkit_client() -> String {
    let mut command = Command::new("bash");
    command.args([concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/setup"), "has-buildkit"]);
    let run = Run::of(command);
    assert_eq!(run.status, 0, "no docker client here can do BuildKit: {run:?}");
    run.stdout.trim().to_owned()
}

/// An image, whoever built it.
#[derive(Debug)]
pub struct Built {
    /// What a container sees, by path without a slash in front.
    pub root: BTreeMap<String, File>,
    /// The image's configuration document.
    pub config: Value,
    /// What the builder has printed.
    pub said: String,
}

/// A file of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub kind: tar::EntryType,
    pub mode: u32,
    pub owner: (u64, u64),
    pub link: Option<String>,
    pub content: Vec<u8>,
}

impl Built {
    /// Reads an archive of the form that `docker load` takes: ours, `docker save`'s and buildah's.
    pub fn read(path: &Path) -> Self {
        let mut files = BTreeMap::new();
        for entry in tar::Archive::new(std::fs::File::open(path).unwrap()).entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            files.insert(String::from_utf8(entry.path_bytes().into_owned()).unwrap(), content);
        }
        let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
        let image = &manifest[0];
        let config = serde_json::from_slice(&files[image["Config"].as_str().unwrap()]).unwrap();
        let mut root = BTreeMap::new();
        for layer in image["Layers"].as_array().unwrap() {
            apply(&files[layer.as_str().unwrap()], &mut root);
        }
        Built { root, config, said: String::new() }
    }
}

/// Lays a layer over `root`.
fn apply(layer: &[u8], root: &mut BTreeMap<String, File>) {
    let tar = match layer {
        [0x1f, 0x8b, ..] => {
            let mut tar = Vec::new();
            flate2::read::GzDecoder::new(layer).read_to_end(&mut tar).unwrap();
            tar
        }
        _ => layer.to_vec(),
    };
    for entry in tar::Archive::new(&*tar).entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let text = |bytes: std::borrow::Cow<[u8]>| String::from_utf8(bytes.into_owned()).unwrap();
        let path = text(entry.path_bytes()).trim_start_matches("./").trim_matches('/').to_owned();
        let name = path.rsplit('/').next().unwrap();
        assert!(!name.starts_with(".wh."), "{path}: a layer on nothing has nothing to remove");
        if path.is_empty() {
            continue; // the root itself: an engine has one of its own
        }
        let header = entry.header();
        let file = File {
            kind: header.entry_type(),
            mode: header.mode().unwrap() & 0o7777,
            owner: (header.uid().unwrap(), header.gid().unwrap()),
            link: entry.link_name_bytes().map(text),
            content,
        };
        root.insert(path, file);
    }
}

/// Asserts that containers of both see the same files: type, mode, owner, link and bytes. Times may differ.
#[track_caller]
pub fn same_root(a: &Built, b: &Built) {
    let mut differences = Vec::new();
    for path in a.root.keys().chain(b.root.keys()).collect::<BTreeSet<_>>() {
        match (a.root.get(path), b.root.get(path)) {
            (Some(a), Some(b)) if a == b => {}
            (a, b) => differences.push(format!("/{path}: {} | {}", told(a), told(b))),
        }
    }
    assert!(differences.is_empty(), "the files differ:\n{}", differences.join("\n"));
}

fn told(file: Option<&File>) -> String {
    let Some(File { kind, mode, owner: (user, group), link, content }) = file else {
        return "is not there".to_owned();
    };
    let link = link.as_ref().map(|link| format!(" -> {link}")).unwrap_or_default();
    let size = content.len();
    let digest = &super::sha256(content)[7..19];
    format!("{kind:?} {mode:04o} {user}:{group} {size} bytes {digest}{link}")
}

/// Asserts that containers of both are started in the same way.
#[track_caller]
pub fn same_config(a: &Built, b: &Built) {
    let (a, b) = (started(&a.config), started(&b.config));
    let differences: Vec<_> = a.iter().filter(|(key, value)| b[*key] != **value).collect();
    let lines: Vec<_> =
        differences.iter().map(|(key, value)| format!("{key}: {value} | {}", b[*key])).collect();
    assert!(lines.is_empty(), "the configurations differ:\n{}", lines.join("\n"));
}

/// What every builder puts into the environment of an image that says nothing of it.
const BUILDERS_PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What of a configuration decides how a container starts, in one form: what is empty may as well be absent.
fn started(config: &Value) -> BTreeMap<&'static str, Value> {
    let inner = &config["config"];
    let mut keys = BTreeMap::new();
    for key in
        ["User", "Env", "Entrypoint", "Cmd", "WorkingDir", "Labels", "ExposedPorts", "Volumes", "StopSignal"]
    {
        let mut value = inner[key].clone();
        match (key, &mut value) {
            ("Env", Value::Array(list)) => {
                list.retain(|value| value != BUILDERS_PATH);
                list.sort_by_key(ToString::to_string);
            }
            ("Labels", Value::Object(labels)) => drop(labels.remove("io.buildah.version")),
            ("WorkingDir", value) if *value == "" => *value = json!("/"),
            ("WorkingDir", value) if value.is_null() => *value = json!("/"),
            _ => {}
        }
        let empty = [json!([]), json!({}), json!("")].contains(&value);
        keys.insert(key, if empty { Value::Null } else { value });
    }
    for key in ["os", "architecture", "variant"] {
        keys.insert(key, config[key].clone());
    }
    keys
}

/// A run whose standard input is `text`.
fn fed(mut command: Command, text: &str) -> Run {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.rewind().unwrap();
    Run::from(command.stdin(Stdio::from(file)).output().unwrap())
}
