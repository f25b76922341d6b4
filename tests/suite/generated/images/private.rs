//! A dependency from a registry that wants a token: the build gets it as a secret, and the image does not have it.

use super::projects::{fresh, git};
use super::provided;
use crate::support::{Builder, Project, Run, sha256};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

const TOKEN: &str = "canary-token-5b1f";

/// A registry with one crate, `private` 1.0.0, for whoever has the token (The Cargo Book, "Registry Index"); it ends
/// with the test.
struct Registry {
    port: u16,
}

impl Registry {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let package = package();
        let sum = sha256(&package).replace("sha256:", "");
        let index = format!(
            "{{\"name\":\"private\",\"vers\":\"1.0.0\",\"deps\":[],\"cksum\":\"{sum}\",\"features\":{{}},\"yanked\":false}}\n"
        );
        let config = format!("{{\"dl\":\"http://127.0.0.1:{port}/dl\",\"auth-required\":true}}");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &config, &index, &package);
            }
        });
        Registry { port }
    }

    fn config(&self) -> String {
        format!("[registries.my-company]\nindex = \"sparse+http://127.0.0.1:{}/index/\"\n", self.port)
    }
}

fn answer(mut stream: TcpStream, config: &str, index: &str, package: &[u8]) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    let head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    let known = head.iter().any(|line| line.to_lowercase() == format!("authorization: {TOKEN}"));
    let (status, body) = match first.split(' ').nth(1) {
        _ if !known => ("401 Unauthorized", &b""[..]),
        Some("/index/config.json") => ("200 OK", config.as_bytes()),
        Some("/index/pr/iv/private") => ("200 OK", index.as_bytes()),
        Some("/dl/private/1.0.0/download") => ("200 OK", package),
        _ => ("404 Not Found", &b""[..]),
    };
    let challenge = if known { "" } else { "WWW-Authenticate: Cargo\r\n" };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\n{challenge}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    // who asks may have gone
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

/// The crate as a registry has it.
fn package() -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let manifest = "[package]\nname = \"private\"\nversion = \"1.0.0\"\nedition = \"2021\"\n";
    for (path, text) in [("Cargo.toml", manifest), ("src/lib.rs", "pub const WORD: &str = \"from afar\";\n")]
    {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, Path::new("private-1.0.0").join(path), text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

#[test]
fn f1_needs_buildkit_needs_debootstrap_needs_git_a_private_registrys_token_is_in_the_build_and_not_in_the_image()
 {
    let registry = Registry::start();
    let dependency = "[dependencies]\nprivate = { version = \"1\", registry = \"my-company\" }\n";
    let project = Project::new("app", dependency);
    project.file("src/main.rs", "fn main() { println!(\"{}\", private::WORD) }\n");
    project.file(".gitignore", "target\n");
    project.file(".cargo/config.toml", registry.config());
    git(&project.path(""), &["init", "--quiet"]);
    let dockerfile = || {
        let mut command = project.command(["dockerfile"]);
        command.env("CARGO_REGISTRIES_MY_COMPANY_TOKEN", TOKEN);
        command.env("CARGO_REGISTRIES_MY_COMPANY_CREDENTIAL_PROVIDER", "cargo:token");
        git(&project.path(""), &["add", "--all"]);
        Run::of(command)
    };
    // the first lets cargo write Cargo.lock, which git does not have yet
    dockerfile();
    let run = dockerfile();
    assert_eq!(run.status, 0, "{run:?}");
    assert!(!run.stdout.contains(TOKEN) && !run.stderr.contains(TOKEN), "{run:?}");
    git(&project.path(""), &["commit", "--quiet", "--message=all"]);

    let (clone, elsewhere) = (fresh(&project), Project::empty());
    let file = elsewhere.file("token", TOKEN);
    let secret = format!("id=cargo-my-company-token,src={}", file.display());
    provided(Builder::BuildKit, &run.stdout);
    let build = |words: &[&str]| {
        let words = [&["--network=host"], words].concat();
        Builder::BuildKit.build(&run.stdout, &clone.path(""), &words)
    };
    let refused = build(&[]).unwrap_err();
    assert!(refused.stderr.contains("401") || refused.stderr.contains("no token"), "{refused:?}");
    let built = build(&["--secret", &secret]).unwrap_or_else(|run| panic!("{run:?}"));
    assert!(!built.said.contains(TOKEN), "{}", built.said);
    assert!(!built.config.to_string().contains(TOKEN), "the configuration has the history");
    for (path, file) in &built.root {
        let has = |word: &str| file.content.windows(word.len()).any(|window| window == word.as_bytes());
        assert!(!has(TOKEN), "{path}");
        assert!(path != "app" || has("from afar"), "another program");
    }
}
