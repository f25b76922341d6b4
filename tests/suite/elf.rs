//! The proof against real files: what compilers make, what they make when it is patched, and what others say of it.

use crate::support::{Project, Run, scratch, tool};
use cargo_scratch::elf;
use cargo_scratch::verify::judge;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Judges `bytes` as the program does: `Ok` only for what is proven static.
fn proven(bytes: &[u8]) -> Result<(), String> {
    let facts = elf::read(bytes).map_err(|error| error.to_string())?;
    match judge(&facts, None).as_slice() {
        [] => Ok(()),
        refusals => Err(refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
    }
}

/// A static-pie of Rust's, as it is packed.
fn musl_program(project: &Project) -> Vec<u8> {
    let archive = crate::support::Archive::read(&project.build(["-q"]));
    archive.root()["hello"].content.clone()
}

fn verify(path: &Path) -> Run {
    let mut command = scratch();
    command.arg("verify").arg(path);
    Run::of(command)
}

#[test]
fn a1_no_prefix_of_a_program_is_proven() {
    let program = musl_program(&Project::new("hello", ""));
    assert_eq!(proven(&program), Ok(()));
    let whole = elf::read(&program[..]).unwrap();
    for length in (0..4096).chain((4096..program.len()).step_by(997)) {
        match elf::read(&program[..length]) {
            Err(_) => {}
            // what lies behind the last segment is not part of the program
            Ok(facts) => assert_eq!(facts, whole, "a prefix of {length} bytes"),
        }
    }
    assert!(proven(&program[..4096]).is_err());
}

#[test]
fn a2_a4_patched_headers_are_refused() {
    let program = musl_program(&Project::new("hello", ""));
    let patched = |offset: usize, bytes: &[u8]| {
        let mut copy = program.clone();
        copy[offset..offset + bytes.len()].copy_from_slice(bytes);
        proven(&copy)
    };
    let far = (u64::MAX - 8).to_le_bytes();
    for (what, offset, bytes) in [
        ("e_phnum 0", 56, &[0, 0][..]),
        ("e_phnum 0xffff", 56, &[0xff, 0xff]),
        ("e_phoff far", 32, &far),
        ("e_phentsize 0", 54, &[0, 0]),
        ("e_phentsize 1", 54, &[1, 0]),
        ("e_phentsize 57", 54, &[57, 0]),
        ("32-bit", 4, &[1]),
        ("big-endian", 5, &[2]),
        ("FreeBSD", 7, &[9]),
        ("no magic", 0, &[0]),
        ("core dump", 16, &[4, 0]),
        ("object file", 16, &[1, 0]),
        ("entry nowhere", 24, &far),
    ] {
        assert!(patched(offset, bytes).is_err(), "{what}");
    }
    // the kernel does not look at sections
    assert_eq!(patched(40, &far), Ok(()), "e_shoff far");
    assert_eq!(patched(60, &[0xff, 0xff]), Ok(()), "e_shnum huge");
    // any machine is static; that it is the wanted one is asked where one is wanted
    let facts = elf::read(&program[..]).unwrap();
    let arm = cargo_scratch::image::platform::Target::from_platform("linux/arm64").unwrap();
    let refusals = judge(&facts, Some(&arm));
    assert_eq!(
        refusals[0].to_string(),
        "built for x86_64 (64-bit, little-endian), wanted aarch64 (64-bit, little-endian)"
    );
}

#[test]
fn a3_sixty_five_thousand_headers_take_no_time() {
    let program = musl_program(&Project::new("hello", ""));
    let mut copy = program.clone();
    let table = copy.len() as u64;
    for _ in 0..0xfffe {
        copy.extend_from_slice(&[4, 0, 0, 0]); // PT_NOTE of nothing
        copy.extend_from_slice(&[0; 52]);
    }
    copy[32..40].copy_from_slice(&table.to_le_bytes());
    copy[56..58].copy_from_slice(&0xfffe_u16.to_le_bytes());
    let start = Instant::now();
    assert!(proven(&copy).is_err(), "there is nothing to load in it");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn a5_what_is_no_program_is_refused_at_once() {
    let project = Project::empty();
    let script = project.file("script", "#!/bin/sh\n");
    let empty = project.file("empty", "");
    for (path, word) in [(&script, "not an ELF file"), (&empty, "not proven static")] {
        let run = verify(path);
        assert_eq!(run.status, 4, "{run:?}");
        assert!(run.stdout.contains(word), "{run:?}");
    }
    let fifo = project.path("fifo");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
        .unwrap();
    for path in [fifo, project.path(""), project.path("missing")] {
        verify(&path).refused(1, &[]);
    }
}

/// Compiles `source` with gcc and `flags`.
fn gcc(project: &Project, name: &str, source: &str, flags: &[&str]) -> PathBuf {
    let input = project.file(&format!("{name}.c"), source);
    let output = project.path(name);
    let said = tool("gcc").args(["-o"]).arg(&output).arg(input).args(flags).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    output
}

const MAIN: &str = "int main(void) { return 42; }\n";

#[test]
fn a6_needs_gcc_dynamic_programs_and_libraries_are_refused_by_name() {
    let project = Project::empty();
    let dynamic = gcc(&project, "dynamic", MAIN, &["-pie"]);
    let run = verify(&dynamic);
    assert_eq!(run.status, 4);
    assert!(
        run.stdout.contains("/lib64/ld-linux-x86-64.so.2") && run.stdout.contains("libc.so.6"),
        "{run:?}"
    );

    let library = gcc(&project, "lib.so", "int f(void) { return 1; }\n", &["-shared", "-nostdlib", "-fPIC"]);
    let run = verify(&library);
    assert_eq!(run.status, 4);
    assert!(run.stdout.contains("a shared library"), "{run:?}");

    // without sections, and with the interpreter taken away: what needs libraries still does
    let mut bytes = std::fs::read(&dynamic).unwrap();
    bytes[40..48].fill(0);
    bytes[58..64].fill(0);
    assert!(proven(&bytes).unwrap_err().contains("libc.so.6"));
    let interp = (0..16).map(|n| 64 + n * 56).find(|at| bytes[*at..*at + 4] == [3, 0, 0, 0]).unwrap();
    bytes[interp] = 0; // PT_NULL
    let why = proven(&bytes).unwrap_err();
    assert!(why.contains("libc.so.6") && !why.contains("loader"), "{why}");
}

#[test]
fn a7_needs_gcc_every_static_form_is_accepted() {
    let project = Project::new("hello", "");
    assert_eq!(proven(&musl_program(&project)), Ok(()), "static-pie with musl");
    for (name, flags) in
        [("static", &["-static"][..]), ("static-pie", &["-static-pie"]), ("bare", &["-static", "-no-pie"])]
    {
        let run = verify(&gcc(&project, name, MAIN, flags));
        assert_eq!(run.status, 0, "{name}: {run:?}");
    }
}

#[test]
fn a8_needs_gcc_a_static_glibc_is_named() {
    let project = Project::empty();
    let source = "#include <dlfcn.h>\nint main(void) { return dlopen(\"libm.so.6\", RTLD_NOW) != 0; }\n";
    let run = verify(&gcc(&project, "dl", source, &["-static", "-w"]));
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stdout.contains("libc: glibc") && run.stdout.contains("NSS"), "{run:?}");
}

/// What readelf, pyelftools and lief make of a list of files: `STATIC PATH` or `DYNAMIC PATH` a line.
const OTHERS: &str = r#"
import subprocess, sys
from elftools.elf.elffile import ELFFile
import lief
lief.logging.disable()
for path in sys.argv[1:]:
    said = subprocess.run(["readelf", "-lWd", path], capture_output=True, text=True).stdout
    votes = [("INTERP" in said or "(NEEDED)" in said) or ("DYN (Shared" in said and "PIE" not in said)]
    with open(path, "rb") as f:
        e = ELFFile(f)
        d = any(s.header.p_type == "PT_INTERP" for s in e.iter_segments())
        pie = False
        for s in e.iter_segments():
            if s.header.p_type == "PT_DYNAMIC":
                for t in s.iter_tags():
                    d |= t.entry.d_tag == "DT_NEEDED"
                    pie |= t.entry.d_tag == "DT_FLAGS_1" and bool(t.entry.d_val & 0x08000000)
        votes.append(d or (e.header.e_type == "ET_DYN" and not pie))
    b = lief.parse(path)
    votes.append(b.has_interpreter or len(b.libraries) > 0 or (b.header.file_type == lief.ELF.Header.FILE_TYPE.DYN and not b.is_pie))
    if len(set(votes)) == 1:
        print("DYNAMIC" if votes[0] else "STATIC", path)
    else:
        print("SPLIT", votes, path)
"#;

#[test]
fn a9_needs_pyelftools_needs_lief_we_agree_with_three_other_readers() {
    let mut files = Vec::new();
    for folder in ["/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu", "/bin"] {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let sound = |path: &PathBuf| {
            path.metadata().is_ok_and(|m| m.is_file() && m.len() < 8 << 20)
                && std::fs::read(path)
                    .is_ok_and(|b| b.starts_with(b"\x7fELF") && matches!(b.get(16), Some(2 | 3)))
        };
        let mut found: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(sound).collect();
        found.sort();
        files.extend(found.into_iter().take(150));
    }
    let project = Project::new("hello", "");
    files.push(project.file("musl", musl_program(&project)));
    files.push(gcc(&project, "static", MAIN, &["-static"]));
    files.push(gcc(&project, "static-pie", MAIN, &["-static-pie"]));
    assert!(files.len() >= 300, "{} files", files.len());
    let said = tool("python3").args(["-c", OTHERS]).args(&files).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let text = String::from_utf8(said.stdout).unwrap();
    let (mut compared, mut proven_static) = (0, 0);
    for line in text.lines() {
        let (verdict, path) = line.split_once(' ').unwrap();
        if verdict == "SPLIT" {
            continue; // the others do not agree among themselves
        }
        compared += 1;
        let ours = proven(&std::fs::read(path).unwrap());
        assert_eq!(ours.is_ok(), verdict == "STATIC", "{line}: {ours:?}");
        proven_static += usize::from(ours.is_ok());
    }
    assert!(compared >= 300, "{compared} compared of {}", files.len());
    assert!(proven_static >= 3);
}

#[test]
fn a10_a_program_that_is_swapped_while_it_is_packed_is_never_packed() {
    // a program that changes while it is read: the same inode, other bytes
    let project = Project::new("hello", "");
    let program = project.file("program", musl_program(&project));
    let file = cargo_scratch::regular::RegularFile::open(&program, false).unwrap();
    let Ok(verified) = cargo_scratch::verify::prove(file, None, None, None) else { panic!("not proven") };
    let original = std::fs::read(&program).unwrap();
    let mut bytes = original.clone();
    bytes[56] = 0xff; // e_phnum
    std::fs::write(&program, bytes).unwrap();
    let mut packed = Vec::new();
    let copied = cargo_scratch::image::layer::Source::copy_to(&verified, &mut packed);
    assert!(copied.is_err(), "packed a program that was not the proven one");
    assert!(packed.is_empty(), "what the proof has seen is compared before anything is written");

    // a byte that the proof has not looked at: the file as a whole must be what it was
    std::fs::write(&program, &original).unwrap();
    let file = cargo_scratch::regular::RegularFile::open(&program, false).unwrap();
    let Ok(verified) = cargo_scratch::verify::prove(file, None, None, None) else { panic!("not proven") };
    let mut bytes = original.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&program, bytes).unwrap();
    let copied = cargo_scratch::image::layer::Source::copy_to(&verified, &mut Vec::new());
    assert!(copied.is_err(), "packed a program that changed after its proof");

    // another file under the same name: the proven one is packed, through the descriptor that is open
    std::fs::write(&program, &original).unwrap();
    let file = cargo_scratch::regular::RegularFile::open(&program, false).unwrap();
    let Ok(verified) = cargo_scratch::verify::prove(file, None, None, None) else { panic!("not proven") };
    std::fs::write(project.path("other"), "#!/bin/sh\n").unwrap();
    std::fs::rename(project.path("other"), &program).unwrap();
    let mut packed = Vec::new();
    // the rename changed the link count of the open file, so it may also be refused; never mixed
    if cargo_scratch::image::layer::Source::copy_to(&verified, &mut packed).is_ok() {
        assert!(packed == original);
    }
}

