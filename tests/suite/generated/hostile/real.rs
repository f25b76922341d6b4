//! The real builders' word on hostile values: what dockerfile-parse takes for a value, they must take for the same one.

use super::project::{Wish, lay_out};
use crate::support::{Builder, Project};
use cargo_scratch::generate::Request;
use cargo_scratch::generate::dockerfile::{Style, dockerfile};
use serde_json::{Value, json};

/// As many as one Dockerfile may have in each of its places.
const DENSE: [&str; 8] = [
    r#"a "b" \ $HOME ${x} %{y} 'c' `id` #"#,
    r"\",
    "",
    r"${{ secrets.X }} $$ \$x \n \\ <<EOF",
    "# escape=` ONBUILD RUN id; USER 0 && [\"a\"]",
    "--from=x 日本語 🦀 it's {{x}} [[x]] [% x %]",
    "\u{a0}x\u{3000}",
    "''\"\"``",
];

fn config(builder: Builder, word: &str) -> (Wish, Value) {
    let wish = Wish::with(&["label-value", "env-value", "entry", "cmd"].map(|field| (field, word)));
    let project = lay_out(&wish);
    let request = Request { made: "cargo scratch".into(), style: Style::Prebuilt, ..Request::default() };
    let text = dockerfile(&project.plans().unwrap(), &request, &project.env).unwrap().text;
    // the values alone: nothing was built that could be packed
    let text: Vec<_> = text.lines().filter(|line| !line.starts_with("ADD ")).collect();
    let empty = Project::empty();
    empty.file("Cargo.toml", "");
    let text = text.join("\n").replace("WORKDIR", "COPY Cargo.toml /\nWORKDIR");
    let built = builder.build(&text, &empty.path(""), &[]);
    let built = built.unwrap_or_else(|run| panic!("{builder:?}: {run:?}\n{text}"));
    (wish, built.config["config"].clone())
}

#[track_caller]
fn as_meant(builder: Builder) {
    for word in DENSE {
        let (wish, config) = config(builder, word);
        assert_eq!(config["Labels"][wish.get("label-name")], word, "{builder:?}: {config}");
        let variable = json!(format!("{}={word}", wish.get("env-name")));
        assert!(config["Env"].as_array().unwrap().contains(&variable), "{builder:?}: {word:?} in {config}");
        assert_eq!(config["Entrypoint"], json!(["/init", word]), "{builder:?}");
        assert_eq!(config["Cmd"], json!([word]), "{builder:?}");
        assert_eq!(config["Volumes"], json!({ wish.get("volume"): {} }), "{builder:?}");
        assert_eq!(config["User"], wish.get("user"), "{builder:?}");
    }
}

#[test]
fn g1_hostile_values_are_buildkits_too_needs_buildkit() {
    as_meant(Builder::BuildKit);
}

#[test]
fn g1_hostile_values_are_the_old_builders_too_needs_docker() {
    as_meant(Builder::Legacy);
}

#[test]
fn g1_hostile_values_are_buildahs_too_needs_buildah() {
    as_meant(Builder::Buildah);
}
