//! What `inspect` knows of an image, for programs: all of it.

use super::{Inspected, layers, materials};
use crate::content::{Claim, History, Kind, LaidLayer, Node, StoredLayer, Tree};
use crate::report::Verdict;
use crate::verify::programs::Program;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::path::Path;

/// One object.
pub fn inspect_json<'a>(image: &Inspected<'a>) -> impl Serialize + use<'a> {
    let Inspected { found, stored, laid, programs, start, faults, beside: _ } = *image;
    let settings = &stored.settings;
    let (packed, unpacked) = laid.sizes();
    let steps = layers::steps(&settings.history).map(Some).chain(std::iter::repeat(None));
    let layers = stored.layers.iter().zip(&laid.layers).zip(steps);
    let history = |step: &History| json!({ "created": step.created, "created_by": step.created_by, "empty_layer": step.empty_layer });
    let attached = materials::attachments(image).map(|one| {
        json!({
            "artifact": one.artifact,
            "kind": materials::kind(one).map(|kind| kind.word),
            "digest": one.claim.digest.to_string(),
            "size": one.claim.size,
            "subject": one.subject.as_ref().map(ToString::to_string),
            "document": one.document.as_ref().map(|document| json!({
                "media_type": document.media_type,
                "digest": document.digest.to_string(),
                "size": document.size,
            })),
        })
    });
    let files = image.beside.iter().map(|one| {
        json!({
            "kind": one.kind.word,
            "path": one.path.to_string_lossy(),
            "digest": one.digest.to_string(),
            "size": one.size,
            "about_this": materials::is_about(image, one),
        })
    });
    Whole {
        rest: json!({
            "reason": "inspect",
            "image": found.place,
            "form": found.form.word(),
            "names": stored.names,
            "platform": image.platform(),
            "manifest": stored.manifest.as_ref().map(|one| one.digest.to_string()),
            "config": stored.config.digest.to_string(),
            "size": packed,
            "unpacked": unpacked,
            "created": settings.created,
            "user": settings.user,
            "entrypoint": settings.entrypoint,
            "cmd": settings.cmd,
            "workdir": settings.working_dir,
            "env": settings.env,
            "expose": settings.exposed_ports,
            "volumes": settings.volumes,
            "stop_signal": settings.stop_signal,
            "labels": pairs(settings.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()))),
            "annotations": pairs(image.annotations().into_iter()),
            "history": settings.history.iter().map(history).collect::<Vec<_>>(),
            "layers": layers.map(|((stored, laid), step)| layer(stored, laid, step)).collect::<Vec<_>>(),
            "start": start,
            "programs": programs.all().iter().map(|(path, one)| program(path, one)).collect::<Vec<_>>(),
            "more_programs": programs.more(),
            "sboms": materials::sboms(image).iter().map(materials::Sbom::json).collect::<Vec<_>>(),
            "attachments": attached.collect::<Vec<_>>(),
            "beside": files.collect::<Vec<_>>(),
            "faults": faults,
        }),
        files: Files(&laid.tree),
    }
}

/// The files are written one by one: of a hundred thousand no second copy is made.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    rest: Value,
    files: Files<'a>,
}

struct Files<'a>(&'a Tree);

impl Serialize for Files<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.nodes.iter().map(|(path, node)| file(path, node)))
    }
}

fn file(path: &str, node: &Node) -> Value {
    let entry = &node.entry;
    let (kind, link) = kind(&entry.kind);
    json!({
        "path": format!("/{path}"),
        "type": kind,
        "link": link,
        "mode": format!("{:04o}", entry.mode),
        "uid": entry.uid,
        "gid": entry.gid,
        "size": entry.size,
        "mtime": entry.mtime,
        "digest": node.digest.as_ref().map(ToString::to_string),
        "xattrs": entry.xattrs,
        "layer": node.layer + 1,
    })
}

/// The word for a type, and where a link leads.
pub fn kind(kind: &Kind) -> (&'static str, Option<String>) {
    match kind {
        Kind::Directory => ("folder", None),
        Kind::Symlink(to) => ("symlink", Some(to.clone())),
        Kind::Hardlink(to) => ("hardlink", Some(format!("/{to}"))),
        Kind::Special(what) => (what, None),
        _ => ("file", None),
    }
}

fn layer(stored: &StoredLayer, laid: &LaidLayer, step: Option<&History>) -> Value {
    let (claim, walked) = (stored.claim.as_ref(), laid.walked.as_ref());
    let claimed = |claim: &Claim| claim.digest.to_string();
    json!({
        "digest": walked.map(|walked| walked.digest.to_string()).or_else(|| claim.map(claimed)),
        "media_type": claim.map(|claim| claim.media_type.as_str()).filter(|kind| !kind.is_empty()),
        "diff_id": walked.map(|walked| walked.diff_id.to_string()),
        "size": walked.map(|_| laid.size),
        "unpacked": walked.map(|walked| walked.unpacked),
        "entries": walked.map(|walked| walked.entries),
        "removed": laid.removed.iter().map(|path| format!("/{path}")).collect::<Vec<_>>(),
        "created_by": step.map(|step| step.created_by.as_str()),
    })
}

fn program(path: &str, program: &Program) -> Value {
    let path = format!("/{path}");
    let mut value = match &program.told {
        Err(why) => super::super::malformed_json(Path::new(&path), why),
        Ok(told) => Verdict {
            path: Path::new(&path),
            size: program.size,
            facts: &told.facts,
            report: told.report.as_ref(),
            traces: Some(&told.traces),
            refusals: &told.refusals,
        }
        .json(),
    };
    if let Some(object) = value.as_object_mut() {
        object.remove("reason"); // it is a part of another result
        let packages = program.told.as_ref().ok().and_then(|told| told.packages.as_ref());
        let package =
            |package: &crate::verify::Package| json!({ "name": package.name, "version": package.version });
        let packages = packages.map(|packages| packages.iter().map(package).collect::<Vec<_>>());
        object.insert("packages".into(), json!(packages));
    }
    value
}

fn pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    pairs.map(|(name, value)| (name.to_owned(), value.into())).collect::<serde_json::Map<_, _>>().into()
}
