//! `--verify-reproducible`: what was built is built once more in another folder, and is delivered if it is the same.
//!
//! The first of the two is what the user's own target folder gave, so that what an earlier build has left there is put
//! to the test too; the second begins with nothing.

use super::measured;
use super::stages::{self, Made, Ready};
use super::workplace::Workplace;
use crate::config::env::Env;
use crate::content::difference::{Change, Difference, Setting, Side};
use crate::content::{self, Found, Kind, Stored, lay};
use crate::error::{Code, Error, bounded};
use crate::image::archive::Archive;
use crate::image::bundle::Bundle;
use crate::plan::{self, Plan, Plans, Request, sources};
use crate::reproduce::{Causes, Evidence, Mirror, Spot, Window, causes, find, personal};
use crate::size::{self, Who};
use crate::temporary;
use crate::ui::Ui;
use crate::{report, sink};
use std::fs::File;
use std::io;

/// Where a program has its build id.
const BUILD_ID: &str = ".note.gnu.build-id";

/// A build, its plans, and where it happened.
struct Build<'a> {
    plans: &'a Plans,
    workplace: &'a Workplace<'a>,
    made: &'a Made<'a>,
}

/// Builds what `request` asks for a second time, and compares it with `made`, which was made of it by `plans`.
///
/// # Errors
/// The second build fails, or gives other images; or there is no room for it.
pub fn again(
    request: &Request,
    plans: &Plans,
    workplace: &Workplace<'_>,
    made: &Made<'_>,
    env: &Env,
    ui: &Ui,
) -> Result<(), Error> {
    let first = Build { plans, workplace, made };
    let mirror = Mirror::of(plans, env)?;
    ui.status("Repeating", format!("the build in {}", mirror.folder().display()));
    let window = Window::begin()?;
    let (request, env) = (mirror.request(request, &plans.first.manifest), mirror.env());
    // cargo, rustup and git look from the current folder upward
    let entered = env.enter().map_err(|reason| Error::io(Code::Output, "enter", env.folder(), &reason))?;
    let plans = plan::plan(&request, env).map_err(|error| of_copy(error, &mirror))?;
    let mut workplace = Workplace::find(&plans, env, ui).map_err(|error| of_copy(error, &mirror))?;
    let made = stages::ready_with(&plans, &mut workplace, mirror.variables(), env, ui);
    let made = made.map_err(|error| of_copy(error, &mirror))?;
    drop(entered);
    let trails = [&first.made.artifacts.trail, &made.artifacts.trail];
    let outside = sources::sources(&plans.first)?.outside.into_iter().map(|(name, _)| name).collect();
    let evidence = Evidence { trails, folder: mirror.folder(), outside, window: window.end() };
    let second = Build { plans: &plans, workplace: &workplace, made: &made };
    same_programs(&first.made.programs, &made.programs)?;
    for (number, (one, other)) in first.made.programs.iter().zip(&made.programs).enumerate() {
        let (mut a, mut b) = (assembled(one)?, assembled(other)?);
        if a.root.digest == b.root.digest {
            same_debug(one, other, &evidence)?;
            impersonal(one, &mut a, &made)?;
            let name = one.first().map_or("", |ready| ready.program.image.bin.as_str());
            ui.status("Reproduced", format!("{name}: {}, built twice", a.root.digest));
            continue;
        }
        let (a, b) = (opened(&mut a, one)?, opened(&mut b, other)?);
        for (platform, (before, after)) in a.images.iter().zip(&b.images).enumerate() {
            if let Some(error) = difference(before, after, [&first, &second], (number, platform), &evidence)?
            {
                return Err(error);
            }
        }
        return Err(refusal(one, "its index").help("cargo scratch diff A B     tells two images apart"));
    }
    Ok(())
}

/// An error of the second build: the first one has had none.
fn of_copy(error: Error, mirror: &Mirror) -> Error {
    match error.code() {
        Code::Interrupted => error,
        _ => error
            .note(format!(
                "this was the second build, of a copy in {}; the first one is in order",
                mirror.folder().display()
            ))
            .note(
                "it has no file from outside of the workspace, its git work tree and its path dependencies",
            ),
    }
}

