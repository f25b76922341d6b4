//! Packages of every kind in one workspace: which of them are in which program, and what is said of them.

use super::{Documents, judges, tree};
use crate::support::{Archive, Project, Run, scratch, tool};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// In the address of a repository, as people put it there.
const TOKEN: &str = "tok3n-canary";
/// In the environment of the build.
const SECRET: &str = "s3cret-canary";

/// A workspace in a folder `ws`, and beside it a package that is not of it and a repository.
fn everything() -> Project {
    let project = Project::empty();
    let package = |path: &str, rest: &str| {
        let name = path.rsplit('/').next().unwrap();
        let head = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
        project.file(&format!("{path}/Cargo.toml"), head + rest);
    };
    project.file(
        "ws/Cargo.toml",
        "[workspace]\nmembers = [\"app\", \"other\", \"lib\", \"mac\"]\nresolver = \"2\"\n\
         [workspace.package]\nlicense = \"MIT/Apache-2.0\"\nauthors = [\"Ada <ada@example.org>\"]\n",
    );
    let dependencies = format!(
        "license.workspace = true\nauthors.workspace = true\n\
         repository = \"https://ada:{TOKEN}@example.org/ada/app\"\n\
         [[bin]]\nname = \"app\"\npath = \"src/main.rs\"\n[[bin]]\nname = \"second\"\npath = \"src/main.rs\"\n\
         [dependencies]\nrenamed = {{ package = \"lib\", path = \"../lib\" }}\nmac = {{ path = \"../mac\" }}\n\
         outside = {{ path = \"../../outside\" }}\n\
         gitted = {{ git = \"https://ada:{TOKEN}@git.example.org/gitted\", branch = \"main\" }}\n\
         itoa = \"1\"\nold = {{ package = \"itoa\", version = \"0.4\" }}\nhex = {{ version = \"0.4\", optional = true }}\n\
         [target.'cfg(target_env = \"musl\")'.dependencies]\ncfg-if = \"1\"\n\
         [target.'cfg(windows)'.dependencies]\nutf8parse = \"0.2\"\n\
         [build-dependencies]\nmemchr = \"2\"\n[dev-dependencies]\nryu = \"1\"\n"
    );
    package("ws/app", &dependencies);
    project
        .file("ws/app/src/main.rs", "mac::nothing!();\nfn main() { println!(\"{}\", renamed::name()); }\n");
    project
        .file("ws/app/examples/show.rs", "fn main() { println!(\"{}\", ryu::Buffer::new().format(1.5)); }\n");
    project.file("ws/app/build.rs", "fn main() { let _ = memchr::memchr(b'a', b\"a\"); }\n");
    package("ws/other", "[dependencies]\nlib = { path = \"../lib\", features = [\"more\"] }\n");
    project.file("ws/other/src/main.rs", "fn main() { println!(\"{}\", lib::name()); }\n");
    package(
        "ws/lib",
        "license = \"Proprietary\"\n[features]\nmore = [\"dep:unicode-ident\"]\n[dependencies]\n\
         unicode-ident = { version = \"1\", optional = true }\n[dev-dependencies]\nfnv = \"1\"\n",
    );
    project.file("ws/lib/src/lib.rs", "pub fn name() -> &'static str { \"lib\" }\n");
    package("ws/mac", "[lib]\nproc-macro = true\n[dependencies]\nunicode-ident = \"1\"\n");
    project.file(
        "ws/mac/src/lib.rs",
        "use proc_macro::TokenStream;\n#[proc_macro]\npub fn nothing(_: TokenStream) -> TokenStream { TokenStream::new() }\n",
    );
    package("outside", "license-file = \"LICENCE\"\n");
    project.file("outside/src/lib.rs", "");
    package("gitted", "license = \"MIT OR LicenseRef-House\"\n");
    project.file("gitted/src/lib.rs", "");
    let git = |words: &[&str]| {
        let identity =
            ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"];
        let mut git = tool("git");
        git.current_dir(project.path("gitted")).args(identity).args(words);
        assert_eq!(Run::of(git).status, 0);
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "first"]);
    project
}

