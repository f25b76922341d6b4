//! `doctor`: one page, or one JSON object, of what a project and machine need; nothing is built, written or installed.

use super::bare::{Bare, RING};
use serde_json::{Value, json};
use std::fs;

/// A program with something of everything.
const ALL: &str = "\
hello v0.1.0 (/hello)|
|-- reqwest v0.12.24|
|   |-- hyper-util v0.1.17|client,client-legacy
|   `-- rustls-native-certs v0.8.2|
|       `-- openssl-probe v0.1.6|
|-- jiff v0.2.15|std,tzdb-zoneinfo
|-- tempfile v3.23.0|
|-- ring v0.17.14|default
|   [build-dependencies]
|   `-- cc v1.2.0|
`-- openssl v0.10.73|
    `-- openssl-sys v0.9.109|
        [build-dependencies]
        |-- cc v1.2.0|
        `-- pkg-config v0.3.32|
";

/// What the page says of the tree above on a machine that has all that it takes; `@` is the folder of programs.
const PAGE: &str = "\
target         x86_64-unknown-linux-musl (linux/amd64)
std            installed
linker         cc
C compiler     @/musl-gcc
ring 0.17.14     compiles C with the crate `cc`
                   hello → ring
openssl-sys 0.9.109  compiles a probe of OpenSSL's headers, to learn which version they are of
                   hello → openssl → openssl-sys
openssl-sys      looks for OpenSSL
                   hello → openssl → openssl-sys
                   provided, to be built into the cache, once for all projects
image          hello
  certificates     found because rustls-native-certs loads the system's certificates (SSL_CERT_FILE, SSL_CERT_DIR)
                   hello → reqwest → rustls-native-certs
                   without a bundle of CA certificates every TLS connection is refused
                   packed: Mozilla's roots, at /etc/ssl/certs/ca-certificates.crt
";

fn machine(tree: &str) -> Bare {
    let bare = Bare::new(tree);
    bare.scripts(&["musl-gcc", "perl", "make"]);
    bare
}

