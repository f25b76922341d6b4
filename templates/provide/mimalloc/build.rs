//! Gathers what libmimalloc-sys has built: `lib/libmimalloc.a`.

use std::path::{Path, PathBuf};
use std::{env, fs};

const NAME: &str = "libmimalloc.a";

fn main() {
    let folder = |name: &str| PathBuf::from(env::var_os(name).unwrap_or_else(|| panic!("{name} is set")));
    let into = folder("PROVIDE_INTO").join("lib");
    // it tells nobody where, but among the folders of build scripts is its own
    let out = folder("OUT_DIR");
    let all = out.ancestors().find(|above| above.ends_with("build")).expect("cargo keeps them together");
    let built = found(all).expect("it is built");
    fs::create_dir_all(&into).and_then(|()| fs::copy(built, into.join(NAME))).expect("the cache can be written");
}

fn found(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let file = files.into_iter().find(|path| path.ends_with(NAME));
    file.or_else(|| folders.iter().find_map(|folder| found(folder)))
}
