//! The library is "built" by scripts, so that a test takes milliseconds.

use super::*;

/// A toolchain of scripts: a rustc that tells its version, and a cargo that writes down how it was called and makes
/// what `made` names, each file in its place below the target folder.
struct Fake {
    folder: tempfile::TempDir,
    target: Target,
}

impl Fake {
    fn new(made: &[&str]) -> Fake {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::from_platform("linux/amd64").unwrap();
        let at = |name: &str| folder.path().join(name);
        script(&at("rustc"), "printf 'rustc 1.99.0\\nrelease: 1.99.0\\ncommit-hash: abc\\n'");
        let mut cargo =
            format!("printf '%s\\n' \"$@\" >'{0}/words'\nenv >'{0}/variables'\n", folder.path().display());
        for file in made {
            let name = Path::new(file).file_stem().unwrap().to_str().unwrap();
            let message = serde_json::json!({
                "reason": "compiler-artifact", "package_id": "p", "manifest_path": "/m", "features": [],
                "target": { "name": name.trim_start_matches("lib"), "kind": ["lib"],
                            "crate_types": ["lib"], "src_path": "/s" },
                "profile": { "opt_level": "3", "debuginfo": 0, "debug_assertions": false,
                             "overflow_checks": false, "test": false },
                "filenames": [format!("PWD/{file}")], "executable": null, "fresh": false,
            });
            cargo += &format!("mkdir -p \"$(dirname {file})\" && echo rlib >{file}\n");
            cargo += &format!("echo '{message}' | sed \"s:PWD:$PWD:\"\n");
        }
        script(&at("cargo"), &cargo);
        // zig: repeats the linker's words where it is asked to, and writes what it is told to write
        script(
            &at("zig"),
            r#"case " $* " in *" -E -v "*) printf '#include <\n /own\n /musl\nEnd' >&2; exit;; esac
o=$ZIG_GLOBAL_CACHE_DIR/o/1 && mkdir -p "$o"
case $1 in ar) shift; echo "$@" >"$2"; exit;; esac
[ -z "$ZIG_VERBOSE_LINK" ] || for file in crt1.o rcrt1.o libunwind.a libc.a libzigc.a; do
    echo "$file" >"$o/$file"; all="$all $o/$file"
done && echo "ld.lld$all" >&2
while [ "$1" != -o ]; do shift; done; echo object >"$2""#,
        );
        fs::create_dir_all(at("sysroot/lib/rustlib/src/rust/library/std")).unwrap();
        Fake { folder, target }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn build(&self) -> Result<PathBuf, Error> {
        let zig = Zig::fake(&self.path("zig"), "0.17.1");
        self.build_of(Kind::Usual, &Beside::Zig(zig))
    }

    fn build_of(&self, kind: Kind, beside: &Beside) -> Result<PathBuf, Error> {
        let (cargo, rustc) = (self.path("cargo"), self.path("rustc"));
        let (sysroot, cache) = (self.path("sysroot"), self.path("a cache"));
        let std = StdBuild {
            cargo: &cargo,
            rustc: &rustc,
            sysroot: &sysroot,
            target: &self.target,
            kind,
            cache: &cache,
            offline: false,
            remap: Remap::default(),
        };
        let place = std.place()?;
        std.build(&place, beside)?;
        Ok(place)
    }

    fn words(&self) -> Vec<String> {
        fs::read_to_string(self.path("words")).unwrap().lines().map(str::to_owned).collect()
    }
}

fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

const STD: &str = "target/x86_64-unknown-linux-musl/needs-std/deps/libstd-1.rlib";
const OWN: &str = "target/x86_64-unknown-linux-musl/needs-std/libneeds_std.rlib";
const HOST: &str = "target/needs-std/deps/libmacros-1.rlib";

