//! Reads an image archive with code that is not ours, and checks all that a reader can check.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

/// An entry of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: tar::EntryType,
    pub mode: u32,
    pub size: u64,
    pub link: Option<String>,
    pub content: Vec<u8>,
}

/// An image archive whose every digest and size has been recomputed.
pub struct Archive {
    /// All files of the archive by name.
    pub files: BTreeMap<String, Vec<u8>>,
    pub index: Value,
    pub manifest: Value,
    pub config: Value,
    /// The entries of each layer in their order, bottom layer first.
    pub layers: Vec<Vec<(String, Entry)>>,
}

impl Archive {
    /// Reads the archive of one image at `path`; panics where anything in it is not as the OCI specification says.
    #[track_caller]
    pub fn read(path: &Path) -> Self {
        let mut images = Archive::read_all(path);
        assert_eq!(images.len(), 1, "one platform");
        images.remove(0)
    }

    /// The images of the archive at `path` in the order of its index, one for each platform.
    #[track_caller]
    pub fn read_all(path: &Path) -> Vec<Self> {
        let mut files = BTreeMap::new();
        for (name, entry) in entries(&std::fs::read(path).unwrap()) {
            assert!(
                files.insert(name.trim_end_matches('/').to_owned(), entry.content).is_none(),
                "{name} twice"
            );
        }
        assert_eq!(json(&files["oci-layout"])["imageLayoutVersion"], "1.0.0");
        let index = json(&files["index.json"]);
        let roots = index["manifests"].as_array().unwrap();
        let digests: BTreeSet<_> = roots.iter().map(|m| m["digest"].as_str().unwrap()).collect();
        assert_eq!(digests.len(), 1, "every tag is of the same manifest");
        let manifests = match roots[0]["mediaType"].as_str().unwrap() {
            "application/vnd.oci.image.index.v1+json" => {
                assert_eq!(roots[0]["platform"], Value::Null, "an index has no platform of its own");
                json(&blob(&files, &roots[0]))["manifests"].as_array().unwrap().clone()
            }
            _ => vec![roots[0].clone()],
        };
        let images = manifests.iter().map(|manifest| Archive::image(&files, &index, manifest));
        let images: Vec<_> = images.collect();
        if let Some(docker) = files.get("manifest.json") {
            let docker = &json(docker)[0];
            let path =
                |image: &&Archive| docker["Config"] == format!("blobs/{}", image.id().replace(':', "/"));
            let image = images.iter().find(path).expect("docker's part is of one of the images");
            assert_eq!(docker["Layers"].as_array().unwrap().len(), image.layers.len());
            assert_eq!(docker["RepoTags"].as_array().unwrap().len(), roots.len());
        }
        images
    }

    fn image(files: &BTreeMap<String, Vec<u8>>, index: &Value, descriptor: &Value) -> Self {
        let blob = |descriptor: &Value| blob(files, descriptor);
        let manifest = json(&blob(descriptor));
        let config = json(&blob(&manifest["config"]));
        for key in ["architecture", "os", "variant"] {
            assert_eq!(
                descriptor["platform"][key], config[key],
                "the index says what the configuration says"
            );
        }

        let diff_ids = config["rootfs"]["diff_ids"].as_array().unwrap();
        let descriptors = manifest["layers"].as_array().unwrap();
        assert_eq!(diff_ids.len(), descriptors.len());
        assert_eq!(config["history"].as_array().unwrap().len(), descriptors.len());
        let mut layers = Vec::new();
        for (descriptor, diff_id) in descriptors.iter().zip(diff_ids) {
            let tar = unpacked(&blob(descriptor), descriptor["mediaType"].as_str().unwrap());
            assert_eq!(diff_id.as_str().unwrap(), sha256(&tar), "a diff id is of the uncompressed tar");
            layers.push(entries(&tar));
        }
        let (files, index) = (files.clone(), index.clone());
        let archive = Archive { files, index, manifest, config, layers };
        archive.check_layers();
        archive
    }

    /// The file system that a container sees.
    pub fn root(&self) -> BTreeMap<String, Entry> {
        self.layers
            .iter()
            .flatten()
            .map(|(name, entry)| (name.trim_end_matches('/').to_owned(), entry.clone()))
            .collect()
    }

    /// The digest of the configuration, which docker calls the image's id.
    pub fn id(&self) -> String {
        self.manifest["config"]["digest"].as_str().unwrap().to_owned()
    }

    /// Sorted, no path twice, every parent before its children, no other owner, no special modes.
    fn check_layers(&self) {
        for layer in &self.layers {
            let mut seen = BTreeSet::new();
            let mut last = String::new();
            for (name, entry) in layer {
                let path = name.trim_end_matches('/').to_owned();
                assert_eq!(name.ends_with('/'), entry.kind.is_dir(), "{name}");
                assert!(path > last, "{path} after {last}");
                assert!(
                    !path.starts_with('/') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
                );
                if let Some((parent, _)) = path.rsplit_once('/') {
                    assert!(seen.contains(parent), "{path} before {parent}");
                }
                let special = entry.mode & 0o7000;
                assert!(special == 0 || special == 0o1000 && entry.kind.is_dir(), "{path}: {:o}", entry.mode);
                last.clone_from(&path);
                seen.insert(path);
            }
        }
    }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// The blob that `descriptor` is of.
fn blob(files: &BTreeMap<String, Vec<u8>>, descriptor: &Value) -> Vec<u8> {
    let digest = descriptor["digest"].as_str().unwrap();
    let bytes = &files[&format!("blobs/{}", digest.replace(':', "/"))];
    assert_eq!(digest, sha256(bytes), "a blob is what its name says");
    assert_eq!(descriptor["size"].as_u64().unwrap(), bytes.len() as u64);
    bytes.clone()
}

fn entries(bytes: &[u8]) -> Vec<(String, Entry)> {
    let mut list = Vec::new();
    for entry in tar::Archive::new(bytes).entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let header = entry.header();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        assert_eq!((header.username().unwrap(), header.groupname().unwrap()), (Some(""), Some("")));
        let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        let link = entry.link_name_bytes().map(|link| String::from_utf8(link.into_owned()).unwrap());
        let entry = Entry {
            kind: header.entry_type(),
            mode: header.mode().unwrap(),
            size: entry.size(),
            link,
            content,
        };
        list.push((name, entry));
    }
    list
}

fn unpacked(blob: &[u8], media_type: &str) -> Vec<u8> {
    let mut tar = Vec::new();
    match media_type.rsplit('.').next().unwrap() {
        "tar" => tar.extend_from_slice(blob),
        "tar+gzip" => {
            assert_eq!(
                blob[..10],
                [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255],
                "no time and no name in the gzip header"
            );
            let mut reader = flate2::bufread::GzDecoder::new(blob); // of one member only
            reader.read_to_end(&mut tar).unwrap();
            assert!(reader.into_inner().is_empty(), "nothing after the first member");
        }
        "tar+zstd" => tar = zstd::decode_all(blob).unwrap(),
        other => panic!("{other}"),
    }
    tar
}

/// The digest of `bytes` as an image names it.
pub fn sha256(bytes: &[u8]) -> String {
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}
