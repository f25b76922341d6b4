//! Where the code of a program can come from, by cargo's own messages: crates, and the archives of each.

use super::folders::Folders;
use super::package_name;
use crate::size::{Library, Who};
use cargo_metadata::{Artifact, BuildScript, PackageId, TargetKind};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The crates of a build.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// Packages by the names that rustc knows their libraries and programs by.
    pub crates: BTreeMap<String, String>,
    /// The crate that a package's C code is counted with.
    libraries: BTreeMap<PackageId, String>,
    archives: Vec<(PackageId, PathBuf)>,
}

impl Origins {
    /// Hears that something was compiled, or had been before; what is for no target counts not.
    pub(super) fn compiled(&mut self, artifact: &Artifact, folders: &Folders<'_>) {
        let kinds = &artifact.target.kind;
        if kinds.iter().any(|kind| matches!(kind, TargetKind::ProcMacro | TargetKind::CustomBuild)) {
            return;
        }
        // what was built for the machine's own programs lies in another folder
        if !artifact.filenames.iter().any(|path| folders.target_of(path).is_some()) {
            return;
        }
        let archives = artifact.filenames.iter().filter(|file| file.extension() == Some("rlib"));
        let (name, package) = (artifact.target.name.replace('-', "_"), &artifact.package_id);
        self.archives.extend(archives.map(|file| (package.clone(), file.clone().into())));
        if artifact.executable.is_none() {
            self.libraries.insert(package.clone(), name.clone());
        }
        self.crates.insert(name, package_name(package).to_owned());
    }

    /// Hears what a build script has linked.
    pub(super) fn linked(&mut self, script: &BuildScript) {
        let folders = script.linked_paths.iter().map(|path| match path.as_str().split_once('=') {
            Some((_, path)) => PathBuf::from(path),
            None => path.clone().into(),
        });
        let folders: Vec<_> = folders.collect();
        for library in &script.linked_libs {
            // `KIND[:MODIFIERS]=NAME[:RENAME]`
            let name = library.as_str().rsplit_once('=').map_or(library.as_str(), |(_, name)| name);
            let file = format!("lib{}.a", name.split(':').next().unwrap_or_default());
            let found = folders.iter().map(|folder| folder.join(&file)).find(|path| path.is_file());
            self.archives.extend(found.map(|path| (script.package_id.clone(), path)));
        }
    }

    /// The archives of the build, each with the crate that brought it.
    pub fn libraries(&self) -> Vec<Library> {
        let owner = |package: &PackageId| match self.libraries.get(package) {
            Some(name) => name.clone(),
            None => package_name(package).replace('-', "_"),
        };
        let library = |(package, path): &(PackageId, PathBuf)| Library {
            path: path.clone(),
            owner: Who::Crate(owner(package)),
        };
        // cargo tells of them as they come, in another order each time
        let libraries: BTreeSet<_> = self.archives.iter().map(library).collect();
        libraries.into_iter().collect()
    }
}
