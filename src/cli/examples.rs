//! The examples at the end of each command's `--help` and in its manual page: one table for both.

use crate::ui::HELP;
use clap::Command;
use clap::builder::StyledStr;
use std::fmt::Write;

/// One example.
pub struct Example {
    /// What it does, without a full stop.
    pub about: &'static str,
    /// The line to type, for a POSIX shell.
    pub line: &'static str,
}

/// The examples of `verb`; those of the whole program are under the empty name.
pub fn of(verb: &str) -> &'static [Example] {
    ALL.iter().find(|(name, _)| *name == verb).map_or(&[], |(_, examples)| examples)
}

/// `tree` with the examples of each of its commands behind the options of `--help`.
pub fn taught(tree: Command) -> Command {
    let verbs: Vec<String> = tree.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let tree = tree.after_long_help(text(of("")));
    verbs
        .iter()
        .filter(|verb| !of(verb).is_empty())
        .fold(tree, |tree, name| tree.mut_subcommand(name, |verb| verb.after_long_help(text(of(name)))))
}

fn text(examples: &[Example]) -> StyledStr {
    let (header, literal) = (HELP.get_header(), HELP.get_literal());
    let mut text = StyledStr::new();
    let _ = write!(text, "{header}Examples:{header:#}");
    for Example { about, line } in examples {
        let _ = write!(text, "\n  {about}:\n    {literal}{line}{literal:#}");
    }
    text
}

const fn example(about: &'static str, line: &'static str) -> Example {
    Example { about, line }
}

