//! A container of an engine: created, attached to, and gone with everything that was made for it.
//!
//! It is as little privileged as the sandbox, so that a program behaves alike in both: a root that cannot be written, no
//! capability, no way to new ones, memory for `/tmp` and the image's volumes. What the engine does by itself (its seccomp
//! filter, its masks over `/proc`) stays.

use super::load::Loaded;
use super::{Image, Network, Wanted};
use crate::content::Config;
use crate::error::{Caution, Code, Error, Warning};
use crate::sandbox::Bind;
use crate::sink::engine::Engine;
use crate::tool::Process;
use rustix::process::Signal;
use std::cell::RefCell;
use std::ffi::OsString;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;
use std::{fs, io};

/// What is asked of a container that has ended.
const STATE: &str =
    "{{.State.StartedAt}}|{{.State.Running}}|{{.State.ExitCode}}|{{.State.OOMKilled}}|{{.State.Error}}";
/// How long a connection to a port of this machine may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A program in a container.
#[derive(Debug)]
pub struct Container {
    engine: Engine,
    /// The container's name, and whether it is there.
    name: String,
    left: bool,
    image: Loaded,
    client: Process,
    /// Whether the terminal sends its signals to the client too, which hands them on by itself.
    shared: bool,
    ended: Option<ExitStatus>,
    /// What is to be said of its end.
    notes: Vec<Warning>,
    /// Where ports of it are on this machine, as far as they were asked for.
    ports: RefCell<Vec<(u16, SocketAddr)>>,
}

impl Container {
    /// Starts `image`; the copy of it for the engine lies in `folder` for a moment.
    ///
    /// # Errors
    /// The engine refuses the image or what is wanted of it.
    pub fn start(engine: &Engine, image: &Image, wanted: Wanted, folder: &Path) -> Result<Self, Error> {
        let loaded = Loaded::load(engine, image, folder)?;
        let name = loaded.name().replace(['/', ':'], "-");
        let terminal = wanted.input && wanted.output.is_none() && wanted.terminal == (true, true);
        let words = create(&image.stored()?.settings, &wanted, terminal, &name, &loaded.name());
        let guard = Created { engine, name: &name, left: true };
        engine.does(words, "did not create a container")?;
        let mut tool = engine.tool().args(["start", "--attach"]);
        if wanted.input {
            tool = tool.arg("--interactive").our_input();
        }
        // one that reads from a terminal must share it with us
        let shared = wanted.input && wanted.terminal.0;
        let tool = if shared { tool } else { tool.apart() };
        let client = tool.arg(&name).begin(wanted.output)?;
        guard.keep();
        let (ended, notes, ports) = (None, Vec::new(), RefCell::default());
        let shared = shared && !terminal;
        Ok(Container {
            engine: engine.clone(),
            name,
            left: true,
            image: loaded,
            client,
            shared,
            ended,
            notes,
            ports,
        })
    }

    /// Sends it `signal`.
    pub fn signal(&self, signal: Signal) {
        let keys = [Signal::INT, Signal::QUIT];
        if !(self.shared && keys.contains(&signal) && is_foreground()) {
            let _ =
                self.clears(&["kill", &format!("--signal={}", signal.as_raw())], "did not hand on a signal");
        }
    }

    /// Whether it has a handler for `signal`; `None` if that cannot be told, as on another machine.
    pub fn handles(&self, signal: Signal) -> Option<bool> {
        let said = self
            .clears(&["inspect", "--format", "{{.State.Pid}} {{.Id}}"], "does not show a container")
            .ok()?;
        let (pid, id) = said.trim().split_once(' ')?;
        let folder = Path::new("/proc").join(pid.parse::<u32>().ok()?.to_string());
        // a process of that number may be anybody's here
        let ours = id.len() >= 12 && fs::read_to_string(folder.join("cgroup")).ok()?.contains(id);
        let status = fs::read_to_string(folder.join("status")).ok().filter(|_| ours)?;
        // a signal that is blocked is kept, for sigwait(3) or signalfd(2)
        let masks = ["SigCgt:", "SigBlk:"].map(|name| {
            let mask = status.lines().find_map(|line| line.strip_prefix(name))?;
            u64::from_str_radix(mask.trim(), 16).ok()
        });
        Some((masks[0]? | masks[1]?) >> (signal.as_raw() - 1) & 1 == 1)
    }

