//! Command lines that compete: each is run in turn, and its time, its processors' time, its memory and its bytes told.
//!
//! A line is a script of bash, which tells the times of what it runs to the millisecond, itself left out. Memory is
//! what GNU time says of the first run, which is not counted otherwise. The time that the Docker Engine's processors
//! took is that of `dockerd` and `containerd` in /proc (proc_pid_stat(5)) before and after.

use crate::support::tool;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs a script and prints its times on the last line of standard error (bash(1), `TIMEFORMAT`).
const TIMED: &str = r#"TIMEFORMAT='%3R %3U %3S'; time eval "$1""#;
/// Clock ticks of a second in /proc: `USER_HZ`, which is 100 wherever Docker runs (time(7)).
const TICKS: f64 = 100.0;

/// One who competes.
#[derive(Clone, Copy, Debug)]
pub struct Contestant {
    /// Its name in the table.
    pub what: &'static str,
    needs: &'static [&'static str],
    how: How,
    after: &'static str,
    result: &'static str,
    uses_engine: bool,
}

#[derive(Clone, Copy, Debug)]
enum How {
    /// A script of bash; everything in it is found by variables.
    Lines(&'static str),
    /// A function, in this thread.
    Here(fn(&Course)),
}

impl Contestant {
    /// A script, and the commands that it needs.
    pub const fn new(what: &'static str, needs: &'static [&'static str], script: &'static str) -> Self {
        let how = How::Lines(script);
        Contestant { what, needs, how, after: "", result: "", uses_engine: false }
    }

    /// A function, which runs in this thread.
    pub const fn here(what: &'static str, run: fn(&Course)) -> Self {
        Contestant { how: How::Here(run), ..Contestant::new(what, &[], "") }
    }

    /// It writes this file or folder in `$WORK`.
    pub const fn writes(self, result: &'static str) -> Self {
        Contestant { result, ..self }
    }

    /// A script that takes away what it leaves, after each run.
    pub const fn after(self, after: &'static str) -> Self {
        Contestant { after, ..self }
    }

    /// The Docker Engine works for it.
    pub const fn by_engine(self) -> Self {
        Contestant { uses_engine: true, ..self }
    }
}

/// What was measured, a figure for each run.
#[derive(Debug, Default)]
pub struct Measured {
    /// Milliseconds from start to end.
    pub wall: Vec<f64>,
    /// Milliseconds of processors.
    pub cpu: Vec<f64>,
    /// Whether that is all: an engine elsewhere tells nothing.
    pub is_all_cpu: bool,
    /// KiB of the largest process.
    pub peak: Option<f64>,
    /// Bytes of the result.
    pub bytes: Option<f64>,
}

impl Measured {
    /// The median of how many times the time of the others' run beside it each run took.
    pub fn ratio_to(&self, others: &Measured) -> f64 {
        let pairs = self.wall.iter().zip(&others.wall);
        median(&pairs.map(|(own, other)| own / other).collect::<Vec<_>>())
    }
}

/// Where they compete: a folder, variables and a folder to write in, which is the variable `WORK`.
pub struct Course {
    variables: Vec<(OsString, Option<OsString>)>,
    folder: PathBuf,
    work: tempfile::TempDir,
}

impl Course {
    /// In the folder and the environment of `command`, whose program is the variable `SCRATCH`.
    pub fn of(command: &Command) -> Self {
        let work = tempfile::Builder::new().prefix("bench-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut variables: Vec<_> =
            command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
        let mut set = |name: &str, value: OsString| variables.push((name.into(), Some(value)));
        set("WORK", work.path().into());
        set("SCRATCH", command.get_program().into());
        set("LC_ALL", "C".into());
        Course { variables, folder: command.get_current_dir().unwrap().to_owned(), work }
    }

    /// Adds a variable.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.push((name.into(), Some(value.into())));
    }

    /// The path that a variable has.
    pub fn path(&self, name: &str) -> PathBuf {
        let found = self.variables.iter().rev().find(|(one, _)| one == name);
        found.and_then(|(_, value)| value.clone()).unwrap().into()
    }

    /// The folder to write in.
    pub fn work(&self) -> &Path {
        self.work.path()
    }

    /// Runs all in turn, `runs` times; why one could not is told in its place.
    pub fn race(&self, contestants: &[Contestant], runs: usize) -> Vec<Result<Measured, String>> {
        let mut all: Vec<_> = contestants.iter().map(|one| self.first(one)).collect();
        for _ in 0..runs {
            for (one, measured) in contestants.iter().zip(&mut all) {
                if let Ok(sums) = measured
                    && let Err(why) = self.once(one, sums)
                {
                    *measured = Err(why);
                }
            }
        }
        all
    }