/// The one JSON object of a run.
#[track_caller]
fn told(bare: &Bare, words: &[&str]) -> Value {
    let run = bare.run(&[&["doctor", "--message-format=json"], words].concat());
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn the_page_tells_who_needs_what_and_what_is_done_about_it() {
    let bare = machine(ALL);
    let run = bare.run(&["doctor"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
    let gcc = bare.plan(&[], &[])["compiler"].as_str().unwrap().to_owned();
    let page = PAGE.replace('@', gcc.strip_suffix("/musl-gcc").unwrap());
    assert!(run.stdout.starts_with(&page), "{}", run.stdout);
    for need in ["zone-info", "resolver", "temporary-files"] {
        assert!(run.stdout.contains(&format!("\n  {need:<16} found because ")), "{need}: {}", run.stdout);
    }
    assert!(run.stdout.contains("packed: /tmp, for everybody\n"), "{}", run.stdout);
    assert!(run.stdout.ends_with("\nthe build can start\n"), "{}", run.stdout);
    let run = bare.run(&["doctor", "--ca-certs=none", "--zoneinfo=none"]);
    assert_eq!(run.stdout.matches("not packed, as you wish\n").count(), 2, "{}", run.stdout);

    let nothing = Bare::new("hello v0.1.0 (/hello)|\n`-- serde v1.0.0|\n").run(&["doctor"]);
    assert!(
        nothing.stdout.contains("nothing is known that it would miss in an empty image\n"),
        "{nothing:?}"
    );
}

#[test]
fn the_object_has_the_same_for_programs() {
    let bare = machine(ALL);
    let mut told = told(&bare, &["--zoneinfo=none"]);
    let fields: Vec<_> = told.as_object().unwrap().keys().cloned().collect();
    let all =
        "compiler graph images libraries linker native platform problems ready reason std target version";
    assert_eq!(fields, all.split(' ').collect::<Vec<_>>());
    let plan = bare.plan(&[], &[]);
    for field in ["target", "platform", "std", "linker", "compiler"] {
        assert_eq!(told[field], plan[field]);
    }
    assert_eq!(
        (&told["reason"], &told["graph"], &told["ready"]),
        (&json!("doctor"), &json!(true), &json!(true))
    );
    assert_eq!(told["problems"], json!([]));
    let ring = json!({
        "package": "ring", "version": "0.17.14", "language": "C", "why": "C with the crate `cc`", "tools": [],
        "required": true, "way": ["hello", "ring"],
    });
    assert_eq!((&told["native"][0], told["native"].as_array().unwrap().len()), (&ring, 2));
    let openssl = json!({
        "name": "OpenSSL", "package": "openssl-sys", "source": "build", "way": ["hello", "openssl", "openssl-sys"],
    });
    assert_eq!(told["libraries"], json!([openssl]));
    assert_eq!(told["images"][0]["bin"], json!("hello"));
    let needs: Vec<Value> = serde_json::from_value(told["images"][0]["needs"].take()).unwrap();
    let packed: Vec<_> = needs.iter().map(|need| (need["need"].as_str().unwrap(), &need["packed"])).collect();
    let (yes, no) = (&json!(true), &json!(false));
    assert_eq!(
        packed,
        [("certificates", yes), ("zone-info", no), ("resolver", no), ("temporary-files", yes)]
    );
    assert_eq!(needs[1]["way"], json!(["hello", "jiff"]));
    for need in &needs {
        let fields: Vec<_> = need.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, ["because", "change", "missing", "need", "packed", "way"]);
        assert!(
            ["because", "change", "missing"].iter().all(|field| need[field].as_str().unwrap().len() > 20)
        );
    }
}

#[test]
fn every_problem_is_told_and_the_first_gives_the_status() {
    let bare = Bare::new(ALL);
    let page = bare.run(&["doctor"]);
    assert_eq!(page.status, 3, "{page:?}");
    assert!(page.stdout.contains("C compiler     missing\n"), "{page:?}");
    assert!(page.stdout.ends_with("the build cannot start: there are 2 problems\n"), "{page:?}");
    let codes = |text: &str| {
        text.lines()
            .filter_map(|line| line.strip_prefix("error[")?.split_once(']'))
            .map(|(code, _)| code.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(&page.stderr), ["no-library", "no-compiler"], "{page:?}");

    let run = bare.run(&["doctor", "--message-format=json"]);
    assert_eq!(run.status, 3);
    let object: Value = serde_json::from_str(run.stdout.lines().next().unwrap()).unwrap();
    let told: Vec<_> =
        object["problems"].as_array().unwrap().iter().map(|problem| &problem["code"]).collect();
    assert_eq!(told, ["no-compiler", "no-library"], "in the order of the rungs");
    assert_eq!((&object["ready"], &object["compiler"]), (&json!(false), &Value::Null));

    bare.script("musl-gcc", "exit 0");
    let one = bare.run(&["doctor"]);
    assert!(one.stdout.ends_with("the build cannot start: there is one problem\n"), "{one:?}");
    fs::remove_file(bare.project.tools().join("lib/libstd-0.rlib")).unwrap();
    let first = bare.run(&["doctor"]);
    assert_eq!(
        (first.status, codes(&first.stderr).last().map(String::as_str)),
        (3, Some("no-std")),
        "{first:?}"
    );
    assert!(first.stdout.contains("\nstd            missing\n"), "{first:?}");
}

#[test]
fn nothing_is_built_written_or_installed() {
    let bare = machine(ALL);
    bare.zig("", "0.17.1");
    let (log, home) = (bare.home("log"), bare.home(".rustup/toolchains/old"));
    let library = home.join("lib/rustlib/x86_64-unknown-linux-musl/lib");
    fs::create_dir_all(home.join("lib")).unwrap();
    bare.script("rustup", &format!("echo \"$*\" >> {}", log.display()));
    bare.script("rustc", &format!("echo {}; echo {}", home.display(), library.display()));
    let before = bare.project.listing();
    for words in
        [&["doctor"][..], &["doctor", "--message-format=json"], &["doctor", "-q"], &["doctor", "-vv"]]
    {
        let run = bare.run(words);
        assert_eq!(run.status, 0, "{run:?}");
        assert!(run.stdout.contains("rustup target add x86_64-unknown-linux-musl"), "{run:?}");
    }
    assert!(!log.exists() && !library.exists() && !bare.home(".cache").exists());
    assert!(!bare.project.path("target").exists());
    assert_eq!((bare.project.builds(), bare.project.listing()), (Vec::new(), before));
}

#[test]
fn names_cannot_move_the_cursor() {
    let bare = machine(
        "hello v0.1.0 (/hello)|\n`-- e\u{1b}[2Jvil v1\u{7}|\n    `-- ring v0.17.14|\n        [build-dependencies]\n        `-- cc v1.2.0|\n",
    );
    for words in [&["doctor"][..], &["doctor", "--message-format=json"]] {
        let run = bare.run(words);
        assert_eq!(run.status, 0, "{run:?}");
        assert!(run.stdout.contains("[2Jvil"), "{run:?}");
        assert!(run.stdout.chars().all(|c| c == '\n' || !c.is_control()), "{run:?}");
    }
    fs::remove_file(bare.script("musl-gcc", "")).unwrap();
    let run = bare.run(&["doctor"]);
    assert!(run.status == 3 && run.stderr.contains("[2Jvil"), "{run:?}");
    assert!(run.stderr.chars().all(|c| c == '\n' || !c.is_control()), "{run:?}");
    bare.run(&["build"]).refused(3, &["[2Jvil"]);
}

#[test]
fn doctor_takes_the_words_that_decide_what_is_built() {
    let bare = Bare::new(RING);
    let arm = bare.run(&["doctor", "--platform", "linux/arm64", "--features", "x", "--locked", "--", "-Fy"]);
    assert!(
        arm.status == 3
            && arm.stdout.starts_with("target         aarch64-unknown-linux-musl (linux/arm64)\n")
    );
    assert!(arm.stderr.contains("`ring` 0.17.14 compiles C"), "{arm:?}");
    let (tree, _) = &bare.project.calls("tree")[0];
    for words in [
        "--edges=normal,build",
        "--target=aarch64-unknown-linux-musl",
        "--package=hello@0.1.0",
        "--features x",
        "--features y",
        "--locked",
    ] {
        assert!(format!("{tree} ").contains(&format!(" {words} ")), "{words}: {tree}");
    }
    let wrong = bare.run(&["doctor", "--no-such-flag"]);
    assert_eq!((wrong.status, wrong.stdout.as_str()), (2, ""), "{wrong:?}");
}
