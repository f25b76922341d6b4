//! Images for the sandbox, and programs in it.

use cargo_scratch::content::{Config, StoredLayer};
use cargo_scratch::error::Error;
use cargo_scratch::image::archive::Blob;
use cargo_scratch::sandbox::{self, Jail, Running};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;
use tar::{EntryType, Header};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// An image: its layers and what it says of its program.
pub struct Image {
    pub config: Config,
    pub layers: Vec<StoredLayer>,
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Image {
    /// One whose program is `script` for busybox's shell.
    pub fn sh(script: &str) -> Image {
        let mut image = Image { config: Config::default(), layers: Vec::new() };
        image.config.entrypoint = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
        image.layer(|layer| {
            layer.folder("bin", 0o755).folder("tmp", 0o1777);
            layer.file("bin/busybox", 0o755, &std::fs::read("/bin/busybox").unwrap());
            for name in
                "sh cat ls id env stat mount touch find grep sleep kill head chmod mkdir rm wc yes tr sort"
                    .split(' ')
            {
                layer.link(&format!("bin/{name}"), "busybox");
            }
        })
    }

    /// One more layer.
    pub fn layer(mut self, fill: impl FnOnce(&mut Layer)) -> Image {
        let mut layer = Layer { tar: tar::Builder::new(tempfile::tempfile().unwrap()) };
        fill(&mut layer);
        let mut file = layer.tar.into_inner().unwrap();
        file.flush().unwrap();
        let size = file.metadata().unwrap().len();
        let place = format!("layer {}", self.layers.len());
        let blob = Some(Blob::new(Arc::new(file), 0, size));
        self.layers.push(StoredLayer { claim: None, diff_id: None, blob, place });
        self
    }

    /// Says more of the program.
    pub fn with(mut self, change: impl FnOnce(&mut Config)) -> Image {
        change(&mut self.config);
        self
    }

    /// As [`sandbox::start`], with output to `output` and whatever `change` says.
    pub fn try_start<'a>(
        &'a self,
        output: (File, File),
        change: impl FnOnce(&mut Jail<'a>),
    ) -> Result<Running, Error> {
        let mut jail = Jail {
            config: &self.config,
            layers: &self.layers,
            args: None,
            host_network: false,
            mounts: &[],
            memory: None,
            output: Some(output),
            input: false,
        };
        change(&mut jail);
        sandbox::start_by(Path::new(env!("CARGO_BIN_EXE_cargo-scratch")), &jail)
    }

    /// Starts it with nobody to hear it.
    #[track_caller]
    pub fn start(&self) -> Running {
        let null = || File::create("/dev/null").unwrap();
        self.try_start((null(), null()), |_| {}).unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn run(&self) -> Ended {
        self.run_with(|_| {})
    }

    /// The same with whatever `change` says.
    #[track_caller]
    pub fn run_with<'a>(&'a self, change: impl FnOnce(&mut Jail<'a>)) -> Ended {
        let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let output = (stdout.try_clone().unwrap(), stderr.try_clone().unwrap());
        let mut running = self.try_start(output, change).unwrap_or_else(|error| panic!("{error:?}"));
        let status = running.wait_within(PATIENCE).unwrap().expect("it ends");
        let text = |mut file: File| {
            let mut bytes = Vec::new();
            file.rewind().unwrap();
            file.read_to_end(&mut bytes).unwrap();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ended { status, stdout: text(stdout), stderr: text(stderr) }
    }

    /// Why it does not start.
    #[track_caller]
    pub fn refused(&self) -> String {
        let null = || File::create("/dev/null").unwrap();
        let error = self.try_start((null(), null()), |_| {}).expect_err("it is refused");
        [&[error.what().to_owned()], error.notes(), error.helps()].concat().join("\n")
    }

    /// What it prints, if it ends well.
    #[track_caller]
    pub fn says(&self) -> String {
        let ended = self.run();
        assert!(ended.status.success(), "{ended:?}");
        ended.stdout
    }
}

/// A layer while it is made.
pub struct Layer {
    tar: tar::Builder<File>,
}

impl Layer {
    pub fn folder(&mut self, path: &str, mode: u32) -> &mut Self {
        self.entry(EntryType::Directory, &format!("{path}/"), mode, (0, 0), b"", "")
    }

    pub fn file(&mut self, path: &str, mode: u32, content: &[u8]) -> &mut Self {
        self.entry(EntryType::Regular, path, mode, (0, 0), content, "")
    }

    pub fn owned(&mut self, path: &str, mode: u32, owner: (u64, u64), content: &[u8]) -> &mut Self {
        self.entry(EntryType::Regular, path, mode, owner, content, "")
    }

    pub fn link(&mut self, path: &str, target: &str) -> &mut Self {
        self.entry(EntryType::Symlink, path, 0o777, (0, 0), b"", target)
    }

    /// Any entry, whatever its path is.
    pub fn entry(
        &mut self,
        kind: EntryType,
        path: &str,
        mode: u32,
        (uid, gid): (u64, u64),
        content: &[u8],
        target: &str,
    ) -> &mut Self {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        // the tar crate refuses paths that a hostile image has
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_mode(mode);
        header.set_uid(uid);
        header.set_gid(gid);
        header.set_mtime(1_700_000_000);
        header.set_size(content.len() as u64);
        if kind == EntryType::Char {
            header.set_device_major(1).unwrap();
            header.set_device_minor(3).unwrap();
        }
        header.set_cksum();
        self.tar.append(&header, content).unwrap();
        self
    }
}
