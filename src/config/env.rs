//! The process's environment, read once and handed on as a value.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// Variables and the current folder.
#[derive(Clone, Debug, Default)]
pub struct Env {
    variables: BTreeMap<OsString, OsString>,
    folder: PathBuf,
    /// The home of whoever runs this, where no variable names one.
    passwd: Option<PathBuf>,
}

impl Env {
    /// That of this process.
    ///
    /// # Errors
    /// The current folder does not exist any more.
    pub fn of_process() -> io::Result<Self> {
        let (variables, folder) = (std::env::vars_os().collect(), std::env::current_dir()?);
        Ok(Env { variables, folder, passwd: std::env::home_dir() })
    }

    /// One made of parts.
    pub fn new<K: Into<OsString>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (K, V)>,
        folder: impl Into<PathBuf>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Env { variables, folder: folder.into(), passwd: None }
    }

    /// The value of `name`; an empty one counts as unset, as pipelines leave them.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The value of `name`, even an empty one, for what cargo takes as an answer in either case.
    pub fn exact(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// All variables whose names start with `prefix`, sorted, without it; names that are not UTF-8 are left out.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a OsStr)> {
        self.variables.iter().filter_map(move |(name, value)| {
            let name = name.to_str()?.strip_prefix(prefix)?;
            (!value.is_empty()).then_some((name, value.as_os_str()))
        })
    }

    /// The current folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the current folder that of this process, for all programs that it starts, until the value is dropped.
    ///
    /// # Errors
    /// It is not there, or there is no way back.
    pub fn enter(&self) -> io::Result<Entered> {
        let entered = Entered { back: std::env::current_dir()? };
        std::env::set_current_dir(&self.folder)?;
        Ok(entered)
    }

    /// The same in another folder, with `variables` over its own.
    #[must_use]
    pub fn moved(&self, folder: PathBuf, variables: Vec<(OsString, OsString)>) -> Self {
        let mut moved = Env { folder, ..self.clone() };
        moved.variables.extend(variables);
        moved
    }

    /// The user's home.
    pub fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from).or_else(|| self.passwd.clone())
    }

    /// cargo's home (The Cargo Book, "Cargo Home").
    pub fn cargo_home(&self) -> Option<PathBuf> {
        let named = self.get("CARGO_HOME").map(|home| self.folder.join(home));
        named.or_else(|| Some(self.home()?.join(".cargo")))
    }

    /// Where rustup keeps toolchains (The rustup book, "Environment variables").
    pub fn rustup_home(&self) -> Option<PathBuf> {
        let named = self.get("RUSTUP_HOME").map(|home| self.folder.join(home));
        named.or_else(|| Some(self.home()?.join(".rustup")))
    }

    /// Where programs are looked for.
    pub fn path(&self) -> Option<&OsStr> {
        self.get("PATH")
    }

    /// Every variable.
    pub fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

/// A stay in another folder; the process returns when this is dropped.
#[derive(Debug)]
pub struct Entered {
    back: PathBuf,
}

impl Drop for Entered {
    fn drop(&mut self) {
        // a folder that is gone is one that nobody needs to return to
        let _ = std::env::set_current_dir(&self.back);
    }
}