    /// Ends it at once.
    pub fn kill(&self) {
        if self.clears(&["kill"], "did not kill a container").is_err() {
            self.client.signal(Signal::KILL);
        }
    }

    /// How it ended, if it does within `limit`.
    ///
    /// # Errors
    /// The system's, the engine could not start it, or a signal arrived.
    pub fn wait_within(&mut self, limit: Duration) -> Result<Option<ExitStatus>, Error> {
        if self.ended.is_none()
            && let Some(status) = self.client.wait_within(limit)?
        {
            self.ended = Some(self.settled(status)?);
        }
        Ok(self.ended)
    }

    /// What is to be said of its end.
    pub fn notes(&self) -> &[Warning] {
        &self.notes
    }

    /// A connection to its `port`.
    ///
    /// # Errors
    /// It is not published, or nobody listens there yet.
    pub fn connect(&self, port: u16) -> io::Result<TcpStream> {
        let known = self.ports.borrow().iter().find(|(other, _)| *other == port).map(|(_, address)| *address);
        let address = match known {
            Some(address) => address,
            None => {
                let words = ["port", &self.name, &format!("{port}/tcp")];
                let said = self.engine.does(words, "does not show a port");
                let said = said.map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
                let address = said.lines().find_map(|line| line.trim().parse().ok());
                let address = address.ok_or(io::ErrorKind::ConnectionRefused)?;
                self.ports.borrow_mut().push((port, address));
                address
            }
        };
        TcpStream::connect_timeout(&address, PATIENCE)
    }

    /// Takes away the container and our name of the image.
    ///
    /// # Errors
    /// What is left, because the engine does not answer.
    pub fn leave(&mut self) -> Result<(), Error> {
        let container = match std::mem::take(&mut self.left) {
            true => remove(&self.engine, &self.name),
            false => Ok(()),
        };
        container.and(self.image.leave())
    }

    /// How the program ended, of which the client's own end tells only part.
    fn settled(&mut self, client: ExitStatus) -> Result<ExitStatus, Error> {
        let Ok(said) = self.clears(&["inspect", "--format", STATE], "does not show a container") else {
            return Ok(client);
        };
        let mut fields = said.trim().splitn(5, '|');
        let mut field = || fields.next().unwrap_or_default();
        let (started, running, code, out_of_memory, reason) = (field(), field(), field(), field(), field());
        // Go's zero of time
        if started.starts_with("0001-") {
            let error =
                Error::new(Code::Engine, format!("{} could not start the program", self.engine.name()));
            return Err(match reason {
                "" => error,
                _ => error.note(crate::error::bounded(reason)),
            });
        }
        if out_of_memory == "true" {
            let what = "the program was killed: it used more memory than it may";
            self.notes.push(Warning::new(Caution::OutOfMemory, what));
        }
        match code.parse::<i32>() {
            Ok(code) if running != "true" => Ok(ExitStatus::from_raw(code << 8)),
            _ => Ok(client),
        }
    }

    fn clears(&self, words: &[&str], failed: &str) -> Result<String, Error> {
        self.engine.clears(words.iter().copied().chain([self.name.as_str()]), failed)
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = self.leave();
    }
}