#[test]
fn verify_tells_people_and_programs_the_same() {
    let project = Project::new("hello", "");
    let good = project.file("good", musl_program(&project));
    let bad = project.file("bad", "#!/bin/sh\n");
    let mut command = scratch();
    command.args(["verify", "--message-format", "json"]).args([&good, &bad]);
    let run = Run::of(command);
    assert_eq!(run.status, 4, "{run:?}");
    let lines: Vec<serde_json::Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["static"], &lines[1]["static"]), (&true.into(), &false.into()));
    assert_eq!((&lines[0]["machine"], &lines[0]["pie"]), (&"x86_64".into(), &true.into()));
    assert_eq!(lines[2]["code"], "not-static");
    assert!(verify(&good).stdout.contains("static (static-pie, x86_64, stripped"));
}

/// Reads a program as others do, and prints what its section `.dep-v0` holds, unpacked.
const NOTED: &str = r#"
import subprocess, sys, zlib
from elftools.elf.elffile import ELFFile
import lief
lief.logging.disable()
path = sys.argv[1]
said = subprocess.run(["readelf", "-SlW", path], capture_output=True, text=True, check=True)
assert ".dep-v0" in said.stdout and not said.stderr, said
with open(path, "rb") as f:
    section = ELFFile(f).get_section_by_name(".dep-v0")
    assert section["sh_type"] == "SHT_PROGBITS" and section["sh_flags"] == 0, section.header
    data = section.data()
