//! What git says of a folder. Nothing of the folder's is executed and nothing in it changes.

use crate::config::env::Env;
use crate::tool::Tool;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread::{self, Builder, Scope, ScopedJoinHandle};

/// git in `folder`, for words that only ask; `None` where there is no git.
pub fn tool(folder: &Path, env: &Env) -> Option<Tool> {
    // a folder of another user is fine to read: without a monitor of files, which it could name, nothing of it runs
    let base = ["-c", "safe.directory=*", "-c", "core.fsmonitor=false", "--no-optional-locks"];
    let mut tool = Tool::new(Tool::find("git", env.path())?).args(base).folder(folder);
    // a hook of git's runs with those of the repository that it is of
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        tool = tool.env_remove(name);
    }
    Some(tool)
}

/// What `git WORDS` prints in `folder`; `None` without git, or where git has no answer.
pub fn ask(folder: &Path, words: &[&str], env: &Env) -> Option<String> {
    let said = tool(folder, env)?.args(words).read().ok()?;
    said.status.success().then(|| String::from_utf8_lossy(&said.stdout).into_owned())
}

/// The answers to several questions, all asked at once.
pub fn ask_all<const N: usize>(folder: &Path, questions: [&[&str]; N], env: &Env) -> [Option<String>; N] {
    thread::scope(|scope| {
        let asked = questions.map(|words| soon(scope, move || ask(folder, words, env)));
        asked.map(answer)
    })
}

/// What is asked on a thread of its own; or here and now, where the system has none to give.
type Asked<'scope> = Result<ScopedJoinHandle<'scope, Option<String>>, Option<String>>;

fn soon<'scope>(
    scope: &'scope Scope<'scope, '_>,
    question: impl Fn() -> Option<String> + Copy + Send + 'scope,
) -> Asked<'scope> {
    Builder::new().name("git".into()).spawn_scoped(scope, question).map_err(|_| question())
}

fn answer(asked: Asked<'_>) -> Option<String> {
    asked.map_or_else(|done| done, |thread| thread.join().ok().flatten())
}

/// The commits that packages belong to; each folder is asked about once.
pub struct Revisions<'a> {
    env: &'a Env,
    known: RefCell<BTreeMap<PathBuf, Option<String>>>,
}

impl<'a> Revisions<'a> {
    /// Asks about `folder`, most likely that of a package, while `other` runs.
    pub fn beside<T>(folder: &Path, env: &'a Env, other: impl FnOnce() -> T) -> (Self, T) {
        let (revision, done) = thread::scope(|scope| {
            let asked = soon(scope, move || revision(folder, env));
            let done = other();
            (answer(asked), done)
        });
        (Revisions { env, known: BTreeMap::from([(folder.to_owned(), revision)]).into() }, done)
    }

    /// The commit that the manifest in `folder` belongs to, with `-dirty` where tracked files differ from it. `None`
    /// without git, without a commit, or where an outer repository does not track the package.
    pub fn of(&self, folder: &Path) -> Option<String> {
        let mut known = self.known.borrow_mut();
        known.entry(folder.to_owned()).or_insert_with(|| revision(folder, self.env)).clone()
    }
}

fn revision(folder: &Path, env: &Env) -> Option<String> {
    let tracked: &[&str] = &["ls-files", "--error-unmatch", "--", "Cargo.toml"];
    let commit: &[&str] = &["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"];
    // one after the other: an outer repository, which may be huge, is not looked through for nothing
    ask(folder, tracked, env)?;
    ask(folder, commit, env).map(|commit| commit.trim().to_owned())
}
