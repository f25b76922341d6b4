//! Where the bytes of an image go, for programs: all of it.

use super::Measured;
use crate::size::{Owner, Part, Sizes};
use serde_json::{Value, json};

/// One object.
pub fn size_json(measured: &Measured<'_>) -> Value {
    let layer = |(title, files): &(String, Vec<super::File>)| {
        let file = |(path, size): &super::File| json!({ "path": path, "size": size });
        json!({
            "title": title,
            "size": files.iter().map(|(_, size)| size).sum::<u64>(),
            "files": files.iter().map(file).collect::<Vec<_>>(),
        })
    };
    json!({
        "reason": "size",
        "bin": measured.bin,
        "platform": measured.platform,
        "size": measured.total(),
        "layers": measured.layers.iter().map(layer).collect::<Vec<_>>(),
        "program": sizes(&measured.sizes, Some(&measured.program)),
        "before": measured.before.as_ref().map(|before| sizes(before, None)),
    })
}

fn sizes(sizes: &Sizes, path: Option<&str>) -> Value {
    let section = |(name, size): &(String, u64)| json!({ "name": name, "size": size });
    json!({
        "path": path,
        "size": sizes.total,
        "sections": sizes.sections.iter().map(section).collect::<Vec<_>>(),
        "owners": sizes.owners.iter().map(owner).collect::<Vec<_>>(),
    })
}

fn owner(owner: &Owner) -> Value {
    let part = |part: &Part| json!({ "name": part.name, "size": part.size, "count": part.count });
    json!({
        "name": owner.name,
        "kind": owner.kind.word(),
        "size": owner.size(),
        "code": owner.code,
        "data": owner.data,
        "tables": owner.tables,
        "parts": owner.parts.iter().map(part).collect::<Vec<_>>(),
    })
}
