//! Builds OpenSSL for the target: `lib/libssl.a`, `lib/libcrypto.a` and `include/openssl`.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// What OpenSSL writes down of where it is installed: for all machines the same, and nothing of this one.
const PLACES: &str = "ENGINESDIR=/usr/lib/engines-3 MODULESDIR=/usr/lib/ossl-modules";

fn main() {
    leave_no_traces();
    let into = PathBuf::from(env::var_os("PROVIDE_INTO").expect("PROVIDE_INTO is set"));
    let work = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("openssl");
    // where an image has its certificates, if SSL_CERT_FILE does not say otherwise
    let made = openssl_src::Build::new().out_dir(&work).openssl_dir("/etc/ssl").build();
    copy(made.include_dir(), &into.join("include"));
    copy(made.lib_dir(), &into.join("lib"));
}

/// OpenSSL remembers the time of its build, its folders and the compiler's command line, and every program has them.
fn leave_no_traces() {
    env::set_var("SOURCE_DATE_EPOCH", "0");
    // openssl-src hands this to make
    let flags = env::var("CARGO_MAKEFLAGS").unwrap_or_default();
    env::set_var("CARGO_MAKEFLAGS", format!("{flags} -- {PLACES}"));
    let target = env::var("TARGET").expect("cargo sets TARGET");
    for name in [format!("CC_{target}"), format!("CC_{}", target.replace('-', "_"))] {
        let Some(compiler) = env::var_os(&name).map(PathBuf::from) else { continue };
        if let (true, Some(file), Some(folder)) =
            (compiler.is_file(), compiler.file_name(), compiler.parent())
        {
            let path = env::var_os("PATH").unwrap_or_default();
            let path = env::join_paths([folder.to_owned()].into_iter().chain(env::split_paths(&path)));
            env::set_var("PATH", path.expect("a folder's name has no colon"));
            env::set_var(name, file);
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the cache can be written");
    for entry in fs::read_dir(from).expect("OpenSSL is built") {
        let (from, to) =
            entry.map(|entry| (entry.path(), to.join(entry.file_name()))).expect("it can be read");
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("the cache can be written");
        }
    }
}
