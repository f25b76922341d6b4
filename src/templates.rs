//! Texts that the tool generates, kept as real files under `templates/`, rendered strictly: an unknown name is an
//! error, never an empty string. Those that go to people are [`Document`]s, and those that go to browsers [`Page`]s, which
//! values cannot escape from.

mod document;
mod page;

pub use document::Document;
pub use page::Page;

use crate::error::{Code, Error};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

/// A generated file.
#[derive(Debug)]
pub struct Template {
    /// Where it goes, in the folder that it is generated for.
    pub path: &'static str,
    /// Whether it is added to the end of a file that is there.
    pub append: bool,
    source: &'static str,
}

/// What the starter project is made of.
#[derive(Debug, Serialize)]
pub struct Starter<'a> {
    /// The package's name.
    pub name: &'a str,
}

/// The files of the starter project, over what `cargo new` makes.
pub const STARTER: &[Template] = &[
    Template { path: "Cargo.toml", append: true, source: include_str!("../templates/starter/metadata.toml") },
    file("README.md", include_str!("../templates/starter/README.md")),
    file("src/main.rs", include_str!("../templates/starter/main.rs")),
];

/// What the project that builds a native library is made of.
#[derive(Debug, Serialize)]
pub struct Source<'a> {
    /// The version of the crate that carries the sources.
    pub version: &'a str,
}

/// The project that builds OpenSSL.
pub const OPENSSL: &[Template] = &[
    EMPTY_LIBRARY,
    file("Cargo.toml", include_str!("../templates/provide/openssl/manifest.toml")),
    file("build.rs", include_str!("../templates/provide/openssl/build.rs")),
];

/// The project that builds SQLite.
pub const SQLITE: &[Template] = &[
    EMPTY_LIBRARY,
    file("Cargo.toml", include_str!("../templates/provide/sqlite/manifest.toml")),
    file(".cargo/config.toml", include_str!("../templates/provide/sqlite/config.toml")),
    file("build.rs", include_str!("../templates/provide/sqlite/build.rs")),
    file("pkg-config", include_str!("../templates/provide/sqlite/pkg-config")),
];

/// The project that builds libpq.
pub const LIBPQ: &[Template] = &[
    EMPTY_LIBRARY,
    file("Cargo.toml", include_str!("../templates/provide/libpq/manifest.toml")),
    file("build.rs", include_str!("../templates/provide/libpq/build.rs")),
];

/// The project that builds mimalloc.
pub const MIMALLOC: &[Template] = &[
    EMPTY_LIBRARY,
    file("Cargo.toml", include_str!("../templates/provide/mimalloc/manifest.toml")),
    file(".cargo/config.toml", include_str!("../templates/provide/mimalloc/config.toml")),
    file("build.rs", include_str!("../templates/provide/mimalloc/build.rs")),
];

/// The project that builds jemalloc.
pub const JEMALLOC: &[Template] = &[
    EMPTY_LIBRARY,
    file("Cargo.toml", include_str!("../templates/provide/jemalloc/manifest.toml")),
    file(".cargo/config.toml", include_str!("../templates/provide/jemalloc/config.toml")),
    file("build.rs", include_str!("../templates/provide/jemalloc/build.rs")),
];

const EMPTY_LIBRARY: Template = file("lib.rs", include_str!("../templates/provide/lib.rs"));

const fn file(path: &'static str, source: &'static str) -> Template {
    Template { path, append: false, source }
}

/// What the programs that stand for a C toolchain are made of. All words are quoted for a shell, all paths are not.
#[derive(Debug, Serialize)]
pub struct Wrapper<'a> {
    /// The Rust target.
    pub target: &'a str,
    /// Its architecture, target and processor as zig calls them; the last may be empty.
    pub arch: &'a str,
    /// The same.
    pub zig_target: &'a str,
    /// The same.
    pub cpu: &'a str,
    /// Its processor as CMake calls it.
    pub cmake_processor: &'a str,
    /// The word that starts zig.
    pub zig: &'a str,
    /// What zig is to be: the wrapper's own name.
    pub command: &'a str,
    /// The word that names the folder in which zig keeps what it has built.
    pub cache: &'a str,
    /// The path of the folder that the wrappers are in.
    pub folder: &'a str,
    /// The path of the folder that CMake may find libraries in.
    pub root: &'a str,
}

/// The package with which the standard library is built from source.
pub const STD: &[Template] = &[
    file("Cargo.toml", include_str!("../templates/std/Cargo.toml")),
    file("rustc", include_str!("../templates/std/rustc")),
];

/// Zig under the names of a C toolchain for one target, and what tells CMake of them.
pub const ZIG: &[Template] = &[
    file("cc", include_str!("../templates/zig/compiler")),
    file("c++", include_str!("../templates/zig/compiler")),
    file("ar", include_str!("../templates/zig/archiver")),
    file("ranlib", include_str!("../templates/zig/archiver")),
    file("ld.lld", include_str!("../templates/zig/linker")),
    file("toolchain.cmake", include_str!("../templates/zig/toolchain.cmake")),
];

