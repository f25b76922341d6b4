//! The folders in which a dynamic loader looks for libraries.

use super::super::contents::{Content, Elf};
use super::super::seen::Seen;
use super::base;
use crate::content::Kind;
use crate::elf::Class;

/// How many folders a file may name, and how many files of `ld.so.conf` are read.
const FOLDERS: usize = 256;

/// The folders of `RUNPATH` of `elf`, which lies at `path`.
pub fn of(elf: &Elf, path: &str) -> Vec<String> {
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
pub fn common(seen: &Seen<'_>, interpreter: &str, class: Class) -> Vec<String> {
    let mut folders: Vec<String> = Vec::new();
    let variable = seen.variable("LD_LIBRARY_PATH").unwrap_or_default();
    folders.extend(variable.split([':', ';']).filter(|folder| !folder.is_empty()).map(str::to_owned));
    if let Some(rest) = base(interpreter).strip_prefix("ld-musl-") {
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
