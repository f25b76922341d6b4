//! `--split-debug`: what was taken out of the image's program lies beside it, and whoever has an address of the program
//! finds it there.

use crate::support::{Archive, Fake, Project, Run, scratch_for, tool};
use cargo_scratch::elf::{self, Section};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::Command;

const MAIN: &str = r#"
#[inline(never)]
fn inner(word: &str) -> usize {
    match word {
        "panic" => panic!("as asked"), // the line of the panic
        "abort" => std::process::abort(), // the line of the abort
        word => word.len(),
    }
}

#[inline(never)]
fn outer(word: &str) -> usize {
    inner(word) + 1 // the line of the call
}

fn main() {
    let word = std::env::args().nth(1).unwrap_or_default();
    println!("{}", outer(&word));
}
"#;

/// The number of the line that has `words`.
fn line(words: &str) -> usize {
    MAIN.lines().position(|line| line.contains(words)).unwrap() + 1
}

fn project(profile: &str) -> Project {
    let project = Project::new("faulty", profile);
    project.file("src/main.rs", MAIN);
    project
}

/// The image's program, as a file that can be started.
fn program(project: &Project, archive: &str) -> PathBuf {
    let root = Archive::read(&project.path(archive)).root();
    let path = project.file("extracted/faulty", &root["faulty"].content);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn sections(path: &PathBuf) -> Vec<Section> {
    elf::sections(fs::read(path).unwrap().as_slice()).unwrap()
}

fn said(mut command: Command) -> String {
    let run = Run::from(command.output().unwrap());
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
    run.stdout
}

#[test]
fn needs_gdb_the_stripped_program_has_a_backtrace_with_names_and_lines() {
    let project = project("");
    let json = project.scratch(["--split-debug", "--message-format=json", "-o", "out.tar"]);
    assert_eq!(json.status, 0, "{json:?}");
    let image: Value = serde_json::from_str(&json.stdout).unwrap();
    let told = &image["platforms"][0]["program"];
    let beside = project.path("target/scratch/debug/faulty.debug");
    assert_eq!(told["debug"], beside.to_str().unwrap());
    assert!(json.stderr.contains("Kept ") && json.stderr.contains("faulty.debug"), "{json:?}");

    let program = program(&project, "out.tar");
    let report = elf::report(fs::read(&program).unwrap().as_slice()).unwrap();
    assert!(report.stripped && !report.debug_info);
    assert_eq!(told["build_id"], *report.build_id.as_ref().unwrap());
    // the folder is all that gdb is told
    let mut gdb = tool("gdb");
    gdb.args(["--nx", "--batch", "-iex", "set debuginfod enabled off", "-iex"])
        .arg(format!("set debug-file-directory {}", project.path("target/scratch/debug").display()))
        .args(["-ex", "run", "-ex", "bt", "--args"])
        .args([program.to_str().unwrap(), "abort"]);
    let run = Run::of(gdb);
    for (function, words) in [("inner", "line of the abort"), ("outer", "line of the call")] {
        let wanted = format!("src/main.rs:{}", line(words));
        let frame = run.stdout.lines().find(|line| line.contains(&format!("faulty::{function} ")));
        assert!(frame.is_some_and(|frame| frame.contains(&wanted)), "{wanted}: {run:?}");
    }

    let id = report.build_id.unwrap();
    let found = format!("target/scratch/debug/.build-id/{}/{}.debug", &id[..2], &id[2..]);
    let inode = |path: PathBuf| fs::metadata(path).unwrap().ino();
    assert_eq!(inode(project.path(&found)), inode(beside), "one file of two names");
    // another build: its program is another, and the first one's can still be read
    project.file("src/main.rs", MAIN.replace("as asked", "as was asked"));
    project.build(["--split-debug", "-o", "out.tar"]);
    assert!(project.path(&found).exists());
    assert_eq!(fs::read_dir(project.path("target/scratch/debug/.build-id")).unwrap().count(), 2);
}

#[test]
fn needs_addr2line_the_addresses_of_a_panic_are_read_with_what_is_kept() {
    let project = project("");
    project.build(["--split-debug", "-o", "out.tar"]);
    let beside = project.path("target/scratch/debug/faulty.debug");
    let run = Run::of({
        let mut command = Command::new(program(&project, "out.tar"));
        command.arg("panic").env("RUST_BACKTRACE", "full");
        command
    });
    assert_eq!(run.status, 101, "{run:?}");
    assert!(!run.stderr.contains("faulty::"), "there is no name in the image: {run:?}");
    let addresses: Vec<u64> = run
        .stderr
        .lines()
        .filter_map(|line| line.split_once("0x")?.1.split_whitespace().next())
        .map(|digits| u64::from_str_radix(digits, 16).unwrap())
        .collect();

    // as the documentation says: the last address is in `main`, and what the kernel adds is a multiple of a page
    let bytes = fs::read(&beside).unwrap();
    let symbols = elf::Symbols::read(bytes.as_slice()).unwrap();
    let main = symbols.iter().find(|symbol| symbol.name == b"main").unwrap().address;
    let added = (addresses.last().unwrap() - main) & !0xfff;
    let mut addr2line = tool("addr2line");
    addr2line.args(["-f", "-C", "-i", "-p", "-e"]).arg(&beside);
    addr2line.args(addresses.iter().map(|address| format!("{:#x}", address - added - 1)));
    let frames = said(addr2line);
    for (function, words) in [("inner", "line of the panic"), ("outer", "line of the call")] {
        let wanted = format!("src/main.rs:{}", line(words));
        let frame = frames.lines().find(|frame| frame.contains(&format!("faulty::{function} ")));
        assert!(frame.is_some_and(|frame| frame.contains(&wanted)), "{wanted}: {frames}");
    }
}

#[test]
fn needs_readelf_needs_pyelftools_what_is_kept_is_read_by_others_without_a_complaint() {
    let project = project("");
    project.build(["--split-debug", "-o", "out.tar"]);
    let beside = project.path("target/scratch/debug/faulty.debug");
    let mut readelf = tool("readelf");
    let all = said({
        readelf.args(["--wide", "--headers", "--symbols", "--notes"]).arg(&beside);
        readelf
    });
    assert!(all.contains(".build-id") && all.contains(" main\n"), "{all}");
    let script = r"
import sys
from elftools.elf.elffile import ELFFile
with open(sys.argv[1], 'rb') as file:
    elf = ELFFile(file)
    for unit in elf.get_dwarf_info().iter_CUs():
        for die in unit.iter_DIEs():
            name = die.attributes.get('DW_AT_name')
            if die.tag == 'DW_TAG_subprogram' and name and name.value in (b'inner', b'outer'):
                print(name.value.decode(), die.attributes['DW_AT_decl_line'].value)
";
    let mut python = tool("python3");
    let functions = said({
        python.args(["-c", script]).arg(&beside);
        python
    });
    assert!(functions.contains(&format!("outer {}\n", line("fn outer"))), "{functions}");
}

#[test]
fn the_image_gets_the_code_that_it_has_without() {
    let profile = "[profile.release]\nstrip = true\n";
    let project = project(profile);
    project.build(["-o", "without.tar"]);
    let without = sections(&program(&project, "without.tar"));
    assert!(!project.path("target/scratch/debug").exists());
    project.build(["--split-debug", "-o", "with.tar"]);
    let with = sections(&program(&project, "with.tar"));
    // rustc links the name of a script of gdb's into whatever has debug information
    let more = [".note.gnu.build-id", ".debug_gdb_scripts", ".shstrtab"];
    let compared = |all: &[Section]| -> Vec<(String, u64)> {
        let all = all.iter().filter(|section| !more.contains(&section.name.as_str()));
        all.map(|section| (section.name.clone(), section.size)).collect()
    };
    assert_eq!(compared(&without), compared(&with));
    assert!(with.iter().all(|section| section.name != ".symtab"));
}

#[test]
fn what_the_profile_says_holds() {
    for (profile, symbols, variables) in [
        ("strip = true\ndebug = 1", false, false),
        ("strip = 'debuginfo'\ndebug = 'full'", true, true),
        ("strip = false\ndebug = false", true, false),
    ] {
        let project = project(&format!("[profile.release]\n{profile}\n"));
        project.build(["--split-debug", "-o", "out.tar"]);
        let report = elf::report(fs::read(program(&project, "out.tar")).unwrap().as_slice()).unwrap();
        assert_eq!((report.stripped, report.debug_info), (!symbols, false), "{profile}");
        let beside = project.path("target/scratch/debug/faulty.debug");
        let kept = sections(&beside);
        assert!(kept.iter().any(|section| section.name == ".symtab"), "{profile}");
        // of variables, only full information has places
        let places = kept.iter().find(|section| section.name.starts_with(".debug_loc"));
        assert_eq!(places.is_some_and(|places| places.size > 0), variables, "{profile}");
    }
}

#[test]
fn needs_aarch64_std_every_platform_has_its_own() {
    let project = project("");
    let mut command = scratch_for("aarch64-unknown-linux-musl");
    command.current_dir(project.path("")).args([
        "--split-debug",
        "--platform=linux/amd64,linux/arm64",
        "--message-format=json",
    ]);
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let image: Value = serde_json::from_str(&run.stdout).unwrap();
    for (at, (name, machine)) in [("linux-amd64", 62_u16), ("linux-arm64", 183)].into_iter().enumerate() {
        let beside = project.path(&format!("target/scratch/debug/faulty.{name}.debug"));
        let program = &image["platforms"][at]["program"];
        assert_eq!(program["debug"], beside.to_str().unwrap());
        let bytes = fs::read(&beside).unwrap();
        assert_eq!(bytes[18..20], machine.to_le_bytes());
        let report = elf::report(bytes.as_slice()).unwrap();
        assert_eq!(program["build_id"], report.build_id.unwrap());
        assert!(report.debug_info && !report.stripped);
    }
}

#[test]
fn a_program_that_cannot_be_recognised_or_has_nothing_to_keep_is_refused_and_nothing_is_left() {
    for (flags, words) in [
        (
            "-Clink-arg=-Wl,--build-id=none",
            &["`faulty` has no build id", "look for `--build-id` in RUSTFLAGS"],
        ),
        ("-Clink-arg=-s", &["`faulty` has no debug information", "look for `strip` and `link-arg=-s`"]),
    ] {
        let project = project("");
        let mut command = project.command(["--split-debug"]);
        let run = Run::of({
            command.env("RUSTFLAGS", flags);
            command
        });
        run.refused(3, &[&["error[no-debug]"], &words[..]].concat());
        assert!(!project.path("target/scratch").exists(), "{run:?}");
    }
}

#[test]
fn the_compiler_and_the_linker_are_asked_in_their_own_words() {
    let fake = Fake::new("app", "");
    let asked_with = |flags: &str, linker: &str, flag: &[&str]| {
        let mut command = fake.command(flag.iter().copied());
        command.env("CARGO_BUILD_RUSTFLAGS", flags);
        command.env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER", linker);
        let _ = command.output().unwrap();
        fake.builds().pop().unwrap().0
    };
    let asked = |linker: &str, flag: &[&str]| asked_with("", linker, flag);
    let compiler = asked("musl-gcc", &["--split-debug"]);
    assert!(compiler.contains("-Clink-arg=-Wl,--build-id=sha1"), "{compiler}");
    assert!(compiler.contains("-Cstrip=none") && compiler.contains("-Cdebuginfo=1"), "{compiler}");
    let linker = asked("rust-lld", &["--split-debug"]);
    assert!(linker.contains("-Clink-arg=--build-id=sha1"), "{linker}");
    let users = asked_with("-Cdebuginfo=2 -Clink-arg=-Wl,--build-id=0xabcd", "cc", &["--split-debug"]);
    assert!(users.contains("-Cdebuginfo=2") && users.contains("--build-id=0xabcd"), "{users}");
    assert!(!users.contains("-Cdebuginfo=1") && !users.contains("sha1"), "what the user says stays: {users}");
    let neither = asked("rust-lld", &[]);
    assert!(neither.contains("-Clink-arg=--build-id=none") && !neither.contains("strip"), "{neither}");
    let users = asked_with("-Clink-arg=-Wl,--build-id=md5", "cc", &[]);
    assert!(!users.contains("build-id=none"), "what the user says stays: {users}");
}