assert bytes(lief.parse(path).get_section(".dep-v0").content) == data
print(zlib.decompress(data).decode())
"#;

/// What cargo-auditable writes of a program of one package.
fn noted(json: &str) -> Vec<u8> {
    use std::io::Write;
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(json.as_bytes()).unwrap();
    packed.finish().unwrap()
}

/// The bytes of `program` as they are packed: stripped or not, and with `noted` in it.
fn packed(program: &Path, strip: Option<elf::Strip>, noted: &[u8]) -> (Vec<u8>, u64) {
    let file = cargo_scratch::regular::RegularFile::open(program, false).unwrap();
    let Ok(verified) = cargo_scratch::verify::prove(file, None, strip, Some(noted)) else {
        panic!("not proven");
    };
    assert!(verified.lists_packages);
    let mut bytes = Vec::new();
    cargo_scratch::image::layer::Source::copy_to(&verified, &mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, cargo_scratch::image::layer::Source::size(&verified));
    (bytes, verified.saved())
}

#[test]
fn h5_needs_gcc_needs_pyelftools_needs_lief_a_program_with_the_list_of_its_packages_runs_and_others_read_it()
{
    const JSON: &str =
        r#"{"packages":[{"name":"a","version":"1.0.0","source":"local","root":true}],"format":1}"#;
    let project = Project::empty();
    let section = noted(JSON);
    for (name, flags) in [("static", &["-static", "-g"][..]), ("static-pie", &["-static-pie"])] {
        let program = gcc(&project, name, MAIN, flags);
        let bare = project.path("bare");
        let said = tool("strip").arg("-o").arg(&bare).arg(&program).status().unwrap();
        assert!(said.success());
        let saved = [(&program, None, false), (&program, Some(elf::Strip::Debug), true)];
        let all = saved.into_iter().chain([
            (&program, Some(elf::Strip::All), true),
            (&bare, Some(elf::Strip::All), false),
            (&bare, None, false),
        ]);
        for (from, strip, saves) in all {
            let (bytes, saved) = packed(from, strip, &section);
            assert_eq!(proven(&bytes), Ok(()));
            assert!(saves || saved == 0, "{strip:?} saves {saved} bytes");
            let path = project.file("packed", &bytes);
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
            assert_eq!(Run::of(std::process::Command::new(&path)).status, 42);
            let said = tool("python3").args(["-c", NOTED]).arg(&path).output().unwrap();
            assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
            assert_eq!(String::from_utf8(said.stdout).unwrap().trim(), JSON);
            // what is there already is left as it is
            assert!(packed(&path, None, &noted("{}")).0 == bytes);
            // GNU strip keeps the section
            let said = tool("strip").arg(&path).status().unwrap();
            assert!(said.success());
            let stripped = std::fs::read(&path).unwrap();
            let kept = elf::sections(&stripped[..]).unwrap();
            assert!(kept.iter().any(|section| section.name == elf::DEP_V0), "{kept:?}");
        }
    }
}
