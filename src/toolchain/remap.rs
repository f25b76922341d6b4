//! Names in place of this machine's folders: what a build was made in is no part of what it made.
//!
//! rustc writes the paths of sources into panic messages and debug information, C compilers write them where a program
//! asks for `__FILE__`. Both can be told to write something else (`--remap-path-prefix`, `-ffile-prefix-map`), and so the
//! same sources give the same bytes in every folder, and nobody's home is in an image. cargo leaves these words of
//! rustc's out of the hash that symbols are told apart by. The names are those that the folders have where Rust's
//! official images build, so that a Dockerfile of ours leads to the same words. A profile's `trim-paths` would do the
//! half of this that is about rustc, and is not stable in any cargo yet.

use super::said::Said;
use crate::explain::compilers::tells_flags;
use crate::image::platform::Target;
use crate::plan::Plan;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// cargo's home.
const CARGO: &str = "/usr/local/cargo";
/// The workspace.
const WORKSPACE: &str = "/src";
/// The work tree of git's that the workspace is a part of: other packages of it can be used by their paths.
const REPOSITORY: &str = "/repository";
/// What cargo builds in.
const TARGET: &str = "/src/target";
/// Whoever builds.
const HOME: &str = "~";
/// What is built once for all projects.
const CACHE: &str = "/cache";

/// Folders, each with the name that stands for it; what lies in another comes after that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remap(Vec<(PathBuf, String)>);

/// Where a build takes place.
#[derive(Clone, Debug)]
pub struct Folders<'a> {
    /// The user's home, if it is known.
    pub home: Option<PathBuf>,
    /// cargo's.
    pub cargo: Option<PathBuf>,
    /// The toolchain's, and its compiler's commit, where it carries the standard library's source.
    pub source: Option<(&'a Path, &'a str)>,
}

impl Remap {
    /// The folders of `plan`.
    pub fn of(plan: &Plan, folders: &Folders<'_>) -> Self {
        let mut all = Remap::shared(plan, folders);
        let mut above = plan.workspace.ancestors().skip(1);
        all.add(above.find(|folder| folder.join(".git").exists()), REPOSITORY);
        all.add(Some(&plan.workspace), WORKSPACE);
        plan.outputs.iter().for_each(|folder| all.add(Some(folder), TARGET));
        all
    }

    /// Those of what is built once for all projects.
    pub fn shared(plan: &Plan, folders: &Folders<'_>) -> Self {
        let mut all = Remap::default();
        all.add(folders.home.as_deref(), HOME);
        all.add(Some(&plan.cache), CACHE);
        all.add(folders.cargo.as_deref(), CARGO);
        if let Some((sysroot, commit)) = folders.source {
            // rustc shows the source that it finds there in place of the name that is in the library
            all.add(Some(&sysroot.join("lib/rustlib/src/rust")), &format!("/rustc/{commit}"));
        }
        all
    }

    /// Has `name` stand for `folder` under both paths that it can have: a program that asks where it is hears of no links.
    fn add(&mut self, folder: Option<&Path>, name: &str) {
        // all of a system is nobody's, and relative paths are no machine's
        let Some(folder) = folder.filter(|folder| folder.is_absolute() && folder.parent().is_some()) else {
            return;
        };
        let real = folder.canonicalize().ok().filter(|real| real != folder && real.parent().is_some());
        // without a slash at the end, which no path below has twice
        for path in [Some(folder.components().collect()), real].into_iter().flatten() {
            self.0.push((path, name.to_owned()));
        }
        self.0.sort_by_key(|(path, _)| path.components().count());
    }

    /// What rustc is told: of two that fit, it takes the last.
    pub fn rustc(&self) -> Vec<String> {
        self.words("--remap-path-prefix=").collect()
    }

    /// The folders that lie in no other of them and tell of this machine: not those that have the name which stands for
    /// them already, as where Rust's official images build, nor the home that every system has.
    pub fn outermost(&self) -> Vec<PathBuf> {
        let is_name = |folder: &Path| {
            folder == Path::new("/root")
                || [WORKSPACE, CARGO, CACHE].iter().any(|name| folder.starts_with(name))
        };
        let mut outermost: Vec<PathBuf> = Vec::new();
        for (folder, _) in self.0.iter().filter(|(folder, _)| !is_name(folder)) {
            if !outermost.iter().any(|known| folder.starts_with(known)) {
                outermost.push(folder.clone());
            }
        }
        outermost
    }