/// The variables of whoever builds `project`: a home of cargo's in it, and the repository in place of where its address
/// leads.
fn variables(project: &Project) -> [(&'static str, String); 6] {
    [
        ("CARGO_HOME", project.path("canary-home").to_str().unwrap().to_owned()),
        ("CARGO_NET_GIT_FETCH_WITH_CLI", "true".into()),
        ("GIT_CONFIG_COUNT", "1".into()),
        ("GIT_CONFIG_KEY_0", format!("url.file://{}/.insteadOf", project.path("").display())),
        ("GIT_CONFIG_VALUE_0", format!("https://ada:{TOKEN}@git.example.org/")),
        ("SOME_PASSWORD", SECRET.into()),
    ]
}

fn run(project: &Project, words: &[&str]) -> Vec<PathBuf> {
    let mut command = scratch();
    command.args(["--profile", "dev"]).args(words).current_dir(project.path("ws")).envs(variables(project));
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(!run.stderr.contains(SECRET), "{run:?}");
    run.stdout.lines().map(PathBuf::from).collect()
}

fn names(documents: &Documents) -> Vec<String> {
    documents.packages().into_iter().map(|(name, version)| format!("{name} {version}")).collect()
}

/// Without those of crates.io, whose versions go on.
fn own(names: Vec<String>) -> Vec<String> {
    let known = ["app", "gitted", "lib", "mac", "other", "outside", "itoa 0"];
    let kept = |name: &String| known.iter().any(|known| name.starts_with(known));
    names
        .into_iter()
        .map(|name| if kept(&name) { name } else { name.split(' ').next().unwrap().to_owned() })
        .collect()
}

#[test]
fn needs_crates_io_needs_git_h5_each_program_names_what_is_compiled_into_it_and_nothing_of_this_machine() {
    let project = everything();
    let archives = run(&project, &["-p", "app", "--bins"]);
    let documents = Documents::beside(&archives[0]);
    let expected = tree(
        &project.path("ws"),
        ["-e", "normal", "-p", "app"],
        &variables(&project).each_ref().map(|(n, v)| (*n, v.as_str())),
    );
    assert_eq!(documents.packages(), expected);
    let all = [
        "app 0.1.0",
        "cfg-if",
        "gitted 0.1.0",
        "itoa 0.4.8",
        "itoa",
        "lib 0.1.0",
        "mac 0.1.0",
        "outside 0.1.0",
        "unicode-ident",
    ];
    assert_eq!(own(names(&documents)), all);
    assert_eq!(names(&Documents::beside(&archives[1])), names(&documents), "two programs of one package");

    of_what_kind(&documents, &project);
    for archive in &archives {
        silent(archive, &project);
    }
    elsewhere(&archives[0]);
    together_and_in_examples(&project);
}

/// What is said of each kind of package.
fn of_what_kind(documents: &Documents, project: &Project) {
    let scope = |name: &str| documents.component(name)["scope"].as_str().unwrap().to_owned();
    for (name, expected) in
        [("app", "required"), ("lib", "required"), ("mac", "excluded"), ("unicode-ident", "excluded")]
    {
        assert_eq!(scope(name), expected, "{name}");
    }
    let licenses = |name: &str| documents.component(name)["licenses"].to_string();
    assert_eq!(licenses("app"), r#"[{"expression":"MIT OR Apache-2.0"}]"#, "the workspace's");
    assert_eq!(licenses("lib"), r#"[{"license":{"name":"Proprietary"}}]"#);
    assert_eq!(licenses("outside"), r#"[{"license":{"name":"see LICENCE in the package"}}]"#);
    assert_eq!(documents.component("app")["supplier"]["name"], "Ada");
    let mut git = tool("git");
    git.args(["rev-parse", "HEAD"]).current_dir(project.path("gitted"));
    let commit = Run::of(git).stdout.trim().to_owned();
    let gitted = documents.component("gitted");
    let purl = format!("pkg:cargo/gitted@0.1.0?vcs_url=git%2Bhttps://git.example.org/gitted%40{commit}");
    assert_eq!(gitted["purl"], purl.as_str());
    assert_eq!(gitted["externalReferences"][0]["url"], "https://git.example.org/gitted");
    assert!(documents.component("lib")["hashes"].is_null(), "a folder has no archive");

    let lock = fs::read_to_string(project.path("ws/Cargo.lock")).unwrap();
    let hash = documents.component("cfg-if")["hashes"][0]["content"].as_str().unwrap();
    assert!(lock.contains(&format!("checksum = \"{hash}\"")), "{hash}");
}

/// Neither folders nor secrets are in the documents, in the archive or in the list that is in the program.
#[track_caller]
fn silent(archive: &Path, project: &Project) {
    let folder = project.path("");
    let home = std::env::var("HOME").unwrap();
    let program = Archive::read(archive).layers.last().unwrap()[0].1.content.clone();
    let texts = [
        fs::read(archive.with_extension("cdx.json")),
        fs::read(archive.with_extension("spdx.json")),
        Ok(program),
    ];
    for text in texts {
        let text = String::from_utf8_lossy(&text.unwrap()).into_owned();
        for canary in [TOKEN, SECRET, folder.to_str().unwrap(), &format!("{home}/")] {
            assert!(!text.contains(canary), "{canary} in what goes with {}", archive.display());
        }
    }
}

/// The same sources in another folder, built by another home, have the same packages.
#[track_caller]
fn elsewhere(archive: &Path) {
    let other = everything_again(archive);
    let again = run(&other, &["-p", "app", "--bin", "app"]);
    let [first, second] = [archive, &again[0]].map(Documents::beside);
    assert_eq!(first.cyclonedx["components"], second.cyclonedx["components"]);
    let packages = |documents: &Documents| documents.spdx["packages"].as_array().unwrap()[1..].to_vec();
    assert_eq!(packages(&first), packages(&second));
    assert_eq!(first.spdx["relationships"], second.spdx["relationships"]);
}

/// The workspace of `archive`, with all beside it, in another folder.
fn everything_again(archive: &Path) -> Project {
    let ws = archive.ancestors().nth(3).unwrap();
    let other = Project::empty();
    for part in ["ws", "outside", "gitted"] {
        let mut copy = Command::new("cp");
        copy.arg("-r").arg(ws.with_file_name(part)).arg(other.path(part));
        assert!(copy.status().unwrap().success());
    }
    fs::remove_dir_all(other.path("ws/target")).unwrap();
    other
}

fn together_and_in_examples(project: &Project) {
    // what one member asks of another's features is compiled into both
    let archives = run(project, &["--workspace", "--bin", "app", "--bin", "other"]);
    let [app, other] = [0, 1].map(|at| Documents::beside(&archives[at]));
    assert_eq!(app.component("unicode-ident")["scope"], "required");
    assert_eq!(own(names(&other)), ["lib 0.1.0", "other 0.1.0", "unicode-ident"]);

    let archives = run(project, &["-p", "app", "--example", "show"]);
    let example = Documents::beside(&archives[0]);
    let inside: BTreeSet<String> = own(names(&example)).into_iter().collect();
    assert!(inside.contains("ryu") && !inside.contains("fnv") && !inside.contains("memchr"), "{inside:?}");
}

#[test]
fn needs_crates_io_needs_git_needs_cyclonedx_needs_spdx_tools_needs_ntia_h5_all_judges_take_every_kind_of_package()
 {
    let project = everything();
    let archives = run(&project, &["-p", "app", "--bin", "app"]);
    judges::cyclonedx(&archives[0]);
    judges::spdx(&archives[0]);
    judges::ntia(&archives[0]);
}

#[test]
fn needs_crates_io_h5_vendored_packages_are_the_same() {
    let project = Project::new("app", "[dependencies]\nitoa = \"1\"\n");
    let components = |archive: &Path| Documents::beside(archive).cyclonedx["components"].clone();
    let fetched: Value = components(&project.build(["--profile", "dev"]));
    let mut vendor = Command::new("cargo");
    vendor.args(["vendor", "--quiet", "vendor"]).current_dir(project.path(""));
    let vendored = Run::of(vendor);
    assert_eq!(vendored.status, 0, "{vendored:?}");
    project.file(".cargo/config.toml", vendored.stdout);
    fs::remove_dir_all(project.path("target")).unwrap();
    assert_eq!(components(&project.build(["--profile", "dev", "--offline"])), fetched);
}
