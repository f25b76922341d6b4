//! Which packages compile C or C++ in their build script, and which programs else they run.
//!
//! The general rule is what the build script is built with: `cc` compiles C, `cmake` runs CMake, `bindgen` loads
//! libclang. A table of exceptions knows the packages for which that says too much or too little.

mod rows;

use super::Package;
use rows::{EXCEPTIONS, Exception, RULES, Rule};

/// What a build script compiles; C++ needs a C++ compiler and its standard library besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// C, or assembly that goes through the C compiler.
    C,
    /// C++, always together with C.
    Cxx,
}

/// What the build script of a package compiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiles {
    /// The language.
    pub language: Language,
    /// The programs and libraries that it looks for on this machine beside the compiler, sorted: `cmake`, `perl`.
    pub tools: Vec<&'static str>,
    /// What is compiled: the end of the sentence "`ring` compiles …".
    pub why: &'static str,
    /// The architectures, as in a target triple, on which it does without a compiler when there is none.
    pub spared: &'static [&'static str],
    /// Whether it takes `CC` or this machine's own compiler whatever the target is, instead of `CC_<target>`: with
    /// glibc's headers, and without an error.
    pub deaf: bool,
}

impl Compiles {
    /// Whether the build fails without a compiler on `arch`, the first word of a target triple.
    pub fn required_on(&self, arch: &str) -> bool {
        !self.spared.contains(&arch)
    }
}

/// What `package` compiles for the target, or `None` if it needs no C compiler there.
pub fn compiles(package: &Package) -> Option<Compiles> {
    let tools = tools(package);
    if let Some(Exception { language, why, spared, deaf, .. }) = exception(package) {
        return Some(Compiles { language: (*language)?, tools, why, spared, deaf: *deaf });
    }
    let (language, why) = general(package)?;
    Some(Compiles { language, tools, why, spared: &[], deaf: false })
}

/// What the build script of `package` looks for on this machine beside a compiler, sorted; a package that compiles
/// no C may need some as well, `libclang` for instance.
pub fn tools(package: &Package) -> Vec<&'static str> {
    let mut tools: Vec<_> = match exception(package) {
        Some(Exception { tools: Some(tools), .. }) => tools.to_vec(),
        _ => rules(package).flat_map(|rule| rule.tools).copied().collect(),
    };
    tools.sort_unstable();
    tools.dedup();
    tools
}

/// Whether a library that `package` compiles has the words of its compiler's command in it: OpenSSL tells them
/// (`OpenSSL_version`).
pub fn tells_flags(package: &Package) -> bool {
    package.builds_with("openssl-src")
}

/// The rules that hold for what `package`'s build script is built with.
fn rules<'a>(package: &'a Package) -> impl Iterator<Item = &'static Rule> + 'a {
    let carried = |rule: &Rule| rule.unless.iter().any(|other| package.builds_with(other));
    RULES.iter().filter(move |rule| package.builds_with(rule.dependency) && !carried(rule))
}

/// The first row that fits `package` and its features.
fn exception(package: &Package) -> Option<&'static Exception> {
    let fits = |row: &&Exception| {
        row.packages.contains(&package.name)
            && (row.with.is_empty() || package.has_any(row.with))
            && !package.has_any(row.without)
    };
    EXCEPTIONS.iter().find(fits)
}

