//! Whatever fails: what, where, why, the line to type, and nothing on standard output.

use super::{command, of_same, piped, resolve, workspace};
use crate::support::Run;
use crate::support::registry::{ALWAYS, Answer, Registry};

#[test]
fn a_program_that_is_not_there_is_told_with_its_place_and_the_nearest() {
    let fake = workspace();
    for (text, words) in [
        (
            "a:\n  b: scratch://ap\n",
            &["no package `ap`", "standard input:2:6", "did you mean `scratch://app`?"][..],
        ),
        ("scratch://work", &["no package `work`", "did you mean `scratch://tools/work`?"]),
        ("scratch://qqq", &["`app`, `main-one`, `tools`"]),
        ("scratch://tools", &["several binaries", "`serve`, `work`", "scratch://tools/serve", "default-run"]),
        (
            "scratch://tools/serv",
            &["no binary `serv` in package `tools`", "did you mean `scratch://tools/serve`?"],
        ),
        ("scratch://tools/app", &["no binary `app`", "there are `serve`, `work`"]),
        ("scratch://shared", &["no binary to build in package `shared`", "`shared` is a library"]),
        ("[x, scratch://app:1]", &["standard input:1:5", "neither tag nor digest"]),
        ("scratch://", &["names no program", "scratch://PACKAGE/BIN"]),
    ] {
        piped(&fake, &["-f", "-", "--repo", "ghcr.io/me"], text.as_bytes())
            .refused(if text.contains("shared") { 2 } else { 1 }, words);
    }
    assert!(fake.builds().is_empty());
}

#[test]
fn a_feature_that_hides_a_binary_is_named() {
    let fake = workspace();
    let manifest = std::fs::read_to_string(fake.path("app/Cargo.toml")).unwrap();
    let more = "[features]\nextra = []\n[[bin]]\nname = \"app\"\n[[bin]]\nname = \"hidden\"\npath = \"src/main.rs\"\nrequired-features = [\"extra\"]\n";
    fake.file("app/Cargo.toml", manifest + more);
    let fake = of_same(fake);
    let words = ["-f", "-", "--repo", "ghcr.io/me", "--list"];
    piped(&fake, &words, b"scratch://app/hidden").refused(1, &["not active: extra", "--features extra"]);
    let run = piped(&fake, &[&words[..], &["--features", "app/extra"]].concat(), b"scratch://app/hidden");
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn two_binaries_of_one_name_are_not_built_over_each_other() {
    let fake = workspace();
    fake.file("app/src/bin/serve.rs", "fn main() {}\n");
    let fake = of_same(fake);
    // cargo would build the `serve` of both packages, though one of them is named
    for text in ["[scratch://app/serve, scratch://tools/serve]", "[scratch://app/app, scratch://tools/serve]"]
    {
        piped(&fake, &["-f", "-", "--repo", "ghcr.io/me"], text.as_bytes())
            .refused(1, &["two binaries are called `serve`", "to the same path", "standard input:1:"]);
    }
}

#[test]
fn no_repository_is_told_with_the_line_to_type() {
    let fake = workspace();
    fake.file("a.yaml", "image: scratch://app\n");
    let words =
        ["no repository to push `app` to", "a.yaml:1:8", "--repo ghcr.io/me -f a.yaml", "CARGO_SCRATCH_REPO"];
    resolve(&fake, &["-f", "a.yaml"]).refused(2, &words);
    resolve(&fake, &["-f", "a.yaml", "--list"]).refused(2, &words);
    let run = resolve(&fake, &["-f", "a.yaml", "--repo", "ghcr.io/Me"]);
    assert!(run.status == 2 && run.stderr.contains("e.g. ghcr.io/me"), "{run:?}");
    resolve(&fake, &["-f", "a.yaml", "--repo", "r.io/me", "-p", "app"])
        .refused(2, &["`--package` chooses nothing here"]);
}

#[test]
fn what_is_no_manifest_is_told_with_line_and_column() {
    let fake = workspace();
    fake.file("sound.yaml", "image: scratch://app\n");
    for (bytes, words) in [
        (&b"a: b\nc: d: e\n"[..], &["bad.yaml:2:5", "not YAML"][..]),
        (b"a: \xff", &["bad.yaml:1:4", "not UTF-8"]),
        (b"\xff\xfea\0", &["UTF-16", "iconv"]),
        (b"a: {{ .Values.x }", &["helm template"]),
        (b"a: \x1b]0;x\x07", &["bad.yaml:1:4"]),
        (b"\x7fELF\x02\x01\x01\0\0\0", &["bad.yaml:1:"]),
        (&b"[".repeat(1 << 20), &["nested too deep", "bad.yaml:1:"]),
    ] {
        fake.file("bad.yaml", bytes);
        resolve(&fake, &["-f", "sound.yaml", "-f", "bad.yaml", "--repo", "r.io/me"]).refused(1, words);
    }
    resolve(&fake, &["-f", "no\u{1b}ne.yaml"]).refused(1, &["could not read", "No such file"]);
    resolve(&fake, &["-f", "https://k8s.example/a.yaml"])
        .refused(1, &["curl -fsSL https://k8s.example/a.yaml |"]);
    resolve(&fake, &["-f", "app/src"]).refused(1, &["no manifest in the folder `app/src`", "-R -f app/src"]);
    assert!(fake.calls("metadata").is_empty());
}

#[test]
fn nothing_is_printed_where_one_push_or_the_build_fails() {
    let (registry, fake) = (Registry::start(), workspace());
    registry.bend("PUT /me/main-one/manifests/", ALWAYS, Answer::new(403));
    let words = ["-f", "-", "--repo", &registry.name("me")];
    let text = b"[scratch://app, scratch://main-one]";
    piped(&fake, &words, text).refused(6, &["main-one"]);
    assert_eq!(registry.count("PUT /me/app/manifests/"), 1, "the other one was pushed");
    std::fs::write(fake.tools().join("build.json"), "").unwrap();
    piped(&fake, &words, text).refused(101, &["cargo built no program"]);
    // nor where the output cannot take it
    let mut full = command(&fake, &["-f", "a.yaml"]);
    fake.file("a.yaml", "a: 1\n");
    full.stdin(std::process::Stdio::null())
        .stdout(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let run = Run::from(full.output().unwrap());
    assert!(run.status == 5 && run.stderr.contains("error[output]"), "{run:?}");
}
