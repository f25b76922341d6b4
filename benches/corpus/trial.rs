//! One row: the source is fetched and built as its user would, and the program is run.

use crate::running;
use crate::support::{Archive, Project, Run, fixture, published, scratch_for, tool};
use crate::table::{Expected, Row};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What became of a row.
pub struct Trial {
    row: &'static Row,
    build: Run,
    time: Duration,
    /// What was packed, and what came of running it.
    packed: Option<Packed>,
    /// Where all that was said is kept, if it is not as expected.
    log: Option<PathBuf>,
}

struct Packed {
    program: u64,
    image: u64,
    ran: Result<(), String>,
}

impl Trial {
    /// What stands above the rows.
    pub const HEADER: &str = "crate                      built verified ran   program     image    build";

    /// Builds and runs `row` for `target`; its files are gone when this returns.
    pub fn of(row: &'static Row, target: &str) -> Self {
        let project = Project::empty();
        let folder = match row.version {
            Some(version) => published(&project, row.name, version),
            None => fixture(&project, row.name),
        };
        if let Some((package, version)) = row.update {
            let mut cargo = tool("cargo");
            cargo.args(["update", "--quiet", package, "--precise", version]).current_dir(&folder);
            assert!(cargo.status().unwrap().success(), "{package} {version}");
        }
        let tag = format!("corpus-{}:test", row.name);
        let mut command = scratch_for(target);
        command.args(["build", "--locked", "--target", target, "-t", &tag]).args(row.words);
        command.current_dir(folder);
        let start = Instant::now();
        let build = Run::of(command);
        let time = start.elapsed();
        let packed = (build.status == 0).then(|| Packed::run(row, &build, &tag, target, &project));
        let mut trial = Trial { row, build, time, packed, log: None };
        if !trial.as_expected() {
            trial.log = Some(trial.keep(target));
        }
        trial
    }

    /// Whether all is as the table says.
    pub fn as_expected(&self) -> bool {
        match (&self.row.expected, &self.packed) {
            (Expected::Refused(words), None) => words.iter().all(|word| self.build.stderr.contains(word)),
            (Expected::Says(_) | Expected::Serves(_), Some(packed)) => packed.ran.is_ok(),
            _ => false,
        }
    }

    fn keep(&self, target: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus");
        std::fs::create_dir_all(&folder).unwrap();
        let log = folder.join(format!("{}-{target}.log", self.row.name));
        std::fs::write(&log, &self.build.stderr).unwrap();
        log
    }

    /// Our own first error, whose code is a word, not the number of one of rustc's; and the first way out of it.
    fn diagnosis(&self) -> Vec<&str> {
        let lines = || self.build.stderr.lines().map(str::trim);
        let code = |line: &&str| {
            line.strip_prefix("error[").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
        };
        let error = lines().find(code).or_else(|| lines().next_back());
        error.into_iter().chain(lines().find(|line| line.starts_with("help: "))).collect()
    }
}

impl Packed {
    fn run(row: &Row, build: &Run, tag: &str, target: &str, project: &Project) -> Self {
        let path = Path::new(build.stdout.trim());
        let archive = Archive::read(path);
        let name = archive.config["config"]["Entrypoint"][0].as_str().unwrap();
        let program = archive.root().remove(name.trim_start_matches('/')).unwrap();
        let ran = if target.starts_with(std::env::consts::ARCH) {
            running::in_docker(row, path, tag)
        } else {
            running::by_qemu(row, &project.file("program", &program.content), target)
        };
        Packed { program: program.size, image: std::fs::metadata(path).unwrap().len(), ran }
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{} {}", self.row.name, self.row.version.unwrap_or_default());
        let word = |yes| if yes { "yes" } else { "no" };
        // 4: it was built, and refused
        let built = matches!(self.build.status, 0 | 4);
        let ran = self.packed.as_ref().is_some_and(|packed| packed.ran.is_ok());
        write!(f, "{name:<26} {:<5} {:<8} {:<3}", word(built), word(self.packed.is_some()), word(ran))?;
        match &self.packed {
            Some(packed) => write!(f, " {:>9} {:>9}", size(packed.program), size(packed.image))?,
            None => write!(f, " {:>9} {:>9}", "-", "-")?,
        }
        write!(f, " {:>6.0} s", self.time.as_secs_f64())?;
        match &self.packed {
            None => self.diagnosis().iter().try_for_each(|line| write!(f, "\n    {line}"))?,
            Some(Packed { ran: Err(why), .. }) => write!(f, "\n    {why}")?,
            Some(_) => {}
        }
        self.log.iter().try_for_each(|log| write!(f, "\n    all that was said: {}", log.display()))
    }
}

#[allow(clippy::cast_precision_loss, reason = "two digits are shown")]
fn size(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}
