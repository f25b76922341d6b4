//! git and docker themselves: what both make of one project.

use super::matcher::{read, sends};
use super::*;
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// A repository in a temporary folder.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q"]);
    folder
}

fn git(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "core.excludesFile=", "-c", "user.name=t", "-c", "user.email=t@t"]).args(words);
    let said = command.current_dir(folder).output().unwrap();
    assert!(said.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap()
}

/// The files that git has or would take.
fn wanted(folder: &Path) -> BTreeSet<String> {
    let said = git(folder, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    said.split_terminator('\0').map(str::to_owned).collect()
}

fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn known(folder: &Path) -> Known {
    git::known(folder, &SECRETS, &Env::of_process().unwrap()).unwrap()
}

/// The same numbers every time (Knuth's constants for a linear congruential generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

const NAMES: [&str; 9] = ["a", "b", "ab", "a.o", "b.o", "[a]", "!a", "#b", "a^b"];
const PATTERNS: [&str; 24] = [
    "a",
    "b",
    "ab",
    "a.o",
    "*",
    "*.o",
    "a*",
    "?",
    "?b",
    "[ab]",
    "[!a]",
    "[^b].o",
    r"\[a]",
    r"\!a",
    r"\#b",
    "a^b",
    "**",
    "[[:alpha:]]",
    "a**",
    "*b",
    "[a-]",
    "[]a]b",
    r"a\.o",
    "[[]a]",
];

/// A rule of any form.
fn rule(numbers: &mut Numbers) -> String {
    let depth = 1 + numbers.below(3) * numbers.below(2);
    let names: Vec<_> = (0..depth).map(|_| numbers.of(&PATTERNS)).collect();
    let start = numbers.of(&["", "", "", "/", "/", "**/"]);
    let end = numbers.of(&["", "", "", "/", "/**", " "]);
    let sign = numbers.of(&["", "", "!"]);
    format!("{sign}{start}{}{end}", names.join("/"))
}

#[test]
fn needs_git_a_thousand_sets_of_rules_never_ignore_more_than_git_and_seldom_less() {
    const SETS: usize = 50;
    let (mut exact, mut more, mut with_exceptions) = (0, 0, 0);
    for round in 0..20_u64 {
        let mut numbers = Numbers(round);
        let repository = repository();
        let folder = repository.path();
        let mut paths = Vec::new();
        let mut sets = Vec::new();
        for set in 0..SETS {
            let mut own = Vec::new();
            for one in NAMES {
                // a name is of a folder or of a file
                if numbers.below(2) == 0 {
                    own.push(format!("s{set}/{one}"));
                    continue;
                }
                for two in [numbers.of(&NAMES), numbers.of(&NAMES)] {
                    let deeper = numbers.below(2) == 0
                        && !own.iter().any(|path| path.ends_with(&format!("/{one}/{two}")));
                    own.push(if deeper {
                        format!("s{set}/{one}/{two}/{}", numbers.of(&NAMES))
                    } else {
                        format!("s{set}/{one}/{two}")
                    });
                }
            }
            own.sort();
            own.dedup();
            let all = own.clone();
            own.retain(|path| !all.iter().any(|other| other.starts_with(&format!("{path}/"))));
            own.iter().for_each(|path| put(folder, path, ""));
            let rules: Vec<_> = (0..=numbers.below(5)).map(|_| rule(&mut numbers)).collect();
            put(folder, &format!("s{set}/.gitignore"), &rules.join("\n"));
            let below = rule(&mut numbers);
            if numbers.below(3) == 0 && own.iter().any(|path| path.starts_with(&format!("s{set}/a/"))) {
                put(folder, &format!("s{set}/a/.gitignore"), &below);
            }
            paths.push(own);
            sets.push(format!("{rules:?}, below {below:?}"));
        }
        // a file that ignores itself counts if it is committed
        git(folder, &["add", "-f", "--", ":(glob)**/.gitignore"]);
        let (wanted, text) = (wanted(folder), text("x", &known(folder), None));
        for (set, own) in paths.iter().enumerate() {
            let ours = |line: &&str| line.trim_start_matches('!').starts_with(&format!("s{set}/"));
            let lines: Vec<_> = text.lines().filter(ours).collect();
            let (read, mut same) = (read(&lines), true);
            for path in own {
                let (git, docker) = (wanted.contains(path), sends(&read, path));
                assert!(!git || docker, "{path} is lost by {}: {lines:#?}", sets[set]);
                same &= git == docker;
            }
            let has_exception = lines.iter().any(|line| line.starts_with('!'));
            // see `Rule::parse` on stars inside of a name
            let odd = sets[set].contains("a**/") || sets[set].contains("/a**");
            assert!(same || has_exception || odd, "{}: {lines:#?}", sets[set]);
            with_exceptions += usize::from(has_exception);
            exact += usize::from(same);
            more += usize::from(!same);
        }
    }
    eprintln!("exact {exact}, more {more}, with exceptions {with_exceptions}");
    assert!(exact > 850, "{exact} of {}", exact + more);
}

/// A tree with rules of every kind, in which git tracks some of what they ignore.
fn tree(folder: &Path) {
    let files = [
        "Cargo.toml",
        "Cargo.lock",
        "src/main.rs",
        "src/lib.rs",
        "src/gen/made.rs",
        "src/gen/keep.rs",
        "build.rs",
        "README.md",
        "notes.txt",
        "a.log",
        "sub/b.log",
        "sub/important.log",
        "logs/today",
        "logs/deep/er",
        "doc/x.html",
        "doc/deep/y.html",
        "doc/foo.html",
        "node_modules/x/index.js",
        "node_modules/x/y/z.js",
        "app/main.js",
        "cache",
        "sub/cache/x",
        "tmp1/a",
        "tmp2/a",
        "tmpx/a",
        "[odd]",
        "odd",
        "!bang",
        "#hash",
        "with space ",
        "a b/c d",
        "a^b",
        "x+y",
        "{z}",
        "café/é.txt",
        "vendor/v/Cargo.toml",
        "vendor/v/src/lib.rs",
        "vendor/v/target/x",
        "deep/a/b/c/end",
        "deep/end",
        "deep/a/other",
        "tracked.log",
        "certs/ours.pem",
        "certs/theirs.pem",
        ".env",
        "deploy.key",
        "target/debug/app",
        "target/scratch/rootfs/app.linux-amd64.tar",
        ".github/workflows/ci.yml",
        "Dockerfile.dev",
        "data/1.bin",
        "data/2.bin",
        "data/x.bin",
        ".idea/x.xml",
        "z/q",
        "z/.hidden",
    ];
    files.iter().for_each(|path| put(folder, path, path));
    put(
        folder,
        ".gitignore",
        "# built\n/target\n*.log\n!important.log\nlogs/\n/doc/**/*.html\n!doc/foo.html\nnode_modules/\n\
        !*.js\ncache/\ntmp[0-9]\n\\[odd]\n\\!bang\n\\#hash\nwith space\\ \n/a^b\nx+y\n{z}\n[[:digit:]].bin   \ndeep/**/end\nbad[\n",
    );
    put(folder, "src/gen/.gitignore", "*\n!keep.rs\n!.gitignore\n");
    put(folder, "vendor/v/.gitignore", "/target/\n");
    put(folder, "z/.gitignore", ".*\n!.gitignore\n");
    git(folder, &["add", "-f", "Cargo.toml", "tracked.log", "certs/ours.pem", ".gitignore"]);
    git(folder, &["commit", "-q", "-m", "start"]);
}

/// What git would take of [`tree`], without what no build needs, and with what is kept for a Dockerfile.
fn expected(folder: &Path) -> BTreeSet<String> {
    let mut files = wanted(folder);
    let needless = [".github/workflows/ci.yml", "Dockerfile.dev", ".idea/x.xml", ".dockerignore"];
    let secret = ["certs/theirs.pem", ".env", "deploy.key"];
    for path in needless.iter().chain(&secret) {
        files.remove(*path);
    }
    files.insert("target/scratch/rootfs/app.linux-amd64.tar".into());
    assert!(files.len() > 25 && files.contains("tracked.log") && files.contains("cache"), "{files:?}");
    files
}

#[test]
fn needs_git_all_kinds_of_rules_together_send_what_git_has() {
    let repository = repository();
    tree(repository.path());
    let text = text("x", &known(repository.path()), Some(Path::new("target")));
    let lines: Vec<_> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let lines = read(&lines);
    let said = git(repository.path(), &["ls-files", "-z", "--others", "--cached"]);
    let sent = said.split_terminator('\0').filter(|path| sends(&lines, path)).map(str::to_owned);
    assert_eq!(sent.collect::<BTreeSet<_>>(), expected(repository.path()), "{text}");

    // from a workspace below the repository's folder, the rules above it count
    put(repository.path(), "inner/Cargo.toml", "");
    put(repository.path(), ".gitignore", "/inner/x\n*.log\n/inner\n");
    let text = super::text("x", &known(&repository.path().join("inner")), None);
    assert!(text.contains("# What git ignores by ../.gitignore\nx\n**/*.log\n\n"), "{text}");
}

#[test]
fn needs_git_needs_docker_docker_sends_what_git_has() {
    let repository = repository();
    let folder = repository.path();
    tree(folder);
    let text = text("x", &known(folder), Some(Path::new("target")));
    fs::write(folder.join(".dockerignore"), &text).unwrap();
    let dockerfile = tempfile::tempdir().unwrap();
    let file = dockerfile.path().join("Dockerfile");
    fs::write(&file, "FROM scratch\nCOPY . /\nCMD [\"/x\"]\n").unwrap();
    // newer ones have BuildKit only as a plugin
    let env = Env::of_process().unwrap();
    let all: Vec<_> = std::env::split_paths(env.path().unwrap())
        .map(|folder| folder.join("docker"))
        .filter(|one| one.is_file())
        .collect();
    let run = |docker: &Path, buildkit: &str, words: &[&str]| {
        Command::new(docker).env("DOCKER_BUILDKIT", buildkit).args(words).output().unwrap()
    };
    let said = |words: &[&str]| {
        let said = run(&all[0], "", words);
        assert!(said.status.success(), "{words:?}: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8_lossy(&said.stdout).trim().to_owned()
    };
    for buildkit in ["0", "1"] {
        let tag = format!("scratch-test-ignore-{}-{buildkit}", std::process::id());
        let words = ["build", "-q", "-t", &tag, "-f", file.to_str().unwrap(), folder.to_str().unwrap()];
        let built = all.iter().map(|docker| run(docker, buildkit, &words));
        let mut built = built
            .skip_while(|said| String::from_utf8_lossy(&said.stderr).contains("buildx component is missing"));
        let Some(built) = built.next() else { continue };
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let container = said(&["create", &tag]);
        let exported = dockerfile.path().join("exported.tar");
        said(&["export", "-o", exported.to_str().unwrap(), &container]);
        said(&["rm", "-f", &container]);
        said(&["rmi", "-f", &tag]);
        let bytes = fs::read(&exported).unwrap();
        let mut archive = tar::Archive::new(&bytes[..]);
        let entries = archive.entries().unwrap().map(Result::unwrap);
        let files = entries.filter(|entry| entry.header().entry_type().is_file());
        let mut sent: BTreeSet<_> = files.map(|entry| entry.path().unwrap().display().to_string()).collect();
        // a container has these in any image
        let engines = ["etc/hostname", "etc/hosts", "etc/resolv.conf", "dev/console", ".dockerenv"];
        sent.retain(|path| !engines.contains(&path.as_str()));
        assert_eq!(sent, expected(folder), "BuildKit {buildkit}: {text}");
        eprintln!("BuildKit {buildkit}: {} files", sent.len());
    }
}

#[test]
fn without_a_repository_no_rules_count_and_with_one_git_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), ".gitignore", "x\n");
    let known = known(folder.path());
    assert!(!known.asked && known.files.is_empty());
    put(folder.path(), ".git", "");
    let error = git::known(folder.path(), &SECRETS, &Env::new([("PATH", "/nowhere")], "/")).unwrap_err();
    assert!(error.what().contains("git is not on PATH"), "{error}");
}

#[test]
fn needs_git_a_file_of_rules_is_not_read_through_a_link() {
    let repository = repository();
    put(repository.path(), "elsewhere", "secret\n");
    std::os::unix::fs::symlink("elsewhere", repository.path().join(".gitignore")).unwrap();
    assert!(known(repository.path()).files.is_empty());
}
