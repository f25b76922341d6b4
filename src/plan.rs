//! The plan: settings, the workspace's metadata and the environment brought together, before anything is done.
//!
//! The only stage that asks cargo for metadata. What it returns has no open question left: a run with `--dry-run`
//! prints it and stops.

pub mod access;
mod builder;
mod conflicts;
pub mod git;
pub mod graph;
mod image;
mod labels;
pub mod memo;
mod metadata;
mod named;
pub mod needs;
mod optimize;
mod papers;
mod plans;
mod profile;
pub mod select;
pub mod sources;
mod symbols;
mod targets;
mod warning;

pub use builder::Builder;
pub use image::{CopyPlan, ImagePlan, NONROOT};
pub use metadata::cargo;
pub use named::named_all;
pub use needs::{Authorities, CERTIFICATES, Certificates, Needs, Zones};
pub use optimize::Optimization;
pub use papers::{Papers, Signer};
pub use plans::Plans;
pub use profile::command_line as command_line_config;
pub use symbols::Symbols;
pub use warning::{is_secret, secret};

use crate::cache::Cache;
use crate::config::cargo::CargoFlags;
use crate::config::env::Env;
use crate::config::layers::{Layer, Resolved};
use crate::error::{Code, Error};
use crate::image::platform::Target;
use crate::image::reference::Reference;
use crate::registry::Access;
use crate::ui::Color;
use cargo_metadata::Metadata;
use git::Revisions;
use graph::Graph;
use memo::Surroundings;
use metadata::{manifest, read_metadata, settings};
use profile::Profile;
use select::Selected;
use serde::Serialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

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
    /// The tag of every name of every image, whatever the settings say.
    pub tag: Option<String>,
}

/// What cargo is told that depends on what the program is compiled for.
#[derive(Clone, Debug)]
struct Told {
    build: Vec<OsString>,
    symbols: Symbols,
}

/// Everything that a run will do for one platform.
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
    /// What becomes of symbols and debug information.
    pub symbols: Symbols,
    /// What the program is compiled for.
    pub optimize: Optimization,
    /// What cargo is told in the default build.
    plain: Told,
    /// What the profile says there of what a preset replaces.
    replaced: Vec<Option<toml::Value>>,
    /// Whether a missing standard library may be installed.
    pub install: bool,
    /// Whether native libraries that crates look for may be built.
    pub provide: bool,
    /// The folder of what is built once for all projects.
    pub cache: PathBuf,
    /// What earlier builds of this project have found out.
    pub records: Cache,
    /// The folders that cargo writes to.
    pub outputs: Vec<PathBuf>,
    /// The packages of the build.
    pub graph: Graph,
    /// An image for each binary.
    pub images: Vec<ImagePlan>,
    /// The folder of archives that no other place is named for.
    pub archives: PathBuf,
    /// How registries are reached.
    pub access: Access,
    /// Whether a registry is given no tag.
    pub by_digest: bool,
    /// The container that cargo runs in, if it does.
    pub builder: Option<Builder>,
}

impl Plan {
    /// The profile that cargo builds with: the chosen one, or one of its own that inherits it.
    pub fn profile(&self) -> String {
        let chosen = self.flags.profile();
        self.optimize.profile(chosen).map_or_else(|| chosen.to_owned(), |(name, _)| name)
    }

    /// What the program of the default build depends on beside all that the one of this plan depends on.
    pub fn plain_recipe(&self) -> impl Serialize + use<'_> {
        let words: Vec<_> = self.plain.build.iter().map(|word| word.as_encoded_bytes()).collect();
        (words, &self.replaced)
    }
}

/// Resolves `request` against the workspace and the environment.
pub fn plan(request: &Request, env: &Env) -> Result<Plans, Error> {
    plan_of(request, env, |metadata, manifest| select::select(metadata, &request.cargo, manifest))
}

