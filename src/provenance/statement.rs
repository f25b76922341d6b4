//! The statement about an image: what the plan and the builder say, in the fields of SLSA.

use super::{BUILD_TYPE, ConfigFile, PREDICATE, Runner, STATEMENT, Source, Surroundings};
use crate::config::cargo::CargoFlags;
use crate::error::Error;
use crate::image::bundle::Bundle;
use crate::image::digest::Digest;
use crate::image::{Image, json};
use crate::plan::{ImagePlan, Plan};
use crate::tool;
use crate::toolchain::Version;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What built an image.
#[derive(Clone, Debug, Default)]
pub struct Tools {
    /// cargo, as far as it tells.
    pub cargo: Option<Version>,
    /// The compiler, as far as it tells.
    pub rustc: Option<Version>,
    /// For each target the kind of its linker.
    pub linkers: BTreeMap<String, &'static str>,
    /// The image that cargo ran in, if it did.
    pub container: Option<String>,
}

/// How the images of one program came to be.
#[derive(Clone, Copy, Debug)]
pub struct Build<'a> {
    /// Each, with the plan for its platform: one at least.
    pub images: &'a [(&'a ImagePlan, &'a Plan)],
    /// Their source, if git knows it.
    pub source: Option<&'a Source>,
    /// The tools.
    pub tools: &'a Tools,
    /// What stood around it.
    pub surroundings: &'a Surroundings,
    /// The builder.
    pub runner: &'a Runner,
    /// The digest of Cargo.lock, if there is one.
    pub lock: Option<&'a Digest>,
}

/// The statement about `bundle`, which holds the images of `build`.
///
/// # Errors
/// It cannot be written.
pub fn statement(build: &Build<'_>, bundle: &Bundle) -> Result<Vec<u8>, Error> {
    let invocation = build.runner.invocation.as_ref().map(|url| json!({ "invocationId": url }));
    json(&json!({
        "_type": STATEMENT,
        "subject": subjects(build, bundle),
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": asked(build),
                "internalParameters": chosen(build),
                "resolvedDependencies": used(build),
            },
            "runDetails": without_nothing([
                ("builder", Some(json!({ "id": build.runner.id }))),
                ("metadata", invocation),
            ]),
        },
    }))
}

/// The manifest; of several the index over them, then each. They are called as the program is: names of repositories
/// would make another statement of each place that the image goes to.
fn subjects(build: &Build<'_>, bundle: &Bundle) -> Vec<Value> {
    let name = build.images.first().map(|(image, _)| image.bin.as_str()).unwrap_or_default();
    let subject =
        |name: String, digest: &Digest| json!({ "name": name, "digest": { "sha256": digest.hex() } });
    let of = |image: &Image| subject(format!("{name} ({})", image.target.platform()), &image.manifest.digest);
    let each = bundle.images().filter(|_| !bundle.others.is_empty()).map(of);
    std::iter::once(subject(name.to_owned(), &bundle.root.digest)).chain(each).collect()
}

fn asked(build: &Build<'_>) -> Value {
    let Some((image, plan)) = build.images.first() else { return json!({}) };
    let (package, version) = image.spec.split_once('@').unwrap_or((&image.spec, ""));
    let flags = &plan.flags;
    let mut features: Vec<_> =
        flags.features.iter().flat_map(|list| list.split([',', ' '])).filter(|one| !one.is_empty()).collect();
    features.sort_unstable();
    features.dedup();
    let inside = image.manifest.strip_prefix(&plan.workspace).ok().map(|path| path.display().to_string());
    let manifest = build.source.map(|source| source.manifest.clone()).or(inside);
    let config = settings(flags);
    without_nothing([
        ("package", Some(package.into())),
        ("version", Some(version.into())),
        (if image.example { "example" } else { "binary" }, Some(image.bin.as_str().into())),
        ("manifest", manifest.map(Value::from)),
        ("targets", Some(build.images.iter().map(|(_, plan)| plan.target.triple()).collect())),
        ("profile", Some(flags.profile().into())),
        ("optimize", some(plan.optimize.words())),
        ("features", Some(features.into())),
        ("allFeatures", Some(flags.all_features.into())),
        ("defaultFeatures", Some((!flags.no_default_features).into())),
        ("locked", Some((flags.locked || flags.frozen).into())),
        ("config", some(config)),
        ("variables", some(build.surroundings.variables.clone())),
        ("configFiles", some(build.surroundings.files.iter().map(config_file).collect())),
    ])
}

