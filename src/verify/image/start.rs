//! How a container starts: its user, its folder, and the program that `Entrypoint` and `Cmd` lead to.

use super::Faults;
use super::contents::Content;
use super::program::{self, Program};
use super::seen::Seen;
use super::users::User;
use crate::content::{Kind, Node, Rule};

/// What engines take for `PATH` where an image does not say (moby `oci/defaults.go`; podman has the same).
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How many folders of it are looked into.
const FOLDERS: usize = 256;
/// How many interpreters the kernel follows one after the other (Linux `fs/exec.c`, `exec_binprm`).
const INTERPRETERS: usize = 5;

/// Tells what stands in the way of a start; `place` is what messages call the configuration. Returns the program, if
/// there is one.
pub fn check(seen: &Seen<'_>, place: &str, faults: &mut Faults) -> Option<Program> {
    let user = User::of(seen).unwrap_or_else(|why| {
        faults.add(Rule::Start, format!("{place}: config.User"), why);
        User { uid: 0, groups: vec![0] }
    });
    let folder = &seen.config.working_dir;
    if let Some((path, file)) = seen.resolve(folder).filter(|_| folder.starts_with('/'))
        && file.node.entry.kind != Kind::Directory
    {
        let why = format!("`{folder}` leads to `{path}`, which is no folder");
        faults.add(Rule::Start, format!("{place}: config.WorkingDir"), why);
    }
    let (key, words) = match &seen.config.entrypoint[..] {
        [] => ("Cmd", &seen.config.cmd),
        _ => ("Entrypoint", &seen.config.entrypoint),
    };
    let mut fault = |why: String| {
        faults.add(Rule::Start, format!("{place}: config.{key}"), why);
        None
    };
    // whoever runs it may say what to start: a base image need not know
    let word = words.first()?;
    if word.is_empty() || words.iter().chain(&seen.config.cmd).any(|word| word.contains('\0')) {
        return fault("a word of it can be no argument of a program".into());
    }
    let path = match find(seen, word, &user) {
        Ok(path) => path,
        Err(why) => return fault(why),
    };
    started(seen, &path, &user, faults)
}

/// The path of the program that `word` means.
fn find(seen: &Seen<'_>, word: &str, user: &User) -> Result<String, String> {
    if word.starts_with('/') {
        return Ok(word.to_owned());
    }
    if word.contains('/') {
        let folder = seen.config.working_dir.trim_end_matches('/');
        return Ok(format!("{folder}/{word}"));
    }
    let path = seen.variable("PATH").unwrap_or(PATH);
    let folders = path.split(':').filter(|folder| folder.starts_with('/')).take(FOLDERS);
    let at = |folder: &str| format!("{}/{word}", folder.trim_end_matches('/'));
    let runs = |path: &String| seen.file(path).is_some_and(|file| user.may_execute(&file.node.entry));
    folders.map(at).find(runs).ok_or_else(|| format!("no folder of PATH ({path}) has a program `{word}`"))
}

/// Follows scripts to the program that the kernel starts in the end.
fn started(seen: &Seen<'_>, first: &str, user: &User, faults: &mut Faults) -> Option<Program> {
    let (mut path, mut scripts) = (first.to_owned(), Vec::new());
    loop {
        let what = match scripts.last() {
            None => String::new(),
            Some(script) => format!(", the interpreter of `{script}`,"),
        };
        let mut refuse = |rule, why: String| {
            faults.add(rule, seen.place(&path), why);
            None
        };
        let Some((real, file)) = seen.resolve(&path) else {
            return refuse(Rule::Start, format!("the program{what} is in no layer"));
        };
        if let Some(why) = closed(seen, &real, file.node, user) {
            return refuse(Rule::Start, format!("the program{what} {why}"));
        }
        let why = match file.content {
            Some(Content::Elf(elf)) => {
                let program = Program::of(real, scripts, elf, &file.node.entry);
                return Some(program::check(seen, program, elf, faults));
            }
            Some(Content::Script(words)) => match words.first().filter(|word| word.starts_with('/')) {
                Some(interpreter) if scripts.len() < INTERPRETERS => {
                    scripts.push(real);
                    path.clone_from(interpreter);
                    continue;
                }
                Some(_) => "its interpreters are scripts of each other".into(),
                None => "a script whose first line names no absolute path of an interpreter".into(),
            },
            Some(Content::Broken(why)) => format!("it is a damaged ELF file: {why}"),
            Some(Content::Object) => "it is an object file, not a program".into(),
            Some(Content::Text(_)) | None => {
                "it is neither an ELF file nor a script with `#!`: the kernel says \"exec format error\""
                    .into()
            }
        };
        return refuse(Rule::Program, why);
    }
}

/// Why `user` cannot start the file `real`.
fn closed(seen: &Seen<'_>, real: &str, node: &Node, user: &User) -> Option<String> {
    match &node.entry.kind {
        Kind::File | Kind::Hardlink(_) => {}
        Kind::Directory => return Some("is a folder".into()),
        _ => return Some("is no file".into()),
    }
    let relative = real.trim_start_matches('/');
    let folders =
        relative.match_indices('/').filter_map(|(end, _)| seen.tree.nodes.get_key_value(&relative[..end]));
    let shut =
        |(_, node): &(&String, &Node)| node.entry.kind == Kind::Directory && !user.may_execute(&node.entry);
    let who = || match user.uid {
        0 => "root".to_owned(),
        uid => format!("the user {uid}"),
    };
    if let Some((folder, node)) = folders.into_iter().find(shut) {
        return Some(format!("is out of reach of {} behind /{folder} (mode {:04o})", who(), node.entry.mode));
    }
    let entry = &node.entry;
    (!user.may_execute(entry)).then(|| format!("is not executable for {} (mode {:04o})", who(), entry.mode))
}