/// The commands in the order of the help.
const ALL: &[(&str, &[Example])] = &[
    (
        "",
        &[
            example("Build an image and load it into Docker", "docker load -i \"$(cargo scratch)\""),
            example("See what would be done", "cargo scratch --dry-run"),
            example(
                "Build, test and push",
                "cargo scratch test-image && cargo scratch push ghcr.io/me/app:1.0",
            ),
            example("Know what is missing before a long build", "cargo scratch doctor"),
        ],
    ),
    (
        "build",
        &[
            example("Straight into Docker, as app:dev", "cargo scratch build -o docker -t app:dev"),
            example(
                "One image for two platforms, as an OCI archive",
                "cargo scratch build --platform linux/amd64,linux/arm64 -o oci-archive=app.tar",
            ),
            example(
                "A server that listens on 8080 and has its files beside it",
                "cargo scratch build --expose 8080 --copy static:/static",
            ),
            example("Small, and say how many bytes that saves", "cargo scratch build --optimize size"),
            example(
                "Fail where a second build gives other bytes, and say why",
                "cargo scratch build --verify-reproducible",
            ),
        ],
    ),
    (
        "run",
        &[
            example("Run the image that a push would send", "cargo scratch run"),
            example("Give the program arguments", "cargo scratch run -- --listen 0.0.0.0:8080"),
            example(
                "Let it see a folder, and no more than 64 MiB of memory",
                "cargo scratch run -v ./data:/data:ro --memory 64MiB",
            ),
            example("In Docker, with a port of this machine", "cargo scratch run --engine docker -p 8080:80"),
            example("An image of somebody else's", "cargo scratch run --image ghcr.io/me/app:1.0"),
        ],
    ),
    (
        "test-image",
        &[
            example("It starts, and stops when it is told to", "cargo scratch test-image"),
            example("It answers", "cargo scratch test-image --http /health --http :8080/missing=404"),
            example(
                "It says what it should, and ends by itself",
                "cargo scratch test-image --stdout '^usage' --exit 0 -- --help",
            ),
            example(
                "Test what is in the registry",
                "cargo scratch test-image --image ghcr.io/me/app:1.0 --http / --timeout 10s",
            ),
        ],
    ),
    (
        "push",
        &[
            example("Under a name", "cargo scratch push ghcr.io/me/app:1.0"),
            example(
                "Under two, and into Docker too",
                "cargo scratch push ghcr.io/me/app:1.0 -t ghcr.io/me/app:latest -o docker",
            ),
            example("Every binary of a workspace", "cargo scratch push --workspace --repo ghcr.io/me"),
            example(
                "Deploy exactly what was pushed",
                "kubectl set image deployment/app app=\"$(cargo scratch push ghcr.io/me/app)\"",
            ),
        ],
    ),
    (
        "index",
        &[
            example(
                "On each platform's machine",
                "cargo scratch push ghcr.io/me/app --by-digest --platform linux/arm64",
            ),
            example(
                "Then join what they printed",
                "cargo scratch index ghcr.io/me/app:1.0 \"$AMD64\" \"$ARM64\" -t ghcr.io/me/app:latest",
            ),
        ],
    ),
    (
        "resolve",
        &[
            example(
                "Build, push and apply",
                "cargo scratch resolve -f k8s/ --repo ghcr.io/me | kubectl apply -f -",
            ),
            example("See what is named where", "cargo scratch resolve -f k8s/ -R --repo ghcr.io/me --list"),
            example(
                "As one step of a pipe",
                "kustomize build | cargo scratch resolve -f - --repo ghcr.io/me",
            ),
        ],
    ),
    (
        "dockerfile",
        &[
            example("Look at it", "cargo scratch dockerfile"),
            example(
                "Write it, with the build image named by digest",
                "cargo scratch dockerfile -o Dockerfile --pin",
            ),
            example("Fail in CI where it is no longer true", "cargo scratch dockerfile --check"),
        ],
    ),
    (
        "init",
        &[
            example("What such a project usually has", "cargo scratch init"),
            example("Only these", "cargo scratch init dockerfile dockerignore"),
            example("Fail in CI where one of them is no longer true", "cargo scratch init --check"),
        ],
    ),
    (
        "doctor",
        &[
            example("This project on this machine", "cargo scratch doctor"),
            example("For another platform", "cargo scratch doctor --platform linux/arm64"),
            example("For a script", "cargo scratch doctor --message-format json"),
        ],
    ),
    (
        "verify",
        &[
            example("Is this program static?", "cargo scratch verify target/release/app"),
            example("Would this image start?", "cargo scratch verify image.tar"),
            example(
                "One in a registry, and one in Docker",
                "cargo scratch verify ghcr.io/me/app:1.0 docker:app:dev",
            ),
            example(
                "Who vouches for where it comes from",
                "cargo scratch verify --provenance --key public.pem ghcr.io/me/app:1.0",
            ),
        ],
    ),
    (
        "inspect",
        &[
            example("An archive", "cargo scratch inspect target/scratch/app.tar"),
            example(
                "Every file of one platform's image in a registry",
                "cargo scratch inspect ghcr.io/me/app:1.0 --platform linux/arm64 --files",
            ),
            example(
                "The user it runs as",
                "cargo scratch inspect app.tar --message-format json | jq -r .user",
            ),
        ],
    ),
    (
        "diff",
        &[
            example(
                "What the last build changed",
                "cargo scratch diff ghcr.io/me/app:1.0 target/scratch/app.tar",
            ),
            example("Are two builds the same?", "cargo scratch diff --exit-code first.tar second.tar"),
        ],
    ),
    (
        "size",
        &[
            example("What takes the space", "cargo scratch size"),
            example("All crates, for a script", "cargo scratch size --top 0 --message-format json"),
            example("A page for the browser", "cargo scratch size --html size.html"),
        ],
    ),
    (
        "explain",
        &[
            example("All codes of errors and warnings", "cargo scratch explain"),
            example("What one means, and what to do", "cargo scratch explain not-static"),
        ],
    ),
    (
        "schema",
        &[
            example("Look at it", "cargo scratch schema"),
            example("Keep it, for a validator", "cargo scratch schema > scratch.schema.json"),
        ],
    ),
    (
        "new",
        &[
            example("A server, and its image", "cargo scratch new hello && cd hello && cargo scratch run"),
            example(
                "Under another name than the folder's",
                "cargo scratch new services/api --name api-server",
            ),
        ],
    ),
    (
        "completions",
        &[
            example("bash: in ~/.bashrc", "source <(cargo scratch completions bash)"),
            example(
                "zsh: in a folder of $fpath, before compinit runs",
                "cargo scratch completions zsh > ~/.zfunc/_cargo-scratch",
            ),
            example(
                "fish: where it is read at the start, so that cargo's own completion knows of it",
                "cargo scratch completions fish > ~/.config/fish/conf.d/cargo-scratch.fish",
            ),
            example("elvish: in ~/.config/elvish/rc.elv", "eval (cargo scratch completions elvish | slurp)"),
            example(
                "PowerShell: in the file that $PROFILE names",
                "cargo scratch completions powershell | Out-String | Invoke-Expression",
            ),
        ],
    ),
    (
        "man",
        &[
            example("Read it", "cargo scratch man | man -l -"),
            example(
                "Install all pages, for `man cargo-scratch-build`",
                "cargo scratch man ~/.local/share/man/man1",
            ),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    #[test]
    fn every_command_has_two_to_five_examples_of_itself() {
        let tree = crate::cli::tree();
        let verbs = tree.get_subcommands().map(|verb| verb.get_name().to_owned());
        for verb in verbs.chain([String::new()]) {
            let examples = of(&verb);
            assert!((2..=5).contains(&examples.len()), "{verb}: {}", examples.len());
            let own = |example: &&Example| example.line.contains(format!("cargo scratch {verb}").trim_end());
            assert!(verb == "index" || examples.iter().all(|example| own(&example)), "{verb}");
        }
        for (verb, _) in ALL.iter().filter(|(verb, _)| !verb.is_empty()) {
            assert!(tree.find_subcommand(verb).is_some(), "examples of no command: {verb}");
        }
    }

    #[test]
    fn every_example_is_understood() {
        for Example { line, .. } in ALL.iter().flat_map(|(_, examples)| *examples) {
            let commands = own_commands(line);
            assert!(!commands.is_empty(), "{line}");
            for words in commands {
                let parsed = crate::cli::parse(words.iter().map(OsString::from));
                let Err(error) = parsed else { continue };
                // an image that is a file has to be there
                assert!(error.to_string().contains("no such file or folder"), "{line}\n{error}");
            }
        }
    }

    #[test]
    fn the_long_help_ends_with_them_and_the_short_one_has_none() {
        let said = |line: &str| {
            let words = line.split(' ').map(OsString::from);
            crate::cli::parse(words).unwrap_err().to_string()
        };
        assert!(said("cargo-scratch push --help").trim_end().ends_with(of("push").last().unwrap().line));
        assert!(!said("cargo-scratch push -h").contains("Examples"));
    }

    /// Every `cargo scratch …` of a line for a shell, as words; a variable is a digest.
    fn own_commands(line: &str) -> Vec<Vec<String>> {
        let mut all = Vec::new();
        for (at, _) in line.match_indices("cargo scratch") {
            let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
            for c in line[at..].chars().chain([' ']) {
                match quote {
                    Some(end) if c == end => quote = None,
                    None if c == '\'' || c == '"' => quote = Some(c),
                    None if "|>&)".contains(c) => break,
                    None if c == ' ' => {
                        words.extend(Some(std::mem::take(&mut word)).filter(|w| !w.is_empty()));
                    }
                    _ => word.push(c),
                }
            }
            words.extend(Some(word).filter(|word| !word.is_empty()));
            words[0] = "cargo-scratch".to_owned();
            let digest = format!("sha256:{}", "0".repeat(64));
            all.push(
                words.into_iter().map(|w| if w.starts_with('$') { digest.clone() } else { w }).collect(),
            );
        }
        all
    }
}
