//! What the packages of a program need is packed without a word of the user's, and shown.

use super::{BEGIN, VARIABLE, bundle, packed, variables};
use crate::support::{Fake, Project};
use serde_json::{Value, json};

const DEPENDS: &str = "[dependencies]\nsomething = \"1\"\n";
const CERTS: &str = "app v0.1.0 (/app)|\n`-- ureq v3.1.2|\n    `-- rustls-native-certs v0.8.2|\n";
const ZONES: &str = "app v0.1.0 (/app)|\n`-- jiff v0.2.15|std,tzdb-zoneinfo\n";

fn app(tree: &str) -> Fake {
    let fake = super::app(DEPENDS);
    fake.tree(tree);
    fake
}

#[test]
fn a_client_that_reads_the_systems_certificates_finds_them() {
    let fake = app(CERTS);
    let archive = packed(&fake, &[]);
    let text = bundle(&archive).unwrap();
    assert_eq!(text.matches(BEGIN).count(), webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
    assert_eq!(variables(&archive), &json!([VARIABLE]));
    let plan = fake.scratch(["--dry-run"]);
    let line = "\n  certs      Mozilla's roots (rustls-native-certs loads the system's certificates (SSL_CERT_FILE, \
                SSL_CERT_DIR))\n";
    assert!(plan.stdout.contains(line), "{plan:?}");
    let plan = fake.scratch(["--dry-run", "--message-format=json"]);
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let reason = plan["images"][0]["certificates"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("rustls-native-certs loads"), "{reason}");

    let none = packed(&fake, &["--ca-certs", "none"]);
    assert_eq!((bundle(&none), variables(&none)), (None, &Value::Null));
    let own = bundle(&packed(&fake, &["--ca-certs", "ca/own.pem"])).unwrap();
    assert_eq!(own.matches(BEGIN).count(), 1, "the user's instead of Mozilla's");
}

#[test]
fn a_program_that_reads_zones_by_name_finds_them_all_unless_it_carries_them() {
    let zones = |archive: &crate::support::Archive| {
        archive.root().keys().filter(|name| name.starts_with("usr/share/zoneinfo/")).count()
    };
    let fake = app(ZONES);
    let archive = packed(&fake, &[]);
    assert!(zones(&archive) > 400 && archive.root().contains_key("usr/share/zoneinfo/Europe/Berlin"));
    assert_eq!(bundle(&archive), None);
    assert_eq!(zones(&packed(&fake, &["--zoneinfo", "none"])), 0);
    assert_eq!(zones(&packed(&fake, &["--zoneinfo", "UTC"])), 1);
    fake.tree(&ZONES.replace("tzdb-zoneinfo", "tzdb-bundle-always,tzdb-zoneinfo"));
    assert_eq!(zones(&packed(&fake, &[])), 0, "it carries them");
    fake.tree("app v0.1.0 (/app)|\n`-- chrono v0.4.42|clock,std\n");
    assert_eq!(zones(&packed(&fake, &[])), 0, "local time alone is no reason");
}

#[test]
fn what_a_build_script_or_another_member_uses_is_no_need_of_the_image() {
    let fake = app(&CERTS.replace("`-- ureq", "[build-dependencies]\n`-- ureq"));
    assert_eq!(bundle(&packed(&fake, &[])), None);

    let project = Project::empty();
    project.file("Cargo.toml", "[workspace]\nmembers = [\"app\", \"other\"]\nresolver = \"3\"\n");
    for name in ["app", "other"] {
        let head = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        project.file(&format!("{name}/Cargo.toml"), head + DEPENDS);
        project.file(&format!("{name}/src/main.rs"), "fn main() {}\n");
    }
    let fake = Fake::of(project);
    fake.tree(&format!("{CERTS}\nother v0.1.0 (/other)|\n`-- serde v1.0.228|\n"));
    let run = fake.scratch(["doctor", "--workspace", "--message-format=json"]);
    let told: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    let images = told["images"].as_array().unwrap();
    assert_eq!(images.iter().map(|image| &image["bin"]).collect::<Vec<_>>(), ["app", "other"]);
    assert_eq!(images[0]["needs"][0]["way"], json!(["app", "ureq", "rustls-native-certs"]));
    assert_eq!(images[1]["needs"], json!([]));
    let run = fake.scratch(["--dry-run", "--workspace", "--message-format=json"]);
    let plan: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    assert!(!plan["images"][0]["certificates"].is_null() && plan["images"][1]["certificates"].is_null());
}