fn assembled(ready: &[Ready<'_>]) -> Result<Bundle, Error> {
    let created = ready.first().map_or(0, |first| first.program.image.recipe.created);
    stages::assembled(ready, Archive::nameless(&temporary::large(), created)?)
}

fn opened(bundle: &mut Bundle, ready: &[Ready<'_>]) -> Result<Found, Error> {
    let (name, tags) = ready
        .first()
        .map_or(("", &[][..]), |first| (first.program.image.bin.as_str(), &first.program.image.tags[..]));
    content::open_file(sink::opened(bundle, tags)?, name)
}

/// Refuses a build that has made other programs, or for other platforms.
fn same_programs(before: &[Vec<Ready<'_>>], after: &[Vec<Ready<'_>>]) -> Result<(), Error> {
    let names = |programs: &[Vec<Ready<'_>>]| {
        let of = |one: &Ready<'_>| {
            let image = one.program.image;
            format!("`{}` for {}", image.bin, image.recipe.target.platform())
        };
        programs.iter().flatten().map(of).collect::<Vec<_>>()
    };
    let (before, after) = (names(before), names(after));
    if before == after {
        return Ok(());
    }
    let list = |names: &[String]| bounded(&names.join(", "));
    Err(Error::new(Code::NotReproducible, "the second build has made other programs")
        .note(format!("they were {}, and the second time {}", list(&before), list(&after)))
        .help("keep the sources of programs out of target folders: the second build begins with empty ones"))
}

/// Refuses debug information, kept beside the images of one program, that is not the same in both builds.
fn same_debug(before: &[Ready<'_>], after: &[Ready<'_>], evidence: &Evidence<'_>) -> Result<(), Error> {
    for (one, other) in before.iter().zip(after) {
        let (Some(a), Some(b)) = (&one.twin, &other.twin) else { continue };
        let (place, a, b) = (a.path().display(), a.nameless()?, b.nameless()?);
        if let Some(spot) = Spot::between(&a, &b).map_err(unread)? {
            let (spot, causes) = causes(&a, &b, spot, evidence)?;
            return Err(told(
                refusal(before, "its debug information"),
                place.to_string(),
                &spot,
                None,
                causes,
            ));
        }
    }
    Ok(())
}

/// Refuses what both builds have alike only because one user of one machine has made them.
fn impersonal(ready: &[Ready<'_>], bundle: &mut Bundle, made: &Made<'_>) -> Result<(), Error> {
    let read = personal(&made.artifacts.trail);
    let Some(first) = ready.first().filter(|_| !read.is_empty()) else { return Ok(()) };
    let program = first.program.image.program.to_string();
    for image in &opened(bundle, ready)?.images {
        let Some(file) = content_of(image, program.trim_start_matches('/'))? else { continue };
        for (package, name, value) in &read {
            let found = find(&file, value.as_bytes());
            if found.is_ok_and(|found| found.is_some()) {
                let what =
                    format!("`{}` is not the same when somebody else builds it", first.program.image.bin);
                return Err(Error::new(Code::NotReproducible, what)
                    .at(&program)
                    .note(format!(
                        "a variable: `{package}` reads env!(\"{name}\"), and the program holds `{}`",
                        bounded(value)
                    ))
                    .help("read the variable when the program runs, or leave it out"));
            }
        }
    }
    Ok(())
}

fn refusal(ready: &[Ready<'_>], what: &str) -> Error {
    let name = ready.first().map_or("", |first| first.program.image.bin.as_str());
    Error::new(
        Code::NotReproducible,
        format!("`{name}` is not the same when it is built again: {what} differs"),
    )
}

/// The refusal of an image that is not the same in both builds, `at` this program and platform.
fn difference(
    before: &Stored,
    after: &Stored,
    builds: [&Build<'_>; 2],
    at: (usize, usize),
    evidence: &Evidence<'_>,
) -> Result<Option<Error>, Error> {
    let (laid, laid_) = (lay(before, &mut |_, _, _| Ok(()))?, lay(after, &mut |_, _, _| Ok(()))?);
    let difference = Difference::between(Side::of(before, &laid), Side::of(after, &laid_));
    let ready = builds.map(|build| build.made.programs.get(at.0).map_or(&[][..], |ready| &ready[..]));
    let Some(one) = ready[0].get(at.1) else { return Ok(None) };
    let program = one.program.image.program.to_string();
    let is_program = |change: &&Change| program.strip_prefix('/') == Some(change.path.as_str());
    let change = difference.files.iter().find(is_program).or(difference.files.first());
    let Some(change) = change else {
        return Ok(difference.settings.first().map(|setting| of_setting(ready[0], setting)));
    };
    let path = format!("/{}", change.path);
    let layer = laid.tree.nodes.get(&change.path).or_else(|| laid_.tree.nodes.get(&change.path));
    let layer = layer.map_or(0, |node| node.layer);
    let title = one.layers.get(layer).map_or("", |layer| layer.title());
    let place = format!("layer {} ({title}), {path}", layer + 1);
    let files = [content_of(before, &change.path)?, content_of(after, &change.path)?];
    let [Some(a), Some(b)] = &files else {
        return Ok(Some(
            refusal(ready[0], &path).at(place).note("only one of the two builds has it as a file"),
        ));
    };
    let Some(spot) = Spot::between(a, b).map_err(unread)? else {
        return Ok(Some(
            refusal(ready[0], &path).at(place).note("its mode, its owner or its kind is another one"),
        ));
    };
    if spot.section.as_deref() == Some(BUILD_ID) {
        // the linker's digest of all that it wrote, and so of what is not in the image
        same_debug(ready[0], ready[1], evidence)?;
    }
    let (spot, causes) = causes(a, b, spot, evidence)?;
    let mut owned = None;
    let plan = builds[1].plans.iter().nth(at.1);
    if let (true, Some(address), Some(plan), Some(other)) =
        (is_program(&change), spot.address, plan, ready[1].get(at.1))
    {
        owned = owner(other, plan, builds[1], address);
    }
    Ok(Some(told(refusal(ready[0], &path), place, &spot, owned, causes)))
}

/// `refusal` with where in the file at `place` the bytes are, whose they are and why they differ.
fn told(refusal: Error, mut place: String, spot: &Spot, owner: Option<String>, causes: Causes) -> Error {
    let bytes = report::counted(usize::try_from(spot.bytes).unwrap_or(usize::MAX), "byte");
    place += &spot.section.as_ref().map_or_else(String::new, |section| format!(", section {section}"));
    place += &format!(", byte {}", spot.at[1]);
    let mut error = refusal.at(place).note(format!("{bytes} of it differ"));
    if let Some(owner) = owner {
        error = error.note(format!("the bytes are {owner}"));
    }
    let error = causes.notes.into_iter().fold(error, Error::note);
    causes.help.into_iter().fold(error, Error::help)
}

fn unread(reason: io::Error) -> Error {
    Error::new(Code::Output, "the two builds cannot be compared").note(reason.to_string())
}

fn of_setting(ready: &[Ready<'_>], setting: &Setting) -> Error {
    let name = setting.name.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
    let value = |value: &Option<String>| bounded(value.as_deref().unwrap_or_default());
    refusal(ready, &format!("{}{name}", setting.field))
        .note(format!("it was `{}`, and the second time `{}`", value(&setting.before), value(&setting.after)))
        .help("the second build sees the same commit and the same settings: commit what git calls changed")
}

/// The bytes of the file `path` of `image`, in a file without a name; `None` if it is no file there.
fn content_of(image: &Stored, path: &str) -> Result<Option<File>, Error> {
    let mut found = None;
    lay(image, &mut |_, entry, content| {
        if entry.path == path && entry.kind == Kind::File {
            let folder = temporary::large();
            let full = |reason: io::Error| Error::io(Code::Output, "write in", &folder, &reason);
            let mut file = tempfile::tempfile_in(&folder).map_err(full)?;
            io::copy(content, &mut file).map_err(full)?;
            found = Some(file);
        }
        Ok(())
    })?;
    Ok(found)
}

/// Whose bytes are at `address` of a program, in words; as far as its symbols tell.
fn owner(ready: &Ready<'_>, plan: &Plan, build: &Build<'_>, address: u64) -> Option<String> {
    let artifact = build.made.artifacts.of(ready.program.image, build.plans).ok()?;
    let program = File::open(&artifact.path).ok()?;
    let owner =
        measured::with_known(plan, ready.program.image, &build.made.artifacts, build.workplace, |known| {
            size::owner_at(&program, known, address)
        });
    let (who, name) = owner.ok()??;
    let who = match who {
        Who::Crate(name) => format!("of the crate `{name}`"),
        Who::Std => "of the standard library".to_owned(),
        Who::Native(name) => format!("of the C library `{name}`"),
        Who::Unknown(what) => what.to_owned(),
    };
    Some(name.map_or(who.clone(), |name| format!("{who}, in `{}`", bounded(&name))))
}
