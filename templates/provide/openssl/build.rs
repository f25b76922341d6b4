//! Builds OpenSSL for the target: `lib/libssl.a`, `lib/libcrypto.a` and `include/openssl`.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let into = PathBuf::from(env::var_os("PROVIDE_INTO").expect("PROVIDE_INTO is set"));
    let work = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("openssl");
    // where an image has its certificates, if SSL_CERT_FILE does not say otherwise
    let made = openssl_src::Build::new().out_dir(&work).openssl_dir("/etc/ssl").build();
    copy(made.include_dir(), &into.join("include"));
    copy(made.lib_dir(), &into.join("lib"));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the cache can be written");
    for entry in fs::read_dir(from).expect("OpenSSL is built") {
        let (from, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).expect("it can be read");
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("the cache can be written");
        }
    }
}
