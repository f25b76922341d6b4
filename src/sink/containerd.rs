//! containerd, by `ctr`, or by the one in k3s. What Kubernetes runs is in its namespace `k8s.io`.
//!
//! Names are given in full (`docker.io/library/hello:1`), as Kubernetes and nerdctl look for them.

use super::archive::ending;
use super::engine;
use super::{Delivery, Destination, Kind, Means, Receipt, Takes, Turn};
use crate::error::Error;
use crate::image::reference::Reference;
use crate::tool::Tool;

pub const KIND: Kind = Kind {
    name: "containerd",
    takes: Takes::Name("namespace"),
    zstd: true,
    verbs: (Some("Loading"), "Loaded"),
    turn: Turn::Engine,
    check,
    deliver,
};

fn ctr(destination: &Destination, means: &Means<'_>) -> Result<Tool, Error> {
    let tool = engine::find(&[&["ctr"], &["k3s", "ctr"]], KIND.name, means)?;
    Ok(tool.args(destination.name().map(|namespace| format!("--namespace={namespace}"))))
}

fn check(destination: &Destination, _: &[Reference], means: &Means<'_>) -> Result<(), Error> {
    engine::answers(&ctr(destination, means)?.arg("version")).map_err(|error| {
        error.help("name another socket: CONTAINERD_ADDRESS=/run/containerd/containerd.sock")
    })
}

fn deliver(delivery: &mut Delivery<'_>, destination: &Destination) -> Result<Receipt, Error> {
    let ctr = ctr(destination, delivery.means)?;
    let files = ending(delivery.bundle, delivery.tags, false)?;
    let size = engine::load(delivery.bundle, &files, &ctr.clone().args(["images", "import", "-"]))?;

    let root = delivery.bundle.root.digest.to_string();
    for tag in delivery.tags {
        let name = tag.full();
        // a table of two lines: REF TYPE DIGEST …
        let table = engine::asked(&ctr.clone().args(["images", "ls"]).arg(format!("name=={name}")))?;
        let mut rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
        let theirs = rows.find_map(|row| row.get(2).copied()).unwrap_or("no image");
        if theirs != root {
            return Err(engine::other(&name, theirs, &root));
        }
    }
    let result = delivery.tags.first().map(Reference::full).unwrap_or_default();
    Ok(Receipt { result, size, remarks: Vec::new(), warnings: Vec::new() })
}
