//! The compiler that cargo will call, and where its libraries are.

use super::remap::Folders;
use super::version::Version;
use crate::config::env::Env;
use crate::config::layers::nearest;
use crate::error::{Code, Error};
use crate::plan::Plan;
use crate::tool::Tool;
use std::fs;
use std::path::{Path, PathBuf};

/// The compiler's own words about itself.
#[derive(Clone, Debug)]
pub struct Rustc {
    /// The program.
    pub program: PathBuf,
    /// The folder of the toolchain.
    pub sysroot: PathBuf,
    /// The folder of the target's standard library, whether or not it is there.
    pub library: PathBuf,
    /// The commit that it was built from, where the toolchain carries the standard library's source and it knows.
    pub commit: Option<String>,
}

impl Rustc {
    /// The one that is `configured`, or the one on `PATH`; an error where it does not know the plan's target.
    pub fn of(plan: &Plan, configured: Option<&Path>, env: &Env) -> Result<Self, Error> {
        let program = configured.map(Path::to_owned).or_else(|| Tool::find("rustc", env.path()));
        let program = program.ok_or_else(|| {
            Error::new(Code::Tool, "rustc is not on PATH")
                .help("install Rust: https://rust-lang.org/tools/install")
        })?;
        if let Some(sysroot) = rustups(env).filter(|_| configured.is_none()) {
            let library = sysroot.join("lib/rustlib").join(plan.target.triple()).join("lib");
            if holds_std(&library) {
                let commit = commit(&program, &sysroot, env, plan);
                return Ok(Rustc { program, sysroot, library, commit });
            }
        }
        let ask = ["--print=sysroot", "--print=target-libdir", "--target"];
        let said = Tool::new(&program).args(ask).arg(plan.target.triple()).read()?;
        let text = String::from_utf8_lossy(&said.stdout);
        match (said.status.success(), text.lines().collect::<Vec<_>>().as_slice()) {
            (true, [sysroot, library]) => {
                let (sysroot, library) = (PathBuf::from(sysroot), library.into());
                let commit = commit(&program, &sysroot, env, plan);
                Ok(Rustc { program, sysroot, library, commit })
            }
            _ => {
                let why =
                    said.stderr.lines().next().unwrap_or("it says nothing").trim_start_matches("error: ");
                let error =
                    Error::new(Code::NoStd, format!("rustc cannot build for `{}`", plan.target)).note(why);
                let known = Tool::new(&program).arg("--print=target-list").read()?;
                let known = String::from_utf8_lossy(&known.stdout).into_owned();
                let musl = known.lines().filter(|triple| triple.contains("-linux-musl"));
                Err(match nearest(plan.target.triple(), musl) {
                    Some(near) => error.help(format!("did you mean `--target {near}`?")),
                    None => error,
                })
            }
        }
    }

    /// Where it builds.
    pub fn folders(&self, env: &Env) -> Folders<'_> {
        let source = self.commit.as_deref().map(|commit| (self.sysroot.as_path(), commit));
        Folders { home: env.home(), cargo: env.cargo_home(), source }
    }
}

/// The commit of `program`, where the folder `sysroot` has the source that this would be the name of.
fn commit(program: &Path, sysroot: &Path, env: &Env, plan: &Plan) -> Option<String> {
    let has_source = sysroot.join("lib/rustlib/src/rust").is_dir();
    has_source.then(|| Version::of(program, env, &plan.records)?.commit)?
}

/// The sysroot of the toolchain that rustup has already chosen for this run: it keeps each in a folder of its name.
/// Asking rustc would say the same, fifteen milliseconds later.
fn rustups(env: &Env) -> Option<PathBuf> {
    let name = env.get("RUSTUP_TOOLCHAIN")?;
    env.rustup_home()?.join("toolchains").join(name).canonicalize().ok()
}

/// Whether `library` holds a standard library.
pub fn holds_std(library: &Path) -> bool {
    let is = |entry: fs::DirEntry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    };
    fs::read_dir(library).is_ok_and(|entries| entries.flatten().any(is))
}
