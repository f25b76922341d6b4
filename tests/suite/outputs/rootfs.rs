//! Root file systems: the files of the image and nothing else, whoever unpacks them.

use super::temporary;
use crate::judges::{Left, said};
use crate::support::{Archive, Entry, Fake, Run, sha256, through, tool};
use rustix::fs::{CWD, Mode, mkfifoat};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

const FILE: &str = "target/scratch/rootfs/app.linux-amd64.tar";
const TWO: [&str; 2] = ["--platform", "linux/amd64,linux/arm64"];

/// A project with everything that a layer can hold: files in folders of both layers below the program, links, programs,
/// a volume, a name too long for a header, one with a line end.
fn project() -> Fake {
    let fake = Fake::bare("app");
    for (path, body) in [("tree/a", "a"), ("tree/b/c", "c"), ("tree/é e", ""), ("tree/line\nend", "x")] {
        fake.file(path, body);
    }
    fake.file(&format!("tree/{}", "n".repeat(180)), vec![7; 300 << 10]);
    fs::set_permissions(fake.file("tree/run", "#!"), Permissions::from_mode(0o755)).unwrap();
    symlink("b/c", fake.path("tree/link")).unwrap();
    symlink("b", fake.path("tree/folder")).unwrap();
    fake.file("tmp/kept", "in a folder of the base layer");
    fake
}

const COPIES: [&str; 6] = ["--copy", "tree:/srv/tree", "--copy", "tmp:/tmp", "--volume", "/data"];

/// The entries of the tar at `path`, in order.
fn listed(path: &Path) -> Vec<(String, Entry)> {
    let bytes = fs::read(path).unwrap();
    let mut list = Vec::new();
    for entry in tar::Archive::new(&bytes[..]).entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let header = entry.header();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 0));
        let link = entry.link_name_bytes().map(|link| String::from_utf8(link.into_owned()).unwrap());
        let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        let (kind, mode, size) = (header.entry_type(), header.mode().unwrap(), entry.size());
        list.push((name, Entry { kind, mode, size, link, content }));
    }
    list
}

#[test]
fn it_is_the_image_without_its_layers_sorted_and_the_same_every_time() {
    let fake = project();
    let expected = {
        fs::rename(fake.path("tree/line\nend"), fake.path("kept")).unwrap();
        Archive::read(&fake.pack(&COPIES)).root()
    };
    let mut all = Vec::new();
    let forms: [&[&str]; 5] = [
        &["-o", "rootfs"],
        &["-o", "rootfs", "--compression", "none"],
        &["-o", "rootfs", "--compression", "zstd"],
        &["-o", "rootfs", "-o", "out.tar"],
        &["-o", "oci-dir=layout", "-o", "rootfs"],
    ];
    for form in forms {
        let run = fake.scratch(form.iter().chain(&COPIES));
        assert_eq!(run.status, 0, "{run:?}");
        assert_eq!(run.stdout.lines().count(), form.iter().filter(|word| **word == "-o").count());
        assert!(run.stdout.contains(&format!("{}\n", fake.path(FILE).display())), "{run:?}");
        all.push(fs::read(fake.path(FILE)).unwrap());
    }
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "neither compression nor others leave a trace");
    let list = listed(&fake.path(FILE));
    let names: Vec<_> = list.iter().map(|(name, _)| name.trim_end_matches('/')).collect();
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
    assert!(names.iter().all(|name| !matches!(*name, "" | ".")), "the root itself is no entry");
    let found: BTreeMap<_, _> =
        list.iter().map(|(name, entry)| (name.trim_end_matches('/').to_owned(), entry.clone())).collect();
    assert!(found == expected);
    assert_eq!(found["tmp"].mode, 0o1777);
    assert_eq!(found["tmp/kept"].mode, 0o644);
    // what holds for a layer holds here: nobody else's folders, and no entry without its parents
    for name in names {
        assert!(name.rsplit_once('/').is_none_or(|(parent, _)| found.contains_key(parent)), "{name}");
    }
}

#[test]
fn needs_umoci_needs_bsdtar_it_unpacks_to_what_an_image_does() {
    let fake = project();
    let run = fake.scratch(["-o", "rootfs", "-o", "oci-dir=layout", "-t", "app:1"].iter().chain(&COPIES));
    assert_eq!(run.status, 0, "{run:?}");
    let at = |name: &str| fake.path(name).display().to_string();
    let image = format!("{}:1", at("layout"));
    let run = said("umoci", &["raw", "unpack", "--rootless", "--image", &image, &at("theirs")]);
    assert_eq!(run.status, 0, "{run:?}");
    for (name, words) in [("bsdtar", ["-xpf", &at(FILE), "-C"]), ("tar", ["-xpf", &at(FILE), "-C"])] {
        fs::create_dir(fake.path(name)).unwrap();
        let run = said(name, &[&words[..], &[&at(name)]].concat());
        assert_eq!(run.status, 0, "{run:?}");
        assert_eq!(tree(&fake.path(name)), tree(&fake.path("theirs")), "{name}");
    }
}

