//! An image of ours taken apart into documents and layers, changed in one place, and put together again with every
//! digest and size above the change made right: what refuses it is the rule that is meant.

use super::record::{self, Record};
use crate::support::{Fake, sha256};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::path::Path;

/// What an image is put into, and how its layers are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    pub form: &'static str,
    pub compression: &'static str,
    pub platforms: usize,
}

/// Every form, every compression and both numbers of platforms at least once.
pub const BASES: [Base; 5] = [
    Base { form: "docker-archive", compression: "gzip", platforms: 1 },
    Base { form: "oci-archive", compression: "zstd", platforms: 1 },
    Base { form: "oci-dir", compression: "none", platforms: 1 },
    Base { form: "docker-archive", compression: "none", platforms: 2 },
    Base { form: "oci-dir", compression: "gzip", platforms: 2 },
];

/// One change, at one level; what is derived from it is made right above.
#[derive(Clone, Copy)]
pub enum Change {
    /// The first image: its layers, and what its configuration says of them.
    Image(fn(&mut Image)),
    /// The entries of a layer of the first image.
    Entries(usize, fn(&mut Vec<Record>)),
    /// The tar of a layer.
    Tar(usize, fn(&mut Vec<u8>)),
    /// The blob of a layer.
    Blob(usize, fn(&mut Vec<u8>)),
    Config(fn(&mut Value)),
    ConfigText(fn(&mut String)),
    Manifest(fn(&mut Value)),
    ManifestText(fn(&mut String)),
    /// The index over several platforms.
    Platforms(fn(&mut Value)),
    /// `index.json`.
    Index(fn(&mut Value)),
    IndexText(fn(&mut String)),
    /// `manifest.json`.
    Docker(fn(&mut Value)),
    DockerText(fn(&mut String)),
    /// The files of the archive or layout, blobs first.
    Files(fn(&mut Files)),
    /// The archive itself.
    Archive(fn(&mut Vec<u8>)),
    /// Nothing.
    None,
}

/// The files of an archive or layout in their order.
pub type Files = Vec<(String, Vec<u8>)>;

/// An image taken apart.
#[derive(Clone)]
pub struct Image {
    pub layers: Vec<Vec<Record>>,
    pub config: Value,
    manifest: Value,
}

impl Image {
    /// One more layer on top, with its line of history.
    pub fn push(&mut self, records: Vec<Record>) {
        self.layers.push(records);
        self.config["history"].as_array_mut().unwrap().push(json!({ "created_by": "the test" }));
    }
}

/// All of an archive or layout, taken apart.
#[derive(Clone)]
pub struct Parts {
    base: Base,
    pub images: Vec<Image>,
    platforms: Option<Value>,
    index: Value,
    docker: Option<Value>,
}

