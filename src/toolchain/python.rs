//! Packages of Python's that carry programs: `pip install` has them on systems whose own packages do not.

use crate::config::env::Env;
use crate::tool::Tool;
use std::path::PathBuf;

/// The folder of the Python package `name`, if it is installed.
pub fn folder(name: &str, env: &Env) -> Option<PathBuf> {
    // Python would look in the current folder first, and run what a project has there under that name
    const ASK: &str = "import sys; sys.path = [folder for folder in sys.path if folder]; \
                       print(__import__(sys.argv[1]).__path__[0])";
    let said = Tool::new(Tool::find("python3", env.path())?).args(["-c", ASK, name]).ask().ok()?;
    let text = String::from_utf8(said.stdout).ok().filter(|_| said.status.success())?;
    text.lines().next().map(PathBuf::from)
}
