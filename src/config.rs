//! Settings: one struct from which flags, `CARGO_SCRATCH_*` variables, metadata keys and their help all follow.
//!
//! A field of [`Settings`] named `stop_signal` is the flag `--stop-signal`, the variable
//! `CARGO_SCRATCH_STOP_SIGNAL` and the key `stop-signal` of `[package.metadata.scratch]`. Every source is brought into
//! the same raw form ([`layers::Layer`]), laid over the weaker ones, and parsed by the same parser, so a value means
//! the same thing wherever it stands and its error names the place.

pub mod cargo;
pub mod env;
pub mod layers;
pub mod term;
pub mod values;

use crate::image::compression::Compression;
use crate::image::platform::Target;
use crate::image::reference::Reference;
use std::path::PathBuf;
use values::{
    Absolute, Allocator, Bytes, CaCerts, Copy, Cpu, Engine, Host, Mount, Network, Output, Pair, Panic, Port,
    Preset, Repository, Sbom, Signal, Signer, Switch, Time, User, Word, Zoneinfo,
};

/// What can be set about an image. Lists are empty and options `None` where nobody said anything.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Image")]
pub struct Settings {
    /// Name of the image [default: BIN:VERSION and BIN:latest]
    #[arg(short, long, value_name = "NAME[:TAG]", value_delimiter = ',')]
    pub tag: Vec<Reference>,

    /// Where the image goes: docker-archive, oci-archive, oci-dir, rootfs, docker, podman, containerd or registry [default: docker-archive=target/scratch/BIN.tar]
    ///
    /// DEST is a file for the archives (a docker-archive if KIND is left out), a folder for oci-dir and for the tar files of rootfs [default: target/scratch/rootfs], a context for docker, a connection for podman, a namespace for containerd, and the image's name for registry. Said more than once, one build goes to all of them.
    #[arg(short, long, value_name = "KIND[=DEST]")]
    pub output: Vec<Output>,

    /// Platform to build for, e.g. linux/arm64; several make one image with an index [default: linux/amd64]
    #[arg(long, value_name = "OS/ARCH", value_delimiter = ',', conflicts_with = "target", value_parser = Target::from_platform)]
    pub platform: Vec<Target>,

    /// Rust target to build for [default: x86_64-unknown-linux-musl]
    #[arg(long, value_name = "TRIPLE", value_delimiter = ',', value_parser = Target::from_triple)]
    pub target: Vec<Target>,

    /// Word of the command that starts the program, once a word [default: /BIN]
    #[arg(long, value_name = "WORD", allow_hyphen_values = true)]
    pub entrypoint: Vec<Word>,

    /// Default argument after the entrypoint, once an argument
    #[arg(long, value_name = "WORD", allow_hyphen_values = true)]
    pub cmd: Vec<Word>,

    /// Variable of the program's environment
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub env: Vec<Pair>,

    /// Folder the program starts in [default: /]
    #[arg(long, value_name = "PATH")]
    pub workdir: Option<Absolute>,

    /// User the program runs as; numbers need no entry in /etc/passwd [default: 65532:65532]
    #[arg(long, value_name = "UID[:GID]")]
    pub user: Option<User>,

    /// Port the program listens on, e.g. 8080 or 53/udp
    #[arg(long, value_name = "PORT[/PROTOCOL]", value_delimiter = ',')]
    pub expose: Vec<Port>,

    /// Folder to be mounted
    #[arg(long, value_name = "PATH")]
    pub volume: Vec<Mount>,

    /// Label of the image
    #[arg(long, value_name = "NAME=VALUE")]
    pub label: Vec<Pair>,

    /// Annotation of the manifest
    #[arg(long, value_name = "NAME=VALUE")]
    pub annotation: Vec<Pair>,

    /// Signal that asks the program to stop [default: the runtime's, SIGTERM]
    #[arg(long, value_name = "SIGNAL")]
    pub stop_signal: Option<Signal>,

    /// File or folder to put into the image; a folder's content goes to DEST
    ///
    /// A DEST that ends in `/` keeps the name of SRC below it. `:replace` after DEST replaces a file of the base layer, e.g. /etc/passwd; `:mode=0755` sets a file's mode.
    #[arg(long, value_name = "SRC:DEST")]
    pub copy: Vec<Copy>,

    /// Certificates of authorities: auto (where a dependency reads them), none, mozilla, or a PEM file [default: auto]
    ///
    /// They become /etc/ssl/certs/ca-certificates.crt, which SSL_CERT_FILE names. Said more than once, mozilla and files add up.
    #[arg(long, value_name = "SOURCE")]
    pub ca_certs: Vec<CaCerts>,

    /// Time zones: auto (all where a dependency reads them), none, all, or names, e.g. Europe/Berlin [default: auto]
    ///
    /// They become files in /usr/share/zoneinfo.
    #[arg(long, value_name = "ZONE", value_delimiter = ',')]
    pub zoneinfo: Vec<Zoneinfo>,

    /// The one time in the image, RFC 3339 or seconds; the variable SOURCE_DATE_EPOCH outranks it [default: 0]
    #[arg(long, value_name = "TIME")]
    pub created: Option<Time>,

    /// Compression of the layers: none, gzip[:1-12] or zstd[:1-22] [default: gzip:6]
    #[arg(long, value_name = "KIND[:LEVEL]")]
    pub compression: Option<Compression>,

    /// Refuse an image whose files have more bytes than this, uncompressed, and name what takes them, e.g. 2MB
    #[arg(long, value_name = "SIZE")]
    pub max_size: Option<Bytes>,

