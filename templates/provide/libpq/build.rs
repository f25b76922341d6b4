//! Gathers what pq-src has built, with OpenSSL in the same `lib/libpq.a`: pq-sys links nothing but `pq`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    let folder = |name: &str| PathBuf::from(env::var_os(name).unwrap_or_else(|| panic!("{name} is set")));
    let lib = folder("PROVIDE_INTO").join("lib");
    let work = folder("OUT_DIR");
    let openssl = folder("DEP_OPENSSL_INCLUDE").join("../lib");
    let archives = [
        folder("DEP_PQ_SYS_SRC_LIB_DIR").join("libpq.a"),
        openssl.join("libssl.a"),
        openssl.join("libcrypto.a"),
    ];
    let members = archives.iter().flat_map(|archive| unpack(archive, &work));
    fs::create_dir_all(&lib).expect("the cache can be written");
    run(archiver().arg("crs").arg(lib.join("libpq.a")).args(members));
}

/// The members of `archive`, in a folder of their own below `work`.
fn unpack(archive: &Path, work: &Path) -> Vec<PathBuf> {
    let folder = work.join(archive.file_stem().expect("it is a file"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).expect("the cache can be written");
    run(archiver().arg("x").arg(archive.canonicalize().expect("it is there")).current_dir(&folder));
    let members = fs::read_dir(&folder).expect("it can be read");
    let mut members: Vec<_> = members.map(|member| member.expect("it can be read").path()).collect();
    members.sort();
    members
}

fn archiver() -> Command {
    cc::Build::new().get_archiver()
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|why| panic!("{command:?}: {why}"));
    assert!(status.success(), "{command:?}: {status}");
}
