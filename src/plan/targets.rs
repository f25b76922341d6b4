//! The targets of a run: one cargo invocation builds for all of them, so all its programs share them.

use crate::config::layers::Resolved;
use crate::error::{Code, Error};
use crate::image::platform::Target;

/// The target where nobody names one.
const DEFAULT: &str = "x86_64-unknown-linux-musl";

/// The targets that the settings of every program agree on, in the order in which they are named; never none.
pub fn targets(resolved: &[Resolved]) -> Result<(Target, Vec<Target>), Error> {
    let mut agreed: Option<Vec<Target>> = None;
    for one in resolved {
        let own = own(one)?;
        match &agreed {
            None => agreed = Some(own),
            Some(others) if same(others, &own) => {}
            Some(others) => return Err(apart(others, &own)),
        }
    }
    let mut targets = agreed.unwrap_or_default().into_iter();
    let first = match targets.next() {
        Some(first) => first,
        None => default()?,
    };
    let others: Vec<_> = targets.collect();
    one_platform_each(&first, &others)?;
    Ok((first, others))
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

/// An index has one image for a platform (OCI image spec, image-index.md: the first that matches is taken).
fn one_platform_each(first: &Target, others: &[Target]) -> Result<(), Error> {
    let all: Vec<&Target> = std::iter::once(first).chain(others).collect();
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