/// The highest language among the rules, with the reason of the last rule that asks for it: the table goes from the
/// general (`cc`) to the particular (`openssl-src`).
fn general(package: &Package) -> Option<(Language, &'static str)> {
    let asked = rules(package).filter_map(|rule| Some((rule.language?, rule.why)));
    asked.reduce(|first, next| if next.0 >= first.0 { next } else { first })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::example::package;

    /// Language and tools of a package that is described as [`package`] has it.
    fn found(name: &'static str, features: &str, build: &str) -> Option<(Language, Vec<&'static str>)> {
        compiles(&package(name, features, build).get()).map(|found| (found.language, found.tools))
    }

    #[test]
    fn a_package_without_a_build_dependency_compiles_nothing() {
        for name in ["libc", "rustix", "backtrace", "serde", "mimalloc", "pprof"] {
            assert_eq!(found(name, "default std", ""), None, "{name}");
        }
    }

    #[test]
    fn an_unknown_package_is_judged_by_its_build_dependencies() {
        assert_eq!(found("some-sys", "", "cc pkg-config"), Some((Language::C, vec![])));
        assert_eq!(found("some-sys", "", "cmake"), Some((Language::C, vec!["cmake"])));
        assert_eq!(found("some-sys", "", "cc cxx-build"), Some((Language::Cxx, vec![])));
        assert_eq!(found("some-sys", "", "pkg-config"), None);
        assert_eq!(found("tree-sitter-rust", "", "cc"), Some((Language::C, vec![])));
    }

    #[test]
    fn the_usual_tls_stacks_need_a_c_compiler_and_nothing_else() {
        assert_eq!(found("ring", "default alloc std", "cc"), Some((Language::C, vec![])));
        let build = "cc cmake dunce fs_extra pkg-config";
        assert_eq!(found("aws-lc-sys", "", build), Some((Language::C, vec![])));
        assert_eq!(found("aws-lc-sys", "all-bindings default", build), Some((Language::C, vec![])));
    }

    #[test]
    fn bindings_that_are_made_while_building_need_cmake_and_libclang() {
        let build = "bindgen cc cmake dunce fs_extra";
        assert_eq!(found("aws-lc-sys", "bindgen", build), Some((Language::C, vec!["cmake", "libclang"])));
        let fips = found("aws-lc-fips-sys", "", "cc cmake").unwrap();
        assert_eq!(fips, (Language::C, vec!["cmake", "go"]));
    }

    #[test]
    fn vendored_openssl_needs_perl_and_make() {
        let vendored = found("openssl-sys", "vendored openssl-src", "cc openssl-src pkg-config vcpkg");
        assert_eq!(vendored, Some((Language::C, vec!["make", "perl"])));
        // without it the compiler still reads the headers, to learn the library's version
        assert_eq!(found("openssl-sys", "", "cc pkg-config vcpkg"), Some((Language::C, vec![])));
        assert_eq!(found("openssl-sys", "aws-lc", "cc pkg-config vcpkg"), None);
    }

    #[test]
    fn sqlite_compiles_only_when_bundled() {
        assert_eq!(found("libsqlite3-sys", "default", "pkg-config vcpkg"), None);
        assert_eq!(found("libsqlite3-sys", "bundled", "cc"), Some((Language::C, vec![])));
        let both = found("libsqlite3-sys", "bundled buildtime_bindgen", "bindgen cc pkg-config");
        assert_eq!(both, Some((Language::C, vec!["libclang"])));
    }

    #[test]
    fn blake3_does_without_a_compiler_on_x86() {
        let blake3 = compiles(&package("blake3", "default std", "cc").get()).unwrap();
        assert!(!blake3.required_on("x86_64"));
        assert!(blake3.required_on("aarch64"));
        assert_eq!(found("blake3", "pure", "cc"), None);
        let ring = compiles(&package("ring", "", "cc").get()).unwrap();
        assert!(ring.required_on("x86_64"));
    }

    #[test]
    fn a_build_dependency_that_is_for_other_systems_is_no_reason() {
        assert_eq!(found("stacker", "", "cc"), None);
        assert_eq!(found("alsa-sys", "", "cc pkg-config"), None);
        assert_eq!(found("freetype-sys", "", "cc pkg-config"), None);
        assert_eq!(found("freetype-sys", "bundled", "cc pkg-config"), Some((Language::C, vec![])));
        assert_eq!(found("hidapi", "linux-native", "cc pkg-config"), None);
        assert_eq!(found("hidapi", "linux-static-hidraw", "cc pkg-config"), Some((Language::C, vec![])));
    }

    #[test]
    fn lua_is_built_as_its_features_say() {
        let build = "cc cfg-if lua-src luajit-src pkg-config";
        assert_eq!(found("mlua-sys", "lua54", "cc cfg-if pkg-config"), None);
        assert_eq!(found("mlua-sys", "lua54 vendored", build), Some((Language::C, vec![])));
        assert_eq!(found("mlua-sys", "luajit vendored", build), Some((Language::C, vec!["make"])));
        assert_eq!(
            found("mlua-sys", "luau", "cc cfg-if luau0-src").map(|found| found.0),
            Some(Language::Cxx)
        );
    }

    #[test]
    fn stacker_stays_silent_while_the_assembly_below_it_is_named() {
        assert_eq!(found("psm", "", "ar_archive_writer cc"), Some((Language::C, vec![])));
    }

    #[test]
    fn cxx_is_told_from_c() {
        for (name, features, build) in [
            ("cxx", "default std", "cc cxxbridge-flags"),
            ("link-cplusplus", "default", "cc"),
            ("esaxx-rs", "cpp cc", "cc"),
            ("libduckdb-sys", "bundled", "cc"),
            ("zmq-sys", "", "system-deps zeromq-src"),
        ] {
            assert_eq!(found(name, features, build), Some((Language::Cxx, vec![])), "{name}");
        }
        let rocksdb = found("librocksdb-sys", "default static", "bindgen cc");
        assert_eq!(rocksdb, Some((Language::Cxx, vec!["libclang"])));
        assert_eq!(found("onig_sys", "", "cc pkg-config"), Some((Language::C, vec![])));
        assert_eq!(found("esaxx-rs", "", ""), None);
        assert_eq!(found("link-cplusplus", "nothing", "cc"), None);
    }

    #[test]
    fn rdkafka_compiles_without_naming_a_compiler_in_its_manifest() {
        let made = found("rdkafka-sys", "default libz libz-sys", "pkg-config");
        assert_eq!(made, Some((Language::Cxx, vec!["make", "sh"])));
        let cmake = found("rdkafka-sys", "cmake cmake-build", "cmake pkg-config");
        assert_eq!(cmake, Some((Language::Cxx, vec!["cmake"])));
        assert_eq!(found("rdkafka-sys", "dynamic-linking", "pkg-config"), None);
        let deaf = |features, build| compiles(&package("rdkafka-sys", features, build).get()).unwrap().deaf;
        assert!(deaf("libz", "pkg-config"), "its `configure` knows no CC_<target>");
        assert!(!deaf("cmake-build", "cmake"));
    }

    #[test]
    fn gmp_is_built_by_a_package_that_hears_no_variable_of_the_target() {
        let gmp = compiles(&package("gmp-mpfr-sys", "mpfr force-cross", "").get()).unwrap();
        assert_eq!((gmp.language, &gmp.tools[..], gmp.deaf), (Language::C, &["m4", "make", "sh"][..], true));
        assert_eq!(found("gmp-mpfr-sys", "use-system-libs", ""), None);
    }

    #[test]
    fn allocators_name_what_their_build_runs() {
        assert_eq!(found("libmimalloc-sys", "", "cc"), Some((Language::C, vec![])));
        assert_eq!(found("tikv-jemalloc-sys", "", "cc"), Some((Language::C, vec!["make", "sh"])));
        assert_eq!(found("snmalloc-sys", "build_cmake", "cmake"), Some((Language::Cxx, vec!["cmake"])));
    }

    #[test]
    fn zstd_is_spared_where_rust_does_the_work() {
        assert_eq!(found("zstd-sys", "default legacy", "cc pkg-config"), Some((Language::C, vec![])));
        assert_eq!(found("zstd-sys", "rust-backend", "cc pkg-config"), None);
        assert_eq!(found("bzip2-sys", "__disabled", "cc pkg-config"), None);
    }

    #[test]
    fn protobuf_asks_for_its_compiler_unless_one_comes_along() {
        let app = package("app", "", "tonic-prost-build");
        assert_eq!(tools(&app.get()), ["protoc"]);
        assert_eq!(compiles(&app.get()), None);
        let vendored = package("app", "", "prost-build protoc-bin-vendored");
        assert!(tools(&vendored.get()).is_empty());
    }

    #[test]
    fn every_row_can_be_reached_and_reads_as_a_sentence() {
        for row in EXCEPTIONS {
            assert!(!row.packages.is_empty() && !row.why.is_empty());
            assert!(!row.why.ends_with('.'), "{}", row.why);
            let name = row.packages[0];
            let first = EXCEPTIONS.iter().find(|other| {
                other.packages.contains(&name) && other.with.is_empty() && other.without.is_empty()
            });
            let hidden = first.is_some_and(|first| {
                let at = |row| EXCEPTIONS.iter().position(|other| std::ptr::eq(other, row));
                at(first) < at(row)
            });
            assert!(!hidden, "{name} is answered by an earlier row");
        }
    }
}
