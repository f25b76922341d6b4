//! What `diff` knows, for programs.

use super::{Compared, Pair, changes};
use crate::content::difference::{Change, File, Setting};
use crate::content::{LaidLayer, Stored};
use crate::report::inspect::kind;
use serde_json::{Value, json};

/// All pairs in one object; `images` are what [`pair_json`] gives.
pub fn diff_json(compared: &Compared, images: Vec<Value>) -> Value {
    json!({
        "reason": "diff",
        "from": compared.names[0],
        "to": compared.names[1],
        "equal": compared.equal,
        "removed_platforms": compared.removed,
        "added_platforms": compared.added,
        "images": images,
    })
}

/// One pair.
pub fn pair_json(pair: &Pair<'_>) -> Value {
    let Pair { before, after, difference } = *pair;
    let ((packed, unpacked), (packed_, unpacked_)) = (before.1.sizes(), after.1.sizes());
    let layers = pair.layers().into_iter();
    let layers = layers.map(|(a, b)| json!({ "before": a.map(layer), "after": b.map(layer) }));
    let manifest = |stored: &Stored| stored.manifest.as_ref().map(|one| one.digest.to_string());
    let (added, removed, changed) = difference.counts();
    json!({
        "platform": after.0.settings.platform(),
        "equal": difference.is_empty(),
        "same_but_for": if difference.is_empty() { pair.packing() } else { Vec::new() },
        "manifest": { "before": manifest(before.0), "after": manifest(after.0) },
        "config": { "before": before.0.config.digest.to_string(), "after": after.0.config.digest.to_string() },
        "size": { "before": packed, "after": packed_ },
        "unpacked": { "before": unpacked, "after": unpacked_ },
        "settings": difference.settings.iter().map(setting).collect::<Vec<_>>(),
        "files": difference.files.iter().map(change).collect::<Vec<_>>(),
        "added": added,
        "removed": removed,
        "changed": changed,
        "touched": difference.touched,
        "layers": layers.collect::<Vec<_>>(),
    })
}

fn layer((number, layer): (usize, &LaidLayer)) -> Value {
    let walked = layer.walked.as_ref();
    json!({
        "layer": number,
        "digest": walked.map(|walked| walked.digest.to_string()),
        "diff_id": walked.map(|walked| walked.diff_id.to_string()),
        "size": layer.size,
        "unpacked": walked.map(|walked| walked.unpacked),
    })
}

fn setting(setting: &Setting) -> Value {
    json!({
        "field": setting.field,
        "name": setting.name,
        "before": setting.before,
        "after": setting.after,
    })
}

fn change(change: &Change) -> Value {
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    let (what, words) = match (before, after) {
        (Some(before), Some(after)) => ("changed", changes(before, after)),
        (None, _) => ("added", Vec::new()),
        (_, None) => ("removed", Vec::new()),
    };
    json!({
        "path": format!("/{}", change.path),
        "change": what,
        "words": words,
        "before": before.map(file),
        "after": after.map(file),
    })
}

fn file(file: &File) -> Value {
    let (kind, link) = kind(&file.kind);
    json!({
        "type": kind,
        "link": link,
        "mode": format!("{:04o}", file.mode),
        "uid": file.owner.0,
        "gid": file.owner.1,
        "size": file.size,
        "digest": file.digest.as_ref().map(ToString::to_string),
        "xattrs": file.xattrs,
    })
}
