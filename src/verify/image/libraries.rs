//! Where a dynamic loader would find the libraries of a program, in the image (ld.so(8); musl `ldso/dynlink.c`).
//!
//! The answer leans towards "found": an RPATH is passed on whether or not a RUNPATH forbids it, and the folders that a
//! distribution has built into its loader are known by their form. What it says is missing is nowhere.

use super::contents::{Content, Elf};
use super::program::same_machine;
use super::start::Seen;
use crate::content::Kind;
use crate::elf::Class;
use std::collections::{HashSet, VecDeque};

/// The libraries that musl's loader is itself, by what follows `lib` (musl `ldso/dynlink.c`, `load_library`).
const MUSL: [&str; 7] = ["c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet."];
/// How many missing libraries are told.
const TOLD: usize = 20;
/// How many libraries are looked for; the largest programs have some hundred.
const LIBRARIES: usize = 1024;
/// How many files one of `ld.so.conf` may include, and lists altogether.
const FOLDERS: usize = 256;

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
    let common = common(seen, interpreter, elf.facts.class);
    let own = folders(elf, path);
    let musl = base(interpreter).starts_with("ld-musl-");
    let is_loader = |name: &str| {
        let alias = |rest: &str| MUSL.iter().any(|alias| rest.starts_with(alias));
        name == base(interpreter) || musl && name.strip_prefix("lib").is_some_and(alias)
    };
    let (mut asked, mut missing) = (HashSet::new(), Vec::new());
    let mut waiting = VecDeque::from([(path.to_owned(), elf, own.clone())]);
    while let Some((by, elf, runpath)) = waiting.pop_front() {
        for name in elf.facts.needed.iter().filter(|name| !is_loader(name)) {
            if asked.len() > LIBRARIES || !asked.insert(name.as_str()) {
                continue;
            }
            let places: Vec<String> = if name.contains('/') {
                vec![name.clone()]
            } else {
                let all = runpath.iter().chain(&own).chain(&common);
                all.map(|folder| format!("{folder}/{name}")).collect()
            };
            let fits = |place: &str| {
                let (real, file) = seen.resolve(place)?;
                match file.content? {
                    Content::Elf(found) if same_machine(&found.facts, &elf.facts) => Some((real, found)),
                    _ => None,
                }
            };
            let found = places.iter().find_map(|place| fits(place).map(|(real, found)| (real, place, found)));
            match found {
                Some((real, place, found)) => {
                    let runpath = [folders(found, place), folders(found, &real)].concat();
                    waiting.push_back((real, found, runpath));
                }
                None if missing.len() < TOLD => missing.push(Missing { name: name.clone(), by: by.clone() }),
                None => {}
            }
        }
    }
    if asked.len() > LIBRARIES {
        missing.push(Missing { name: format!("(one of more than {LIBRARIES})"), by: path.to_owned() });
    }
    missing
}

/// The folders of `RUNPATH` of `elf`, which lies at `path`.
fn folders(elf: &Elf, path: &str) -> Vec<String> {
    let origin = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let list = elf.facts.runpath.as_deref().unwrap_or_default();
    let mut folders = Vec::new();
    for folder in list.split(':').filter(|folder| !folder.is_empty()).take(FOLDERS) {
        let folder = folder.replace("${ORIGIN}", origin).replace("$ORIGIN", origin);
        if folder.contains("$LIB") || folder.contains("${LIB}") {
            for lib in ["lib", "lib64"] {
                folders.push(folder.replace("${LIB}", lib).replace("$LIB", lib));
            }
        } else {
            folders.push(folder);
        }
    }
    folders
}

