//! The program: its environment as docker gives it, its file, and why it does not start.

use super::messages::Task;
use super::user::Identity;
use crate::elf;
use crate::image::platform::machine_name;
use crate::tool::Tool;
use rustix::fs::Access;
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What docker gives an image that says nothing.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const NO_PROGRAM: &str = "it is no program: neither ELF nor a script that names its interpreter";

/// What is to be started.
#[derive(Debug)]
pub struct Program {
    argv: Vec<OsString>,
    env: Vec<(String, String)>,
    file: PathBuf,
}

impl Program {
    /// The one of `task`, whose working directory is the present one, for `user`.
    ///
    /// # Errors
    /// What, and why: there is none.
    pub fn find(task: &Task, user: &Identity) -> Result<Program, (String, Vec<String>)> {
        let argv: Vec<OsString> = task.argv.iter().cloned().map(OsString::from_vec).collect();
        let env = environment(task, user);
        let Some(name) = argv.first().filter(|name| !name.is_empty()) else {
            return Err((
                "the image names no program".to_owned(),
                vec!["Entrypoint and Cmd are empty".to_owned()],
            ));
        };
        if name.as_encoded_bytes().contains(&b'/') {
            let file = PathBuf::from(name);
            return Ok(Program { argv, env, file });
        }
        let path = env.iter().find(|(key, _)| key == "PATH").map_or("", |(_, value)| value.as_str());
        let places =
            path.split(':').map(|folder| Path::new(if folder.is_empty() { "." } else { folder }).join(name));
        let runs = |file: &PathBuf| file.is_file() && rustix::fs::access(file, Access::EXEC_OK).is_ok();
        match places.clone().find(runs) {
            Some(file) => Ok(Program { argv, env, file }),
            None => {
                let what = format!("the image has no program `{}` on its PATH", name.display());
                Err((what, vec![format!("PATH is {path}")]))
            }
        }
    }

    /// Becomes it. Returns only if that fails: what, and why.
    pub fn start(self) -> (String, Vec<String>) {
        let what = format!("`{}` of the image cannot be started", self.file.display());
        // execvp(3), which the standard library takes, has a shell run whatever the kernel does not
        if Path::new("/bin/sh").exists() && is_neither(&self.file) {
            return (what, vec![NO_PROGRAM.to_owned()]);
        }
        let tool =
            self.argv.first().map_or_else(|| Tool::new(&self.file), |name| Tool::new(&self.file).name(name));
        let tool = tool.args(self.argv.into_iter().skip(1)).env_alone();
        let tool = self.env.into_iter().fold(tool, |tool, (name, value)| tool.env(name, value));
        let reason = tool.replace();
        (what, vec![why(&self.file, &reason)])
    }
}

/// Docker's order: its own variables, over them the image's; `HOME` is the user's where nobody has said otherwise.
fn environment(task: &Task, user: &Identity) -> Vec<(String, String)> {
    let mut env = vec![("PATH".to_owned(), PATH.to_owned()), ("HOSTNAME".to_owned(), task.hostname.clone())];
    let mut set = |name: &str, value: &str| match env.iter_mut().find(|(has, _)| has == name) {
        Some(pair) => value.clone_into(&mut pair.1),
        None => env.push((name.to_owned(), value.to_owned())),
    };
    let own = task.env.iter().filter_map(|pair| pair.split_once('=')).filter(|(name, _)| !name.is_empty());
    own.for_each(|(name, value)| set(name, value));
    if env.iter().find(|(name, _)| name == "HOME").is_none_or(|(_, home)| home.is_empty()) {
        env.retain(|(name, _)| name != "HOME");
        env.push(("HOME".to_owned(), user.home.clone()));
    }
    env
}

/// What is behind the number that execve(2) gives, as far as this user can see.
fn why(file: &Path, reason: &io::Error) -> String {
    let asks = interpreter(file);
    match reason.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT) if !file.exists() => "the image has no such file".to_owned(),
        // that there is no shell either, see above, is said in the same way
        Some(Errno::NOEXEC | Errno::NOENT) => match (asks, machine(file)) {
            (Some(interpreter), _) if !Path::new(&interpreter).exists() => {
                format!("it asks for `{interpreter}`, which the image does not have: it is not static")
            }
            (_, Some(machine)) if machine != own_machine() => {
                format!("it is for {machine}, and this machine is {}", own_machine())
            }
            (_, Some(_)) => "it is damaged".to_owned(),
            (_, None) => NO_PROGRAM.to_owned(),
        },
        Some(Errno::ACCESS) => match fs::metadata(file) {
            Ok(found) if found.is_dir() => "it is a folder".to_owned(),
            Ok(found) if found.permissions().mode() & 0o111 == 0 => "nobody may execute it".to_owned(),
            Ok(_) => "the image's user may not execute it".to_owned(),
            Err(_) => "the image's user may not enter its folder".to_owned(),
        },
        _ => reason.to_string(),
    }
}

/// Whether `file` can be read and is neither a program nor a script.
fn is_neither(file: &Path) -> bool {
    let mut start = [0; 4];
    let read = File::open(file).and_then(|mut file| file.read(&mut start));
    read.is_ok() && !file.is_dir() && !start.starts_with(b"#!") && start != *b"\x7fELF"
}

/// The program that the kernel would start for `file`.
fn interpreter(file: &Path) -> Option<String> {
    let file = File::open(file).ok()?;
    let mut start = Vec::new();
    (&file).take(256).read_to_end(&mut start).ok()?;
    if let Some(line) = start.strip_prefix(b"#!") {
        let line = line.split(|byte| *byte == b'\n').next()?;
        return String::from_utf8_lossy(line).split_whitespace().next().map(str::to_owned);
    }
    elf::read(&file).ok()?.interpreter
}

fn machine(file: &Path) -> Option<String> {
    let facts = elf::read(&File::open(file).ok()?).ok()?;
    Some(machine_name(facts.machine, facts.data))
}

fn own_machine() -> String {
    machine(Path::new("/proc/self/exe")).unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}
