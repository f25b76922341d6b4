//! Documents about an image beside the file or folder that it is written to.

use crate::support::{Fake, Project, Run, through, tool};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;

const NONE: [&str; 2] = ["--sbom=none", "--provenance=false"];

/// The documents that the project's folder has, with their folders.
fn documents(fake: &Fake) -> Vec<String> {
    let is_document = |name: &String| [".cdx.json", ".spdx.json"].iter().any(|end| name.ends_with(end));
    fake.listing().into_iter().filter(is_document).collect()
}

/// Two programs in one package.
fn two() -> Fake {
    let project = Project::new(
        "app",
        "[[bin]]\nname = \"one\"\npath = \"src/main.rs\"\n[[bin]]\nname = \"two\"\npath = \"src/main.rs\"\n",
    );
    Fake::of(project)
}

#[test]
fn h5_documents_lie_beside_what_they_are_about_and_are_the_same_every_time() {
    for (output, expected) in [
        ("docker-archive=out/hello.tar", ["out/hello.cdx.json", "out/hello.spdx.json"]),
        ("docker-archive=out/hello.tar.gz", ["out/hello.cdx.json", "out/hello.spdx.json"]),
        ("oci-archive=out/", ["out/app.oci.cdx.json", "out/app.oci.spdx.json"]),
        ("oci-dir=out/layout", ["out/layout.app.cdx.json", "out/layout.app.spdx.json"]),
        ("rootfs=out", ["out/app.cdx.json", "out/app.spdx.json"]),
    ] {
        let fake = Fake::new("app", "");
        fs::create_dir(fake.path("out")).unwrap();
        let words = ["-o", output, "--provenance=false", "--message-format", "json"];
        let run = fake.scratch(words);
        assert_eq!(run.status, 0, "{run:?}");
        assert_eq!(documents(&fake), expected, "{output}");
        let said: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
        let places = said["attachments"].as_array().unwrap().iter().map(|one| {
            assert_eq!(one["subject"], said["digest"]);
            one["place"].as_str().unwrap().to_owned()
        });
        let real = fake.path("").canonicalize().unwrap();
        let expected = expected.map(|name| real.join(name).to_string_lossy().into_owned());
        assert_eq!(places.collect::<Vec<_>>(), expected);
        let before: Vec<_> = expected.iter().map(|path| fs::read(path).unwrap()).collect();
        assert_eq!(fake.scratch(words).status, 0);
        let after: Vec<_> = expected.iter().map(|path| fs::read(path).unwrap()).collect();
        assert!(before == after, "{output}");
    }
}

#[test]
fn where_none_is_wanted_none_is_written() {
    let fake = Fake::new("app", "");
    let run = fake.scratch(["-o", "app.tar"].iter().chain(&NONE));
    assert_eq!((run.status, documents(&fake).len()), (0, 0), "{run:?}");
    assert!(!run.stderr.contains("with "), "{run:?}");
}

#[test]
fn d5_what_is_no_file_is_not_replaced_by_a_document_and_the_archive_stays() {
    let fake = Fake::new("app", "");
    fake.file("app.tar", "old");
    fs::create_dir(fake.path("app.spdx.json")).unwrap();
    let run = fake.scratch(["-o", "app.tar"]);
    run.refused(5, &["error[output]", "app.spdx.json", "not a regular file", "--sbom none"]);
    assert_eq!(fs::read(fake.path("app.tar")).unwrap(), b"old");
    assert!(fake.path("app.spdx.json").is_dir());
}

