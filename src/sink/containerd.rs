//! containerd, by `ctr`; in its namespace k8s.io live the images of Kubernetes.
//!
//! Its names are whole: `docker.io/library/hello:1` is what the kubelet looks for where a pod says `hello:1`.

use super::engine::{Engine, Known};
use super::{Delivery, Destination, Kind, Means, Receipt, Takes, Turn, archive};
use crate::error::Error;
use crate::image::bundle::Bundle;
use crate::image::reference::Reference;

pub const KIND: Kind = Kind {
    name: "containerd",
    takes: Takes::Name("namespace"),
    zstd: true,
    verbs: (Some("Loading"), "Loaded"),
    turn: Turn::Engine,
    check,
    deliver,
};

static KNOWN: Known = Known {
    name: "containerd",
    programs: &[("ctr", &[]), ("k3s", &["ctr"])],
    option: "--namespace",
    advice: &[
        ("permission denied", "run it as root, or name your own containerd in CONTAINERD_ADDRESS"),
        (
            "failed to dial",
            "name its socket in CONTAINERD_ADDRESS; that of k3s is /run/k3s/containerd/containerd.sock",
        ),
        ("no space left", "df -h /var/lib/containerd"),
    ],
    instead: "a file needs no engine: cargo scratch -o oci-archive, and ctr images import FILE where there is one",
};

/// How often an image is given to it.
const TRIES: usize = 3;

fn check(destination: &Destination, _: &[Reference], means: &Means<'_>) -> Result<(), Error> {
    Engine::find(&KNOWN, destination, means)?.answers(&["version"]).map(drop)
}

/// What containerd calls an image leads to its manifest, or to the index over all.
fn deliver(delivery: &mut Delivery<'_>, destination: &Destination) -> Result<Receipt, Error> {
    let engine = Engine::find(&KNOWN, destination, delivery.means)?;
    let bundle = &mut *delivery.bundle;
    let files = archive::ending(bundle, delivery.tags, false)?;
    let platform = platform(bundle);
    let words: Vec<_> = ["images", "import"].into_iter().chain(platform.iter().map(String::as_str)).collect();
    let words = [&words[..], &["-"]].concat();
    let mut loaded = engine.load(&mut bundle.archive, &files, &words);
    for _ in 1..TRIES {
        if !loaded.as_ref().is_err_and(was_collected) {
            break;
        }
        loaded = engine.load(&mut bundle.archive, &files, &words);
    }
    let size = loaded?;

    let names: Vec<_> = delivery.tags.iter().map(Reference::full).collect();
    let wanted = names.iter().map(|name| format!("name=={name}"));
    let said = engine.ask(["images", "ls"].map(str::to_owned).into_iter().chain(wanted))?;
    for name in &names {
        // columns: name, media type, digest, …
        let row = said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let row = row.into_iter().find(|row| row.first() == Some(&name.as_str()));
        let digest = row.and_then(|row| row.get(2).copied()).unwrap_or_default();
        engine.same(name, digest, std::slice::from_ref(&bundle.root.digest))?;
    }
    let result = names.into_iter().next().unwrap_or_default();
    Ok(Receipt {
        result,
        size,
        fresh: false,
        remarks: Vec::new(),
        warnings: Vec::new(),
        documents: Vec::new(),
    })
}

/// Whether a layer was taken away while the next one was unpacked onto it: containerd collects garbage for all of its
/// namespaces whenever anybody has removed something. What it has taken by then it need not take again.
fn was_collected(error: &Error) -> bool {
    error.notes().iter().any(|note| note.contains("parent snapshot") && note.contains("does not exist"))
}

/// What `ctr` must hear of the platforms: it unpacks for this machine's alone, unless it is told of another one, and
/// fails where there is none. What is not unpacked now is unpacked by the first container.
fn platform(bundle: &Bundle) -> Vec<String> {
    let single = &bundle.single().target;
    // by itself it takes no level of amd64 for this machine's
    let hosts = single.is_hosts() && single.level().is_none();
    match (bundle.others.is_empty(), hosts) {
        (true, true) => Vec::new(),
        (true, false) => vec!["--platform".into(), bundle.first.target.platform()],
        (false, true) => vec!["--all-platforms".into()],
        (false, false) => vec!["--all-platforms".into(), "--no-unpack".into()],
    }
}
