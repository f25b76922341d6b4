//! A registry that does all as the OCI distribution specification says, in memory.

use super::wire::{Answer, Request};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What the registry has; keys start with the repository.
#[derive(Debug, Default)]
pub struct State {
    /// By digest.
    pub blobs: BTreeMap<(String, String), Vec<u8>>,
    /// By digest.
    pub manifests: BTreeMap<(String, String), Vec<u8>>,
    /// The digests by tag.
    pub tags: BTreeMap<(String, String), String>,
    /// Whether a mount is taken for any other upload, as the specification allows.
    pub mounts_nothing: bool,
    uploads: BTreeMap<String, Vec<u8>>,
    opened: usize,
}

impl State {
    /// The right answer to `request` with `body`.
    pub fn answer(&mut self, request: &Request, body: &[u8]) -> Answer {
        let path = request.path();
        let Some(path) = path.strip_prefix("/v2/") else { return Answer::new(404) };
        if path.is_empty() {
            return Answer::new(200).header("Docker-Distribution-Api-Version", "registry/2.0");
        }
        if let Some((repository, upload)) = path.split_once("/blobs/uploads/") {
            self.upload(request, repository, upload, body)
        } else if let Some((repository, digest)) = path.split_once("/blobs/") {
            match self.blobs.get(&(repository.to_owned(), digest.to_owned())) {
                Some(blob) => found(digest, blob, "application/octet-stream"),
                None => Answer::error(404, "BLOB_UNKNOWN", "blob unknown to registry"),
            }
        } else if let Some((repository, name)) = path.split_once("/manifests/") {
            match request.method.as_str() {
                "PUT" => self.put(repository, name, body),
                _ => self.manifest(repository, name),
            }
        } else {
            Answer::error(404, "NAME_INVALID", path)
        }
    }

    /// Keeps what has arrived of an upload that was cut.
    pub fn cut(&mut self, request: &Request, body: &[u8]) {
        if let Some((_, upload)) = request.path().split_once("/blobs/uploads/") {
            self.uploads.entry(upload.to_owned()).or_default().extend_from_slice(body);
        }
    }

    fn upload(&mut self, request: &Request, repository: &str, upload: &str, body: &[u8]) -> Answer {
        let location = |upload: &str| format!("/v2/{repository}/blobs/uploads/{upload}?_state=canary-state");
        if request.method == "POST" {
            let (from, digest) = (request.query("from"), request.query("mount"));
            let mounted = (from.filter(|_| !self.mounts_nothing)).zip(digest);
            if let Some((digest, blob)) =
                mounted.and_then(|key| Some((key.1.clone(), self.blobs.get(&key)?.clone())))
            {
                return self.keep(repository, digest, blob);
            }
            self.opened += 1;
            let upload = format!("upload-{}", self.opened);
            self.uploads.insert(upload.clone(), Vec::new());
            return Answer::new(202).header("Location", location(&upload)).header("Range", "0-0");
        }
        let Some(bytes) = self.uploads.get_mut(upload) else {
            return Answer::error(404, "BLOB_UPLOAD_UNKNOWN", "upload unknown");
        };
        let told = |status, bytes: &[u8]| {
            let range = format!("0-{}", bytes.len().saturating_sub(1));
            Answer::new(status).header("Location", location(upload)).header("Range", range)
        };
        if request.method == "GET" {
            return told(204, bytes);
        }
        let start = request.header("content-range").and_then(|range| range.split('-').next());
        if start.is_some_and(|start| start != bytes.len().to_string()) {
            return told(416, bytes);
        }
        bytes.extend_from_slice(body);
        if request.method == "PATCH" {
            return told(202, bytes);
        }
        let bytes = self.uploads.remove(upload).unwrap();
        match request.query("digest") {
            Some(digest) if digest == sha256(&bytes) => self.keep(repository, digest, bytes),
            _ => Answer::error(400, "DIGEST_INVALID", "provided digest did not match uploaded content"),
        }
    }

    fn keep(&mut self, repository: &str, digest: String, blob: Vec<u8>) -> Answer {
        let location = format!("/v2/{repository}/blobs/{digest}");
        let answer = Answer::new(201).header("Location", location).header("Docker-Content-Digest", &digest);
        self.blobs.insert((repository.to_owned(), digest), blob);
        answer
    }

    fn manifest(&self, repository: &str, name: &str) -> Answer {
        let tag = self.tags.get(&(repository.to_owned(), name.to_owned()));
        let digest = tag.map_or(name, String::as_str);
        match self.manifests.get(&(repository.to_owned(), digest.to_owned())) {
            Some(manifest) => {
                let document: Value = serde_json::from_slice(manifest).unwrap();
                found(digest, manifest, document["mediaType"].as_str().unwrap())
            }
            None => Answer::error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
        }
    }

    fn put(&mut self, repository: &str, name: &str, body: &[u8]) -> Answer {
        let document: Value = match serde_json::from_slice(body) {
            Ok(document) => document,
            Err(_) => return Answer::error(400, "MANIFEST_INVALID", "no JSON"),
        };
        let list = |name: &str| document[name].as_array().cloned().unwrap_or_default();
        let has = |map: &BTreeMap<_, _>, descriptor: &Value| {
            map.contains_key(&(repository.to_owned(), descriptor["digest"].as_str().unwrap().to_owned()))
        };
        let blobs = list("layers").into_iter().chain(document.get("config").cloned());
        if let Some(missing) = blobs.into_iter().find(|blob| !has(&self.blobs, blob)) {
            return Answer::error(
                400,
                "MANIFEST_BLOB_UNKNOWN",
                &format!("blob unknown: {}", missing["digest"]),
            );
        }
        if let Some(missing) = list("manifests").iter().find(|manifest| !has(&self.manifests, manifest)) {
            return Answer::error(400, "MANIFEST_BLOB_UNKNOWN", &format!("unknown: {}", missing["digest"]));
        }
        let digest = sha256(body);
        if !name.contains(':') {
            self.tags.insert((repository.to_owned(), name.to_owned()), digest.clone());
        } else if name != digest {
            return Answer::error(400, "DIGEST_INVALID", "provided digest did not match");
        }
        self.manifests.insert((repository.to_owned(), digest.clone()), body.to_owned());
        let location = format!("/v2/{repository}/manifests/{digest}");
        Answer::new(201).header("Location", location).header("Docker-Content-Digest", digest)
    }
}

fn found(digest: &str, bytes: &[u8], media_type: &str) -> Answer {
    Answer::new(200).header("Content-Type", media_type).header("Docker-Content-Digest", digest).body(bytes)
}

pub fn sha256(bytes: &[u8]) -> String {
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}
