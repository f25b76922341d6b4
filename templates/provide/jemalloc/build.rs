//! Gathers what tikv-jemalloc-sys has built, for programs at any address: `lib/libjemalloc.a`.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let folder = |name: &str| PathBuf::from(env::var_os(name).unwrap_or_else(|| panic!("{name} is set")));
    let into = folder("PROVIDE_INTO").join("lib");
    let built = folder("DEP_JEMALLOC_ROOT").join("lib/libjemalloc_pic.a");
    fs::create_dir_all(&into)
        .and_then(|()| fs::copy(built, into.join("libjemalloc.a")))
        .expect("the cache can be written");
}
