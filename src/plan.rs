//! The plan: settings, the workspace's metadata and the environment brought together, before anything is done.
//!
//! The only stage that asks cargo for metadata. What it returns has no open question left: a run with `--dry-run`
//! prints it and stops.

mod conflicts;
pub mod graph;
mod image;
mod labels;
pub mod needs;
mod profile;
pub mod select;
mod warning;

pub use image::{CopyPlan, ImagePlan, NONROOT};
pub use needs::{CERTIFICATES, Certificates, Needs, Zones};
pub use profile::command_line as command_line_config;
pub use warning::Warning;

use crate::config::cargo::CargoFlags;
use crate::config::env::Env;
use crate::config::layers::{Layer, Resolved, resolve};
use crate::error::{Code, Error};
use crate::image::platform::Target;
use crate::tool::Tool;
use crate::ui::Color;
use cargo_metadata::Metadata;
use graph::Graph;
use select::Selected;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The target where nobody names one.
const DEFAULT_TARGET: &str = "x86_64-unknown-linux-musl";

/// What the command line asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// cargo's own flags.
    pub cargo: CargoFlags,
    /// The layer of settings that the command line is.
    pub flags: Layer,
    /// How talkative cargo is to be.
    pub verbose: u8,
    /// Whether cargo is to be silent.
    pub quiet: bool,
    /// When cargo colours.
    pub color: Color,
    /// What stands after `--`.
    pub extra: Vec<String>,
}

/// Everything that a run will do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// cargo itself.
    pub cargo: PathBuf,
    /// The workspace's folder.
    pub workspace: PathBuf,
    /// The manifest that the run is about.
    pub manifest: PathBuf,
    /// What is built for.
    pub target: Target,
    /// cargo's own flags.
    pub flags: CargoFlags,
    /// The flags of `cargo build` as they are handed on.
    pub build: Vec<OsString>,
    /// Whether symbols are taken out of the binary on its way into the image.
    pub strip: bool,
    /// Whether a missing standard library may be installed.
    pub install: bool,
    /// Whether native libraries that crates look for may be built.
    pub provide: bool,
    /// The folder of what is built once for all projects.
    pub cache: PathBuf,
    /// The packages of the build.
    pub graph: Graph,
    /// An image for each binary.
    pub images: Vec<ImagePlan>,
    /// The folder of archives that no other place is named for.
    pub archives: PathBuf,
    /// What to look at.
    pub warnings: Vec<Warning>,
}

