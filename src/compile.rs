//! One cargo invocation, and what it made: the artifact's path is cargo's word, never a guess.

mod folders;
mod inventory;
mod lock;
mod manifest;
mod origins;
mod trail;
mod units;

pub use inventory::inventory;
pub use origins::Origins;
pub use trail::{Script, Trail};
pub use units::Units;

use self::folders::Folders;
use crate::error::{Code, Error, last_lines};
use crate::explain::failures;
use crate::image::platform::Target;
use crate::plan::{ImagePlan, Plan, Plans};
use crate::tool::Tool;
use crate::toolchain::Toolchain;
use crate::ui::Terminal;
use cargo_metadata::{Message, PackageId, TargetKind};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A program that cargo built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The package.
    pub package: PackageId,
    /// The binary's or example's name.
    pub name: String,
    /// Whether it is an example.
    pub example: bool,
    /// Where it is.
    pub path: PathBuf,
    /// Whether cargo has found it as an earlier build has left it.
    pub fresh: bool,
}

impl Artifact {
    /// Whether it was built for `target`. cargo's messages do not say so, but each target has a folder of its own, and
    /// the nearest one above a program tells. Where there is one target there is no question.
    fn is_for(&self, target: &Target, plans: &Plans) -> bool {
        let named = |folder: &Path| {
            plans.iter().find(|plan| folder.file_name() == Some(OsStr::new(plan.target.triple())))
        };
        plans.others.is_empty()
            || self.path.ancestors().find_map(named).is_some_and(|plan| plan.target == *target)
    }
}

/// A native library that a build script asked to link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeLibrary {
    /// The package whose build script it was.
    pub package: PackageId,
    /// `[KIND=]NAME`, as the build script said it.
    pub library: String,
}

/// The name in a package's id: `…#NAME@VERSION`, or the last part of the address where the fragment is a version alone
/// (The Cargo Book, "Package ID Specifications"); `NAME VERSION (SOURCE)` in older cargos.
pub fn package_name(id: &PackageId) -> &str {
    let id = id.repr.as_str();
    if let Some((name, _)) = id.split_once(' ') {
        return name;
    }
    let (address, fragment) = id.rsplit_once('#').unwrap_or((id, ""));
    match fragment.split_once('@') {
        Some((name, _)) => name,
        None => address.rsplit('/').next().unwrap_or(address).split('?').next().unwrap_or_default(),
    }
}

/// All that a build made.
#[derive(Clone, Debug, Default)]
pub struct Artifacts {
    programs: Vec<Artifact>,
    /// What build scripts linked.
    pub libraries: Vec<NativeLibrary>,
    /// Where code can come from.
    pub origins: Origins,
    /// What was compiled.
    pub units: Units,
    /// What tells more of where it came from.
    pub trail: Trail,
}

impl Artifacts {
    /// The program for `image` of `plans`.
    pub fn of(&self, image: &ImagePlan, plans: &Plans) -> Result<&Artifact, Error> {
        let wanted = |artifact: &&Artifact| {
            artifact.package == image.package
                && artifact.name == image.bin
                && artifact.example == image.example
                && artifact.is_for(&image.recipe.target, plans)
        };
        self.programs.iter().find(wanted).ok_or_else(|| {
            let what = format!("cargo built no program `{}` for {}", image.bin, image.recipe.target);
            Error::new(Code::Cargo, what).note("its messages name no executable for it")
        })
    }

    /// Takes one line of cargo's output; build scripts and macros print there too, so what is not a message is none.
    fn take(&mut self, line: &[u8], folders: &Folders<'_>) {
        match serde_json::from_slice(line) {
            Ok(Message::CompilerArtifact(artifact)) => {
                self.origins.compiled(&artifact, folders);
                self.units.compiled(&artifact, folders);
                self.trail.compiled(&artifact);
                let Some(path) = artifact.executable else { return };
                let example = artifact.target.kind.contains(&TargetKind::Example);
                let program = Artifact {
                    package: artifact.package_id,
                    name: artifact.target.name,
                    example,
                    path: path.into(),
                    fresh: artifact.fresh,
                };
                self.programs.push(program);
            }
            Ok(Message::BuildScriptExecuted(script)) => {
                self.origins.linked(&script);
                self.trail.script(&script);
                let library = |library: &cargo_metadata::camino::Utf8PathBuf| NativeLibrary {
                    package: script.package_id.clone(),
                    library: library.to_string(),
                };
                self.libraries.extend(script.linked_libs.iter().map(library));
            }
            _ => {}
        }
    }
}

