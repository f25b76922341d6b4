//! Workflows for GitHub and GitLab, and an action for the workflows of others.
//!
//! Names and values of the project reach a script through its environment alone. Both services read more into a value
//! than YAML does (`${{ }}`, `$NAME`), so one that holds more than letters, digits and a few marks is refused.

mod pins;

use super::tools::Tools;
use super::{Generated, Request, workbench};
use crate::config::values::Sbom;
use crate::error::{Code, Error};
use crate::image::platform::{Level, Target};
use crate::image::reference::{HUB, Reference};
use crate::plan::{ImagePlan, Plan, Plans};
use crate::templates::{ACTION, Document, GITHUB, GITLAB};
use pins::{PINS, Pins};
use serde::Serialize;
use std::collections::BTreeSet;

/// The workflow for GitHub: every image for every platform, pushed, joined, attested, and released on a tag.
///
/// # Errors
/// A value that cannot stand in a workflow; images that go to several registries.
pub fn github(plans: &Plans, request: &Request) -> Result<Generated, Error> {
    // ghcr.io takes the token that every job has
    let flow = Flow::of(plans, request, "ghcr.io", |platform| match platform {
        "linux/arm64" => "ubuntu-24.04-arm",
        _ => "ubuntu-24.04",
    })?;
    generated(&GITHUB, &flow)
}

/// The same for GitLab.
///
/// # Errors
/// As those of [`github`].
pub fn gitlab(plans: &Plans, request: &Request) -> Result<Generated, Error> {
    let flow = Flow::of(plans, request, "registry.gitlab.com", |platform| match platform {
        "linux/arm64" => "saas-linux-small-arm64",
        _ => "saas-linux-small-amd64",
    })?;
    generated(&GITLAB, &flow)
}

/// A composite action for GitHub that builds or pushes one image.
///
/// # Errors
/// A value that cannot stand in a workflow.
pub fn action(plans: &Plans, request: &Request) -> Result<Generated, Error> {
    let mut flow = Flow::of(plans, request, "ghcr.io", |_| "")?;
    if let Some(level) = plans.first.optimize.cpu {
        flow.flags.push_str(&format!(" --cpu={level}"));
    }
    generated(&ACTION, &flow)
}

fn generated(document: &Document, flow: &Flow<'_>) -> Result<Generated, Error> {
    Ok(Generated { path: document.path.into(), text: document.render(flow)? })
}

/// What the templates are filled in with.
#[derive(Debug, Serialize)]
struct Flow<'a> {
    made: &'a str,
    /// Of this program.
    version: &'static str,
    /// Of ziglang, where something compiles C.
    zig: Option<&'static str>,
    /// Packages of Debian's, sorted, that the build calls programs of.
    packages: BTreeSet<&'static str>,
    pins: Pins,
    /// The image with rustup that jobs run in.
    rust: &'static str,
    platforms: Vec<Platform>,
    /// Every target, with commas between them.
    targets: String,
    images: Vec<Image>,
    several: bool,
    /// The host that is pushed to.
    registry: String,
    /// Whether that is not the registry that comes with the service.
    foreign: bool,
    /// Whether it is Docker Hub, whose name differs in statements.
    hub: bool,
    /// How cargo builds, one word a flag, with spaces between them; in an action, for all platforms at once.
    flags: String,
    /// Whether a platform is for processors of a level.
    levels: bool,
    /// Whether the standard library's source is needed.
    source: bool,
    /// Whether every image has a bill of materials that the services read.
    listed: bool,
}