    /// Runs a script to its end; what it says on standard output, or the end of what it says of its failure.
    pub fn said(&self, script: &str) -> Result<String, String> {
        output(self.bash(script)).map(|(stdout, _)| stdout)
    }

    /// The run that is not counted: it fills the page cache, and tells memory and bytes.
    fn first(&self, one: &Contestant) -> Result<Measured, String> {
        let missing = one.needs.iter().find(|name| !is_there(name));
        missing.map_or(Ok(()), |name| Err(format!("not here: no {name}")))?;
        let mut measured = Measured { is_all_cpu: true, ..Measured::default() };
        match one.how {
            How::Here(run) => run(self),
            How::Lines(script) if is_there("time") => {
                let mut command = self.environment(tool("time"));
                command.args(["-f", "%M", "bash", "-euc", script]);
                let (_, stderr) = output(command)?;
                measured.peak = stderr.lines().last().and_then(|line| line.trim().parse().ok());
            }
            How::Lines(script) => drop(self.said(script)?),
        }
        if !one.result.is_empty() {
            measured.bytes = Some(size(&self.work().join(one.result)));
        }
        self.said(one.after)?;
        Ok(measured)
    }

    fn once(&self, one: &Contestant, sums: &mut Measured) -> Result<(), String> {
        let engine = one.uses_engine.then(engine_ticks);
        let (wall, mut cpu) = match one.how {
            How::Here(run) => {
                let (start, before) = (Instant::now(), own_cpu());
                run(self);
                (start.elapsed().as_secs_f64() * 1e3, own_cpu() - before)
            }
            How::Lines(script) => self.times(script)?,
        };
        match engine {
            Some(Some(before)) => {
                cpu += (engine_ticks().unwrap_or(before) - before) * 1e3 / TICKS;
            }
            Some(None) => sums.is_all_cpu = false,
            None => {}
        }
        sums.wall.push(wall);
        sums.cpu.push(cpu);
        self.said(one.after)?;
        Ok(())
    }

    /// Milliseconds of a script: from start to end, and of processors.
    pub fn times(&self, script: &str) -> Result<(f64, f64), String> {
        let mut command = self.bash(TIMED);
        command.args(["bash", script]);
        let (_, stderr) = output(command)?;
        let line = stderr.lines().last().unwrap_or_default();
        let times: Vec<f64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
        let [wall, user, system] = times[..] else { panic!("bash tells no times: {stderr}") };
        Ok((wall * 1e3, (user + system) * 1e3))
    }

    fn bash(&self, script: &str) -> Command {
        let mut command = self.environment(tool("bash"));
        command.args(["-euc", script]);
        command
    }

    fn environment(&self, mut command: Command) -> Command {
        for (name, value) in &self.variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(&self.folder).stdin(Stdio::null());
        command
    }
}

/// What a command says on both ways, or the end of what it says of its failure.
fn output(mut command: Command) -> Result<(String, String), String> {
    let output = command.output().unwrap();
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    if output.status.success() {
        return Ok((stdout, stderr));
    }
    // GNU time says of a failure that there was one
    let is_news = |line: &&str| !line.trim().is_empty() && !line.starts_with("Command exited");
    let lines: Vec<&str> = stderr.lines().filter(is_news).filter(|l| l.parse::<u64>().is_err()).collect();
    let error = lines.iter().find(|line| line.to_lowercase().contains("error")).or(lines.last());
    Err(format!("fails here: {}", error.unwrap_or(&"it says nothing")))
}

/// Whether a command is on `PATH`.
pub fn is_there(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// The bytes of a file, or of the files below a folder.
#[allow(clippy::cast_precision_loss, reason = "no file here has that many bytes")]
pub fn size(path: &Path) -> f64 {
    match fs::read_dir(path) {
        Ok(entries) => entries.map(|entry| size(&entry.unwrap().path())).sum(),
        Err(_) => path.metadata().unwrap().len() as f64,
    }
}

/// Milliseconds that this thread has had a processor.
fn own_cpu() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|word| word.parse::<f64>().ok()).unwrap_or_default() / 1e6
}

/// What the processors have done for the engine's processes and for those that they have waited for.
fn engine_ticks() -> Option<f64> {
    let mut ticks = None;
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let text = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let Some((name, rest)) = text.rsplit_once(") ") else { continue };
        if ["(dockerd", "(containerd"].iter().any(|one| name.ends_with(one)) {
            // fields 14 to 17, of which the first after the name is the third
            let fields = rest.split(' ').skip(11).take(4).filter_map(|word| word.parse::<f64>().ok());
            ticks = Some(ticks.unwrap_or_default() + fields.sum::<f64>());
        }
    }
    ticks
}