/// Path, mode, time and content of everything below `folder`.
fn tree(folder: &Path) -> BTreeMap<String, (u32, i64, String)> {
    let mut all = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(below) = waiting.pop() {
        for entry in fs::read_dir(below).unwrap() {
            let path = entry.unwrap().path();
            let status = path.symlink_metadata().unwrap();
            let content = match () {
                () if status.is_symlink() => path.read_link().unwrap().display().to_string(),
                () if status.is_dir() => {
                    waiting.push(path.clone());
                    String::new()
                }
                () => sha256(&fs::read(&path).unwrap()),
            };
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            all.insert(name, (status.mode(), status.mtime(), content));
        }
    }
    all
}

#[test]
fn several_platforms_and_programs_share_a_folder() {
    let fake = project();
    let command = |words: &[&str]| {
        let mut command = fake.command(words.iter().chain(&TWO).chain(&COPIES));
        command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "/bin/false");
        command
    };
    let run = Run::of(command(&["-o", "rootfs=out", "-o", "two.tar"]));
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(run.stdout.lines().next(), fake.path("out").to_str(), "{run:?}");
    assert!(run.stderr.contains("(rootfs, 2 files, "), "{run:?}");
    let names = || -> Vec<_> { fake.listing().into_iter().filter(|name| name.starts_with("out/")).collect() };
    assert_eq!(names(), ["out/app.linux-amd64.tar", "out/app.linux-arm64.tar"]);
    for (name, image) in names().iter().zip(Archive::read_all(&fake.path("two.tar"))) {
        let found: BTreeMap<_, _> = listed(&fake.path(name)).into_iter().collect();
        assert!(found["app"].content == image.root()["app"].content, "{name}");
    }
    // all or none: the second cannot be written, so the first stays as it was
    fs::write(fake.path("out/app.linux-amd64.tar"), "old").unwrap();
    fs::remove_file(fake.path("out/app.linux-arm64.tar")).unwrap();
    fs::create_dir(fake.path("out/app.linux-arm64.tar")).unwrap();
    let run = Run::of(command(&["-o", "rootfs=out"]));
    run.refused(5, &["error[output]", "app.linux-arm64.tar", "not a regular file"]);
    assert_eq!(fs::read(fake.path("out/app.linux-amd64.tar")).unwrap(), b"old");
    assert_eq!(temporary(&fake), [""; 0]);

    let run = fake.scratch(["-o", "rootfs=same", "-o", "oci-dir=same"]);
    run.refused(2, &["error[usage]", "two outputs want the path"]);
}

#[test]
fn d5_a_place_that_cannot_be_written_is_refused_before_the_build() {
    let fake = project();
    fake.file("file", "kept");
    symlink("nowhere", fake.path("dangling")).unwrap();
    mkfifoat(CWD, fake.path("fifo"), Mode::RWXU).unwrap();
    let before = fake.listing();
    for (place, why) in [
        ("file", "it is not a folder"),
        ("file/below", "could not write"),
        ("fifo", "it is not a folder"),
        ("dangling", "it is a link that leads nowhere"),
        ("missing/below", "mkdir -p"),
        ("/proc/rootfs", "a folder of the kernel's"),
        ("/dev/fd", "a folder of the kernel's"),
    ] {
        let run = fake.scratch(["-o", &format!("rootfs={place}")]);
        run.refused(5, &["error[output]", why]);
        assert_eq!(fake.listing(), before, "{place}");
    }
    assert!(fake.builds().is_empty(), "nothing was built");
    // a link is never replaced by what it leads to
    fs::create_dir(fake.path("out")).unwrap();
    symlink("../file", fake.path("out/app.linux-amd64.tar")).unwrap();
    fake.scratch(["-o", "rootfs=out"]).refused(5, &["app.linux-amd64.tar", "not a regular file"]);
    assert_eq!(fs::read(fake.path("file")).unwrap(), b"kept");
}