/// The folders that every search ends with.
fn common(seen: &Seen<'_>, interpreter: &str, class: Class) -> Vec<String> {
    let mut folders: Vec<String> = Vec::new();
    let variable = seen.variable("LD_LIBRARY_PATH").unwrap_or_default();
    folders.extend(variable.split([':', ';']).filter(|folder| !folder.is_empty()).map(str::to_owned));
    let name = base(interpreter);
    if let Some(rest) = name.strip_prefix("ld-musl-") {
        let machine = rest.split(".so").next().unwrap_or(rest);
        if let Some(list) = text(seen, &format!("/etc/ld-musl-{machine}.path")) {
            folders.extend(list.split([':', '\n']).filter(|folder| !folder.is_empty()).map(str::to_owned));
            return folders;
        }
        folders.extend(["/lib", "/usr/local/lib", "/usr/lib"].map(str::to_owned));
        return folders;
    }
    // without its cache, glibc's loader never hears of ld.so.conf
    if seen.file("/etc/ld.so.cache").is_some() {
        configured(seen, "/etc/ld.so.conf", &mut folders, &mut FOLDERS.clone());
    }
    if class == Class::Elf64 {
        folders.extend(["/lib64", "/usr/lib64"].map(str::to_owned));
    }
    folders.extend(["/lib", "/usr/lib", "/lib32", "/usr/lib32"].map(str::to_owned));
    for parent in ["lib", "usr/lib"] {
        let below = format!("{parent}/");
        let inside = seen.tree.nodes.range(below.clone()..).take_while(|(path, _)| path.starts_with(&below));
        let multiarch = |path: &str| path[below.len()..].split('-').any(|word| word.starts_with("gnu"));
        let folder = inside.filter(|(path, node)| {
            !path[below.len()..].contains('/') && node.entry.kind == Kind::Directory && multiarch(path)
        });
        folders.extend(folder.map(|(path, _)| format!("/{path}")));
    }
    // the prefix that a loader was built for, as in Nix and Guix
    let real = seen.resolve(interpreter).map(|(real, _)| real);
    for path in [Some(interpreter), real.as_deref()].into_iter().flatten() {
        folders.extend(path.rsplit_once('/').map(|(folder, _)| folder.to_owned()));
    }
    folders
}

/// The folders that the file at `path` lists, and those that it includes (ldconfig(8)).
fn configured(seen: &Seen<'_>, path: &str, folders: &mut Vec<String>, files: &mut usize) {
    let Some(list) = text(seen, path).filter(|_| *files > 0) else { return };
    *files -= 1;
    for line in list.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
        if folders.len() > FOLDERS {
            return;
        }
        match line.strip_prefix("include").filter(|rest| rest.starts_with([' ', '\t'])) {
            Some(pattern) => {
                for path in matching(seen, pattern.trim()) {
                    configured(seen, &path, folders, files);
                }
            }
            None if line.starts_with('/') => folders.push(line.split('=').next().unwrap_or(line).to_owned()),
            None => {}
        }
    }
}

/// The files that `pattern` stands for, with a `*` in its last name.
fn matching(seen: &Seen<'_>, pattern: &str) -> Vec<String> {
    let pattern = if pattern.starts_with('/') { pattern.to_owned() } else { format!("/etc/{pattern}") };
    let Some((folder, name)) = pattern.rsplit_once('/') else { return Vec::new() };
    let Some((start, end)) = name.split_once('*') else { return vec![pattern] };
    let below = format!("{}/", folder.trim_start_matches('/'));
    let inside = seen.tree.nodes.range(below.clone()..).take_while(|(path, _)| path.starts_with(&below));
    let fits = |name: &str| {
        name.len() >= start.len() + end.len()
            && name.starts_with(start)
            && name.ends_with(end)
            && !name.contains('/')
    };
    inside
        .filter(|(path, _)| fits(&path[below.len()..]))
        .map(|(path, _)| format!("/{path}"))
        .take(FOLDERS)
        .collect()
}

fn text<'a>(seen: &Seen<'a>, path: &str) -> Option<&'a str> {
    match seen.file(path)?.content? {
        Content::Text(text) => Some(text),
        _ => None,
    }
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