/// Resolves `request` against the workspace and the environment.
pub fn plan(request: &Request, env: &Env) -> Result<Plan, Error> {
    own_flags(&request.extra)?;
    let (variables, unknown) = Layer::of_variables(env);
    let cargo = cargo(env)?;
    let manifest = manifest(&request.cargo, env)?;
    let metadata = metadata(&cargo, &manifest, &request.cargo)?;
    let workspace = metadata.workspace_root.as_std_path().to_owned();
    let root = workspace.join("Cargo.toml");
    let selected = select::select(&metadata, &request.cargo, &manifest)?;

    let outer = Layer::of_metadata("workspace.metadata.scratch", &metadata.workspace_metadata, &root)?;
    let mut resolved = Vec::new();
    for one in &selected {
        let manifest = one.package.manifest_path.as_std_path();
        let own = Layer::of_metadata("package.metadata.scratch", &one.package.metadata, manifest)?;
        resolved.push(resolve(&[request.flags.clone(), variables.clone(), own, outer.clone()])?);
    }
    let target = one_target(&resolved)?;

    let target_dir = request.cargo.target_dir.as_ref().map(|folder| env.folder().join(folder));
    let archives = target_dir.unwrap_or_else(|| metadata.target_directory.clone().into()).join("scratch");
    let flags = request.cargo.heard(&request.extra);
    let graph = graph(&metadata, &selected, &cargo, &manifest, &flags, &target)?;
    let images = selected
        .iter()
        .zip(&resolved)
        .map(|(one, settings)| {
            let needs = Needs::of(&graph, &one.package.name);
            image::image(one, settings, &target, env, &workspace, &archives, needs)
        })
        .collect::<Result<Vec<_>, Error>>()?;
    conflicts::one_destination_each(&images)?;
    conflicts::one_name_each(&images)?;

    let mut build = request.cargo.build(request.verbose, request.quiet, request.color);
    build.extend(request.extra.iter().map(OsString::from));
    let mut warnings: Vec<_> =
        unknown.into_iter().map(|(name, near)| Warning::UnknownVariable(name, near)).collect();
    for warning in images.iter().flat_map(warning::warnings_of) {
        // what several images share is said once
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    Ok(Plan {
        strip: !profile::sets_strip(&flags, env, &root),
        install: !flags.no_network() && !resolved.iter().any(|resolved| resolved.settings.no_install),
        provide: !resolved.iter().any(|resolved| resolved.settings.no_provide),
        cache: cache(&resolved, env, &archives)?,
        graph,
        flags,
        cargo,
        workspace,
        manifest,
        target,
        build,
        images,
        archives,
        warnings,
    })
}

/// `$CARGO`, which cargo sets for its subcommands, so that `cargo +nightly scratch` stays with nightly.
pub fn cargo(env: &Env) -> Result<PathBuf, Error> {
    env.get("CARGO").map(PathBuf::from).or_else(|| Tool::find("cargo", env.path())).ok_or_else(|| {
        Error::new(Code::Tool, "cargo is not on PATH")
            .help("install Rust: https://rust-lang.org/tools/install")
    })
}

/// The manifest that cargo would find: the one named, or the nearest above the current folder.
fn manifest(flags: &CargoFlags, env: &Env) -> Result<PathBuf, Error> {
    let found = match &flags.manifest_path {
        Some(path) => Some(env.folder().join(path)),
        None => env.folder().ancestors().map(|folder| folder.join("Cargo.toml")).find(|path| path.is_file()),
    };
    found.ok_or_else(|| {
        let what = format!("no Cargo.toml in `{}` or any folder above it", env.folder().display());
        Error::new(Code::Project, what)
            .help("go to a Rust project, or name its manifest: --manifest-path PATH")
            .help("or start a new one: cargo scratch new hello")
    })
}

fn metadata(cargo: &Path, manifest: &Path, flags: &CargoFlags) -> Result<Metadata, Error> {
    let tool = Tool::new(cargo)
        .args(["metadata", "--no-deps", "--format-version=1", "--manifest-path"])
        .arg(manifest)
        .args(flags.common());
    let said = tool.read()?;
    if !said.status.success() {
        let mut error = Error::new(Code::Project, "cargo cannot read the project").at(manifest.display());
        for line in said.stderr.lines().map(str::trim).filter(|line| !line.is_empty()).take(12) {
            error = error.note(line.trim_start_matches("error: "));
        }
        return Err(error);
    }
    serde_json::from_slice(&said.stdout).map_err(|reason| {
        Error::new(Code::Project, "cargo's metadata cannot be read")
            .at(manifest.display())
            .note(reason.to_string())
    })
}

/// The graph of what is built. Packages that depend on nothing need no question.
fn graph(
    metadata: &Metadata,
    selected: &[Selected<'_>],
    cargo: &Path,
    manifest: &Path,
    flags: &CargoFlags,
    target: &Target,
) -> Result<Graph, Error> {
    if metadata.packages.iter().all(|package| package.dependencies.is_empty()) {
        return Ok(Graph::empty());
    }
    let mut specs: Vec<String> = selected.iter().map(Selected::spec).collect();
    specs.sort_unstable();
    specs.dedup();
    Graph::of(cargo, manifest, &specs, flags, target)
}

/// The folder that the user names, or the usual one (XDG Base Directory Specification, `XDG_CACHE_HOME`).
fn cache(resolved: &[Resolved], env: &Env, archives: &Path) -> Result<PathBuf, Error> {
    for one in resolved {
        if let (Some(folder), [origin, ..]) = (&one.settings.cache_dir, one.origins("cache-dir")) {
            image::stays_inside(folder, origin, "cache-dir")?;
            return Ok(origin.folder().join(folder));
        }
    }
    let usual = env.get("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let usual = usual.or_else(|| Some(Path::new(env.get("HOME")?).join(".cache")));
    Ok(usual.unwrap_or_else(|| archives.to_owned()).join("cargo-scratch"))
}

/// What must be known here as well as to cargo cannot stand after `--`.
fn own_flags(extra: &[String]) -> Result<(), Error> {
    const OURS: [&str; 5] = ["--target", "--target-dir", "--manifest-path", "--message-format", "--profile"];
    let is_ours = |word: &&String| OURS.contains(&word.split('=').next().unwrap_or_default());
    match extra.iter().find(is_ours) {
        None => Ok(()),
        Some(word) => Err(Error::new(Code::Usage, format!("`{word}` cannot stand after `--`"))
            .note("it decides what is packed, so cargo cannot be told of it behind our back")
            .help(format!("cargo scratch {word} …     before the `--`"))),
    }
}

/// One cargo invocation builds for one target.
fn one_target(resolved: &[Resolved]) -> Result<Target, Error> {
    let mut targets: Vec<&Target> =
        resolved.iter().flat_map(|r| r.settings.target.iter().chain(&r.settings.platform)).collect();
    let plain = resolved.iter().any(|r| r.settings.target.is_empty() && r.settings.platform.is_empty());
    targets.sort_by_key(|target| target.triple());
    targets.dedup();
    let default = Target::from_triple(DEFAULT_TARGET).map_err(|why| Error::new(Code::Platform, why))?;
    match targets[..] {
        [] => Ok(default),
        [one] if !plain || *one == default => Ok(one.clone()),
        _ => {
            let mut names: Vec<_> = targets.iter().map(|target| target.triple()).collect();
            if plain && !names.contains(&DEFAULT_TARGET) {
                names.push(DEFAULT_TARGET);
            }
            Err(Error::new(
                Code::Platform,
                format!("an image has one platform, these are {}", names.join(", ")),
            )
            .help("build them one after the other: cargo scratch --target TRIPLE"))
        }
    }
}
