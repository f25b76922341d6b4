//! What a statement claims, read strictly: anybody could have written it.

use super::{BUILD_TYPE, PREDICATE, STATEMENT};
use crate::content;
use crate::image::digest::Digest;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The subjects that are read.
const SUBJECTS: usize = 1024;
/// The sources that are told of.
const SOURCES: usize = 8;

/// What build provenance claims, as far as it is of use to who has the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// What it is about.
    pub subjects: BTreeSet<Digest>,
    /// The kind of build.
    pub build_type: String,
    /// Who built.
    pub builder: String,
    /// The run.
    pub run: Option<String>,
    /// The sources: of builds of ours the one that is called so, of others every repository.
    pub sources: Vec<Origin>,
    /// The package and the program, profile, targets and compiler, where it is a build of ours.
    pub build: Vec<(&'static str, String)>,
}

/// A source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its address.
    pub uri: Option<String>,
    /// Its commit.
    pub commit: Option<String>,
    /// Whether files differed from a commit.
    pub dirty: bool,
}

impl Claims {
    /// Those of the statement `bytes`.
    ///
    /// # Errors
    /// Why it is no build provenance.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let json = content::document(bytes).map_err(|why| format!("it is no statement: {why}"))?;
        expected(&json, "_type", STATEMENT)?;
        expected(&json, "predicateType", PREDICATE)?;
        let subjects = subjects(&json)?;
        let (definition, run) = (&json["predicate"]["buildDefinition"], &json["predicate"]["runDetails"]);
        let required = |value: &Value, key: &str| text(value).ok_or_else(|| format!("it has no `{key}`"));
        if !definition["externalParameters"].is_object() {
            return Err("it has no `externalParameters`".to_owned());
        }
        Ok(Claims {
            subjects,
            build_type: required(&definition["buildType"], "buildType")?,
            builder: required(&run["builder"]["id"], "builder.id")?,
            run: text(&run["metadata"]["invocationId"]),
            sources: sources(definition),
            build: build(definition),
        })
    }

    /// The same for people, without the subjects: what and the words for it.
    pub fn words(&self) -> Vec<(&'static str, String)> {
        let mut words: Vec<_> = self.sources.iter().map(|source| ("source", source.words())).collect();
        if words.is_empty() {
            words.push(("source", "not claimed".to_owned()));
        }
        words.push(("builder", self.builder.clone()));
        words.extend(self.run.clone().map(|run| ("run", run)));
        words.extend(self.build.iter().cloned());
        words
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        let source =
            |source: &Origin| json!({ "uri": source.uri, "commit": source.commit, "dirty": source.dirty });
        let build = self.build.iter().map(|(key, value)| ((*key).to_owned(), Value::from(value.as_str())));
        json!({
            "subjects": self.subjects.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "build_type": self.build_type,
            "builder": self.builder,
            "run": self.run,
            "sources": self.sources.iter().map(source).collect::<Vec<_>>(),
            "build": Value::Object(build.collect()),
        })
    }
}

impl Origin {
    fn words(&self) -> String {
        let words = [self.uri.as_deref(), self.commit.as_deref()];
        let words = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
        match self.dirty {
            true => format!("{words}, with changes that are in no commit"),
            false => words,
        }
    }
}

fn expected(json: &Value, key: &str, value: &str) -> Result<(), String> {
    match &json[key] {
        Value::String(text) if text == value => Ok(()),
        Value::String(text) => Err(format!("its `{key}` is `{text}`, expected `{value}`")),
        _ => Err(format!("it has no `{key}`")),
    }
}

/// The subjects with a digest that is taken here: what has other algorithms alone is left out (`spec/v1/digest_set.md`).
fn subjects(json: &Value) -> Result<BTreeSet<Digest>, String> {
    let list = json["subject"].as_array().ok_or("its `subject` is not a list")?;
    if list.len() > SUBJECTS {
        return Err(format!("it has more than {SUBJECTS} subjects"));
    }
    let digest = |subject: &Value| format!("sha256:{}", subject["digest"]["sha256"].as_str()?).parse().ok();
    let subjects: BTreeSet<_> = list.iter().filter_map(digest).collect();
    match subjects.is_empty() {
        true => Err("it has no subject with a sha256".to_owned()),
        false => Ok(subjects),
    }
}

