//! The plan: settings, the workspace's metadata and the environment brought together, before anything is done.
//!
//! The only stage that asks cargo for metadata. What it returns has no open question left: a run with `--dry-run`
//! prints it and stops.

pub mod graph;
mod image;
mod labels;
mod needs;
mod profile;
pub use profile::command_line as command_line_config;
pub mod select;

pub use image::{CopyPlan, ImagePlan, NONROOT};
pub use needs::{CERTIFICATES, Certificates, Needs, Zones};

use crate::config::cargo::CargoFlags;
use crate::config::env::Env;
use crate::config::layers::{Layer, Resolved, resolve};
use crate::error::{Code, Error};
use crate::image::platform::Target;
use crate::tool::Tool;
use crate::ui::Color;
use cargo_metadata::Metadata;
use graph::Graph;
use std::ffi::OsString;
use std::fmt;
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

/// What a plan would have the user look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A variable that looks like a setting and is none, and the nearest that is one.
    UnknownVariable(String, Option<String>),
    /// An image whose name is not the binary's.
    Renamed(String, String),
    /// A `--copy` source that is not there yet.
    NotThere(PathBuf),
    /// A variable of the image that looks like a secret.
    Secret(String),
    /// Of so many certificates so many have expired, and the name of the first.
    Expired(usize, usize, String),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::UnknownVariable(name, None) => write!(f, "the variable {name} is no setting"),
            Warning::UnknownVariable(name, Some(near)) => {
                write!(f, "the variable {name} is no setting; did you mean {near}?")
            }
            Warning::Renamed(bin, name) => {
                write!(f, "`{bin}` is no image name, the image is called `{name}` (choose with --tag)")
            }
            Warning::NotThere(path) => write!(f, "`{}` is not there yet", path.display()),
            Warning::Secret(name) => {
                write!(f, "the variable {name} looks like a secret; whoever has the image can read it")
            }
            Warning::Expired(all, expired, first) if all == expired => {
                write!(
                    f,
                    "every certificate of the image has expired, e.g. `{first}`: no server can be trusted"
                )
            }
            Warning::Expired(all, expired, first) => {
                write!(f, "{expired} of the image's {all} certificates have expired, e.g. `{first}`")
            }
        }
    }
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
    let images = selected
        .iter()
        .zip(&resolved)
        .map(|(one, settings)| {
            image::image(one, settings, &target, env, &workspace, &archives, &Needs::default())
        })
        .collect::<Result<Vec<_>, Error>>()?;
    one_destination_each(&images)?;
    one_name_each(&images)?;

    let flags = request.cargo.heard(&request.extra);
    let graph = graph(&metadata, &images, &cargo, &manifest, &flags, &target)?;
    let mut build = request.cargo.build(request.verbose, request.quiet, request.color);
    build.extend(request.extra.iter().map(OsString::from));
    let mut warnings: Vec<_> =
        unknown.into_iter().map(|(name, near)| Warning::UnknownVariable(name, near)).collect();
    images.iter().for_each(|image| warnings.extend(warnings_of(image)));
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
    images: &[ImagePlan],
    cargo: &Path,
    manifest: &Path,
    flags: &CargoFlags,
    target: &Target,
) -> Result<Graph, Error> {
    if metadata.packages.iter().all(|package| package.dependencies.is_empty()) {
        return Ok(Graph::empty());
    }
    let mut specs: Vec<&str> = images.iter().map(|image| image.spec.as_str()).collect();
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

fn one_destination_each(images: &[ImagePlan]) -> Result<(), Error> {
    let mut paths: Vec<&Path> =
        images.iter().flat_map(|i| i.destinations.iter().map(|d| d.path.as_path())).collect();
    paths.sort_unstable();
    match paths.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => {
            Err(Error::new(Code::Usage, format!("two outputs want the path `{}`", pair[0].display()))
                .help("end the destination with `/` to get a file for each: -o docker-archive=DIR/"))
        }
    }
}

fn one_name_each(images: &[ImagePlan]) -> Result<(), Error> {
    for (at, image) in images.iter().enumerate() {
        let shared = |other: &&ImagePlan| other.tags.iter().any(|tag| image.tags.contains(tag));
        if let Some(other) = images[..at].iter().find(shared) {
            let what = format!("the images of `{}` and `{}` would have the same name", other.bin, image.bin);
            return Err(Error::new(Code::Usage, what)
                .note("the one that is loaded last would take it from the other")
                .help(format!(
                    "build them one after the other: cargo scratch --bin {} --tag NAME",
                    image.bin
                )));
        }
    }
    Ok(())
}

fn warnings_of(image: &ImagePlan) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let words = ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "API_KEY", "PRIVATE_KEY", "CREDENTIAL"];
    let secret = |name: &&String| words.iter().any(|word| name.to_uppercase().contains(word));
    warnings.extend(image.recipe.run.env.keys().filter(secret).cloned().map(Warning::Secret));
    warnings.extend(image.certificates.as_ref().and_then(Certificates::expired));
    let missing = image.copies.iter().filter(|copy| copy.source.symlink_metadata().is_err());
    warnings.extend(missing.map(|copy| Warning::NotThere(copy.source.clone())));
    if let Some(tag) = image.tags.first() {
        let name = tag.to_string();
        let name = name.split(':').next().unwrap_or_default();
        if crate::image::reference::Reference::slug(&image.bin).as_deref() == Some(name) && name != image.bin
        {
            warnings.push(Warning::Renamed(image.bin.clone(), name.to_owned()));
        }
    }
    warnings
}
