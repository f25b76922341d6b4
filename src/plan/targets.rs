//! The targets of a run: one cargo invocation builds for all of them, so all its programs share them.

use crate::config::layers::Resolved;
use crate::error::{Code, Error};
use crate::image::platform::{Level, Target};

/// The target where nobody names one.
const DEFAULT: &str = "x86_64-unknown-linux-musl";

/// The targets that the settings of every program agree on, in the order in which they are named; never none. That for
/// amd64 is for processors of the level `cpu`.
///
/// # Errors
/// They do not agree, or one run cannot build for all of them.
pub fn targets(resolved: &[Resolved], cpu: Option<Level>) -> Result<(Target, Vec<Target>), Error> {
    // a project's own word for amd64 is none about a build for others
    let is_insisted = resolved.iter().flat_map(|one| one.origins("cpu")).any(|origin| !origin.is_metadata());
    let mut agreed: Option<Vec<Target>> = None;
    for one in resolved {
        let own = own(one)?;
        match &agreed {
            None => agreed = Some(own),
            Some(others) if same(others, &own) => {}
            Some(others) => return Err(apart(others, &own)),
        }
    }
    let mut all = agreed.unwrap_or_default();
    if let Some(cpu) = cpu {
        all = levelled(all, cpu, is_insisted)?;
    }
    one_level(&all)?;
    one_platform_each(&all)?;
    let others = all.split_off(all.len().min(1));
    match all.pop() {
        Some(first) => Ok((first, others)),
        None => Ok((default()?, others)),
    }
}

fn default() -> Result<Target, Error> {
    Target::from_triple(DEFAULT).map_err(|why| Error::new(Code::Platform, why))
}

/// Those of one program, each once.
fn own(resolved: &Resolved) -> Result<Vec<Target>, Error> {
    let mut targets: Vec<Target> = Vec::new();
    for target in resolved.settings.target.iter().chain(&resolved.settings.platform) {
        if !targets.contains(target) {
            targets.push(target.clone());
        }
    }
    if targets.is_empty() {
        targets.push(default()?);
    }
    Ok(targets)
}

fn same(some: &[Target], others: &[Target]) -> bool {
    some.len() == others.len() && some.iter().all(|target| others.contains(target))
}

fn apart(some: &[Target], others: &[Target]) -> Error {
    let words = |targets: &[Target]| targets.iter().map(Target::triple).collect::<Vec<_>>().join(", ");
    let what = format!("one build has one set of targets, these are {} and {}", words(some), words(others));
    Error::new(Code::Platform, what)
        .help("build them one after the other: cargo scratch --target TRIPLE -p PACKAGE")
}

/// `all`, of which that for amd64 is for processors of the level `cpu`; there must be one if that `is_insisted` on.
fn levelled(all: Vec<Target>, cpu: Level, is_insisted: bool) -> Result<Vec<Target>, Error> {
    if is_insisted && !all.iter().any(|target| target.architecture() == "amd64") {
        let named: Vec<_> = all.iter().map(Target::platform).collect();
        let what = format!("`--cpu {cpu}` is about linux/amd64, and this is for {}", named.join(", "));
        return Err(Error::new(Code::Platform, what)
            .help("leave --cpu out, or build for amd64 too: --platform linux/amd64"));
    }
    if let Some(other) = all.iter().find(|target| target.level().is_some_and(|level| level != cpu)) {
        let what = format!("`{}` and `--cpu {cpu}` are two levels of amd64", other.platform());
        return Err(Error::new(Code::Platform, what).help("leave one of them out"));
    }
    Ok(all.into_iter().map(|target| target.with_level(Some(cpu))).collect())
}

/// rustc hears of a level by a flag for all that it compiles for amd64.
fn one_level(all: &[Target]) -> Result<(), Error> {
    let is_amd64 = |target: &&Target| target.architecture() == "amd64";
    let mut levels = all.iter().filter(is_amd64);
    let Some(first) = levels.next() else { return Ok(()) };
    match levels.find(|other| other.level() != first.level()) {
        None => Ok(()),
        Some(other) => {
            let [one, two] = [first.platform(), other.platform()];
            Err(Error::new(
                Code::Platform,
                format!("`{one}` and `{two}` cannot be built by one run of cargo"),
            )
            .note("rustc is told of a level by a flag for the whole target")
            .help(format!("build each by itself: cargo scratch push --by-digest --platform {one} REF"))
            .help(format!("                      cargo scratch push --by-digest --platform {two} REF"))
            .help("then join them: cargo scratch index REF DIGEST DIGEST"))
        }
    }
}

/// An index has one image for a platform (OCI image spec, image-index.md: the first that matches is taken).
fn one_platform_each(all: &[Target]) -> Result<(), Error> {
    for (at, target) in all.iter().enumerate() {
        if let Some(other) = all[..at].iter().find(|other| other.platform() == target.platform()) {
            return Err(Error::new(
                Code::Platform,
                format!("`{other}` and `{target}` are both for {}", target.platform()),
            )
            .note("a machine takes the first image that it can run, so nobody would ever get the second")
            .help(format!("leave one of them out, or give it a tag of its own: cargo scratch --target {target} --tag NAME")));
        }
    }
    Ok(())
}
