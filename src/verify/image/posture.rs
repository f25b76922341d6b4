//! What is sound and still worth a look: who the program runs as, what others may write, what was left behind.

use super::contents::Content;
use super::program::Program;
use super::seen::Seen;
use super::settings::normal;
use super::users::User;
use crate::content::Kind;
use crate::error::bounded;
use crate::image::platform::Target;
use crate::plan;
use std::collections::{BTreeMap, HashMap};

/// How many paths of one kind are named; the rest is counted.
const NAMED: usize = 5;
/// How many different loaders are looked for; a system has one or two.
const LOADERS: usize = 64;

/// Something to look at that breaks no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The stable word for its kind.
    pub word: &'static str,
    /// What there is to see, in one sentence without a full stop.
    pub text: String,
}

/// Adds what there is to say of an image and its `program`.
pub fn remarks(seen: &Seen<'_>, program: Option<&Program>, remarks: &mut Vec<Remark>) {
    let label = seen.label;
    let mut add = |word, text: String| {
        remarks.push(Remark { word, text: format!("{}{label}", bounded(&text)) });
    };
    if seen.config.entrypoint.is_empty() && seen.config.cmd.is_empty() {
        add(
            "no-command",
            "there is neither an Entrypoint nor a Cmd: nothing starts unless a run says what".into(),
        );
    } else if User::of(seen).is_ok_and(|user| user.uid == 0) {
        add("root", "the program runs as root: no User is set, or it is root's".into());
    }
    let names = seen.config.env.iter().filter_map(|pair| Some(pair.split_once('=')?.0));
    for name in names.filter(|name| plan::is_secret(name)).take(NAMED) {
        // in the words of a build
        add("secret", plan::secret(name).what().to_owned());
    }
    let mut kinds: BTreeMap<&'static str, Paths> = BTreeMap::new();
    let mut loaders: HashMap<&str, bool> = HashMap::new();
    let target = Target::from_platform(&normal(&seen.config.platform())).ok();
    let mut count = |word: &'static str, path: String| {
        let kind = kinds.entry(word).or_default();
        kind.count += 1;
        if kind.named.len() < NAMED {
            kind.named.push(path);
        }
    };
    for (path, node) in &seen.tree.nodes {
        let entry = &node.entry;
        let (file, folder) = (entry.kind == Kind::File, entry.kind == Kind::Directory);
        if file && entry.mode & 0o6000 != 0 {
            count("setuid", format!("/{path} ({:04o})", entry.mode));
        }
        if entry.mode & 0o002 != 0 && (file || folder && entry.mode & 0o1000 == 0) {
            count("world-writable", format!("/{path} ({:04o})", entry.mode));
        }
        match node.digest.as_ref().and_then(|digest| seen.contents.get(digest)) {
            Some(Content::Broken(why)) => count("damaged", format!("/{path} ({why})")),
            Some(Content::Elf(elf)) if entry.mode & 0o111 != 0 => {
                if let Some(loader) = elf.facts.interpreter.as_deref()
                    && (loaders.len() < LOADERS || loaders.contains_key(loader))
                    && *loaders.entry(loader).or_insert_with(|| seen.file(loader).is_none())
                {
                    count("no-loader", format!("/{path} ({loader})"));
                }
                let facts = (elf.facts.machine, elf.facts.class, elf.facts.data);
                if target.as_ref().is_some_and(|target| target.elf() != facts) {
                    count("other-machine", format!("/{path}"));
                }
            }
            _ => {}
        }
    }
    for (word, kind) in kinds {
        let what = match word {
            "setuid" => "files with setuid or setgid",
            "world-writable" => "files or folders that everybody may write",
            "damaged" => "damaged ELF files",
            "no-loader" => "programs whose dynamic loader is not in the image",
            _ => "programs for another machine",
        };
        let more = if kind.count > kind.named.len() { ", …" } else { "" };
        add(word, format!("{} {what}: {}{more}", kind.count, kind.named.join(", ")));
    }
    let Some(program) = program else { return };
    if program.debug_info {
        add("debug-info", format!("{} has debug information inside", program.path));
    }
    if let (count @ 1.., Some(first)) = &program.build_paths {
        add(
            "build-paths",
            format!("{} names {count} paths of where it was built, e.g. {first}", program.path),
        );
    }
}

/// The paths of one kind.
#[derive(Default)]
struct Paths {
    named: Vec<String>,
    count: usize,
}
