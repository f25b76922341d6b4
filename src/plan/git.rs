//! What git says of a folder. Nothing of the folder's is executed and nothing in it changes.

use crate::config::env::Env;
use crate::tool::Tool;
use std::path::Path;

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
