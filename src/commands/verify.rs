//! `cargo scratch verify FILE...`: the `ldd` that understands. Never runs the file.

use super::build::result;
use crate::error::{Code, Error, escaped};
use crate::regular::RegularFile;
use crate::report::{Verdict, error_json, malformed_json};
use crate::ui::{Format, Ui};
use crate::verify::traces::traces;
use crate::verify::{Unproven, prove};
use std::path::PathBuf;

/// Judges each of `files`; an error at the end if one of them is not proven static.
pub fn verify(files: &[PathBuf], ui: &Ui) -> Result<(), Error> {
    let (mut refused, mut unreadable) = (Vec::new(), None);
    for path in files {
        let opened = RegularFile::open(path, true);
        let size = opened.as_ref().map_or(0, RegularFile::size);
        let judged = match opened {
            Ok(file) => prove(file, None, false),
            Err(error) => Err(Unproven::Unreadable(error)),
        };
        let show = |verdict: Verdict<'_>| {
            let lines: Vec<_> = verdict.lines().iter().map(|line| escaped(line).into_owned()).collect();
            result(ui, lines.join("\n"), || verdict.json())
        };
        match judged {
            Ok(proven) => {
                let (facts, report) = (&proven.facts, proven.report.as_ref());
                let traces =
                    traces(proven.file().file()).map_err(|reason| proven.file().unreadable(&reason))?;
                show(Verdict { path, size, facts, report, traces: Some(&traces), refusals: &[] })?;
            }
            Err(Unproven::Refused(facts, refusals)) => {
                refused.push(path);
                show(Verdict { path, size, facts: &facts, report: None, traces: None, refusals: &refusals })?;
            }
            Err(Unproven::Malformed(why)) => {
                refused.push(path);
                let human = format!("{}: not proven static: {why}", path.display());
                result(ui, escaped(&human), || malformed_json(path, &why))?;
            }
            Err(Unproven::Unreadable(error)) => {
                ui.error(&error);
                if ui.format == Format::Json {
                    result(ui, "", || error_json(&error))?;
                }
                unreadable = Some(error);
            }
        }
    }
    match (refused.as_slice(), unreadable) {
        ([], None) => Ok(()),
        ([], Some(_)) => Err(Error::new(Code::Asset, "not every file could be read")),
        ([one], _) => Err(Error::new(Code::NotStatic, format!("`{}` is not proven static", one.display()))),
        (several, _) => Err(Error::new(
            Code::NotStatic,
            format!("{} of {} files are not proven static", several.len(), files.len()),
        )),
    }
}