fn sources(definition: &Value) -> Vec<Origin> {
    let all = definition["resolvedDependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let chosen = &definition["internalParameters"]["source"];
    let is_source = |one: &&Value| match definition["buildType"] == BUILD_TYPE {
        true => one["name"] == "source",
        false => one["digest"]["gitCommit"].is_string() || one["digest"]["sha1"].is_string(),
    };
    let origin = |one: &Value| {
        let digest = &one["digest"];
        // what a tree differs from is of interest too
        let commit = [&digest["gitCommit"], &digest["sha1"], &chosen["commit"]].into_iter().find_map(text);
        Origin { uri: text(&one["uri"]), commit, dirty: one["annotations"]["scratch_dirty"] == true }
    };
    let mut sources: Vec<_> = all.iter().filter(is_source).take(SOURCES).map(origin).collect();
    if sources.is_empty() && chosen.is_object() {
        let (commit, dirty) = (text(&chosen["commit"]), chosen["dirty"] == true);
        sources.push(Origin { uri: None, commit, dirty });
    }
    sources
}

fn build(definition: &Value) -> Vec<(&'static str, String)> {
    let (asked, chosen) = (&definition["externalParameters"], &definition["internalParameters"]);
    let pair = |one: Option<String>, other: Option<String>| {
        let words: Vec<_> = [one, other].into_iter().flatten().collect();
        (!words.is_empty()).then(|| words.join(" "))
    };
    let list = |key: &str| {
        let list = asked[key].as_array();
        list.map(|list| list.iter().filter_map(text).collect::<Vec<_>>())
    };
    let (targets, optimize) = (list("targets"), list("optimize"));
    let rustc = &chosen["rustc"];
    let rows = [
        ("package", pair(text(&asked["package"]), text(&asked["version"]))),
        ("program", text(&asked["binary"]).or_else(|| text(&asked["example"]))),
        ("profile", text(&asked["profile"])),
        ("optimize", optimize.map(|flags| flags.join(" "))),
        ("targets", targets.map(|targets| targets.join(" "))),
        ("rustc", pair(text(&rustc["version"]), text(&rustc["commit"]))),
        ("cargo", text(&chosen["cargo"])),
        ("container", text(&chosen["container"])),
        ("cargo-scratch", text(&chosen["cargo-scratch"])),
    ];
    rows.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Value {
        json!({
            "_type": STATEMENT,
            "subject": [{ "name": "a", "digest": { "sha256": Digest::of(b"a").hex() } }],
            "predicateType": PREDICATE,
            "predicate": {
                "buildDefinition": { "buildType": "https://example.org/b", "externalParameters": {} },
                "runDetails": { "builder": { "id": "https://example.org/w" } },
            },
        })
    }

    fn read(json: &Value) -> Result<Claims, String> {
        Claims::read(json.to_string().as_bytes())
    }

    #[test]
    fn h6_a_statement_that_lacks_what_slsa_requires_is_refused() {
        assert!(read(&good()).is_ok());
        for (pointer, value) in [
            ("/_type", json!("https://in-toto.io/Statement/v2")),
            ("/_type", json!(null)),
            ("/predicateType", json!("https://slsa.dev/verification_summary/v1")),
            ("/predicateType", json!("https://slsa.dev/provenance/v0.2")),
            ("/subject", json!([])),
            ("/subject", json!({})),
            ("/subject", json!([{ "digest": { "sha512": "00" } }])),
            ("/subject", json!([{ "digest": { "sha256": "00" } }])),
            ("/subject", json!([{ "digest": { "sha256": Digest::of(b"a").hex().to_uppercase() } }])),
            ("/subject", json!(vec![good()["subject"][0].clone(); 1025])),
            ("/predicate", json!(null)),
            ("/predicate/buildDefinition/buildType", json!(1)),
            ("/predicate/buildDefinition/externalParameters", json!([])),
            ("/predicate/runDetails/builder", json!({})),
        ] {
            let mut bad = good();
            *bad.pointer_mut(pointer).unwrap() = value;
            assert!(read(&bad).is_err(), "{pointer}: {bad}");
        }
    }

    #[test]
    fn h8_what_parsers_read_differently_is_no_statement() {
        let text = good().to_string();
        for bad in [
            text[..text.len() - 1].to_owned(),
            format!("{text}{text}"),
            format!("{text}\n{text}"),
            text.replacen('{', r#"{"_type":"x","#, 1),
            "[".repeat(100_000),
            format!(r#"{{"a":[{}1]}}"#, "1,".repeat(300_000)),
            String::new(),
        ] {
            assert!(Claims::read(bad.as_bytes()).is_err(), "{bad:.60}");
        }
    }

    #[test]
    fn another_builders_provenance_tells_its_sources_too() {
        let mut other = good();
        other["predicate"]["buildDefinition"]["resolvedDependencies"] = json!([
            { "uri": "git+https://example.org/a", "digest": { "sha1": "00" } },
            { "uri": "pkg:docker/x@1", "digest": { "sha256": "00" } },
        ]);
        let claims = read(&other).unwrap();
        let source = Origin {
            uri: Some("git+https://example.org/a".to_owned()),
            commit: Some("00".to_owned()),
            dirty: false,
        };
        assert_eq!(claims.sources, [source]);
        assert_eq!(read(&good()).unwrap().words()[0], ("source", "not claimed".to_owned()));
    }
}