#[test]
fn d1_d2_d6_a_disk_that_fails_or_a_run_that_is_killed_leaves_the_old_file_or_the_new_one_needs_strace() {
    let fake = project();
    let inject = |what: &str| {
        let words = ["-qq", "-o", "/dev/null", "-e", &format!("inject={what}")];
        let command = fake.command(["-o", "rootfs=out"].iter().chain(&COPIES));
        Run::of(through(tool("strace"), words, &command))
    };
    assert_eq!(fake.scratch(["-o", "rootfs=out"].iter().chain(&COPIES)).status, 0);
    let file = fake.path("out/app.linux-amd64.tar");
    let new = fs::read(&file).unwrap();
    let (mut failed, mut killed) = (0, 0);
    // each with more calls than there are
    for (calls, most) in [("write", 25), ("fsync,fdatasync", 3), ("rename,renameat,renameat2", 2)] {
        for (effect, n) in (1..=most).flat_map(|n| [("error=ENOSPC", n), ("signal=KILL", n)]) {
            fs::write(&file, "old").unwrap();
            let run = inject(&format!("{calls}:{effect}:when={n}"));
            let bytes = fs::read(&file).unwrap();
            assert!(bytes == b"old" || bytes == new, "{effect} at {calls} {n}: neither old nor new");
            match run.status {
                // standard error may fail
                0 => assert!(bytes == new, "{effect} at {calls} {n}: {run:?}"),
                // the folder's own fsync, or standard output, comes when the file has its name
                5 => failed += usize::from(bytes == b"old"),
                -9 => killed += usize::from(bytes == b"old"),
                _ => panic!("{effect} at {calls} {n}: {run:?}"),
            }
            assert!(run.status == -9 || temporary(&fake).is_empty(), "{effect} at {calls} {n}");
        }
    }
    assert!(failed > 2 && killed > 4, "{failed} {killed}");
    // what was killed is swept by the next run, and a folder that came to nothing goes again
    assert_eq!(fake.scratch(["-o", "rootfs=out"]).status, 0);
    assert_eq!(temporary(&fake), [""; 0]);
    fs::remove_dir_all(fake.path("out")).unwrap();
    inject("rename,renameat,renameat2:error=EIO:when=1")
        .refused(5, &["out/app.linux-amd64.tar", "Input/output"]);
    assert!(!fake.path("out").exists());
}

#[test]
fn needs_docker_add_makes_the_image_of_it() {
    let fake = project();
    let run = fake.scratch(["-o", "rootfs=context"].iter().chain(&COPIES));
    assert_eq!(run.status, 0, "{run:?}");
    fake.file("context/Dockerfile", "FROM scratch\nADD app.linux-amd64.tar /\n");
    let tag = format!("scratch-test-rootfs-{}", std::process::id());
    let container = format!("{tag}-c");
    let _left = Left("docker", vec![format!("rm -f {container}"), format!("rmi -f {tag}")]);
    let mut build = tool("docker");
    build.env("DOCKER_BUILDKIT", "0").args(["build", "-q", "-t", &tag]).arg(fake.path("context"));
    let run = Run::of(build);
    assert_eq!(run.status, 0, "{run:?}");
    let run = said("docker", &["create", "--name", &container, &tag, "/app"]);
    assert_eq!(run.status, 0, "{run:?}");
    let exported = fake.path("exported.tar").display().to_string();
    let run = said("docker", &["export", "-o", &exported, &container]);
    assert_eq!(run.status, 0, "{run:?}");
    let seen = |path: &Path| -> BTreeMap<_, _> {
        let bytes = fs::read(path).unwrap();
        let mut all = BTreeMap::new();
        for entry in tar::Archive::new(&bytes[..]).entries().unwrap() {
            let mut entry = entry.unwrap();
            let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
            let link = entry.link_name_bytes().map(std::borrow::Cow::into_owned);
            let mut body = Vec::new();
            entry.read_to_end(&mut body).unwrap();
            let header = entry.header();
            let owner = (header.uid().unwrap(), header.gid().unwrap());
            all.insert(name, (header.entry_type(), header.mode().unwrap() & 0o7777, owner, link, body));
        }
        all
    };
    let (ours, mut theirs) = (seen(&fake.path("context/app.linux-amd64.tar")), seen(Path::new(&exported)));
    // a container has these in any image
    let engines = ["dev/", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf", "proc/", "sys/"];
    theirs.retain(|name, _| {
        !(name.starts_with("dev/") || engines.contains(&name.as_str()) || name == ".dockerenv")
    });
    assert_eq!(theirs.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>());
    assert!(theirs == ours);
    assert_eq!(theirs["tmp/"].1, 0o1777);
}