#[test]
fn a_sysroot_has_the_targets_libraries_and_what_programs_are_linked_from() {
    let fake = Fake::new(&[STD, OWN, HOST]);
    let place = fake.build().unwrap();
    let library = place.join("lib/rustlib/x86_64-unknown-linux-musl/lib");
    let names = |folder: &Path| {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&library), ["libstd-1.rlib", "self-contained"]);
    let others = library.join("self-contained");
    assert_eq!(
        names(&others),
        [
            "crt1.o",
            "crtbegin.o",
            "crtbeginS.o",
            "crtend.o",
            "crtendS.o",
            "crti.o",
            "crtn.o",
            "libc.a",
            "libunwind.a",
            "rcrt1.o"
        ]
    );
    let merged = fs::read_to_string(others.join("libc.a")).unwrap();
    assert!(merged.contains("/libc.a ") && merged.contains("/libzigc.a"), "{merged}");
    assert!(place.file_name().unwrap().to_str().unwrap().starts_with("1.99.0-x86_64-unknown-linux-musl-"));
}

#[test]
fn the_users_flags_are_for_programs_and_the_unstable_is_for_this_build_alone() {
    let fake = Fake::new(&[STD]);
    fake.build().unwrap();
    let variables = fs::read_to_string(fake.path("variables")).unwrap();
    for line in ["RUSTC_BOOTSTRAP=1", "CARGO_ENCODED_RUSTFLAGS=-Cembed-bitcode=yes"] {
        assert!(variables.lines().any(|variable| variable == line), "{line}: {variables}");
    }
    assert!(!fake.words().contains(&"--offline".into()), "rustup's source needs crates.io");
}

#[test]
fn the_small_library_has_a_place_of_its_own_and_what_the_usual_one_is_linked_beside() {
    let fake = Fake::new(&[STD]);
    let usual = fake.build().unwrap();
    let installed = fake.path("installed");
    fs::create_dir_all(installed.join("self-contained")).unwrap();
    fs::write(installed.join("self-contained/libc.a"), "its own").unwrap();
    fs::remove_file(fake.path("zig")).unwrap(); // there is no use for it
    let small = fake.build_of(Kind::Small, &Beside::Library(installed)).unwrap();
    assert_ne!(small, usual);
    let library = small.join("lib/rustlib/x86_64-unknown-linux-musl/lib");
    assert_eq!(fs::read_to_string(library.join("self-contained/libc.a")).unwrap(), "its own");
    assert!(library.join("libstd-1.rlib").is_file());
    let words = fake.words();
    assert!(words.contains(&"--config=profile.needs-std.opt-level=\"z\"".into()), "{words:?}");
    assert!(words.iter().any(|word| word == "-Zbuild-std=std,panic_abort,proc_macro"), "{words:?}");
}

#[test]
fn what_lies_beside_the_source_is_not_fetched() {
    let fake = Fake::new(&[STD]);
    fs::create_dir(fake.path("sysroot/lib/rustlib/src/rust/library/vendor")).unwrap();
    fake.build().unwrap();
    let words = fake.words();
    assert!(words.contains(&"--offline".into()), "{words:?}");
    assert!(words.iter().any(|word| word.ends_with("/library/vendor\"")), "{words:?}");
}

#[test]
fn it_is_built_once_and_anew_for_another_compiler() {
    let fake = Fake::new(&[STD]);
    let place = fake.build().unwrap();
    fs::remove_file(fake.path("words")).unwrap();
    assert_eq!(fake.build().unwrap(), place);
    assert!(!fake.path("words").exists());
    script(&fake.path("rustc"), "printf 'rustc 1.99.0\\nrelease: 1.99.0\\ncommit-hash: def\\n'");
    assert_ne!(fake.build().unwrap(), place);
}

#[test]
fn a_build_without_std_leaves_none() {
    let fake = Fake::new(&[OWN]);
    let error = fake.build().unwrap_err();
    assert!(error.what().starts_with("could not build the standard library"), "{error}");
    let left: Vec<_> = fs::read_dir(fake.path("a cache/std")).unwrap().flatten().collect();
    assert!(left.iter().all(|entry| entry.file_name().to_str().unwrap().starts_with('.')), "{left:?}");
}

#[test]
fn only_a_toolchain_with_its_source_can_build_it() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!available(folder.path()));
    let std = folder.path().join("lib/rustlib/src/rust/library/std");
    fs::create_dir_all(&std).unwrap();
    fs::write(std.join("Cargo.toml"), "").unwrap();
    assert!(available(folder.path()));
}