impl Parts {
    /// An image of ours as it is built, with some files in it beside the program.
    pub fn build(base: Base) -> Self {
        let fake = Fake::new("hello", "");
        // as small as a program can be: what is hashed a thousand times is to be short
        for (machine, path) in [
            (62, "program"),
            (62, "x86_64-unknown-linux-musl/program"),
            (183, "aarch64-unknown-linux-musl/program"),
        ] {
            std::fs::write(fake.tools().join(path), program(machine)).unwrap();
        }
        fake.file("data/file", "some bytes");
        fake.file("data/sub/other", "other bytes");
        std::os::unix::fs::symlink("sub", fake.path("data/link")).unwrap();
        let output = format!("{}={}", base.form, if base.form == "oci-dir" { "out" } else { "out.tar" });
        let platform = ["linux/amd64", "linux/amd64,linux/arm64"][base.platforms - 1];
        let words = [
            "-o",
            &output,
            "--compression",
            base.compression,
            "--platform",
            platform,
            "--copy",
            "data:/data",
        ];
        let mut command = fake.command(words.into_iter().chain(["-t", "hello:1"]));
        command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "/bin/false");
        let run = crate::support::Run::of(command);
        assert_eq!(run.status, 0, "{run:?}");
        let files =
            if base.form == "oci-dir" { folder(&fake.path("out")) } else { archive(&fake.path("out.tar")) };
        Parts::of(base, &files)
    }

    fn of(base: Base, files: &Files) -> Self {
        let file = |name: &str| &files.iter().find(|(path, _)| path == name).expect(name).1;
        let json = |name: &str| -> Value { serde_json::from_slice(file(name)).unwrap() };
        let blob =
            |descriptor: &Value| descriptor["digest"].as_str().unwrap().replace("sha256:", "blobs/sha256/");
        let index = json("index.json");
        let root = json(&blob(&index["manifests"][0]));
        let (platforms, manifests) = match root["manifests"].as_array() {
            Some(several) => (Some(root.clone()), several.iter().map(|one| json(&blob(one))).collect()),
            None => (None, vec![root]),
        };
        let image = |manifest: Value| {
            let layers = manifest["layers"].as_array().unwrap().iter();
            let layers = layers.map(|layer| record::records(&unpacked(base.compression, file(&blob(layer)))));
            Image { layers: layers.collect(), config: json(&blob(&manifest["config"])), manifest }
        };
        let docker = files.iter().any(|(path, _)| path == "manifest.json").then(|| json("manifest.json"));
        Parts { base, images: manifests.into_iter().map(image).collect(), platforms, index, docker }
    }

    /// Puts it together with `change` in `place`, a file or folder that is not there yet.
    pub fn write(&self, change: Change, place: &Path) {
        let files = self.files(change);
        if self.base.form == "oci-dir" {
            for (name, bytes) in files {
                let path = place.join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
            return;
        }
        let folders = ["blobs/", "blobs/sha256/"].map(Record::folder).into_iter();
        let records = files.iter().map(|(name, bytes)| Record::file(name, bytes));
        let mut tar = record::tar(&folders.chain(records).collect::<Vec<_>>());
        if let Change::Archive(change) = change {
            change(&mut tar);
        }
        std::fs::write(place, tar).unwrap();
    }

    fn files(&self, change: Change) -> Files {
        let mut files = Files::new();
        let mut add = |bytes: Vec<u8>| -> (String, usize) {
            let (digest, size) = (sha256(&bytes), bytes.len());
            let path = digest.replace("sha256:", "blobs/sha256/");
            if files.iter().all(|(other, _)| *other != path) {
                files.push((path, bytes));
            }
            (digest, size)
        };
        let (mut manifests, mut docker) = (Vec::new(), self.docker.clone());
        for (at, image) in self.images.iter().enumerate() {
            // a change is of one image, the first
            let change = if at == 0 { change } else { Change::None };
            let mut image = image.clone();
            if let Change::Image(change) = change {
                change(&mut image);
            }
            let (mut diff_ids, mut layers) = (Vec::new(), Vec::new());
            for (at, records) in image.layers.iter_mut().enumerate() {
                let bytes = layer(records, at, change, |tar| {
                    diff_ids.push(sha256(tar));
                    packed(self.base.compression, tar)
                });
                let mut descriptor = image.manifest["layers"][0].clone();
                set(&mut descriptor, add(bytes));
                layers.push(descriptor);
            }
            let paths = layers.iter().map(|layer| layer["digest"].as_str().unwrap().replace(':', "/"));
            let paths: Vec<_> = paths.map(|path| format!("blobs/{path}")).collect();
            image.config["rootfs"]["diff_ids"] = json!(diff_ids);
            let config = text(image.config, change, |change| match change {
                Change::Config(change) => (Some(change), None),
                Change::ConfigText(change) => (None, Some(change)),
                _ => (None, None),
            });
            set(&mut image.manifest["config"], add(config));
            if let Some(docker) = docker.as_mut().filter(|_| at == 0) {
                let digest = image.manifest["config"]["digest"].as_str().unwrap();
                docker[0]["Config"] = json!(format!("blobs/{}", digest.replace(':', "/")));
                docker[0]["Layers"] = json!(paths);
            }
            image.manifest["layers"] = json!(layers);
            let manifest = text(image.manifest, change, |change| match change {
                Change::Manifest(change) => (Some(change), None),
                Change::ManifestText(change) => (None, Some(change)),
                _ => (None, None),
            });
            manifests.push(add(manifest));
        }
        let mut root = manifests[0].clone();
        if let Some(mut platforms) = self.platforms.clone() {
            for (at, manifest) in manifests.into_iter().enumerate() {
                set(&mut platforms["manifests"][at], manifest);
            }
            if let Change::Platforms(change) = change {
                change(&mut platforms);
            }
            root = add(platforms.to_string().into_bytes());
        }
        let mut index = self.index.clone();
        for entry in index["manifests"].as_array_mut().unwrap() {
            set(entry, root.clone());
        }
        let index = text(index, change, |change| match change {
            Change::Index(change) => (Some(change), None),
            Change::IndexText(change) => (None, Some(change)),
            _ => (None, None),
        });
        files.push(("index.json".into(), index));
        if let Some(docker) = docker {
            let docker = text(docker, change, |change| match change {
                Change::Docker(change) => (Some(change), None),
                Change::DockerText(change) => (None, Some(change)),
                _ => (None, None),
            });
            files.push(("manifest.json".into(), docker));
        }
        files.push(("oci-layout".into(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()));
        if let Change::Files(change) = change {
            change(&mut files);
        }
        files
    }
}

/// A static program of one segment, which ends at once (ELF gABI; the instructions are x86's).
fn program(machine: u16) -> Vec<u8> {
    let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
    elf.resize(16, 0);
    let short =
        |elf: &mut Vec<u8>, values: &[u16]| elf.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    let word =
        |elf: &mut Vec<u8>, values: &[u32]| elf.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    let wide =
        |elf: &mut Vec<u8>, values: &[u64]| elf.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    let (base, headers, code) = (0x40_0000, 64 + 2 * 56, b"\xb8\x3c\0\0\0\x31\xff\x0f\x05");
    let size = headers + code.len() as u64;
    short(&mut elf, &[2, machine]);
    word(&mut elf, &[1]);
    wide(&mut elf, &[base + headers, 64, 0]);
    word(&mut elf, &[0]);
    short(&mut elf, &[64, 56, 2, 64, 0, 0]);
    word(&mut elf, &[1, 5]); // PT_LOAD, to be read and executed
    wide(&mut elf, &[0, base, base, size, size, 4096]);
    word(&mut elf, &[0x6474_e551, 6]); // PT_GNU_STACK
    wide(&mut elf, &[0, 0, 0, 0, 0, 16]);
    elf.extend_from_slice(code);
    elf
}

/// The blob of the layer with number `at`.
fn layer(
    records: &mut Vec<Record>,
    at: usize,
    change: Change,
    pack: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Vec<u8> {
    if let Change::Entries(of, change) = change
        && of == at
    {
        change(records);
    }
    let mut tar = record::tar(records);
    if let Change::Tar(of, change) = change
        && of == at
    {
        change(&mut tar);
    }
    let mut blob = pack(&tar);
    if let Change::Blob(of, change) = change
        && of == at
    {
        change(&mut blob);
    }
    blob
}

type Ways = (Option<fn(&mut Value)>, Option<fn(&mut String)>);

/// A document with what of `change` is about it.
fn text(mut document: Value, change: Change, of: impl FnOnce(Change) -> Ways) -> Vec<u8> {
    let (value, words) = of(change);
    if let Some(change) = value {
        change(&mut document);
    }
    let mut text = document.to_string();
    if let Some(change) = words {
        let before = text.clone();
        change(&mut text);
        assert_ne!(text, before, "the change is none");
    }
    text.into_bytes()
}

fn set(descriptor: &mut Value, (digest, size): (String, usize)) {
    descriptor["digest"] = json!(digest);
    descriptor["size"] = json!(size);
}

fn packed(compression: &str, tar: &[u8]) -> Vec<u8> {
    match compression {
        "gzip" => gzip(tar),
        "zstd" => zstd::encode_all(tar, 3).unwrap(),
        _ => tar.to_vec(),
    }
}

/// One gzip member.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out =
        flate2::GzBuilder::new().operating_system(255).write(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn unpacked(compression: &str, blob: &[u8]) -> Vec<u8> {
    match compression {
        "gzip" => {
            let mut tar = Vec::new();
            flate2::read::GzDecoder::new(blob).read_to_end(&mut tar).unwrap();
            tar
        }
        "zstd" => zstd::decode_all(blob).unwrap(),
        _ => blob.to_vec(),
    }
}

fn archive(path: &Path) -> Files {
    let records = record::records(&std::fs::read(path).unwrap());
    let files = records.into_iter().filter(|record| record.header[156] == b'0');
    files.map(|record| (record.name().to_owned(), record.body)).collect()
}

fn folder(path: &Path) -> Files {
    let read = |name: &str| (name.to_owned(), std::fs::read(path.join(name)).unwrap());
    let blobs = std::fs::read_dir(path.join("blobs/sha256")).unwrap();
    let names =
        blobs.map(|entry| format!("blobs/sha256/{}", entry.unwrap().file_name().into_string().unwrap()));
    names.map(|name| read(&name)).chain([read("index.json"), read("oci-layout")]).collect()
}