/// The one command that builds `plans`.
pub fn command(plans: &Plans, toolchain: &Toolchain) -> Tool {
    let plan = &plans.first;
    let (cargo, verb) = match &toolchain.container {
        Some(container) => (container.cargo.clone(), container.verb),
        None => (Tool::new(&plan.cargo), "build"),
    };
    let mut tool = cargo
        .args([verb, "--message-format=json-render-diagnostics", "--manifest-path"])
        .arg(&plan.manifest)
        .args(plans.iter().map(|plan| format!("--target={}", plan.target)));
    let mut packages: Vec<_> = plan.images.iter().map(|image| &image.spec).collect();
    packages.dedup();
    tool = packages.iter().fold(tool, |tool, spec| tool.arg(format!("--package={spec}")));
    for image in &plan.images {
        // with `=`, so that a name that starts with a hyphen is no flag
        tool = tool.arg(format!("--{}={}", if image.example { "example" } else { "bin" }, image.bin));
    }
    let variables = toolchain.variables.iter();
    let tool = variables.fold(tool, |tool, (name, value)| tool.env(name, value));
    tool.args(toolchain.arguments.clone()).args(plan.build.clone())
}

/// What a note begins with that tells the command which has failed.
pub const COMMAND: &str = "the command was: ";

/// A build that failed.
#[derive(Debug)]
pub struct Failed {
    /// What to tell.
    pub error: Error,
    /// The last part of what cargo has said.
    pub said: String,
}

impl From<Error> for Box<Failed> {
    fn from(error: Error) -> Self {
        Box::new(Failed { error, said: String::new() })
    }
}

/// Builds all programs of `plans`. cargo's progress and diagnostics stay live on `terminal`; without one, nobody hears.
pub fn build(
    plans: &Plans,
    toolchain: &Toolchain,
    terminal: Option<Terminal>,
) -> Result<Artifacts, Box<Failed>> {
    let tool = command(plans, toolchain);
    let mut artifacts = Artifacts::default();
    let folders = Folders::of(plans);
    let take = |line: &[u8]| artifacts.take(line, &folders);
    let (status, said) = match terminal {
        Some(terminal) => tool.clone().args(toolchain.screen.arguments(terminal)).watch(take)?,
        None => tool.watch_silent(take)?,
    };
    if status.success() {
        return Ok(artifacts);
    }
    let how = match status.code() {
        Some(code) => format!("exit status {code}"),
        None => status.to_string(),
    };
    if let Some(error) = unstarted(toolchain, status.code(), &tool, &said) {
        return Err(error.into());
    }
    let error = Error::new(Code::Cargo, format!("cargo did not build the project ({how})"))
        .note(format!("{COMMAND}{tool}"));
    let plan = blamed(plans, &said);
    let error = match failures::diagnose(&said, &plan.target) {
        Some(diagnosis) => {
            let way =
                diagnosis.package.as_deref().map(|package| plan.graph.path(package)).unwrap_or_default();
            let error = diagnosis.explain(error);
            if way.len() > 1 { error.note(format!("it is wanted by {}", way.join(" → "))) } else { error }
        }
        None => error,
    };
    Err(Box::new(Failed { error, said }))
}

/// The error of an engine that has not come as far as cargo: its program ends with 125 where it could not make or start
/// the container, with 126 or 127 where the container could not start the command (docker run, "Exit status").
fn unstarted(toolchain: &Toolchain, status: Option<i32>, tool: &Tool, said: &str) -> Option<Error> {
    let container = toolchain.container.as_ref().filter(|_| matches!(status, Some(125..=127)))?;
    let error = Error::new(Code::Engine, format!("{} did not start cargo", container.engine));
    let error = error.note(format!("the command was: {tool}"));
    let error = last_lines(said).into_iter().fold(error, Error::note);
    Some(error.help("the engine must run on this machine: it mounts the workspace, at the same path"))
}

/// The plan of the target that cargo has named last: what it says before it fails is about that one.
fn blamed<'a>(plans: &'a Plans, said: &str) -> &'a Plan {
    plans.iter().max_by_key(|plan| said.rfind(plan.target.triple())).unwrap_or(&plans.first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b3_noise_between_messages_is_no_message() {
        let mut artifacts = Artifacts::default();
        for line in
            [&b"hello from a macro"[..], b"{", b"{}", b"{\"reason\":\"new\"}", b"\xff\xfe", b"[1]", b""]
        {
            artifacts.take(line, &Folders::default());
        }
        assert!(artifacts.programs.is_empty() && artifacts.libraries.is_empty());
    }

    #[test]
    fn the_name_of_a_package_is_found_in_every_form_of_its_id() {
        for (id, expected) in [
            ("registry+https://example.org/index#openssl-sys@0.9.1", "openssl-sys"),
            ("path+file:///a/b/hello#0.1.0", "hello"),
            ("path+file:///a/b#hello@0.1.0", "hello"),
            ("git+https://example.org/hello?branch=x#0.1.0", "hello"),
            ("openssl-sys 0.9.1 (registry+https://example.org/index)", "openssl-sys"),
        ] {
            assert_eq!(package_name(&PackageId { repr: id.into() }), expected, "{id}");
        }
    }
}
