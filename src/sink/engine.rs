//! What the container engines have in common: an archive goes in on standard input of their own program, and what
//! they then know by each name must be what we call it. An engine that takes an archive and says nothing of a full
//! disk (skopeo's issue 940) is found out by that.
//!
//! Their own programs, and not their sockets: they know contexts, remote engines, and the keys to them.

use super::Means;
use crate::error::{Code, Error};
use crate::image::bundle::Bundle;
use crate::tool::{Said, Tool};

/// The most bytes of a program's own words in an error, and the most lines.
const WORDS: usize = 1 << 10;
const LINES: usize = 6;

/// The first of `programs` (each with the words that it always gets) that is on `PATH`.
pub fn find(programs: &[&[&str]], kind: &str, means: &Means<'_>) -> Result<Tool, Error> {
    for words in programs {
        let Some((program, first)) = words.split_first() else { continue };
        if let Some(found) = Tool::find(program, means.env.path()) {
            return Ok(Tool::new(found).args(first.iter().copied()));
        }
    }
    let names: Vec<_> =
        programs.iter().filter_map(|words| words.first()).map(|name| format!("`{name}`")).collect();
    Err(Error::new(Code::Engine, format!("`-o {kind}` takes {}, which is not on PATH", names.join(" or ")))
        .help("an archive needs no engine here: cargo scratch -o docker-archive=FILE"))
}

/// Asks the engine for its version: one that does not answer now would not answer after a long build.
pub fn answers(ask: &Tool) -> Result<(), Error> {
    let said = ask.ask()?;
    match said.status.success() {
        true => Ok(()),
        false => {
            let error = failed(ask, "the engine does not answer", &said);
            Err(match said.stderr.to_lowercase() {
                words if words.contains("permission denied") => error
                    .help("may this user speak to it? For docker: sudo usermod -aG docker \"$USER\", then log in again"),
                words if words.contains("version") && words.contains("api") => {
                    error.help("program and engine are too far apart in age: update the older one")
                }
                words if words.contains("context") && words.contains("not found") => error.help("docker context ls"),
                _ => error.help("is it running? Or leave it out: cargo scratch -o docker-archive=FILE"),
            })
        }
    }
}

/// Has `load` read the archive of `bundle` with `ending` beside its blobs. Returns how many bytes that are.
pub fn load(bundle: &mut Bundle, ending: &[(&str, Vec<u8>)], load: &Tool) -> Result<u64, Error> {
    let size = bundle.archive.end(ending)?;
    let said = load.clone().file(bundle.archive.whole()?).read()?;
    match said.status.success() {
        true => Ok(size),
        false => Err(failed(load, "the engine did not take the image", &said)),
    }
}

/// The answer to a question about what was loaded.
pub fn asked(ask: &Tool) -> Result<String, Error> {
    let said = ask.ask()?;
    match said.status.success() {
        true => Ok(String::from_utf8_lossy(&said.stdout).into_owned()),
        false => Err(failed(ask, "the engine does not know the image that it has just loaded", &said)),
    }
}

/// That the engine has another image under `name`.
pub fn other(name: &str, theirs: &str, ours: &str) -> Error {
    let theirs: String = theirs.trim().chars().take(128).collect();
    Error::new(Code::Engine, format!("the engine has another image as `{name}` than the one it was given"))
        .note(format!("it has {theirs}, given was {ours}"))
        .note("its disk may be full, or somebody else has loaded one under the same name meanwhile")
}

fn failed(tool: &Tool, what: &str, said: &Said) -> Error {
    let error = Error::new(Code::Engine, what).note(format!("the command was: {tool}"));
    let words = match said.stderr.trim() {
        "" => String::from_utf8_lossy(&said.stdout).trim().to_owned(),
        words => words.to_owned(),
    };
    let words = &words[words.ceil_char_boundary(words.len().saturating_sub(WORDS))..];
    let lines: Vec<_> = words.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    last.iter().fold(error, |error, line| error.note(line.trim()))
}