/// A list that has anything in it.
fn some<T: Into<Value>>(list: Vec<T>) -> Option<Value> {
    (!list.is_empty()).then(|| list.into())
}

fn config_file(file: &ConfigFile) -> Value {
    match file {
        ConfigFile::Workspace(path, digest) => without_nothing([
            ("name", Some(path.as_str().into())),
            ("digest", digest.as_ref().map(|digest| json!({ "sha256": digest.hex() }))),
        ]),
        ConfigFile::Outside => json!({ "name": "outside" }),
        ConfigFile::Home => json!({ "name": "cargo home" }),
    }
}

/// What `--config` says, as far as it can be told to others: any value but a profile's may be a path or a secret.
fn settings(flags: &CargoFlags) -> Vec<String> {
    let told = |word: &String| {
        let Some((key, value)) = word.split_once('=') else { return "a file".to_owned() };
        let key = key.trim();
        match key.starts_with("profile.") && !value.contains('/') && !tool::has_secret(word) {
            true => format!("{key}={}", value.trim()),
            false => key.to_owned(),
        }
    };
    flags.config.iter().map(told).collect()
}

fn chosen(build: &Build<'_>) -> Value {
    let tools = build.tools;
    let rustc = tools.rustc.as_ref().map(|rustc| {
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        without_nothing([
            ("version", Some(rustc.release.as_str().into())),
            ("commit", text(&rustc.commit)),
            ("host", text(&rustc.host)),
        ])
    });
    without_nothing([
        ("cargo-scratch", Some(env!("CARGO_PKG_VERSION").into())),
        ("cargo", tools.cargo.as_ref().map(|cargo| cargo.release.as_str().into())),
        ("rustc", rustc),
        ("linker", (!tools.linkers.is_empty()).then(|| json!(tools.linkers))),
        ("container", tools.container.as_deref().map(Value::from)),
        ("source", build.source.map(|source| json!({ "commit": source.commit, "dirty": source.dirty }))),
    ])
}

fn used(build: &Build<'_>) -> Vec<Value> {
    let mut all = Vec::new();
    all.extend(build.source.and_then(|source| repository(source, build.runner)));
    all.extend(
        build.lock.map(|digest| json!({ "name": "Cargo.lock", "digest": { "sha256": digest.hex() } })),
    );
    let commit = build.tools.rustc.as_ref().and_then(|rustc| rustc.commit.as_ref());
    all.extend(commit.map(|commit| {
        json!({
            "name": "rustc",
            "uri": "git+https://github.com/rust-lang/rust",
            "digest": { "gitCommit": commit },
        })
    }));
    all
}

/// A descriptor has an address or a digest at least (`spec/v1/resource_descriptor.md`). A tree that differs from its
/// commit has no digest: what was built is not that commit.
fn repository(source: &Source, runner: &Runner) -> Option<Value> {
    let uri = source.repository.as_ref().map(|url| match runner.reference(&source.commit) {
        Some(name) => format!("git+{url}@{name}"),
        None => format!("git+{url}"),
    });
    match (source.dirty, uri) {
        (false, uri) => Some(without_nothing([
            ("name", Some("source".into())),
            ("uri", uri.map(Value::from)),
            ("digest", Some(json!({ "gitCommit": source.commit }))),
        ])),
        (true, Some(uri)) => {
            Some(json!({ "name": "source", "uri": uri, "annotations": { "scratch_dirty": true } }))
        }
        (true, None) => None,
    }
}

/// An object of those fields that there are.
fn without_nothing<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let there = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}
