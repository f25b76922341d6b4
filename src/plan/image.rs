//! One image of a plan: its names, its files, and how it starts.

use super::git::Revisions;
use super::labels::labels;
use super::needs::{self, CERTIFICATES, Certificates, Needs, Zones};
use super::papers::{self, Papers};
use super::select::Selected;
use crate::config::Settings;
use crate::config::env::Env;
use crate::config::layers::{Origin, Resolved};
use crate::config::values::{Copy, Output, Pair, Time, Word};
use crate::error::{Code, Error};
use crate::image::Recipe;
use crate::image::config::Run;
use crate::image::path::ImagePath;
use crate::image::platform::Target;
use crate::image::reference::Reference;
use crate::sink::{self, Destination, Takes};
use cargo_metadata::PackageId;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Not root, no entry of the host's, and what distroless images made customary.
pub const NONROOT: u32 = 65532;

/// Folders at the root of every container: the kernel's, and those of the base layer.
const TAKEN: [&str; 6] = ["dev", "etc", "proc", "run", "sys", "tmp"];

/// What is built and packed into one image.
#[derive(Clone, Debug)]
pub struct ImagePlan {
    /// The package that the binary belongs to.
    pub package: PackageId,
    /// The package as `cargo build -p` takes it, whatever the age of cargo.
    pub spec: String,
    /// The package's manifest; absolute.
    pub manifest: PathBuf,
    /// The binary's or example's name.
    pub bin: String,
    /// Whether it is an example.
    pub example: bool,
    /// Where the binary stands in the image.
    pub program: ImagePath,
    /// What the image is called.
    pub tags: Vec<Reference>,
    /// Everything of the image but its layers.
    pub recipe: Recipe,
    /// What the program's packages need of a system.
    pub needs: Needs,
    /// The certificates of authorities in the base layer.
    pub certificates: Option<Certificates>,
    /// The time zones in the base layer.
    pub zones: Option<Zones>,
    /// The user's files.
    pub copies: Vec<CopyPlan>,
    /// Where the image goes.
    pub destinations: Vec<Destination>,
    /// The most bytes that its files may have, uncompressed.
    pub limit: Option<u64>,
    /// Whether the program's debug information is kept beside it.
    pub split_debug: bool,
    /// What goes with the image.
    pub papers: Papers,
}

/// A file or folder on its way into the image.
#[derive(Clone, Debug)]
pub struct CopyPlan {
    /// Absolute.
    pub source: PathBuf,
    /// What was asked for.
    pub copy: Copy,
    /// The folder that the source must not lie outside of, for what the project itself asks for.
    pub confined: Option<PathBuf>,
}