#[test]
fn several_images_of_a_run_have_documents_of_their_own() {
    let fake = two();
    let run = fake.scratch(["-o", "oci-dir=images", "--bin", "one", "--bin", "two", "--provenance=false"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(
        documents(&fake),
        ["images.one.cdx.json", "images.one.spdx.json", "images.two.cdx.json", "images.two.spdx.json"]
            .map(str::to_owned)
    );
    fs::create_dir(fake.path("out")).unwrap();
    let run = fake.scratch(["-o", "docker-archive=out/", "--bin", "one", "--bin", "two"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(fake.path("out/one.cdx.json").is_file() && fake.path("out/two.cdx.json").is_file());
}

#[test]
fn d5_no_document_takes_the_place_of_another_or_of_an_image() {
    let fake = two();
    fs::create_dir(fake.path("out")).unwrap();
    // both programs' images would be one file, and so would the documents about them
    fake.file("out/one.tar", "kept");
    symlink("one.tar", fake.path("out/two.tar")).unwrap();
    let both = ["-o", "docker-archive=out/", "--bin", "one", "--bin", "two"];
    let words = ["error[usage]", "the documents about `one` and `two`", "out/one.*.json", "--sbom none"];
    fake.scratch(both).refused(2, &words);

    let named = |image: &str| format!("oci-archive={image}");
    for image in ["app.cdx.json", "app.linux-arm64.spdx.json", "app.intoto.json"] {
        let run = fake.scratch(["-o", "app.tar", "-o", &named(image), "--bin", "one"]);
        run.refused(2, &["error[usage]", image, "could be a document about another image", "app.*.json"]);
    }
    assert_eq!(fs::read(fake.path("out/one.tar")).unwrap(), b"kept");
    assert!(!fake.path("app.tar").exists());
    // what no document is called, and where there are none
    let run = fake.scratch(["-o", "app.tar", "-o", &named("app.other.json"), "--bin", "one"]);
    assert_eq!(run.status, 0, "{run:?}");
    let run =
        fake.scratch(["-o", "app.tar", "-o", &named("app.cdx.json"), "--bin", "one"].iter().chain(&NONE));
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn a_layout_whose_documents_have_no_room_beside_it_is_worth_a_warning_needs_mount() {
    let fake = Fake::new("app", "");
    fs::create_dir_all(fake.path("closed/layout")).unwrap();
    // its own mount namespace: nothing to clean up, and root may not write there either
    let script = "mount -t tmpfs tmpfs closed && mkdir closed/layout && mount -t tmpfs tmpfs closed/layout \
        && mount -o remount,ro closed && \"$@\"; code=$?; ls -A closed closed/layout >left; exit $code";
    let words = ["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"];
    let _mount = tool("mount");
    let packed = |more: &[&str]| {
        let flags = ["-o", "oci-dir=closed/layout"].iter().chain(more);
        Run::of(through(tool("unshare"), words, &fake.command(flags)))
    };
    let run = packed(&[]);
    assert_eq!(run.status, 0, "{run:?}");
    for word in ["warning[unattached]", "closed/layout` has the image without the documents", "FOLDER/NAME"] {
        assert!(run.stderr.contains(word), "{word}: {run:?}");
    }
    let left = fs::read_to_string(fake.path("left")).unwrap();
    assert!(left.contains("index.json") && !left.contains("cdx"), "{left}");
    let run = packed(&NONE);
    assert!(run.status == 0 && !run.stderr.contains("unattached"), "{run:?}");
}

#[test]
fn several_platforms_have_documents_of_their_own() {
    let fake = Fake::new("app", "");
    let mut command =
        fake.command(["--platform", "linux/amd64,linux/arm64", "-o", "app.oci.tar", "--sbom", "spdx"]);
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "/bin/false");
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let found = documents(&fake);
    for name in ["app.oci.linux-amd64.spdx.json", "app.oci.linux-arm64.spdx.json"] {
        assert!(found.iter().any(|one| one == name), "{found:?}");
    }
}

#[test]
fn h5_inspect_lists_what_lies_beside_an_image_and_says_if_it_is_about_another() {
    let fake = Fake::new("app", "");
    let inspected = || {
        let run = fake.scratch(["inspect", "./app.tar", "--message-format", "json"]);
        assert_eq!(run.status, 0, "{run:?}");
        let said: Value = serde_json::from_str(&run.stdout).unwrap();
        let kinds = said["beside"].as_array().unwrap().iter();
        kinds
            .map(|one| (one["kind"].as_str().unwrap().to_owned(), one["about_this"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(fake.scratch(["-o", "app.tar", "--provenance=false"]).status, 0);
    let both = |about: bool| ["CycloneDX", "SPDX"].map(|kind| (kind.to_owned(), Value::from(about))).to_vec();
    assert_eq!(inspected(), both(true));
    // another image in its place, without documents
    assert_eq!(fake.scratch(["-o", "app.tar", "--label", "a=b"].iter().chain(&NONE)).status, 0);
    assert_eq!(inspected(), both(false));
    let page = fake.scratch(["inspect", "./app.tar"]).stdout;
    assert!(page.contains("app.spdx.json, ") && page.contains("about another image"), "{page}");
}

#[test]
fn a_layout_that_nothing_can_be_beside_of_has_no_documents_and_a_warning_says_where_there_is_room_needs_mount()
 {
    let fake = Fake::new("app", "");
    fs::create_dir(fake.path("volume")).unwrap();
    // as a container has it whose other files cannot be written to
    let script = "mount -t tmpfs tmpfs volume && mkdir volume/layout && mount -t tmpfs tmpfs volume/layout && \
                  mount -o remount,ro volume && \"$0\" \"$@\" && ls volume volume/layout volume/layout/* >left";
    let _mount = tool("mount");
    let within = |output: &str| {
        let words = ["--user", "--map-root-user", "--mount", "sh", "-c", script];
        let run = Run::of(through(tool("unshare"), words, &fake.command(["-o", output])));
        assert_eq!(run.status, 0, "{run:?}");
        (run.stderr, fs::read_to_string(fake.path("left")).unwrap())
    };
    let (said, left) = within("oci-dir=volume/layout");
    assert!(said.contains("warning[unattached]") && said.contains("-o oci-dir=FOLDER/NAME"), "{said}");
    assert!(left.contains("index.json") && !left.contains("cdx.json"), "{left}");
    let (said, left) = within("oci-dir=volume/layout/app");
    assert!(!said.contains("warning") && left.contains("app.cdx.json"), "{said}{left}");
}