    /// Keep the program's debug information beside the image, for debuggers and for the addresses of backtraces
    ///
    /// Builds with debug information where the profile has none. It becomes target/scratch/debug/BIN.debug, and a debugger finds it by the build id of the program in the image.
    #[arg(long)]
    pub split_debug: bool,

    /// Compile for size, tiny or speed, without a change of Cargo.toml, and report what that saves [default: none]
    ///
    /// size: opt-level z, fat LTO, one codegen unit. tiny: also a standard library that is built for size and ends the program at a panic, without a message; needs the toolchain's rust-src. speed: opt-level 3, fat LTO, one codegen unit. The program is compiled a second time, as it would be without, for the report; --no-compare leaves that out.
    #[arg(long, value_name = "PRESET", help_heading = "Optimization")]
    pub optimize: Option<Preset>,

    /// Do not compile a second time to report what --optimize, --panic, --cpu and --allocator save or cost
    #[arg(long, help_heading = "Optimization")]
    pub no_compare: bool,

    /// What a panic does: unwind, or abort, which saves bytes and ends the program [default: the profile's]
    #[arg(long, value_name = "STRATEGY", help_heading = "Optimization")]
    pub panic: Option<Panic>,

    /// Processors that the program for amd64 is compiled for: x86-64-v2, x86-64-v3, x86-64-v4, or x86-64, which is all [default: x86-64]
    ///
    /// It ends with SIGILL on those that lack an instruction of the level; the image says so, as the variant of its platform. linux/amd64/v3 as --platform means the same.
    #[arg(long, value_name = "LEVEL", help_heading = "Optimization")]
    pub cpu: Option<Cpu>,

    /// Allocator of the program: system, mimalloc or jemalloc; both are faster than musl's where threads allocate [default: system]
    ///
    /// It is linked into the program without a change of its source.
    #[arg(long, value_name = "NAME", help_heading = "Optimization")]
    pub allocator: Option<Allocator>,

    /// Forms of the bill of materials that goes with the image: cyclonedx, spdx or none [default: cyclonedx,spdx]
    ///
    /// It names the packages that were compiled into the program, beside an archive as BIN.cdx.json and BIN.spdx.json, and in a registry as documents that refer to the image.
    #[arg(long, value_name = "FORM", value_delimiter = ',', help_heading = "Supply chain")]
    pub sbom: Vec<Sbom>,

    /// Note the program's packages in the program itself, as cargo-auditable does, for scanners [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Supply chain")]
    pub auditable: Option<Switch>,

    /// Say where the image comes from: source, commit, compiler and settings, as SLSA build provenance [default: true]
    ///
    /// It goes where the bill of materials goes, as BIN.intoto.json, or with a signature as BIN.sigstore.json.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Supply chain")]
    pub provenance: Option<Switch>,

    /// Sign the provenance: cosign, which must be on PATH, or a file with a private key
    #[arg(long, value_name = "SIGNER", help_heading = "Supply chain")]
    pub sign: Option<Signer>,

    /// Do not install what the toolchain lacks, nor build it from source
    #[arg(long, help_heading = "Toolchain")]
    pub no_install: bool,

    /// Do not build the native libraries that crates look for
    #[arg(long, help_heading = "Toolchain")]
    pub no_provide: bool,

    /// Compile in a container of this engine, docker or podman, in place of this machine's toolchain
    ///
    /// The container has what the project needs and nothing of this machine but the workspace: no socket, no privilege, no credentials, no network. The image is built from the text of `cargo scratch dockerfile --style builder` when it is first needed.
    #[arg(long, value_name = "ENGINE", help_heading = "Toolchain")]
    pub builder: Option<Engine>,

    /// Network of the builder's container, for build scripts that download [default: none]
    #[arg(long, value_name = "NETWORK", help_heading = "Toolchain")]
    pub builder_network: Option<Network>,

    /// Folder for what is built once for all projects [default: ~/.cache/cargo-scratch]
    ///
    /// Standard libraries and native libraries, also with `--no-cache`, which is about what is kept of this one project.
    #[arg(long, value_name = "DIR", help_heading = "Toolchain")]
    pub cache_dir: Option<PathBuf>,

    /// Use nothing of earlier builds of this project but what cargo has: prove, pack and ask anew
    ///
    /// What is kept of them is in target/scratch/cache, which can be deleted at any time. It is not the folder of `--cache-dir`, which is for all projects and is used as ever.
    #[arg(long, help_heading = "Toolchain")]
    pub no_cache: bool,

    /// Where images go that no tag names, e.g. ghcr.io/me for ghcr.io/me/BIN
    #[arg(long, value_name = "PREFIX", help_heading = "Registry")]
    pub repo: Option<Repository>,

    /// Push without a tag: the digest that is printed is the image's only name
    #[arg(long, help_heading = "Registry")]
    pub by_digest: bool,

    /// How registries are reached.
    #[command(flatten)]
    pub registry: Registry,
}

/// What can be set about registries.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Registry")]
pub struct Registry {
    /// Registry that may be spoken to over plain HTTP; those of this machine may always
    #[arg(long, value_name = "HOST[:PORT]", value_delimiter = ',')]
    pub insecure_registry: Vec<Host>,

    /// PEM file of certificates that a registry is trusted by, beside the system's
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,

    /// Do not read the manifest back after a push
    #[arg(long)]
    pub no_read_back: bool,
}

/// The settings whose values add up over the layers, because each has a name of its own; all others replace.
pub const NAMED: [&str; 4] = ["env", "label", "annotation", "copy"];
