//! Packing: a program that is there becomes an image, by us and by what people use instead.
//!
//! cargo and rustc are stood in for by scripts that answer at once, so that ours is our own work alone: the program is
//! read, proven, packed, and described in three documents. The others get a folder with the program and a Dockerfile of
//! `FROM scratch` and `COPY`. None finds an image of an earlier run; the page cache is warm.

use super::inputs::Input;
use super::measure::{Contestant, Course, is_there, size};
use super::table::{Bar, Row, Table};
use super::{Scale, compete};
use crate::support::distribution::{Distribution, Door};
use crate::support::{Fake, Run};
use flate2::{Compression, write::GzEncoder};
use std::fs::{self, File};
use std::io;
use std::process::Command;

/// Who makes a tar file that is not compressed; the first is ours.
const PLAIN: &[Contestant] = &[
    Contestant::new(
        "cargo scratch --compression none",
        &[],
        r#""$SCRATCH" build --quiet --compression none -o "$WORK/ours.tar" -t "$NAME""#,
    )
    .writes("ours.tar")
    .after(FORGET),
    Contestant::new("cp + sha256sum", &["sha256sum"], r#"cp "$PROGRAM" "$WORK/copy"; sha256sum "$PROGRAM""#)
        .writes("copy"),
    Contestant::new(
        "cp + openssl dgst -sha256",
        &["openssl"],
        r#"cp "$PROGRAM" "$WORK/copy"; openssl dgst -sha256 "$PROGRAM""#,
    )
    .writes("copy"),
    // it does not write over an archive
    Contestant::new(
        "skopeo copy of our archive",
        &["skopeo"],
        r#"skopeo copy --insecure-policy -q docker-archive:"$WORK/ours.tar" docker-archive:"$WORK/skopeo.tar":"$NAME""#,
    )
    .writes("skopeo.tar")
    .after(r#"rm "$WORK/skopeo.tar""#),
    Contestant::new(
        "docker build + docker save",
        &["docker"],
        r#"DOCKER_BUILDKIT=0 docker build -q --no-cache -t "$NAME" "$CONTEXT"; docker save -o "$WORK/docker.tar" "$NAME""#,
    )
    .writes("docker.tar")
    .after(r#"docker rmi -f "$NAME""#)
    .by_engine(),
    Contestant::new(
        "BuildKit: docker build + docker save",
        &["docker"],
        r#"DOCKER_BUILDKIT=1 "$BUILDKIT" build -q --no-cache -t "$NAME" "$CONTEXT"; docker save -o "$WORK/docker.tar" "$NAME""#,
    )
    .writes("docker.tar")
    .after(r#"docker rmi -f "$NAME""#)
    .by_engine(),
    Contestant::new(
        "BuildKit: docker build --output type=docker",
        &["docker"],
        r#"DOCKER_BUILDKIT=1 "$BUILDKIT" build -q --no-cache --output type=docker,dest="$WORK/docker.tar" "$CONTEXT""#,
    )
    .writes("docker.tar")
    .by_engine(),
    Contestant::new(
        "buildah from, copy, commit",
        &["buildah"],
        r#"c=$(buildah from scratch); buildah copy -q "$c" "$PROGRAM" /program; buildah config --entrypoint '["/program"]' "$c"; buildah commit -q --rm "$c" docker-archive:"$WORK/buildah.tar":"$NAME""#,
    )
    .writes("buildah.tar")
    .after(r#"rm "$WORK/buildah.tar""#),
    Contestant::new(
        "podman build + podman save",
        &["podman"],
        r#"podman build -q --no-cache -t "$NAME" "$CONTEXT"; podman save -q -o "$WORK/podman.tar" "$NAME""#,
    )
    .writes("podman.tar")
    .after(r#"podman rmi -f "$NAME"; rm "$WORK/podman.tar""#),
];

/// Who makes a compressed one; the first is ours.
const GZIP: &[Contestant] = &[
    Contestant::new(
        "cargo scratch --compression gzip:6",
        &[],
        r#""$SCRATCH" build --quiet --compression gzip:6 -o "$WORK/ours.tar" -t "$NAME""#,
    )
    .writes("ours.tar")
    .after(FORGET),
    Contestant::here("zlib-rs in one thread, level 6, the program alone", deflate).writes("copy"),
    Contestant::new("gzip -6, the program alone", &["gzip"], r#"gzip -6 -c "$PROGRAM" >"$WORK/copy""#)
        .writes("copy"),
    Contestant::new(
        "skopeo copy of our oci-archive",
        &["skopeo"],
        r#"skopeo copy --insecure-policy -q oci-archive:"$WORK/ours.oci" oci-archive:"$WORK/skopeo.oci":"$NAME""#,
    )
    .writes("skopeo.oci")
    .after(r#"rm "$WORK/skopeo.oci""#),
    Contestant::new(
        "umoci init, new, insert, config",
        &["umoci"],
        r#"umoci init --layout "$WORK/umoci"; umoci new --image "$WORK/umoci":1; umoci insert --image "$WORK/umoci":1 "$PROGRAM" /program; umoci config --image "$WORK/umoci":1 --config.entrypoint /program; umoci gc --layout "$WORK/umoci""#,
    )
    .writes("umoci")
    .after(r#"rm -r "$WORK/umoci""#),
    Contestant::new(
        "BuildKit: docker build --output type=oci",
        &["docker"],
        r#"DOCKER_BUILDKIT=1 "$BUILDKIT" build -q --no-cache --output type=oci,dest="$WORK/docker.oci" "$CONTEXT""#,
    )
    .writes("docker.oci")
    .by_engine(),
    Contestant::new(
        "buildah from, copy, commit to an oci-archive",
        &["buildah"],
        r#"c=$(buildah from scratch); buildah copy -q "$c" "$PROGRAM" /program; buildah config --entrypoint '["/program"]' "$c"; buildah commit -q --rm --disable-compression=false "$c" oci-archive:"$WORK/buildah.oci":"$NAME""#,
    )
    .writes("buildah.oci")
    .after(r#"rm "$WORK/buildah.oci""#),
];

/// What was packed before is not known the next time.
const FORGET: &str = "rm -rf target/scratch";
/// Ours, once more, as skopeo copies it.
const OCI: &str =
    r#""$SCRATCH" build --quiet --compression gzip:6 -o oci-archive="$WORK/ours.oci" -t "$NAME""#;

/// What rows are held to where the program has 150 MB.
fn bars(what: &str) -> &'static [Bar] {
    match what {
        "cp + sha256sum" | "cp + openssl dgst -sha256" => &[Bar::Within(1.2)],
        "docker build + docker save" | "buildah from, copy, commit" => &[Bar::Slower(10.0)],
        "zlib-rs in one thread, level 6, the program alone" => &[Bar::Slower(2.0)],
        _ => &[],
    }
}

pub fn starter(scale: &Scale, table: &mut Table) {
    of(Input::Starter, scale, table);
}

pub fn code(scale: &Scale, table: &mut Table) {
    of(Input::Code, scale, table);
}

pub fn debug(scale: &Scale, table: &mut Table) {
    of(Input::Debug, scale, table);
}

fn of(input: Input, scale: &Scale, table: &mut Table) {
    let fake = stand_in(input, scale);
    let mut course = Course::of(&fake.command([""; 0]));
    let context = fake.path("context");
    fs::create_dir(&context).unwrap();
    fs::hard_link(fake.program(), context.join("program")).unwrap_or_else(|_| panic!("one file system"));
    fs::write(context.join("Dockerfile"), "FROM scratch\nCOPY program /program\nENTRYPOINT [\"/program\"]\n")
        .unwrap();
    course.set("CONTEXT", context);
    course.set("PROGRAM", fake.program());
    course.set("NAME", format!("localhost/bench-{}:1", std::process::id()));
    course.set("BUILDKIT", buildkit().unwrap_or("docker".into()));
    let bars = if input == Input::Debug && !scale.is_smoke { bars } else { |_: &str| &[][..] };

    let size = size(&fake.program()) / 1e6;
    table.heading(format!("{size:.1} MB, {}, become a tar file that is not compressed", input.name()));
    compete(&course, PLAIN, scale.runs, bars, table);
    table.heading(format!("{size:.1} MB, {}, become a compressed image", input.name()));
    course.said(OCI).unwrap();
    course.said(FORGET).unwrap();
    compete(&course, GZIP, scale.runs, bars, table);
    if input != Input::Starter {
        layers(&course, table);
    }
}

/// The bytes of the layers alone, ours and those of docker's own gzip, which is on the way to a registry.
fn layers(course: &Course, table: &mut Table) {
    const OURS: &str = "the layers alone, by cargo scratch";
    const DOCKERS: &str = "the layers alone, by docker push";
    if let Some(missing) = ["docker", "skopeo", "docker-registry"].iter().find(|name| !is_there(name)) {
        table.push(Row::absent(DOCKERS, &format!("not here: no {missing}")));
        return;
    }
    let registry = Distribution::start(Door::Open);
    let name = registry.name("bench:1");
    let dockers = course.said(&format!(
        r#"DOCKER_BUILDKIT=0 docker build -q -t {name} "$CONTEXT" >&2; docker push -q {name} >&2; docker rmi -f {name} >&2; skopeo inspect --raw --tls-verify=false docker://{name}"#
    ));
    let ours = course.said(r#"skopeo inspect --raw oci-archive:"$WORK/ours.oci""#).unwrap();
    match dockers {
        Ok(dockers) => {
            let (ours, dockers) = (layers_of(&ours), layers_of(&dockers));
            table.push(Row::counted(OURS, ours).held_to(Bar::Bytes(dockers)));
            table.push(Row::counted(DOCKERS, dockers));
        }
        Err(why) => table.push(Row::absent(DOCKERS, &why)),
    }
}

/// The bytes of the layers of a manifest.
fn layers_of(manifest: &str) -> f64 {
    let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap();
    manifest["layers"].as_array().unwrap().iter().map(|layer| layer["size"].as_f64().unwrap()).sum()
}

/// A project that is "built" by handing out the program.
pub fn stand_in(input: Input, scale: &Scale) -> Fake {
    // nothing is taken out: the others pack the file as it is
    let fake = Fake::new("bench", "[profile.release]\nstrip = false\n");
    if !scale.is_smoke {
        fs::copy(input.program(), fake.program()).unwrap();
    }
    // with no log, cargo's stand-in starts no other program
    fs::remove_file(fake.tools().join("log")).unwrap();
    fake
}

/// What people get from the fastest pure Rust there is, without packing anything.
fn deflate(course: &Course) {
    let mut program = File::open(course.path("PROGRAM")).unwrap();
    let copy = File::create(course.work().join("copy")).unwrap();
    let mut encoder = GzEncoder::new(copy, Compression::new(6));
    io::copy(&mut program, &mut encoder).unwrap();
    encoder.finish().unwrap();
}

/// The docker client that can have BuildKit build.
fn buildkit() -> Option<String> {
    let mut command = Command::new("bash");
    command.args([concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/setup"), "has-buildkit"]);
    let run = Run::of(command);
    (run.status == 0).then(|| run.stdout.trim().to_owned())
}
