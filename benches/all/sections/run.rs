//! The sandbox: how long it takes until a program in an image has run, against the engines with the same image.
//!
//! The program prints a line and ends. Ours reads the image's archive each time, proves it, and unpacks it; the engines
//! have it loaded already. The floor is a sandbox without an image: `unshare` into the same namespaces and a `chroot` to
//! the program.

use super::measure::{Contestant, Course};
use super::table::Table;
use super::{Scale, compete};
use crate::support::Fake;
use std::fs;

const RUN: &[Contestant] = &[
    Contestant::new("cargo scratch run --image", &[], r#""$SCRATCH" run --quiet --image image.tar"#),
    Contestant::new("docker run", &["docker"], r#"docker run --rm --network=none "$NAME""#).by_engine(),
    // the limits are for machines that may not raise them
    Contestant::new(
        "podman run",
        &["podman", "runc"],
        r#"podman --runtime runc run --rm --network=none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$NAME""#,
    ),
    Contestant::new("bwrap", &["bwrap"], "bwrap --unshare-all --die-with-parent --ro-bind root / /bench"),
    Contestant::new(
        "unshare + chroot",
        &["unshare"],
        "unshare --user --map-root-user --mount --pid --ipc --uts --fork --root root /bench",
    ),
];

pub fn run(scale: &Scale, table: &mut Table) {
    let fake = Fake::new("bench", "");
    let name = format!("bench-run-{}:1", std::process::id());
    assert_eq!(fake.scratch(["-q", "-o", "image.tar", "-t", &name]).status, 0);
    fs::create_dir(fake.path("root")).unwrap();
    fs::copy(fake.program(), fake.path("root/bench")).unwrap();
    let places = ["graph", "run"].map(|name| fake.path(name).display().to_string());
    let storage =
        format!("[storage]\ndriver = \"vfs\"\ngraphroot = {:?}\nrunroot = {:?}\n", places[0], places[1]);
    let mut course = Course::of(&fake.command([""; 0]));
    course.set("CONTAINERS_STORAGE_CONF", fake.file("storage.conf", storage));
    course.set("NAME", name);
    // one that is not here is told in its row
    let loads = ["docker load -i image.tar", "podman load -i image.tar"];
    loads.iter().for_each(|load| drop(course.said(load)));
    table.heading("A program that prints a line has run from its image");
    compete(&course, RUN, scale.more(3), |_| &[], table);
    let _ = course.said(r#"docker image rm "$NAME""#);
}
