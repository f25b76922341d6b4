//! What the processes of the sandbox tell each other.

use super::ids::Maps;
use super::user::Identity;
use crate::content::Kind;
use serde::{Deserialize, Serialize};

/// What the keeper is to do; with it comes the stage's end of its link, unless this is only a try.
#[derive(Debug, Serialize, Deserialize)]
pub struct Order {
    /// Which users there are inside.
    pub maps: Maps,
    /// Whether the machine's network stays in sight.
    pub host_network: bool,
    /// Whether nothing is to be started.
    pub only_try: bool,
    /// Folders of control groups that go when the program has ended.
    pub groups: Vec<String>,
}

/// What the keeper says.
#[derive(Debug, Serialize, Deserialize)]
pub enum Report {
    /// It is in its namespaces and waits for its maps.
    Unshared,
    /// All that was to be tried works.
    Works,
    /// The stage runs; with it comes its pidfd.
    Started(i32),
    /// It has ended, with this status of waitpid(2).
    Ended(i32),
    /// A connection, which comes with it, or why there is none (errno).
    Connected(Result<(), i32>),
    /// A step failed.
    Failed(Failed),
}

/// What the keeper is asked for while the program runs.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// The maps are written.
    Mapped,
    /// A connection to this port.
    Connect(u16),
}

/// A system call of the sandbox's own that failed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Failed {
    /// What was to be done, e.g. `mount /proc`.
    pub step: String,
    /// The system's number for why.
    pub errno: i32,
}

/// What the stage makes; with it come the program's standard streams and the trees of [`Mount::Sent`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Task {
    /// The image's `config.User`.
    pub user: String,
    /// The only user and group that there are, if not all.
    pub only: Option<Identity>,
    /// The program and its arguments.
    pub argv: Vec<Bytes>,
    /// `config.Env`.
    pub env: Vec<String>,
    /// `config.WorkingDir`.
    pub working_dir: String,
    /// The keys of `config.Volumes`.
    pub volumes: Vec<String>,
    /// What of this machine is shown.
    pub mounts: Vec<Mount>,
    /// Files that a container engine puts into `/etc`: the name and the text.
    pub etc: Vec<(String, Bytes)>,
    /// The host name inside.
    pub hostname: String,
    /// The most bytes that all files may have, those of the image apart.
    pub files: u64,
    /// The most memory of one process, where nothing better holds the program.
    pub data: Option<u64>,
    /// The most processes and threads.
    pub processes: u64,
}

/// Bytes of no encoding.
pub type Bytes = Vec<u8>;

/// One of [`Task::mounts`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Mount {
    /// What is shown.
    pub source: Bytes,
    /// Whether a tree of it came with the task: the stage itself may not look there.
    pub sent: bool,
    /// Whether it is a folder.
    pub folder: bool,
    /// Where.
    pub destination: String,
    /// Whether it cannot be written.
    pub read_only: bool,
}

/// What the stage is fed, layer by layer.
#[derive(Debug, Serialize, Deserialize)]
pub enum Item {
    /// The next layer begins.
    Layer,
    /// An entry; after that of a file come its bytes.
    Entry(Entry),
    /// All layers were there.
    End,
    /// The program may start.
    Go,
}

/// An entry of a layer.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry {
    /// From the root, without a slash at either end.
    pub path: String,
    /// What it is.
    pub what: What,
    /// `0o7777`.
    pub mode: u32,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Seconds since the epoch.
    pub mtime: i64,
}

/// As [`Kind`], without what no sandbox has.
#[derive(Debug, Serialize, Deserialize)]
pub enum What {
    /// A folder.
    Directory,
    /// A file of this many bytes.
    File(u64),
    /// A symbolic link to there.
    Symlink(String),
    /// Another name of the file there.
    Hardlink(String),
    /// Lower layers' entry here is gone.
    Whiteout,
    /// Lower layers' entries in here are gone.
    Opaque,
}

impl What {
    /// The same; `None` for a device and its like.
    pub fn of(kind: &Kind, size: u64) -> Option<What> {
        Some(match kind {
            Kind::Directory => What::Directory,
            Kind::File => What::File(size),
            Kind::Symlink(target) => What::Symlink(target.clone()),
            Kind::Hardlink(target) => What::Hardlink(target.clone()),
            Kind::Whiteout => What::Whiteout,
            Kind::Opaque => What::Opaque,
            Kind::Special(_) => return None,
        })
    }
}

/// What the stage says.
#[derive(Debug, Serialize, Deserialize)]
pub enum Word {
    /// The image is unpacked and all is mounted; what could not be had is said.
    Ready(Vec<String>),
    /// Nothing is left to do but to start the program.
    Starting,
    /// A step failed.
    Failed(Failed),
    /// The image or the program is not fit to start: what, and why.
    Unfit(String, Vec<String>),
}
