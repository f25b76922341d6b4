//! `cargo scratch verify FILE|IMAGE...`: the `ldd` that understands, and the reader of images that forgives nothing. Runs
//! nothing of what it reads.

use super::look::reach;
use super::vouched::{Asked, vouched};
use crate::config::env::Env;
use crate::config::layers::Layer;
use crate::content::Packing;
use crate::error::{Code, Error, escaped};
use crate::registry::Access;
use crate::regular::RegularFile;
use crate::report::{Verdict, Vouched, malformed_json, soundness_json, soundness_lines};
use crate::source::{self, Source, Ways};
use crate::ui::Ui;
use crate::verify::image::judge;
use crate::verify::traces::traces;
use crate::verify::{Unproven, prove};
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Judges each of `what`, and where that is `asked`, who vouches for it; `flags` is what the command line says of
/// registries. An error at the end if one of them is a program that is not proven static, an image that is not sound, or
/// one that nobody vouches for.
pub fn verify(
    what: &[PathBuf],
    asked: Option<&Asked>,
    flags: Layer,
    env: &Env,
    ui: &Ui,
) -> Result<(), Error> {
    let images: Vec<_> = what.iter().map(|path| image(path)).collect::<Result<_, Error>>()?;
    // of what is not there, whoever opens it says so
    let mut others = what.iter().zip(&images).filter(|(path, image)| image.is_none() && path.exists());
    if let (Some(_), Some((path, _))) = (asked, others.next()) {
        return Err(Error::new(
            Code::Usage,
            format!("`{}` is no image, and provenance is about images", path.display()),
        ));
    }
    let mut reached = if images.iter().any(Option::is_some) { reach(flags, env)? } else { Access::default() };
    let watch = ui.watch();
    reached.progress = watch.progress();
    let ways = Ways { env, access: &reached, platform: None };
    let (mut programs, mut unsound, mut unreadable) = (Vec::new(), Vec::new(), None);
    let mut unvouched: Vec<Vouched> = Vec::new();
    for (path, image) in what.iter().zip(&images) {
        let (verdict, refused) = match image {
            Some(image) => (sound(image, asked, &ways), &mut unsound),
            None => (proven(path), &mut programs),
        };
        match verdict {
            Ok(verdict) => {
                let lines: Vec<_> = verdict.lines.iter().map(|line| escaped(line).into_owned()).collect();
                ui.result(lines.join("\n"), || verdict.json)?;
                if verdict.refused {
                    refused.push(path);
                }
                if let Some(vouched) = verdict.vouched {
                    let lines: Vec<_> =
                        vouched.lines().iter().map(|line| escaped(line).into_owned()).collect();
                    ui.result(lines.join("\n"), || vouched.json())?;
                    unvouched.extend((!vouched.is_whole()).then_some(vouched));
                }
            }
            // what is wrong with the only one is all there is to say
            Err(error) if error.code() == Code::Interrupted || what.len() == 1 => return Err(error),
            Err(error) => {
                ui.error(&error);
                match error.code() {
                    // it can be read, and is no image
                    Code::Invalid => refused.push(path),
                    code => unreadable = Some(code),
                }
            }
        }
    }
    let (refused, all) = (programs.len() + unsound.len(), what.len());
    let refuse = |code, what: String| Err(Error::new(code, what));
    match (&programs[..], &unsound[..], unreadable) {
        ([], [], None) => unvouched.first().map_or(Ok(()), |first| Err(first.error(unvouched.len(), all))),
        ([], [], Some(code)) => refuse(code, "not every file could be read".into()),
        ([one], [], _) => refuse(Code::NotStatic, format!("`{}` is not proven static", one.display())),
        (_, [], _) => refuse(Code::NotStatic, format!("{refused} of {all} files are not proven static")),
        ([], [one], _) => refuse(Code::Invalid, format!("`{}` is not sound", one.display())),
        ([], _, _) => refuse(Code::Invalid, format!("{refused} of {all} images are not sound")),
        _ => refuse(Code::Invalid, format!("{refused} of {all} are not sound, or not proven static")),
    }
}

/// What is printed of one of them.
struct Printed {
    lines: Vec<String>,
    json: Value,
    refused: bool,
    /// Who vouches for it, if that was asked and it is sound.
    vouched: Option<Vouched>,
}

/// The image that `path` stands for, if it is not to be taken for a program: a folder with anything of a layout, a file
/// that begins as an archive does, or a name of what is no file.
fn image(path: &Path) -> Result<Option<Source>, Error> {
    match path.metadata() {
        Ok(status) if status.is_dir() => {
            let has = |name: &&str| path.join(name).symlink_metadata().is_ok();
            let layout = ["oci-layout", "index.json", "blobs"].iter().any(has);
            Ok(layout.then(|| Source::Path(path.to_owned())))
        }
        Ok(status) if status.is_file() => Ok(begins_as_archive(path).then(|| Source::Path(path.to_owned()))),
        Ok(_) => Ok(None),
        Err(_) => {
            let text = path.to_string_lossy();
            match text.parse() {
                Ok(Source::Path(same)) if same == path => Ok(None),
                Ok(named) => Ok(Some(named)),
                // whoever opens it says that it is not there
                Err(_) if !text.contains(':') => Ok(None),
                Err(why) => Err(Error::new(Code::Usage, why).at(&text)),
            }
        }
    }
}

/// Whether the file at `path` begins as a tar does, or as what compresses one.
fn begins_as_archive(path: &Path) -> bool {
    let mut head = Vec::new();
    let opened = RegularFile::open(path, true).ok();
    if opened.is_none_or(|file| file.file().take(512).read_to_end(&mut head).is_err()) {
        return false; // whoever opens it again says why
    }
    let named = path.extension().is_some_and(|extension| extension == "tar");
    Packing::of(&head) != Packing::Plain
        || head.get(257..262) == Some(b"ustar")
        || named && !head.starts_with(b"\x7fELF")
}

fn sound(image: &Source, asked: Option<&Asked>, ways: &Ways<'_>) -> Result<Printed, Error> {
    let found = source::open(image, ways)?;
    let judged = judge(&found)?;
    let (lines, json) = (soundness_lines(&found.place, &judged), soundness_json(&found.place, &judged));
    let refused = !judged.faults.is_empty();
    let asked = asked.filter(|_| !refused);
    let vouched = asked.map(|asked| vouched(image, &found, asked, ways)).transpose()?;
    Ok(Printed { lines, json, refused, vouched })
}

fn proven(path: &Path) -> Result<Printed, Error> {
    let file = RegularFile::open(path, true)?;
    let size = file.size();
    let printed = |verdict: Verdict<'_>| {
        let refused = !verdict.refusals.is_empty();
        Ok(Printed { lines: verdict.lines(), json: verdict.json(), refused, vouched: None })
    };
    match prove(file, None, None, None) {
        Ok(proven) => {
            let (facts, report) = (&proven.facts, proven.report.as_ref());
            let traces = traces(proven.file().file()).map_err(|reason| proven.file().unreadable(&reason))?;
            printed(Verdict { path, size, facts, report, traces: Some(&traces), refusals: &[] })
        }
        Err(Unproven::Refused(facts, refusals)) => {
            printed(Verdict { path, size, facts: &facts, report: None, traces: None, refusals: &refusals })
        }
        Err(Unproven::Malformed(why)) => {
            let lines = vec![format!("{}: not proven static: {why}", path.display())];
            Ok(Printed { lines, json: malformed_json(path, &why), refused: true, vouched: None })
        }
        Err(Unproven::Unreadable(error)) => Err(error),
    }
}
