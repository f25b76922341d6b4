//! For which target a file was compiled, by where cargo has put it: what is for one has the folder of its triple, and what is
//! for this machine's own programs (macros, build scripts) has none (The Cargo Book, "Build cache").

use crate::plan::Plans;
use cargo_metadata::camino::Utf8Path;
use std::path::{Component, PathBuf};

/// Where cargo writes, and for which targets.
#[derive(Clone, Debug, Default)]
pub struct Folders<'a> {
    targets: Vec<&'a str>,
    outputs: Vec<PathBuf>,
}

impl<'a> Folders<'a> {
    /// Those of the build of `plans`.
    pub fn of(plans: &'a Plans) -> Self {
        let outputs = &plans.first.outputs;
        // cargo names a folder as it was told of it, and a link may be in that
        let real = outputs.iter().filter_map(|folder| folder.canonicalize().ok());
        Folders {
            targets: plans.iter().map(|plan| plan.target.triple()).collect(),
            outputs: outputs.iter().cloned().chain(real).collect(),
        }
    }

    /// The target of the build that the file at `path` was compiled for, if it was for one.
    pub fn target_of(&self, path: &Utf8Path) -> Option<&'a str> {
        let path = path.as_std_path();
        let below = self.outputs.iter().filter_map(|folder| path.strip_prefix(folder).ok());
        // folders above may be called anything: the first one below tells, or any where it is not known what is below
        let below = below.min_by_key(|rest| rest.components().count());
        let mut parts = below.unwrap_or(path).components().take(if below.is_some() { 1 } else { usize::MAX });
        let names = |part: Component<'_>| self.targets.iter().copied().find(|one| part.as_os_str() == *one);
        parts.find_map(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_above_that_is_called_like_a_target_makes_nothing_compiled_for_it() {
        let (musl, arm) = ("x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl");
        let outputs = [format!("/a/{musl}/app/target"), "/built".to_owned()];
        let folders =
            Folders { targets: vec![musl, arm], outputs: outputs.iter().map(PathBuf::from).collect() };
        for (path, expected) in [
            (format!("{}/release/deps/libmac.so", outputs[0]), None),
            (format!("{}/{musl}/release/deps/libapp.rlib", outputs[0]), Some(musl)),
            (format!("{}/{arm}/release/app", outputs[0]), Some(arm)),
            (format!("/built/{arm}/release/build/app/0123/out/libapp.rlib"), Some(arm)),
            ("/built/release/deps/libmac.so".to_owned(), None),
            (format!("/elsewhere/{musl}/release/app"), Some(musl)),
            ("/elsewhere/release/app".to_owned(), None),
        ] {
            assert_eq!(folders.target_of(Utf8Path::new(&path)), expected, "{path}");
        }
    }
}
