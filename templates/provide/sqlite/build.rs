//! Gathers what libsqlite3-sys has built: `lib/libsqlite3.a`, `include/sqlite3.h`, and a `pkg-config` that knows them.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let folder = |name: &str| PathBuf::from(env::var_os(name).unwrap_or_else(|| panic!("{name} is set")));
    let into = folder("PROVIDE_INTO");
    put(&folder("DEP_SQLITE3_LIB_DIR").join("libsqlite3.a"), &into.join("lib"));
    put(&folder("DEP_SQLITE3_INCLUDE").join("sqlite3.h"), &into.join("include"));
    let program = put(Path::new("pkg-config"), &into.join("bin"));
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("the cache can be written");
}

fn put(file: &Path, folder: &Path) -> PathBuf {
    let to = folder.join(file.file_name().expect("it is a file"));
    fs::create_dir_all(folder).and_then(|()| fs::copy(file, &to)).expect("the cache can be written");
    to
}
