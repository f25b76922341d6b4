//! Packages of Python's that carry programs: `pip install` has them on systems whose own packages do not.

use crate::cache::Cache;
use crate::config::env::Env;
use crate::plan::memo;
use crate::tool::Tool;
use std::path::{Path, PathBuf};

/// What records are called of where packages are.
const RECORD: &str = "python";

/// The folder of the Python package `name`, if it is installed. To ask takes a start of Python (20 ms): where the very same
/// one, which a virtual environment has by a path of its own, has found the package before, it is while it is there. A
/// script in Python's place, such as pyenv's, decides when it is called and is asked each time.
pub fn folder(name: &str, env: &Env, records: &Cache) -> Option<PathBuf> {
    let python = Tool::find("python3", env.path())?;
    let variables: Vec<_> = env.with_prefix("PYTHON").collect();
    let key = memo::compiled(&python).map(|python| (python, variables, name));
    let known = key.as_ref().and_then(|key| records.get::<PathBuf>(RECORD, key));
    if let Some(folder) = known.filter(|folder| folder.is_dir()) {
        return Some(folder);
    }
    let folder = ask(&python, name)?;
    if let Some(key) = key {
        records.put(RECORD, &key, &folder);
    }
    Some(folder)
}

fn ask(python: &Path, name: &str) -> Option<PathBuf> {
    // Python would look in the current folder first, and run what a project has there under that name
    const ASK: &str = "import sys; sys.path = [folder for folder in sys.path if folder]; \
                       print(__import__(sys.argv[1]).__path__[0])";
    let said = Tool::new(python).args(["-c", ASK, name]).ask().ok()?;
    let text = String::from_utf8(said.stdout).ok().filter(|_| said.status.success())?;
    text.lines().next().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_package_was_counts_for_the_same_python_while_it_is_there() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let variables = |python: &str, path: &str| {
            Env::new([("PATH", at(python)), ("PYTHONPATH", path.into())], home.path())
        };
        // a program that has no answer
        for bin in ["bin", "venv"] {
            std::fs::create_dir(at(bin)).unwrap();
            std::os::unix::fs::symlink(std::env::current_exe().unwrap(), at(bin).join("python3")).unwrap();
        }
        std::fs::create_dir(at("package")).unwrap();
        let records = Cache::at(at("cache"));
        let python = memo::compiled(&at("bin/python3")).unwrap();
        records.put(RECORD, &(python, [("PATH", std::ffi::OsStr::new("x"))], "p"), &at("package"));
        let folder = |env: &Env, name: &str| folder(name, env, &records);
        assert_eq!(folder(&variables("bin", "x"), "p"), Some(at("package")));
        assert_eq!(folder(&variables("bin", "x"), "other"), None);
        assert_eq!(folder(&variables("bin", "y"), "p"), None, "it may look elsewhere");
        assert_eq!(folder(&variables("venv", "x"), "p"), None, "another environment has others");
        std::fs::remove_dir(at("package")).unwrap();
        assert_eq!(folder(&variables("bin", "x"), "p"), None, "it is gone");
    }
}
