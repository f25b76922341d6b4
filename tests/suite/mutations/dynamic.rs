//! Dynamic programs: sound with their loader and all their libraries where the loader looks, and refused without one.

use super::editor::{Change, Parts};
use super::record::Record;
use super::{BASES, faults};
use crate::support::{Project, tool};
use cargo_scratch::content::Rule;
use serde_json::json;
use std::path::{Path, PathBuf};

/// What gcc makes of `source`.
fn gcc(project: &Project, name: &str, source: &str, words: &[&str]) -> Vec<u8> {
    let input = project.file(&format!("{name}.c"), source);
    let output = project.path(name);
    let folder = format!("-L{}", project.path("").display());
    let said = tool("gcc").arg("-o").arg(&output).arg(input).arg(folder).args(words).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    std::fs::read(output).unwrap()
}

/// A file of the C library of this machine.
fn own(name: &str) -> Vec<u8> {
    let said = tool("gcc").arg(format!("-print-file-name={name}")).output().unwrap();
    let path = PathBuf::from(String::from_utf8(said.stdout).unwrap().trim());
    assert!(path.is_absolute(), "gcc knows no {name}");
    std::fs::read(path).unwrap()
}

/// An image whose program is `/app/bin/hello`, with these files in a layer on top, their folders before them.
fn image(parts: &Parts, files: &[(&str, Vec<u8>)], path: &Path) {
    let mut parts = parts.clone();
    let mut records: Vec<Record> = Vec::new();
    for (name, bytes) in files {
        for (end, _) in name.match_indices('/') {
            let folder = format!("{}/", &name[..end]);
            if records.iter().all(|record| record.name() != folder) {
                records.push(Record::folder(&folder));
            }
        }
        records.push(Record::file(name, bytes).mode(0o755));
    }
    parts.images[0].push(records);
    parts.images[0].config["config"]["Entrypoint"] = json!(["/app/bin/hello"]);
    parts.write(Change::None, path);
}

const MAIN: &str = "int f(void); int main(void) { return f(); }\n";

#[test]
fn needs_gcc_a_dynamic_program_needs_its_loader_and_every_library_beside_it() {
    let project = Project::empty();
    let parts = Parts::build(BASES[0]);
    let library = |name: &str, source: &str, words: &[&str]| {
        gcc(&project, name, source, &[&["-shared", "-fPIC"], words].concat())
    };
    let g = library("libg.so", "int g(void) { return 42; }\n", &[]);
    let f = library(
        "libf.so",
        "int g(void); int f(void) { return g(); }\n",
        &["-lg", "-Wl,--enable-new-dtags,-rpath,$ORIGIN"],
    );
    let words = ["-lf", "-Wl,--enable-new-dtags,-rpath,${ORIGIN}/../lib", "-Wl,-rpath-link,."];
    let link = format!("-Wl,-rpath-link,{}", project.path("").display());
    let hello = gcc(&project, "hello", MAIN, &[words[0], words[1], &link]);
    let files = [
        ("lib64/ld-linux-x86-64.so.2", own("ld-linux-x86-64.so.2")),
        ("lib/x86_64-linux-gnu/libc.so.6", own("libc.so.6")),
        ("app/lib/libf.so", f),
        ("app/lib/libg.so", g),
        ("app/bin/hello", hello),
    ];
    let path = project.path("whole.tar");
    image(&parts, &files, &path);
    assert_eq!(faults(&path), Ok(vec![]));
    for at in 0..4 {
        let name = files[at].0.rsplit('/').next().unwrap();
        let mut rest = files.to_vec();
        rest.remove(at);
        let path = project.path(&format!("without-{at}.tar"));
        image(&parts, &rest, &path);
        let faults = faults(&path).unwrap();
        let [fault] = &faults[..] else { panic!("{name}: {faults:?}") };
        assert!(fault.rule == Rule::Program && fault.why.contains(name), "{name}: {fault}");
        assert!(fault.why.contains("cargo scratch builds it static"), "{fault}");
    }
    // a library for another machine is none
    let mut other = files.to_vec();
    other[3].1[18] = 243;
    image(&parts, &other, &project.path("other.tar"));
    let faults = faults(&project.path("other.tar")).unwrap();
    assert!(faults[0].why.contains("libg.so"), "{faults:?}");
}

#[test]
fn needs_gcc_a_loader_with_a_cache_looks_where_its_configuration_says() {
    let project = Project::empty();
    let parts = Parts::build(BASES[0]);
    let f = gcc(&project, "libf.so", "int f(void) { return 42; }\n", &["-shared", "-fPIC"]);
    let hello = gcc(&project, "hello", MAIN, &["-lf"]);
    let mut files = vec![
        ("lib64/ld-linux-x86-64.so.2", own("ld-linux-x86-64.so.2")),
        ("lib/x86_64-linux-gnu/libc.so.6", own("libc.so.6")),
        ("opt/of-its-own/libf.so", f),
        ("app/bin/hello", hello),
        ("etc/ld.so.conf", b"# comment\ninclude /etc/ld.so.conf.d/*.conf\n".to_vec()),
        ("etc/ld.so.conf.d/own.conf", b"/opt/of-its-own\n".to_vec()),
    ];
    image(&parts, &files, &project.path("without.tar"));
    let told = faults(&project.path("without.tar")).unwrap();
    assert!(told.len() == 1 && told[0].why.contains("libf.so"), "{told:?}");
    files.push(("etc/ld.so.cache", b"glibc-ld.so.cache1.1".to_vec()));
    image(&parts, &files, &project.path("with.tar"));
    assert_eq!(faults(&project.path("with.tar")), Ok(vec![]));
}