/// The words that create the container `name` of `image`.
fn create(config: &Config, wanted: &Wanted, terminal: bool, name: &str, image: &str) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    let mut flag = |word: &str| words.push(word.into());
    ["create", "--pull=never", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
        .into_iter()
        .for_each(&mut flag);
    flag(&format!("--name={name}"));
    if wanted.input {
        flag("--interactive");
    }
    if terminal {
        flag("--tty");
    }
    if wanted.network == Network::None {
        flag("--network=none");
    }
    if wanted.network == Network::Private {
        let ports = config.exposed_ports.iter().filter_map(|port| port.strip_suffix("/tcp"));
        ports.for_each(|port| flag(&format!("--publish=127.0.0.1::{port}")));
    }
    wanted.publish.iter().for_each(|ports| flag(&format!("--publish={ports}")));
    if let Some(bytes) = wanted.memory {
        // the second is for memory and swap together
        flag(&format!("--memory={bytes}b"));
        flag(&format!("--memory-swap={bytes}b"));
    }
    let mounted = |place: &&str| wanted.mounts.iter().any(|bind| bind.destination == *place);
    let places = std::iter::once("/tmp").chain(config.volumes.iter().map(String::as_str));
    for place in places.filter(|place| !mounted(place)) {
        // docker forbids to execute what lies there, unless it is told otherwise
        flag(&format!("--tmpfs={place}:exec,mode=1777"));
    }
    wanted.mounts.iter().for_each(|bind| flag(&mount(bind)));
    words.push(image.into());
    words.extend(wanted.args.iter().flatten().cloned());
    words
}

fn mount(Bind { source, destination, read_only }: &Bind) -> String {
    let (source, destination) =
        (field("source", &source.to_string_lossy()), field("destination", destination));
    let end = if *read_only { ",readonly" } else { "" };
    format!("--mount=type=bind,{source},{destination}{end}")
}

/// A field of what docker and podman read as a line of CSV (RFC 4180).
fn field(key: &str, value: &str) -> String {
    let field = format!("{key}={value}");
    match field.contains([',', '"', '\n']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field,
    }
}

/// Whether the terminal that we read from sends its signals to us, and to the client in our group.
fn is_foreground() -> bool {
    let group = rustix::termios::tcgetpgrp(io::stdin());
    group.is_ok_and(|group| group == rustix::process::getpgrp())
}

fn remove(engine: &Engine, name: &str) -> Result<(), Error> {
    let cleared = engine.clears(["rm", "--force", "--volumes", name], "kept a container");
    cleared.map(drop).map_err(|error| error.help(format!("{} rm --force --volumes {name}", engine.tool())))
}

/// A container that may be there and that nobody holds yet.
struct Created<'a> {
    engine: &'a Engine,
    name: &'a str,
    left: bool,
}

impl Created<'_> {
    fn keep(mut self) {
        self.left = false;
    }
}

impl Drop for Created<'_> {
    fn drop(&mut self) {
        if self.left {
            let _ = remove(self.engine, self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_as_little_privileged_as_the_sandbox() {
        let config = Config {
            exposed_ports: vec!["8080/tcp".into(), "53/udp".into()],
            volumes: vec!["/data".into(), "/a,b".into()],
            ..Config::default()
        };
        let bind = |source: &str, destination: &str, read_only| Bind {
            source: source.into(),
            destination: destination.into(),
            read_only,
        };
        let wanted = Wanted {
            args: Some(vec!["--flag".into()]),
            network: Network::Private,
            mounts: vec![bind("/x \"y\"", "/data", true), bind("/src", "/dst", false)],
            memory: Some(64 << 20),
            ..Wanted::default()
        };
        let words = create(&config, &wanted, false, "name", "image:tag");
        let words: Vec<_> = words.iter().map(|word| word.to_str().unwrap()).collect();
        assert_eq!(
            words,
            [
                "create",
                "--pull=never",
                "--read-only",
                "--cap-drop=ALL",
                "--security-opt=no-new-privileges",
                "--name=name",
                "--publish=127.0.0.1::8080",
                "--memory=67108864b",
                "--memory-swap=67108864b",
                "--tmpfs=/tmp:exec,mode=1777",
                "--tmpfs=/a,b:exec,mode=1777",
                "--mount=type=bind,\"source=/x \"\"y\"\"\",destination=/data,readonly",
                "--mount=type=bind,source=/src,destination=/dst",
                "image:tag",
                "--flag",
            ]
        );
    }
}