#[derive(Debug, Serialize)]
struct Platform {
    /// `linux/arm/v7`.
    name: String,
    /// The same as a word: `linux-arm-v7`.
    slug: String,
    target: String,
    runner: &'static str,
    /// The value of `--cpu`.
    cpu: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Image {
    package: String,
    /// `bin` or `example`.
    kind: &'static str,
    bin: String,
    /// The repository; where it is [owned](Image::owned), the last part of its name.
    name: String,
    /// Whether it lies below the owner's part of the service's own registry, as nobody has named another.
    owned: bool,
}

impl<'a> Flow<'a> {
    /// `own` is the registry that comes with the service.
    fn of(
        plans: &Plans,
        request: &'a Request,
        own: &str,
        runner: impl Fn(&str) -> &'static str,
    ) -> Result<Self, Error> {
        let plan = &plans.first;
        let platform = |target: &Target| {
            let name = target.platform();
            let triple = sound("the target", target.triple())?;
            let (slug, runner) = (name.replace('/', "-"), runner(&name));
            Ok(Platform { slug, target: triple, runner, name, cpu: target.level().map(Level::cpu) })
        };
        let platforms: Vec<_> =
            plans.iter().map(|plan| platform(&plan.target)).collect::<Result<_, Error>>()?;
        let images: Vec<_> = plan.images.iter().map(image).collect::<Result<_, Error>>()?;
        let registry = registry(plan, own)?;
        let Tools { compiling, mut packages, .. } = Tools::of(plans);
        let compiles_c = !compiling.is_empty();
        if compiles_c {
            packages.insert("python3-venv"); // for zig
        }
        let targets: Vec<_> = platforms.iter().map(|one| one.target.as_str()).collect();
        Ok(Flow {
            made: &request.made,
            version: env!("CARGO_PKG_VERSION"),
            zig: compiles_c.then_some(workbench::ZIG),
            packages,
            pins: PINS,
            rust: pins::RUST,
            targets: targets.join(","),
            platforms,
            several: images.len() > 1,
            images,
            foreign: registry != own,
            hub: registry == HUB,
            registry,
            flags: [flags(plan)?, features(plan)?].join(" ").trim().to_owned(),
            levels: plans.iter().any(|plan| plan.target.level().is_some()),
            source: plan.optimize.needs_source(),
            listed: plan.images.iter().all(|image| image.papers.sboms.contains(&Sbom::CycloneDx)),
        })
    }
}

fn image(image: &ImagePlan) -> Result<Image, Error> {
    let package = image.spec.rsplit_once('@').map_or(&*image.spec, |(name, _)| name);
    let named = image.tags.first().filter(|tag| tag.names_registry());
    let name = match named {
        Some(tag) => format!("{}/{}", tag.host(), tag.repository()),
        None => image.tags.first().map(Reference::name).unwrap_or_default(),
    };
    Ok(Image {
        package: sound("the package", package)?,
        kind: if image.example { "example" } else { "bin" },
        bin: sound("the binary", &image.bin)?,
        name,
        owned: named.is_none(),
    })
}

/// The one registry that all images go to; a job that knew the passwords of several could give one to the other.
fn registry(plan: &Plan, own: &str) -> Result<String, Error> {
    let mut hosts: Vec<_> = plan
        .images
        .iter()
        .filter_map(|image| image.tags.first())
        .map(|tag| if tag.names_registry() { tag.host() } else { own })
        .collect();
    hosts.sort_unstable();
    hosts.dedup();
    match hosts[..] {
        [host] => Ok(host.to_owned()),
        _ => Err(Error::new(
            Code::Setting,
            format!("a workflow logs in to one registry, not to {}", hosts.join(" and ")),
        )
        .help("choose the programs whose images go to the same one: -p PACKAGE, --bin NAME")),
    }
}

/// How cargo builds, but for features. What a machine has of its own, such as a target folder, is left out.
fn flags(plan: &Plan) -> Result<String, Error> {
    let flags = &plan.flags;
    // what is released is what was committed
    let mut words = vec!["--locked".to_owned()];
    if flags.profile() != "release" {
        words.push(sound("--profile", &format!("--profile={}", flags.profile()))?);
    }
    for value in &flags.config {
        words.push(sound("--config", &format!("--config={value}"))?);
    }
    let optimize = plan.optimize.words();
    if !optimize.is_empty() {
        // a job for another architecture would not take the level: the one that does has a variable for it
        words.extend(optimize.into_iter().filter(|word| !word.starts_with("--cpu=")));
        words.push("--no-compare".to_owned());
    }
    Ok(words.join(" "))
}

fn features(plan: &Plan) -> Result<String, Error> {
    let words = plan.flags.features();
    // cargo takes spaces between features too
    let words = words.iter().map(|word| word.to_string_lossy().trim().replace(' ', ","));
    words
        .map(|word| sound("--features", &word))
        .collect::<Result<Vec<_>, Error>>()
        .map(|words| words.join(" "))
}

/// `value`, if it means itself in YAML, in the expressions of both services, and as one word of a list.
fn sound(what: &str, value: &str) -> Result<String, Error> {
    let fits = |c: char| c.is_alphanumeric() || "._/+@:=,-".contains(c);
    if !value.is_empty() && value.chars().all(fits) {
        return Ok(value.to_owned());
    }
    let start: String = value.chars().take(80).collect();
    Err(Error::new(Code::Name, format!("{what} `{start}` cannot be written into a workflow safely"))
        .note("GitHub and GitLab read more into values than text, e.g. `${{ }}` and `$NAME`")
        .help("rename it, or move it from the command line to Cargo.toml or .cargo/config.toml"))
}
