//! Runs an image without a container engine: in namespaces of its own, with nothing of this machine in sight.
//!
//! ```text
//! start  → keeper (user, mount, PID, IPC, UTS and network namespaces; the maps of users)
//!            → stage (PID 1 there: empty root, layers unpacked inside it, mounts, no privileges, seccomp)
//!                → the image's program
//! ```
//!
//! Each of the three is this very program, started once more with a hidden word ([`stage`]): namespaces are made by
//! processes of one thread, and between the fork and the exec of one with more nothing can be done that is safe.
//! rustix gives the system calls without unsafe code. youki's libcontainer would bring 85 crates and want a bundle on
//! disk, hakoniwa is LGPL and mounts a root that lies there already: neither unpacks an image inside.

#[cfg(target_os = "linux")]
mod cgroup;
#[cfg(target_os = "linux")]
mod copy;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod feed;
#[cfg(target_os = "linux")]
mod filter;
#[cfg(target_os = "linux")]
mod ids;
#[cfg(target_os = "linux")]
mod keeper;
#[cfg(target_os = "linux")]
mod launch;
#[cfg(target_os = "linux")]
mod loopback;
#[cfg(target_os = "linux")]
mod messages;
#[cfg(target_os = "linux")]
mod mounts;
#[cfg(target_os = "linux")]
mod privileges;
#[cfg(target_os = "linux")]
mod program;
#[cfg(target_os = "linux")]
mod refusal;
#[cfg(target_os = "linux")]
mod root;
#[cfg(target_os = "linux")]
mod running;
#[cfg(target_os = "linux")]
mod stage;
#[cfg(target_os = "linux")]
mod step;
#[cfg(target_os = "linux")]
mod unpack;
#[cfg(target_os = "linux")]
mod user;
#[cfg(target_os = "linux")]
mod wire;

#[cfg(not(target_os = "linux"))]
use elsewhere as launch;
#[cfg(not(target_os = "linux"))]
use elsewhere::{keeper, stage};

use crate::content::{Config, StoredLayer};
use crate::error::Error;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};

#[cfg(not(target_os = "linux"))]
pub use elsewhere::Running;
#[cfg(target_os = "linux")]
pub use running::Running;

/// This program, wherever it lies now.
const OURSELVES: &str = "/proc/self/exe";
/// The hidden words.
const KEEPER: &str = "__sandbox-keeper";
const STAGE: &str = "__sandbox-stage";

/// What is to run, and how.
#[derive(Debug)]
pub struct Jail<'a> {
    /// What the image says of its program.
    pub config: &'a Config,
    /// Its layers, bottom first; they have been walked before, without a fault.
    pub layers: &'a [StoredLayer],
    /// Arguments in place of the image's own (`Cmd`), if any were given.
    pub args: Option<&'a [OsString]>,
    /// Whether it sees this machine's network; otherwise it has a loopback of its own and nothing else.
    pub host_network: bool,
    /// What of this machine it sees.
    pub mounts: &'a [Bind],
    /// The most memory that it may use, in bytes.
    pub memory: Option<u64>,
    /// Where its output goes, instead of where ours goes.
    pub output: Option<(File, File)>,
    /// Whether its standard input is ours; otherwise it is empty.
    pub input: bool,
}

/// A file or folder of this machine in the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    /// What is shown; absolute.
    pub source: PathBuf,
    /// Where; absolute, in the image.
    pub destination: String,
    /// Whether it cannot be written.
    pub read_only: bool,
}

/// Whether this machine lets this user have a sandbox.
///
/// # Errors
/// Which setting forbids it, and what else works.
pub fn available() -> Result<(), Error> {
    available_by(Path::new(OURSELVES))
}

/// Makes ahead of a start what takes long and does not depend on the image; for whoever has a thread to spare.
pub fn prepare() {
    launch::prepare();
}

/// Starts the program.
///
/// # Errors
/// The sandbox is not available, or the program cannot start in it: what, and why.
pub fn start(jail: &Jail<'_>) -> Result<Running, Error> {
    start_by(Path::new(OURSELVES), jail)
}

/// The same by `program`, which is this one elsewhere: in a test.
///
/// # Errors
/// The same.
#[doc(hidden)]
pub fn start_by(program: &Path, jail: &Jail<'_>) -> Result<Running, Error> {
    launch::start(program, jail)
}

/// As [`available`], by `program`.
///
/// # Errors
/// The same.
#[doc(hidden)]
pub fn available_by(program: &Path) -> Result<(), Error> {
    launch::try_out(program)
}

/// Whether this process is one of the sandbox's, and has been that to its end. Asked by `main` before anything else.
pub fn stage(args: impl IntoIterator<Item = OsString>) -> bool {
    match args.into_iter().nth(1).as_deref().and_then(OsStr::to_str) {
        Some(KEEPER) => keeper::run(),
        Some(STAGE) => stage::run(),
        _ => return false,
    }
    true
}
