//! What a build leaves that tells where bytes of a program come from: the words and folders of build scripts, and the
//! variables that rustc notes for `env!` and `option_env!` beside each crate.

use cargo_metadata::{Artifact, BuildScript, PackageId, TargetKind};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A larger list of what a crate was made of is not read, in bytes.
const LIMIT: u64 = 16 << 20;

/// A build script that has run.
#[derive(Clone, Debug)]
pub struct Script {
    /// The package that it belongs to.
    pub package: PackageId,
    /// The folder that it writes in.
    pub out_dir: PathBuf,
    /// The variables that it sets for rustc.
    pub variables: Vec<(String, String)>,
}

/// All that a build has left.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    /// The build scripts, in the order in which cargo told of them.
    pub scripts: Vec<Script>,
    /// The package, the crate's name and one of the files of everything that was compiled for the program.
    compiled: Vec<(PackageId, String, PathBuf)>,
}

impl Trail {
    pub(super) fn script(&mut self, script: &BuildScript) {
        self.scripts.push(Script {
            package: script.package_id.clone(),
            out_dir: script.out_dir.clone().into(),
            variables: script.env.clone(),
        });
    }

    pub(super) fn compiled(&mut self, artifact: &Artifact) {
        if artifact.target.kind.contains(&TargetKind::CustomBuild) {
            return;
        }
        if let Some(file) = artifact.executable.as_ref().or(artifact.filenames.first()) {
            let name = artifact.target.name.replace('-', "_");
            self.compiled.push((artifact.package_id.clone(), name, file.clone().into()));
        }
    }

    /// What `env!` and `option_env!` have read, by package, crate and variable; `None` where it was not set. What cargo
    /// has not kept is not there.
    pub fn variables(&self) -> BTreeMap<(&PackageId, &str, String), Option<String>> {
        let mut all = BTreeMap::new();
        for (package, name, file) in &self.compiled {
            let Some(text) = dependencies(name, file) else { continue };
            for line in text.lines().filter_map(|line| line.strip_prefix("# env-dep:")) {
                let (variable, value) = match line.split_once('=') {
                    Some((variable, value)) => (variable, Some(unescaped(value))),
                    None => (line, None),
                };
                all.insert((package, name.as_str(), unescaped(variable)), value);
            }
        }
        all
    }
}

/// rustc's list of what the crate `name` was made of, which lies in the folder `deps` beside the file: with the file's
/// own hash in its name if the file lies there too, else the newest.
fn dependencies(name: &str, file: &Path) -> Option<String> {
    let own = file.with_file_name(file.file_stem()?.to_str()?.trim_start_matches("lib")).with_extension("d");
    let is_list = |path: &Path| {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        path.extension().is_some_and(|end| end == "d")
            && stem.rsplit_once('-').is_some_and(|(crate_name, _)| crate_name == name)
    };
    let found = if is_list(&own) && own.is_file() {
        own
    } else {
        let folder = file.parent()?;
        let folders = [folder.join("deps"), folder.parent()?.join("deps")];
        let listed = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        let lists = listed.map(|entry| entry.path()).filter(|path| is_list(path));
        lists.max_by_key(|path| fs::metadata(path).and_then(|status| status.modified()).ok())?
    };
    (fs::metadata(&found).ok()?.len() <= LIMIT).then(|| fs::read_to_string(found).ok())?
}

/// rustc writes line ends and the sign itself with a `\` before them.
fn unescaped(text: &str) -> String {
    let (mut whole, mut characters) = (String::new(), text.chars());
    while let Some(character) = characters.next() {
        whole.push(match character {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_it_was_before_rustc_wrote_it() {
        for (written, value) in
            [("a\\nb", "a\nb"), ("C:\\\\new", "C:\\new"), ("\\r\\\\", "\r\\"), ("é\\", "é\\")]
        {
            assert_eq!(unescaped(written), value);
        }
    }

    #[test]
    fn what_a_crate_has_read_is_in_the_list_of_its_own_build() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("deps")).unwrap();
        fs::write(at("deps/dep_a-11.d"), "x: y\n\n# env-dep:A=one\n# env-dep:B\n").unwrap();
        fs::write(at("deps/dep_a-22.d"), "# env-dep:A=two\n").unwrap();
        fs::write(at("deps/dep_a_b-33.d"), "# env-dep:A=three\n").unwrap();
        let package = PackageId { repr: "p".into() };
        let of = |name: &str, file: &str| {
            let trail =
                Trail { compiled: vec![(package.clone(), name.into(), at(file))], ..Trail::default() };
            let read = trail.variables();
            read.into_iter().map(|((.., variable), value)| (variable, value)).collect::<Vec<_>>()
        };
        let (a, b) = (("A".to_owned(), Some("one".to_owned())), ("B".to_owned(), None));
        assert_eq!(of("dep_a", "deps/libdep_a-11.rlib"), [a, b]);
        assert_eq!(of("dep_a_b", "dep-a-b"), [("A".to_owned(), Some("three".to_owned()))]);
        assert!(of("other", "other").is_empty());
    }
}