/// The image of `selected`. `folder` is where archives go by default, `needs` what its dependencies read.
pub fn image(
    selected: &Selected<'_>,
    resolved: &Resolved,
    target: &Target,
    (env, revisions): (&Env, &Revisions<'_>),
    workspace: &Path,
    folder: &Path,
    needs: Needs,
) -> Result<ImagePlan, Error> {
    let bin = checked_name(&selected.target.name)?;
    let program = ImagePath::parse(&format!("/{bin}"))?;
    let settings = &resolved.settings;
    let certificates = needs::certificates(resolved, &needs, workspace)?;
    let mut recipe = Recipe {
        run: run(settings, &program, labels(selected.package, bin, revisions)),
        target: target.clone(),
        created: created(settings, env)?,
        compression: settings.compression.unwrap_or_default(),
        annotations: by_name(&settings.annotation),
    };
    if certificates.is_some() {
        recipe.run.env.entry("SSL_CERT_FILE".into()).or_insert_with(|| CERTIFICATES.into());
    }
    let origins = resolved.origins("output").iter();
    let mut destinations = Vec::new();
    for (output, origin) in settings.output.iter().zip(origins) {
        let destination = sink::destination(output, origin.folder(), folder, bin)?;
        allowed(&destination, output, origin)?;
        // a name said twice is said once; two outputs to one file are told apart elsewhere
        let known = |other: &Destination| {
            other.kind.name == destination.kind.name && other.place == destination.place
        };
        if destination.path().is_some() || !destinations.iter().any(known) {
            destinations.push(destination);
        }
    }
    if destinations.is_empty() {
        destinations.push(Destination::default_in(folder, bin));
    }
    sink::compatible(&destinations, recipe.compression)?;
    Ok(ImagePlan {
        package: selected.package.id.clone(),
        spec: selected.spec(),
        manifest: selected.package.manifest_path.clone().into(),
        bin: bin.to_owned(),
        example: selected.example,
        program,
        tags: tags(settings, bin, &selected.package.version.to_string())?,
        recipe,
        certificates,
        zones: needs::zones(resolved, &needs)?,
        needs,
        copies: copies(resolved, workspace)?,
        destinations,
        limit: settings.max_size.map(|size| size.0),
        split_debug: settings.split_debug,
        papers: papers::papers(resolved)?,
    })
}

/// A project may have come from somebody else: what it asks for by itself stays in its folder or on this machine.
fn allowed(destination: &Destination, output: &Output, origin: &Origin) -> Result<(), Error> {
    if destination.kind.takes == Takes::Reference && origin.is_metadata() {
        return Err(Error::new(Code::Setting, "a project cannot ask for a push")
            .at(origin)
            .note("it would go out with your credentials, to where the project says")
            .help("keep the names there, as `tag`, and push on the command line: cargo scratch push"));
    }
    match &output.destination {
        Some(path) if destination.path().is_some() => stays_inside(path, origin, "output"),
        _ => Ok(()),
    }
}

/// What a project's metadata asks for must not be written outside of it.
pub fn stays_inside(path: &Path, origin: &Origin, key: &str) -> Result<(), Error> {
    let leaves = path.components().any(|part| matches!(part, Component::RootDir | Component::ParentDir));
    if !(origin.is_metadata() && leaves) {
        return Ok(());
    }
    let value = if key == "output" { "KIND=DEST" } else { "DIR" };
    Err(Error::new(Code::Setting, format!("`{key}` leads out of the project"))
        .at(origin)
        .note("what a project asks for stays in its folder: it may have come from somebody else")
        .help(format!("name it on the command line: --{key} {value}")))
}

/// A binary's name becomes a path, a file name and words of command lines: cargo lets more through than is safe.
fn checked_name(name: &str) -> Result<&str, Error> {
    if TAKEN.contains(&name) {
        return Err(Error::new(Code::Name, format!("the binary's name `{name}` cannot stand in an image"))
            .note(format!("every container has a folder /{name}"))
            .help("rename it in Cargo.toml: `name` of its [[bin]]"));
    }
    let fits = |c: char| c.is_alphanumeric() || "-_".contains(c);
    if !name.is_empty() && name.len() <= 200 && name.chars().all(fits) {
        return Ok(name);
    }
    Err(Error::new(Code::Name, format!("the binary's name `{name}` cannot stand in an image"))
        .note(
            "a name is at most 200 bytes of letters, digits, `-` and `_`: what rustc takes as a crate's name",
        )
        .help("rename it in Cargo.toml: `name` of its [[bin]]"))
}

fn tags(settings: &Settings, bin: &str, version: &str) -> Result<Vec<Reference>, Error> {
    if !settings.tag.is_empty() {
        let mut tags = settings.tag.clone();
        tags.dedup();
        return Ok(tags);
    }
    let no_name = || {
        Error::new(Code::Name, format!("no image name can be made of `{bin}`"))
            .help("choose one: cargo scratch --tag NAME")
    };
    let name = Reference::slug(bin).ok_or_else(no_name)?;
    let name = settings.repo.as_ref().map_or(name.clone(), |repo| format!("{}/{name}", repo.0));
    [Reference::slug_tag(version), "latest".into()]
        .iter()
        .map(|tag| format!("{name}:{tag}").parse().map_err(|_| no_name()))
        .collect()
}

fn run(settings: &Settings, program: &ImagePath, mut labels: BTreeMap<String, String>) -> Run {
    labels.extend(by_name(&settings.label));
    let entrypoint = match settings.entrypoint.is_empty() {
        true => vec![program.to_string()],
        false => words(&settings.entrypoint),
    };
    Run {
        user: settings.user.as_ref().map_or_else(|| format!("{NONROOT}:{NONROOT}"), |user| user.0.clone()),
        exposed_ports: settings.expose.iter().map(|port| port.0.clone()).collect(),
        env: by_name(&settings.env),
        entrypoint,
        cmd: words(&settings.cmd),
        volumes: settings.volume.iter().map(|path| path.0.clone()).collect(),
        working_dir: settings.workdir.as_ref().map_or_else(|| "/".into(), |path| path.0.clone()),
        labels,
        stop_signal: settings.stop_signal.as_ref().map(|signal| signal.0.clone()),
    }
}

/// `SOURCE_DATE_EPOCH` first, as its specification asks (reproducible-builds.org, "SOURCE_DATE_EPOCH").
fn created(settings: &Settings, env: &Env) -> Result<u64, Error> {
    match env.get("SOURCE_DATE_EPOCH") {
        None => Ok(settings.created.map_or(0, |time| time.0)),
        Some(value) => {
            let value = value.to_string_lossy();
            match value.parse::<u64>() {
                Ok(_) => value.parse::<Time>().map(|time| time.0),
                Err(_) => Err("expected seconds since 1970".into()),
            }
            .map_err(|why| Error::new(Code::Setting, format!("SOURCE_DATE_EPOCH is `{value}`: {why}")))
        }
    }
}

fn copies(resolved: &Resolved, workspace: &Path) -> Result<Vec<CopyPlan>, Error> {
    let all: Vec<_> = resolved.settings.copy.iter().zip(resolved.origins("copy")).collect();
    let mut plans = Vec::new();
    for (at, (copy, origin)) in all.iter().enumerate() {
        // as with names of variables, a stronger layer's destination takes the place of a weaker one's
        let outranked =
            |(other, by): &(&Copy, &Origin)| other.destination == copy.destination && by != origin;
        if all[at + 1..].iter().any(outranked) {
            continue;
        }
        if origin.is_metadata() && copy.source.is_absolute() {
            return Err(Error::new(
                Code::Asset,
                format!("`{}` lies outside the project", copy.source.display()),
            )
            .at(origin)
            .note("what a project asks for must lie in its workspace: it may have come from somebody else")
            .help("name it on the command line: --copy SRC:DEST"));
        }
        plans.push(CopyPlan {
            source: origin.folder().join(&copy.source),
            copy: (*copy).clone(),
            confined: origin.is_metadata().then(|| workspace.to_owned()),
        });
    }
    Ok(plans)
}

fn words(words: &[Word]) -> Vec<String> {
    words.iter().map(|word| word.0.clone()).collect()
}

/// The last of one name wins.
fn by_name(pairs: &[Pair]) -> BTreeMap<String, String> {
    pairs.iter().map(|pair| (pair.name.clone(), pair.value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b1_names_that_are_paths_commands_or_control_are_refused() {
        for name in [
            "",
            ".",
            "..",
            "../evil",
            "a/b",
            "a\"b",
            "a\nb",
            "$(id)",
            ".wh.foo",
            "\u{1b}[31m",
            "a b",
            "a\\b",
            "a`b",
            "proc",
            "etc",
            "a;b",
            "a:b",
            "a'b",
            "a*b",
            &"x".repeat(256),
        ] {
            let error = checked_name(name).unwrap_err();
            assert_eq!(error.exit_status(), 2, "{name:?}");
        }
    }

    #[test]
    fn b2_odd_names_pass() {
        for name in ["café", "-rf", "--help", "con", "Upper", &"x".repeat(200)] {
            assert!(checked_name(name).is_ok(), "{name}");
        }
    }
}
