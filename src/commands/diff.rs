//! `cargo scratch diff A B`: what changed from one image to the other, platform by platform. Runs nothing of them.

use super::look::{Way, platform, same};
use crate::config::env::Env;
use crate::config::layers::Layer;
use crate::content::difference::{Difference, Side};
use crate::content::{Found, Laid, Stored, lay};
use crate::error::{Code, Error, escaped};
use crate::report::{Compared, Pair, diff_json, diff_lines, pair_json, pair_lines};
use crate::source::Source;
use crate::ui::{Format, Ui};

/// Runs the command, and tells whether a container could tell no difference; `flags` is what the command line says of
/// registries, `wanted` the one platform that is compared.
pub fn diff(
    from: &Source,
    to: &Source,
    wanted: Option<&str>,
    flags: Layer,
    env: &Env,
    ui: &Ui,
) -> Result<bool, Error> {
    let way = Way::new(flags, wanted, env, ui)?;
    let (a, b) = (way.open(from)?, way.open(to)?);
    let (pairs, removed, added) = paired(&a.images, &b.images);
    let names = [a.place.clone(), b.place.clone()];
    let equal = removed.is_empty() && added.is_empty();
    let (mut compared, mut images) = (Compared { names, removed, added, equal }, Vec::new());
    let show = |lines: Vec<String>| {
        let mut lines = lines.iter().filter(|_| ui.format == Format::Human);
        lines.try_for_each(|line| ui.line(escaped(line)))
    };
    show(diff_lines(&compared))?;
    let several = a.images.len().max(b.images.len()) > 1;
    for (before, after) in pairs {
        let (laid, laid_) = (read(&a, before)?, read(&b, after)?);
        let difference = Difference::between(Side::of(before, &laid), Side::of(after, &laid_));
        let pair = Pair { before: (before, &laid), after: (after, &laid_), difference: &difference };
        match ui.format {
            Format::Human => show(pair_lines(&pair, several))?,
            Format::Json => images.push(pair_json(&pair)),
        }
        compared.equal &= difference.is_empty();
    }
    if ui.format == Format::Json {
        ui.json(&diff_json(&compared, images))?;
    }
    Ok(compared.equal)
}

/// Images of the same platform, and the platforms that only one side has. Two single images are meant for each other.
fn paired<'a>(a: &'a [Stored], b: &'a [Stored]) -> (Vec<(&'a Stored, &'a Stored)>, Vec<String>, Vec<String>) {
    if let ([a], [b]) = (a, b) {
        return (vec![(a, b)], Vec::new(), Vec::new());
    }
    let (mut pairs, mut removed) = (Vec::new(), Vec::new());
    let mut rest: Vec<&Stored> = b.iter().collect();
    for one in a {
        match rest.iter().position(|other| same(&platform(one), &platform(other))) {
            Some(at) => pairs.push((one, rest.remove(at))),
            None => removed.push(platform(one)),
        }
    }
    (pairs, removed, rest.into_iter().map(platform).collect())
}

/// The layers of `image`. What cannot be read to its end cannot be called equal to anything.
fn read(found: &Found, image: &Stored) -> Result<Laid, Error> {
    let laid = lay(image, &mut |_, _, _| Ok(()))?;
    let unread = || {
        Error::new(Code::Invalid, format!("{} cannot be read as a whole", found.place))
            .help(format!("cargo scratch verify {}", found.place))
    };
    if let Some(fault) = laid.unread() {
        return Err(unread().note(fault.to_string()));
    }
    match laid.is_whole() {
        true => Ok(laid),
        false => {
            Err(found.faults.iter().take(1).fold(unread(), |error, fault| error.note(fault.to_string())))
        }
    }
}