/// The project's Dockerfile, for each style.
pub const MULTI_STAGE: Document =
    Document::new("Dockerfile", include_str!("../templates/dockerfile/multi-stage"));
/// The same.
pub const CHEF: Document = Document::new("Dockerfile", include_str!("../templates/dockerfile/chef"));
/// The same.
pub const PREBUILT: Document = Document::new("Dockerfile", include_str!("../templates/dockerfile/prebuilt"));
/// All of the project's images in one run.
pub const BAKE: Document = Document::new("docker-bake.hcl", include_str!("../templates/bake.hcl"));
/// A container that makes the project's images.
pub const BUILDER: Document =
    Document::new("Dockerfile.builder", include_str!("../templates/dockerfile/builder"));
/// Its first stage alone.
pub const TOOLCHAIN: Document =
    Document::new("Dockerfile.builder", include_str!("../templates/dockerfile/toolchain"));

/// The workflow for GitHub.
pub const GITHUB: Document =
    Document::new(".github/workflows/image.yml", include_str!("../templates/workflows/github.yml"));
/// The pipeline for GitLab.
pub const GITLAB: Document =
    Document::new(".gitlab-ci.yml", include_str!("../templates/workflows/gitlab.yml"));
/// The action for GitHub workflows of others.
pub const ACTION: Document = Document::new(
    ".github/actions/cargo-scratch/action.yml",
    include_str!("../templates/workflows/action.yml"),
);

/// Where the bytes of images go.
pub const SIZE: Page = Page::new(
    "size.html",
    include_str!("../templates/size/page.html"),
    include_str!("../templates/size/style.css"),
    include_str!("../templates/size/script.js"),
);

impl Template {
    /// The text before anything is filled in: it tells one version of the template from another.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// The text with the names in `values` filled in.
    pub fn render(&self, values: &impl Serialize) -> Result<String, Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let rendered = SyntaxConfig::builder().keep_trailing_newline(true).build().and_then(|syntax| {
            environment.set_syntax(syntax);
            environment.render_str(self.source, Value::from(Serde(values)))
        });
        rendered.map_err(|why| Error::new(Code::Output, format!("template `{}`: {why}", self.path)))
    }
}

/// An environment for templates in which `[[ ]]` and `[% %]` mark what is filled in: braces belong to the texts themselves.
fn strict() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .keep_trailing_newline(true)
        .trim_blocks(true)
        .lstrip_blocks(true)
        .block_delimiters("[%", "%]")
        .variable_delimiters("[[", "]]")
        .comment_delimiters("[#", "#]")
        .build()?;
    environment.set_syntax(syntax);
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_a_row_and_every_row_renders() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/starter");
        let files = std::fs::read_dir(folder).unwrap().count();
        assert_eq!(files, STARTER.len());
        for template in STARTER {
            let text = template.render(&Starter { name: "hello" }).unwrap();
            assert!(!text.contains("{{") || template.path == "src/main.rs", "{}", template.path);
            assert!(text.ends_with('\n'));
        }
    }

    #[test]
    fn every_project_of_a_native_library_renders_and_every_file_is_a_row() {
        for (name, project) in [("openssl", OPENSSL), ("sqlite", SQLITE), ("libpq", LIBPQ)] {
            let folder = format!("{}/templates/provide/{name}", env!("CARGO_MANIFEST_DIR"));
            assert_eq!(std::fs::read_dir(folder).unwrap().count() + 1, project.len(), "{name}");
            for template in project {
                let text = template.render(&Source { version: "1.2.3" }).unwrap();
                assert!(!text.contains("{{") && text.ends_with('\n'), "{name}: {}", template.path);
                assert_eq!(text.contains("\"=1.2.3\""), template.path == "Cargo.toml", "{name}");
            }
        }
    }

    #[test]
    fn every_wrapper_of_the_folder_is_used_and_renders() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/zig");
        let sources: std::collections::BTreeSet<_> = ZIG.iter().map(Template::source).collect();
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), sources.len());
        for template in ZIG {
            let values = Wrapper {
                target: "t",
                arch: "aarch64",
                zig_target: "z",
                cpu: "",
                cmake_processor: "p",
                zig: "/zig",
                command: template.path,
                cache: "/c",
                folder: "/f",
                root: "/r",
            };
            let text = template.render(&values).unwrap();
            assert!(!text.contains("{{") && !text.contains("{%"), "{text}");
        }
    }

    #[test]
    fn every_file_of_the_standard_librarys_package_is_a_row() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/std");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), STD.len());
        assert!(STD.iter().all(|template| template.render(&()).unwrap() == template.source()));
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        let template = Template { path: "x", append: false, source: "{{ nme }}" };
        assert!(template.render(&Starter { name: "hello" }).is_err());
    }
}
