//! The configuration of an image, as its JSON says it (OCI image spec, config.md); what is left out is empty.

use crate::image::digest::Digest;

/// What a container starts with, and what the image says it is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// `architecture`.
    pub architecture: String,
    /// `os`.
    pub os: String,
    /// `variant`.
    pub variant: String,
    /// `created`, as it is written.
    pub created: String,
    /// `config.User`.
    pub user: String,
    /// `config.Env`: `NAME=VALUE`.
    pub env: Vec<String>,
    /// `config.Entrypoint`.
    pub entrypoint: Vec<String>,
    /// `config.Cmd`.
    pub cmd: Vec<String>,
    /// `config.WorkingDir`.
    pub working_dir: String,
    /// The keys of `config.ExposedPorts`: `PORT/PROTOCOL`.
    pub exposed_ports: Vec<String>,
    /// The keys of `config.Volumes`.
    pub volumes: Vec<String>,
    /// `config.Labels`.
    pub labels: Vec<(String, String)>,
    /// `config.StopSignal`.
    pub stop_signal: String,
    /// `rootfs.diff_ids`.
    pub diff_ids: Vec<Digest>,
    /// `history`.
    pub history: Vec<History>,
}

/// An entry of `history`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// `created`, as it is written.
    pub created: String,
    /// `created_by`.
    pub created_by: String,
    /// `empty_layer`: it stands for no layer.
    pub empty_layer: bool,
}

impl Config {
    /// `linux/arm64`, with the variant where there is one.
    pub fn platform(&self) -> String {
        let parts = [&self.os, &self.architecture, &self.variant];
        parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("/")
    }
}
