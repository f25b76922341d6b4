//! A project whose every name and value can be chosen, laid out without cargo: its answers are prepared.

use cargo_scratch::config::cargo::CargoFlags;
use cargo_scratch::config::env::Env;
use cargo_scratch::config::layers::Layer;
use cargo_scratch::error::Error;
use cargo_scratch::plan::{Plans, Request, plan};
use cargo_scratch::ui::Color;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What can be chosen. The plain value of a field is [`plain`].
pub const FIELDS: [&str; 27] = [
    "bin",
    "package",
    "version",
    "description",
    "author",
    "label-name",
    "label-value",
    "env-name",
    "env-value",
    "workdir",
    "volume",
    "user",
    "port",
    "stop",
    "entry",
    "cmd",
    "source",
    "destination",
    "certificate",
    "file",
    "folder",
    "workspace",
    "feature",
    "profile",
    "base",
    "registry",
    "channel",
];

/// Fields that are names of files, which cannot be everything.
const FILES: [&str; 5] = ["source", "certificate", "file", "folder", "workspace"];

/// A value for each field.
pub struct Wish(BTreeMap<&'static str, String>);

/// Where everything lies.
pub struct Laid {
    folder: TempDir,
    workspace: PathBuf,
    flags: CargoFlags,
    pub env: Env,
}

impl Wish {
    pub fn plain() -> Self {
        Wish(FIELDS.iter().map(|field| (*field, plain(field))).collect())
    }

    /// A plain one, but for some fields.
    pub fn with(changes: &[(&str, &str)]) -> Self {
        let mut wish = Wish::plain();
        for (field, word) in changes {
            let own = FIELDS.iter().find(|own| *own == field).unwrap();
            wish.0.insert(own, shaped(field, word));
        }
        wish
    }

    pub fn get(&self, field: &str) -> &str {
        &self.0[field]
    }

    /// Each plain value with what is to stand in its place.
    pub fn values(&self) -> BTreeMap<String, String> {
        let mut values: BTreeMap<_, _> =
            self.0.iter().map(|(field, word)| (plain(field), intended(field, word))).collect();
        // names of variables are made of these
        for field in ["profile", "registry"] {
            values.insert(plain(field).to_uppercase(), self.get(field).replace('-', "_").to_uppercase());
        }
        values
    }

    /// Whether the toolchain file names a release of Rust, for which there is an image.
    pub fn has_release(&self) -> bool {
        let channel = self.get("channel");
        let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        channel == "stable" || (2..=3).contains(&channel.split('.').count()) && channel.split('.').all(number)
    }

    /// The fields that are not plain.
    pub fn changed(&self) -> Value {
        let changed = self.0.iter().filter(|(field, word)| **word != plain(field));
        changed
            .map(|(field, word)| ((*field).to_owned(), word.clone().into()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.changed().fmt(f)
    }
}

/// The plain value of `field`, which is found nowhere else in a Dockerfile.
fn plain(field: &str) -> String {
    match field {
        "version" => "0.0.917".to_owned(),
        "user" => "4242:4343".to_owned(),
        "port" => "8642/udp".to_owned(),
        "stop" => "SIGUSR1".to_owned(),
        "channel" => "1.77.9".to_owned(),
        "base" => "zzbase:1.2".to_owned(),
        "workdir" | "volume" | "destination" => format!("/zz{field}"),
        _ => format!("zz{}", field.replace('-', "")),
    }
}

/// `word` as far as `field` can be it: a file has no `/` in its name, and a description that is empty is none.
fn shaped(field: &str, word: &str) -> String {
    let file = || word.replace(['/', '\0'], "-");
    match field {
        "workdir" | "volume" | "destination" => format!("/{word}"),
        "description" | "author" => format!("d{word}"),
        // a file system takes no name twice, and none of more than 255 bytes
        _ if FILES.contains(&field) && ["", ".", ".."].contains(&word) => plain(field),
        _ if FILES.contains(&field) => file(),
        _ => word.to_owned(),
    }
}

/// What `word` becomes in an image: what a manifest says is brought into one line.
fn intended(field: &str, word: &str) -> String {
    let blank = |c: char| c.is_whitespace() || c.is_control();
    match field {
        "description" | "author" => {
            word.split(blank).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        }
        "port" if !word.contains('/') => format!("{word}/tcp"),
        _ => word.to_owned(),
    }
}

/// Writes the project of `wish`, and what cargo says of it.
pub fn lay_out(wish: &Wish) -> Laid {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().canonicalize().unwrap().join(format!("w{}", wish.get("workspace")));
    let write = |path: &str, text: &str| {
        let path = workspace.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("Cargo.toml", "");
    write("src/main.rs", "");
    write(&format!("data/{}", wish.get("source")), "");
    write(&format!("{}/x", wish.get("folder")), "");
    if !workspace.join(wish.get("file")).exists() {
        write(wish.get("file"), "");
    }
    let certificate = include_str!("../../../fixtures/certificates/valid.pem");
    write(&format!("certs/{}", wish.get("certificate")), certificate);
    let text = |word: &str| Value::from(word).to_string(); // a JSON string is one of TOML
    write("rust-toolchain.toml", &format!("[toolchain]\nchannel = {}\n", text(wish.get("channel"))));
    let index = "https://registry.example/index";
    let registry = text(wish.get("registry"));
    write(".cargo/config.toml", &format!("[registries.{registry}]\nindex = \"sparse+{index}/\"\n"));
    let lock = "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n";
    let ssh = format!("{lock}source = \"git+ssh://git@example.org/a.git#0123\"\n");
    let foreign = format!("[[package]]\nname = \"b\"\nversion = \"1.0.0\"\nsource = \"sparse+{index}/\"\n");
    write("Cargo.lock", &format!("{ssh}{foreign}"));

    fs::write(folder.path().join("metadata.json"), metadata(wish, &workspace).to_string()).unwrap();
    let cargo = folder.path().join("cargo");
    let answer = folder.path().join("metadata.json").display().to_string();
    fs::write(&cargo, format!("#!/bin/sh\nexec /bin/cat '{answer}'\n")).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let flags = CargoFlags {
        features: vec![wish.get("feature").into()],
        profile: Some(wish.get("profile").into()),
        ..CargoFlags::default()
    };
    let env = Env::new([("CARGO", cargo)], &workspace);
    Laid { folder, workspace, flags, env }
}

impl Laid {
    pub fn plans(&self) -> Result<Plans, Error> {
        assert!(self.workspace.starts_with(self.folder.path().canonicalize().unwrap()));
        let request = Request {
            cargo: self.flags.clone(),
            flags: Layer::of_variables(&self.env).0,
            verbose: 0,
            quiet: false,
            color: Color::Auto,
            extra: Vec::new(),
            tag: None,
        };
        plan(&request, &self.env)
    }
}

/// As `cargo metadata --format-version 1` prints it.
fn metadata(wish: &Wish, workspace: &Path) -> Value {
    let get = |field: &str| wish.get(field);
    let id = format!("path+file:///project#{}", get("version"));
    json!({
        "packages": [{
            "name": get("package"), "version": get("version"), "id": id, "source": null, "dependencies": [],
            "description": get("description"), "authors": [get("author")],
            "targets": [{
                "kind": ["bin"], "crate_types": ["bin"], "name": get("bin"), "src_path": workspace.join("src/main.rs"),
                "edition": "2024", "doc": true, "doctest": false, "test": true,
            }],
            "features": {}, "manifest_path": workspace.join("Cargo.toml"), "edition": "2024",
            "metadata": { "scratch": {
                "label": { get("label-name"): get("label-value") },
                "env": { get("env-name"): get("env-value") },
                "workdir": get("workdir"), "volume": [get("volume")], "user": get("user"), "expose": [get("port")],
                "stop-signal": get("stop"), "entrypoint": ["/init", get("entry")], "cmd": [get("cmd")],
                "copy": [format!("data/{}:{}", get("source"), get("destination"))],
                "ca-certs": [format!("certs/{}", get("certificate"))],
            } },
        }],
        "workspace_members": [id], "workspace_default_members": [id], "resolve": null,
        "target_directory": workspace.join("target"), "version": 1, "workspace_root": workspace, "metadata": null,
    })
}
