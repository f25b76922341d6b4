//! Whether a dynamic loader would find the libraries of a program, in the image (ld.so(8); musl `ldso/dynlink.c`).
//!
//! The answer leans towards "found": an RPATH is passed on whether or not a RUNPATH forbids it, and the folders that a
//! distribution has built into its loader are known by their form. What it says is missing is nowhere.

mod folders;

use super::contents::{Content, Elf};
use super::program::same_machine;
use super::seen::Seen;
use std::collections::{HashMap, HashSet, VecDeque};

/// The libraries that musl's loader is itself, by what follows `lib` (musl `ldso/dynlink.c`, `load_library`).
const MUSL: [&str; 7] = ["c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet."];
/// How many missing libraries are told.
const TOLD: usize = 20;
/// How many libraries are looked for, and in how many folders; the largest programs have some hundred.
const LIMIT: usize = 1024;

/// A library that is nowhere.
pub struct Missing {
    /// Its name, `DT_NEEDED`.
    pub name: String,
    /// The file that needs it.
    pub by: String,
}

/// The libraries that the program `elf` at `path` and its libraries need and would not find.
pub fn missing(seen: &Seen<'_>, path: &str, elf: &Elf) -> Vec<Missing> {
    let Some(interpreter) = &elf.facts.interpreter else { return Vec::new() };
    let loader = base(interpreter);
    let is_loader = |name: &str| {
        let alias = |rest: &str| MUSL.iter().any(|alias| rest.starts_with(alias));
        name == loader || loader.starts_with("ld-musl-") && name.strip_prefix("lib").is_some_and(alias)
    };
    let mut search = Search { seen, real: HashMap::new() };
    let common = folders::common(seen, interpreter, elf.facts.class);
    let own = folders::of(elf, path);
    let (mut asked, mut missing) = (HashSet::new(), Vec::new());
    let mut waiting = VecDeque::from([(path.to_owned(), elf, own.clone())]);
    while let Some((by, elf, runpath)) = waiting.pop_front() {
        for name in elf.facts.needed.iter().filter(|name| !is_loader(name)) {
            if asked.len() > LIMIT || !asked.insert(name.as_str()) {
                continue;
            }
            let mut all = runpath.iter().chain(&own).chain(&common);
            let found = match name.contains('/') {
                true => fitting(seen, name, elf).map(|(real, found)| (name.clone(), real, found)),
                false => all.find_map(|folder| search.at(folder, name, elf)),
            };
            match found {
                Some((place, real, found)) => {
                    let runpath = [folders::of(found, &place), folders::of(found, &real)].concat();
                    waiting.push_back((real, found, runpath));
                }
                None if missing.len() < TOLD => missing.push(Missing { name: name.clone(), by: by.clone() }),
                None => {}
            }
        }
    }
    if asked.len() > LIMIT {
        missing.push(Missing { name: format!("(one of more than {LIMIT})"), by: path.to_owned() });
    }
    missing
}

/// Looks into folders; each is followed through its links once.
struct Search<'a> {
    seen: &'a Seen<'a>,
    real: HashMap<String, Option<String>>,
}

impl<'a> Search<'a> {
    /// The library `name` in `folder`, if it is for the machine of `elf`: the path under which it was found, and the one
    /// that it has.
    fn at(&mut self, folder: &str, name: &str, elf: &Elf) -> Option<(String, String, &'a Elf)> {
        if !self.real.contains_key(folder) {
            if self.real.len() > LIMIT {
                return None;
            }
            self.real.insert(folder.to_owned(), self.seen.resolve(folder).map(|(real, _)| real));
        }
        let real = self.real.get(folder)?.as_ref()?;
        let place = format!("{}/{name}", real.trim_end_matches('/'));
        self.seen.tree.nodes.get(place.trim_start_matches('/'))?;
        let (real, found) = fitting(self.seen, &place, elf)?;
        Some((format!("{folder}/{name}"), real, found))
    }
}

/// What is at `place`, if it is an ELF file for the machine of `elf`.
fn fitting<'a>(seen: &Seen<'a>, place: &str, elf: &Elf) -> Option<(String, &'a Elf)> {
    let (real, file) = seen.resolve(place)?;
    match file.content? {
        Content::Elf(found) if same_machine(&found.facts, &elf.facts) => Some((real, found)),
        _ => None,
    }
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
