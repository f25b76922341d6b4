//! `--allocator`: what it takes, what cargo is told, and who is refused.

use super::bare::Bare;
use crate::support::{Archive, Project, Run};
use std::path::Path;

const MIMALLOC: [&str; 2] = ["--allocator", "mimalloc"];
const JEMALLOC: [&str; 2] = ["--allocator", "jemalloc"];
const PURE: &str = "hello v0.1.0 (/hello)|\n`-- itoa v1.0.0|\n";

#[test]
fn it_takes_a_c_compiler_also_where_no_package_does() {
    let bare = Bare::new(PURE);
    let run = bare.run(&MIMALLOC);
    run.refused(3, &["error[no-compiler]", "mimalloc is built by one", "ziglang", "--allocator system"]);
    assert!(bare.project.builds().is_empty());
    bare.zig("", "0.17.1");
    let command = bare.plan(&MIMALLOC, &[])["command"].to_string();
    for words in
        ["libmimalloc-sys-0.1.49-x86_64-unknown-linux-musl-", "-lstatic:-bundle=mimalloc", "-umalloc"]
    {
        assert!(command.contains(words), "{words}: {command}");
    }
    assert!(!bare.plan(&[], &[])["command"].to_string().contains("mimalloc"));
    bare.run(&[&MIMALLOC[..], &["--no-provide"]].concat()).refused(3, &["--no-provide is set"]);
}

#[test]
fn the_symbols_that_tell_which_allocator_is_in_use_are_left_in_what_is_built() {
    let bare = Bare::new(PURE);
    bare.zig("", "0.17.1");
    let manifest = std::fs::read_to_string(bare.project.path("Cargo.toml")).unwrap();
    bare.project.file("Cargo.toml", manifest + "\n[profile.release]\nstrip = true\n");
    assert!(bare.plan(&MIMALLOC, &[])["command"].to_string().contains("-Cstrip=none"));
    assert!(!bare.plan(&["--optimize", "speed"], &[])["command"].to_string().contains("-Cstrip=none"));
}

#[test]
fn jemalloc_takes_make_beside_a_c_compiler_and_says_so() {
    let bare = Bare::new(PURE);
    bare.zig("", "0.17.1");
    let words = ["error[no-library]: jemalloc is not built", "make, which", "--allocator system\n"];
    bare.run(&JEMALLOC).refused(3, &words);
    assert!(bare.project.builds().is_empty());
}

#[test]
fn a_program_that_has_it_already_and_another_libc_are_refused_before_the_build() {
    let bare = Bare::new("hello v0.1.0 (/hello)|\n`-- mimalloc v0.1.48|\n    `-- libmimalloc-sys v0.1.44|\n");
    bare.zig("", "0.17.1");
    let words = [
        "error[allocator]: `libmimalloc-sys` 0.1.44",
        "hello → mimalloc → libmimalloc-sys",
        "--allocator system\n",
    ];
    bare.run(&MIMALLOC).refused(4, &words);
    assert!(bare.project.builds().is_empty());
    let jemalloc =
        "hello v0.1.0 (/hello)|\n`-- tikv-jemallocator v0.7.0|\n    `-- tikv-jemalloc-sys v0.7.0|\n";
    let bare = Bare::new(jemalloc);
    bare.zig("", "0.17.1");
    bare.scripts(&["make", "sh"]);
    bare.run(&JEMALLOC)
        .refused(4, &["error[allocator]: `tikv-jemalloc-sys` 0.7.0 has the program use jemalloc"]);
}

#[test]
fn a_program_without_it_is_not_taken_for_one_with_it() {
    let bare = Bare::new(PURE);
    bare.zig("", "0.17.1");
    let plan = bare.plan(&MIMALLOC, &[])["command"].to_string();
    let place = plan.split("-Lnative=").find(|rest| rest.contains("libmimalloc")).unwrap();
    let place = place.split("/lib").next().map(|_| place.split("\\\"").next().unwrap()).unwrap();
    std::fs::create_dir_all(place).unwrap();
    // the linked program of these tests is one without
    let run = bare.run(&[&MIMALLOC[..], &["--no-compare"]].concat());
    run.refused(4, &["error[allocator]: mimalloc is not in the program", "--allocator system\n"]);
}

#[test]
fn needs_crates_io_needs_zig_h5_a_program_of_several_crates_has_it_and_so_has_its_bill_of_materials() {
    let project = Project::new("hello", "[dependencies]\nlibrary = { path = \"library\" }\n[workspace]\n");
    project.file("library/Cargo.toml", "[package]\nname = \"library\"\nedition = \"2024\"\n");
    project.file(
        "library/src/lib.rs",
        "pub fn list() -> Vec<String> { (0..9).map(|n| n.to_string()).collect() }\n",
    );
    project.file("src/main.rs", "fn main() { println!(\"{}\", library::list().join(\" \")); }\n");
    let mut command = project.command(MIMALLOC);
    command.env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stderr.contains("more than without --allocator=mimalloc"), "the price: {run:?}");
    let archive = Path::new(run.stdout.trim());
    let program = project.file("program", &Archive::read(archive).root()["hello"].content);
    super::executable(&program);
    let said = Run::of(std::process::Command::new(program));
    assert_eq!((said.status, said.stdout.as_str()), (0, "0 1 2 3 4 5 6 7 8\n"), "{said:?}");
    let bill = std::fs::read_to_string(archive.with_extension("cdx.json")).unwrap();
    assert!(bill.contains("pkg:cargo/libmimalloc-sys@0.1.49"), "{bill}");
}