/// The same for what `choose` chooses in the workspace in place of the command line; it is given the manifest that
/// cargo found too. The images are in the order of its choice.
pub fn plan_of(
    request: &Request,
    env: &Env,
    choose: impl for<'a> FnOnce(&'a Metadata, &Path) -> Result<Vec<Selected<'a>>, Error>,
) -> Result<Plans, Error> {
    own_flags(&request.extra)?;
    let (variables, unknown) = Layer::of_variables(env);
    let cargo = cargo(env)?;
    let manifest = manifest(&request.cargo, env)?;
    let folder = manifest.parent().unwrap_or(env.folder());
    let read = || read_metadata(&cargo, &manifest, &request.cargo, &["--no-deps"]);
    let (revisions, metadata) = Revisions::beside(folder, env, read);
    let metadata = metadata?;
    let workspace = metadata.workspace_root.as_std_path().to_owned();
    let root = workspace.join("Cargo.toml");
    let selected = choose(&metadata, &manifest)?;

    let resolved = settings(&metadata, &selected, &[request.flags.clone(), variables])?;

    let target_dir = request.cargo.target_dir.as_ref().map(|folder| env.folder().join(folder));
    let target_dir = target_dir.unwrap_or_else(|| metadata.target_directory.clone().into());
    let archives = target_dir.join("scratch");
    let flags = request.cargo.heard(&request.extra);
    let builder = builder::builder(&resolved, &archives)?;
    let mut own = request.cargo.clone();
    own.target_dir = builder.as_ref().map(Builder::target).or(own.target_dir);
    let mut outputs = vec![own.target_dir.clone().map_or(target_dir, |folder| env.folder().join(folder))];
    // what build scripts write can lie elsewhere (The Cargo Book, "build.build-dir")
    let parted = metadata.build_directory.as_ref().filter(|folder| **folder != metadata.target_directory);
    outputs.extend(parted.map(PathBuf::from));
    let mut optimize = Optimization::of(&resolved)?;
    let (first, others) = targets::targets(&resolved, optimize.cpu)?;
    optimize.cpu = std::iter::once(&first).chain(&others).find_map(Target::level);
    let split = resolved.iter().any(|one| one.settings.split_debug);
    let told = |optimize: &Optimization| {
        let mut build = optimize.profiled(&own).build(request.verbose, request.quiet, request.color);
        build.extend(request.extra.iter().map(OsString::from));
        let profile = Profile::heard(&optimize.profiled(&flags), env, &root);
        let symbols = symbols(&profile, split, optimize);
        (Told { build, symbols }, profile)
    };
    let ((Told { build, symbols }, profile), (plain, replaced)) =
        (told(&optimize), told(&Optimization::default()));
    optimize.unwinds = !profile.aborts();
    let replaced = replaced.replaced();
    let cache = cache(&resolved, env, &archives)?;
    let records = match resolved.iter().any(|one| one.settings.no_cache) {
        true => Cache::none(),
        false => Cache::at(archives.join("cache")),
    };
    let access = access::access(&resolved)?;
    let by_digest = access::by_digest(&resolved)?;

    let for_target = |target: Target| {
        let surroundings = || Surroundings::of(&metadata, &cargo, &flags, env);
        let said = (&records, &surroundings as &dyn Fn() -> Option<Surroundings>);
        let graph = graph(&metadata, &selected, &cargo, &manifest, &flags, &target, said)?;
        let image = |(one, settings): (&Selected<'_>, _)| {
            let needs = Needs::of(&graph, &one.package.name, one.example);
            let mut image =
                image::image(one, settings, &target, (env, &revisions), &workspace, &archives, needs)?;
            if let Some(tag) = &request.tag {
                image.tags = retagged(&image.tags, tag)?;
            }
            Ok(image)
        };
        Ok(Plan {
            images: selected.iter().zip(&resolved).map(image).collect::<Result<_, Error>>()?,
            symbols,
            optimize: optimize.clone(),
            plain: plain.clone(),
            replaced: replaced.clone(),
            install: !flags.no_network() && !resolved.iter().any(|one| one.settings.no_install),
            provide: !resolved.iter().any(|one| one.settings.no_provide),
            cache: cache.clone(),
            records: records.clone(),
            outputs: outputs.clone(),
            graph,
            flags: flags.clone(),
            cargo: cargo.clone(),
            workspace: workspace.clone(),
            manifest: manifest.clone(),
            target,
            build: build.clone(),
            archives: archives.clone(),
            access: access.clone(),
            by_digest,
            builder: builder.clone(),
        })
    };
    let first = for_target(first)?;
    let others = others.into_iter().map(for_target).collect::<Result<Vec<_>, Error>>()?;
    conflicts::one_destination_each(&first.images)?;
    conflicts::one_name_each(&first.images, by_digest)?;

    let mut warnings: Vec<_> =
        unknown.iter().map(|(name, near)| warning::unknown_variable(name, near.as_deref())).collect();
    let images = std::iter::once(&first).chain(&others).flat_map(|plan| &plan.images);
    for warning in images.flat_map(warning::warnings_of) {
        // what several images share is said once
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    Ok(Plans { first, others, warnings })
}

/// `names` with another tag.
fn retagged(names: &[Reference], tag: &str) -> Result<Vec<Reference>, Error> {
    let names = names.iter().map(|name| name.tagged(tag));
    let mut names = names.collect::<Result<Vec<_>, _>>().map_err(|why| Error::new(Code::Usage, why))?;
    names.dedup();
    Ok(names)
}

fn symbols(profile: &Profile, split: bool, optimize: &Optimization) -> Symbols {
    let mut symbols = Symbols::of(profile);
    if split {
        symbols.keep_debug(); // one build for all images
    }
    if optimize.other_allocator().is_some() {
        symbols.keep(); // they tell whether it is the one in use
    }
    symbols
}

/// The graph of what is built. Packages that depend on nothing need no question.
fn graph(
    metadata: &Metadata,
    selected: &[Selected<'_>],
    cargo: &Path,
    manifest: &Path,
    flags: &CargoFlags,
    target: &Target,
    said: (&Cache, &dyn Fn() -> Option<Surroundings>),
) -> Result<Graph, Error> {
    if metadata.packages.iter().all(|package| package.dependencies.is_empty()) {
        return Ok(Graph::empty());
    }
    let mut specs: Vec<String> = selected.iter().map(Selected::spec).collect();
    specs.sort_unstable();
    specs.dedup();
    let examples = selected.iter().any(|one| one.example);
    Graph::of(cargo, manifest, &specs, flags, target, examples, said)
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