    /// The variables by which the crate cc tells C and C++ compilers of `plan`, behind what the user tells them there: of
    /// two that fit, they take the last. Not where the words themselves would be in the program. They hear of the
    /// processor `march` too, if there is one.
    pub fn variables(
        &self,
        plan: &Plan,
        said: &Said<'_>,
        march: Option<String>,
    ) -> Vec<(OsString, OsString)> {
        let is_told = plan.graph.packages().any(|node| tells_flags(&node.package()));
        if is_told { Vec::new() } else { self.told(said, &plan.target, march) }
    }

    fn told(&self, said: &Said<'_>, target: &Target, march: Option<String>) -> Vec<(OsString, OsString)> {
        // blanks part the words
        let words = self.words("-ffile-prefix-map=").filter(|word| !word.contains(char::is_whitespace));
        let words = march.map(|march| format!("-march={march}")).into_iter().chain(words);
        let words = words.collect::<Vec<_>>().join(" ");
        if words.is_empty() {
            return Vec::new();
        }
        let joined = |name: &str| {
            let users = said.for_target(name, target);
            let value = users.as_deref().and_then(|users| said.value(users));
            let mut value = value.filter(|value| !value.is_empty()).unwrap_or_default();
            if !value.is_empty() {
                value.push(" ");
            }
            value.push(&words);
            // the first of the names is the only one that older versions of the crate hear
            let first = format!("{name}_{}", target.triple());
            let under = format!("{name}_{}", target.underscored());
            (if users.as_ref() == Some(&first) { first } else { under }.into(), value)
        };
        ["CFLAGS", "CXXFLAGS"].map(joined).into()
    }

    /// `FLAG` and `FOLDER=NAME`; a path that is no text cannot be told.
    fn words(&self, flag: &str) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(move |(folder, name)| Some(format!("{flag}{}={name}", folder.to_str()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::env::Env;

    fn remap(folders: &[(&str, &str)]) -> Remap {
        let mut remap = Remap::default();
        folders.iter().for_each(|(folder, name)| remap.add(Some(Path::new(folder)), name));
        remap
    }

    #[test]
    fn h1_a_link_and_what_it_leads_to_have_one_name() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        std::fs::create_dir(real.join("work")).unwrap();
        std::os::unix::fs::symlink("work", real.join("link")).unwrap();
        let link = real.join("link");
        let words = remap(&[(link.to_str().unwrap(), "/src")]).rustc();
        let expected =
            ["link", "work"].map(|name| format!("--remap-path-prefix={}=/src", real.join(name).display()));
        assert_eq!(words, expected);
    }

    #[test]
    fn the_root_and_what_is_no_path_of_a_machine_have_no_name() {
        assert_eq!(remap(&[("/", "~"), ("", "/src"), ("relative", "/src")]), Remap::default());
        let mut none = Remap::default();
        none.add(None, HOME);
        assert_eq!(none, Remap::default());
    }

    #[test]
    fn of_folders_in_folders_the_outermost_are_looked_for() {
        let folders = [
            ("/nowhere/me", "~"),
            ("/nowhere/me/.cargo", CARGO),
            ("/src", WORKSPACE),
            ("/else/w", WORKSPACE),
        ];
        let outermost = remap(&folders).outermost();
        assert_eq!(outermost, [Path::new("/nowhere/me"), Path::new("/else/w")]);
        // a program may ask for the files of any system
        let folders = [("/root", "~"), ("/root/w", WORKSPACE), ("/root/w/target", TARGET)];
        assert_eq!(remap(&folders).outermost(), [Path::new("/root/w")]);
    }

    #[test]
    fn what_the_user_tells_the_compiler_stays_in_front() {
        let target = Target::from_triple("x86_64-unknown-linux-musl").unwrap();
        let remap = remap(&[("/nowhere/w", "/src"), ("/nowhere/a b", "/cache")]);
        let told = |vars: &[(&str, &str)]| {
            let env = Env::new(vars.iter().copied(), Path::new("/"));
            let said = Said { env: &env, config: None, line: &[] };
            let [(name, value), _] = &remap.told(&said, &target, None)[..] else { panic!() };
            format!("{}: {}", name.display(), value.display())
        };
        let map = "-ffile-prefix-map=/nowhere/w=/src";
        assert_eq!(told(&[]), format!("CFLAGS_x86_64_unknown_linux_musl: {map}"));
        assert_eq!(told(&[("CFLAGS", "-O1")]), format!("CFLAGS_x86_64_unknown_linux_musl: -O1 {map}"));
        let named = [("CFLAGS_x86_64-unknown-linux-musl", "-O2"), ("CFLAGS", "-O1")];
        assert_eq!(told(&named), format!("CFLAGS_x86_64-unknown-linux-musl: -O2 {map}"));
    }
}
