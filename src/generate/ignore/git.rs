//! What git knows of a workspace: the files with its rules, and which files it tracks whatever the rules say.
//!
//! git itself walks, so no ignored folder is walked into and nested repositories are left alone. Only what is committed
//! with a project counts: a user's own rules would make another file on every machine.

use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::plan::git;
use crate::regular::RegularFile;
use crate::tool::Tool;
use std::io::Read;
use std::path::Path;

/// A file of rules that people wrote is not longer, in bytes.
const LIMIT: u64 = 1 << 20;

/// The name of such files.
const NAME: &str = ".gitignore";

/// What is known of a workspace. Paths are from its folder, with slashes.
#[derive(Debug, Default)]
pub struct Known {
    /// The files of rules, those that others outrank first.
    pub files: Vec<RulesFile>,
    /// Whether git was asked: without it, nothing is known of the lists below.
    pub asked: bool,
    /// Files that are tracked though a rule ignores them.
    pub hidden: Vec<String>,
    /// Files that are tracked though their names are those of keys and passwords.
    pub secrets: Vec<String>,
    /// Whether the rules hide Cargo.lock, and it is not tracked.
    pub lacks_lock: bool,
}

/// A file of rules.
#[derive(Debug)]
pub struct RulesFile {
    /// What people call it.
    pub shown: String,
    /// The workspace's folder, seen from the file's: for one that lies above it.
    pub above: Vec<String>,
    /// The file's folder, seen from the workspace's.
    pub folder: Vec<String>,
    /// Its text.
    pub text: String,
}

/// What git says of `workspace`, with the files that match `secrets`; nothing without a repository.
///
/// # Errors
/// There is a repository and no git; a file of rules that cannot be read.
pub fn known(workspace: &Path, secrets: &[&str], env: &Env) -> Result<Known, Error> {
    let Some(tool) = git::tool(workspace, env) else {
        return match workspace.ancestors().any(|folder| folder.join(".git").exists()) {
            true => Err(Error::new(Code::Tool, "git is not on PATH")
                .note("the project is in a git repository, whose rules are to be read")
                .help("install git")),
            false => Ok(Known::default()),
        };
    };
    let prefix = tool.clone().args(["rev-parse", "--show-prefix"]).read()?;
    if !prefix.status.success() {
        return Ok(Known::default());
    }
    let prefix = String::from_utf8_lossy(&prefix.stdout).into_owned();
    let prefix: Vec<&str> =
        prefix.trim_end_matches('\n').split('/').filter(|name| !name.is_empty()).collect();
    let list = |words: &[&str]| listed(tool.clone().args(["ls-files", "-z"]).args(words.iter().copied()));
    let rules = format!("--exclude-per-directory={NAME}");

    let mut known = Known { files: above(workspace, &prefix)?, asked: true, ..Known::default() };
    let mut within = list(&["--cached", "--others", &rules, "--", NAME, &format!(":(glob)**/{NAME}")])?;
    within.sort_by_key(|path| (path.matches('/').count(), path.clone()));
    within.dedup();
    for path in within {
        let folder = path.split('/').map(str::to_owned).collect::<Vec<_>>();
        let folder = folder[..folder.len() - 1].to_vec();
        let text = read(&workspace.join(&path))?;
        known.files.extend(text.map(|text| RulesFile { shown: path, above: Vec::new(), folder, text }));
    }
    known.hidden = list(&["--cached", "--ignored", &rules])?;
    let globs: Vec<_> = secrets.iter().map(|pattern| format!(":(glob){pattern}")).collect();
    let globs: Vec<&str> = globs.iter().map(String::as_str).collect();
    known.secrets = list(&[&["--cached", "--"], &globs[..]].concat())?;
    let lock = ["-c", "core.excludesFile=", "check-ignore", "--quiet", "Cargo.lock"];
    known.lacks_lock = tool.clone().args(lock).read()?.status.success();
    Ok(known)
}

/// The files in the folders above `workspace`, which has the path `prefix` in its repository.
fn above(workspace: &Path, prefix: &[&str]) -> Result<Vec<RulesFile>, Error> {
    let real =
        workspace.canonicalize().map_err(|reason| Error::io(Code::Project, "read", workspace, &reason))?;
    let mut files = Vec::new();
    for (depth, folder) in real.ancestors().enumerate().skip(1).take(prefix.len()) {
        let above: Vec<_> = prefix[prefix.len() - depth..].iter().map(|name| (*name).to_owned()).collect();
        let shown = format!("{}{NAME}", "../".repeat(depth));
        files.extend(read(&folder.join(NAME))?.map(|text| RulesFile {
            shown,
            above,
            folder: Vec::new(),
            text,
        }));
    }
    files.reverse();
    Ok(files)
}

/// The text of a file of rules; like git, none through a link.
fn read(path: &Path) -> Result<Option<String>, Error> {
    if !path.symlink_metadata().is_ok_and(|status| status.is_file()) {
        return Ok(None);
    }
    let open = RegularFile::open(path, false)?;
    let mut bytes = Vec::new();
    open.file().take(LIMIT + 1).read_to_end(&mut bytes).map_err(|reason| open.unreadable(&reason))?;
    if bytes.len() as u64 > LIMIT {
        return Err(Error::new(Code::Project, format!("`{}` has more than {LIMIT} bytes", path.display())));
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()))
}

/// The paths that git writes, each ended by NUL.
fn listed(tool: Tool) -> Result<Vec<String>, Error> {
    let said = tool.read()?;
    if !said.status.success() {
        let mut error = Error::new(Code::Project, "git cannot list the project's files");
        for line in said.stderr.lines().take(4) {
            error = error.note(line.chars().take(200).collect::<String>());
        }
        return Err(error);
    }
    let text = String::from_utf8_lossy(&said.stdout);
    Ok(text.split_terminator('\0').map(str::to_owned).collect())
}
