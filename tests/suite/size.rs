//! `size` and `--max-size`: every byte has one owner, the owner is the right one, and what is too large is named.

mod limit;
pub mod real;

use crate::support::{Project, Run, scratch_for, static_program};
use cargo_scratch::elf;
use cargo_scratch::size::{Kind, Known, Owner, Sizes, measure};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// What `size` says of a project, one object an image.
#[track_caller]
fn sizes(run: &Run) -> Vec<Value> {
    assert_eq!(run.status, 0, "{run:?}");
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The bytes of `image`'s owners by name, each checked to be the sum of its kinds and no less than its parts.
#[track_caller]
fn owners(image: &Value) -> BTreeMap<String, u64> {
    let number = |value: &Value| value.as_u64().unwrap();
    let mut owners = BTreeMap::new();
    for owner in image["program"]["owners"].as_array().unwrap() {
        let size = number(&owner["size"]);
        assert_eq!(size, number(&owner["code"]) + number(&owner["data"]) + number(&owner["tables"]));
        let parts = owner["parts"].as_array().unwrap().iter().map(|part| number(&part["size"]));
        assert!(parts.sum::<u64>() <= size, "{owner}");
        assert_eq!(owners.insert(owner["name"].as_str().unwrap().to_owned(), size), None, "{owner}");
    }
    assert_eq!(owners.values().sum::<u64>(), number(&image["program"]["size"]), "{owners:?}");
    owners
}

/// The bytes of code and data of `image` that `wanted` kinds of owners have, and those of all.
fn share(image: &Value, wanted: &[&str]) -> (u64, u64) {
    let (mut part, mut whole) = (0, 0);
    for owner in image["program"]["owners"].as_array().unwrap() {
        let size = owner["code"].as_u64().unwrap() + owner["data"].as_u64().unwrap();
        whole += size;
        part += if wanted.contains(&owner["kind"].as_str().unwrap()) { size } else { 0 };
    }
    (part, whole)
}

const KNOWN: [&str; 3] = ["crate", "std", "native"];

#[test]
fn the_starters_crates_are_all_of_its_code_and_data_within_two_percent() {
    starter("x86_64-unknown-linux-musl");
}

#[test]
fn needs_aarch64_std_the_starters_crates_are_all_of_it_on_another_processor_too() {
    starter("aarch64-unknown-linux-musl");
}

#[track_caller]
fn starter(target: &str) {
    let project = Project::empty();
    assert_eq!(project.scratch(["new", "hello"]).status, 0);
    let mut command = scratch_for(target);
    command.args(["size", "--message-format", "json", "--target", target]).current_dir(project.path("hello"));
    let images = sizes(&Run::of(command));
    let [image] = &images[..] else { panic!("{images:?}") };
    let owners = owners(image);
    assert!(
        owners["hello"] > 1_000 && owners["std"] > owners["hello"] && owners["libc"] > 1_000,
        "{owners:?}"
    );
    let (owned, all) = share(image, &KNOWN);
    assert!(owned * 100 >= all * 98, "{owned} of {all}");
    // what the sections of code and data have by themselves
    let sections = image["program"]["sections"].as_array().unwrap();
    let is_counted = |name: &str| {
        [".text", ".rodata", ".data", ".data.rel.ro", ".got", ".tdata", ".init", ".fini", ".plt"]
            .contains(&name)
    };
    let counted = sections.iter().filter(|section| is_counted(section["name"].as_str().unwrap()));
    let counted: u64 = counted.map(|section| section["size"].as_u64().unwrap()).sum();
    assert!(owned.abs_diff(counted) * 100 <= counted * 2, "{owned} and {counted}");
}

#[test]
fn what_has_changed_since_the_last_time_is_told_until_the_next_change() {
    let project = Project::new("grows", "");
    let run = project.scratch(["size"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(!run.stdout.contains("since the last time"), "{run:?}");
    let text = "pub static TABLE: [u8; 40_000] = [7; 40_000]; \
                fn main() { println!(\"{}\", TABLE[std::env::args().count()]); }";
    project.file("src/main.rs", text);
    for _ in 0..2 {
        let run = project.scratch(["size"]);
        let change = run.stdout.lines().find(|line| line.ends_with("  grows") && line.contains('+'));
        assert!(change.is_some_and(|line| line.contains("+40.") || line.contains("+39.")), "{run:?}");
    }
}

#[test]
fn a_page_is_written_over_a_page_and_over_nothing_else() {
    let project = Project::new("paged", "");
    for _ in 0..2 {
        let run = project.scratch(["size", "--html", "report/size.html"]);
        assert_eq!(run.status, 0, "{run:?}");
    }
    let page = std::fs::read_to_string(project.path("report/size.html")).unwrap();
    assert!(page.contains("paged") && page.contains("</html>"));
    let before = std::fs::read(project.path("Cargo.toml")).unwrap();
    project.scratch(["size", "--html", "Cargo.toml"]).refused(5, &["Cargo.toml", "--html size.html"]);
    for flag in ["--max-size=1MB", "--split-debug", "--output=registry"] {
        project.scratch(["size", flag]).refused(2, &["has no place here"]);
    }
    assert_eq!(std::fs::read(project.path("Cargo.toml")).unwrap(), before);
}

#[test]
fn a_profile_that_strips_keeps_no_name_from_the_report_and_none_in_the_image() {
    let project = Project::new("bare", "\n[profile.release]\nstrip = true\n");
    let images = sizes(&project.scratch(["size", "--message-format", "json"]));
    let owners = owners(&images[0]);
    assert!(owners["bare"] > 0 && owners["std"] > 100_000, "{owners:?}");
    let sections = images[0]["program"]["sections"].to_string();
    assert!(!sections.contains(".symtab"), "{sections}");
}

fn measured(bytes: &[u8]) -> Result<Sizes, String> {
    let crates = BTreeMap::from([("hello".to_owned(), "hello".to_owned())]);
    let known = Known { crates: &crates, libraries: &[], depends: &|_, _| false };
    measure(bytes, bytes, &known).map_err(|why| why.to_string())
}

#[test]
fn a_program_that_is_packed_with_its_symbols_has_them_counted() {
    let bytes = std::fs::read(static_program()).unwrap();
    let sizes = measured(&bytes).unwrap();
    assert_eq!(sizes.owners.iter().map(Owner::size).sum::<u64>(), bytes.len() as u64);
    let symbols = sizes.owners.iter().find(|owner| owner.name == "symbols and debug information").unwrap();
    assert!(symbols.kind == Kind::Unknown && symbols.size() > 50_000, "{}", symbols.size());
}

#[test]
fn the_list_of_the_packages_that_is_put_into_a_program_is_counted_by_itself() {
    let bytes = std::fs::read(static_program()).unwrap();
    let added = elf::add(&bytes[..], elf::DEP_V0, &[7; 1234]).unwrap().unwrap();
    let crates = BTreeMap::new();
    let known = Known { crates: &crates, libraries: &[], depends: &|_, _| false };
    let sizes = measure(&bytes[..], &elf::View::new(&bytes[..], &added), &known).unwrap();
    assert_eq!(sizes.owners.iter().map(Owner::size).sum::<u64>(), added.size());
    let list = sizes.owners.iter().find(|owner| owner.name == "list of its packages").unwrap();
    assert_eq!((list.kind, list.size()), (Kind::Unknown, 1234));
    assert!(sizes.sections.contains(&(".dep-v0".to_owned(), 1234)));
}

#[test]
fn names_of_either_mangling_lead_to_the_same_owners() {
    let project = Project::new("mangled", "");
    project.file(
        "src/main.rs",
        "struct Mine; impl std::fmt::Display for Mine { #[inline(never)] \
         fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, \"{}\", std::process::id()) } } \
         fn main() { println!(\"{Mine}\"); }",
    );
    for (mangling, impl_) in [
        ("legacy", "<mangled::Mine as core::fmt::Display>::fmt"),
        ("v0", "<mangled::Mine as core::fmt::Display>::fmt"),
    ] {
        let mut command = project.command(["size", "--message-format", "json"]);
        command.env("RUSTFLAGS", format!("-Csymbol-mangling-version={mangling} -Zunstable-options"));
        command.env("RUSTC_BOOTSTRAP", "1");
        let image = sizes(&Run::of(command)).remove(0);
        let owners = image["program"]["owners"].as_array().unwrap();
        let own = owners.iter().find(|owner| owner["name"] == "mangled").unwrap();
        assert!(own["parts"].to_string().contains(impl_), "{mangling}: {own}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn h8_any_damage_to_a_program_is_measured_or_refused(
        patches in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..24),
        at_the_end in any::<bool>(),
    ) {
        let mut bytes = std::fs::read(static_program()).unwrap();
        let table = if at_the_end { bytes.len() - 4096 } else { 0 };
        for (at, byte) in patches {
            bytes[table + at.index(4096)] = byte; // headers of segments are first, those of sections last
        }
        if let Ok(sizes) = measured(&bytes) {
            prop_assert_eq!(sizes.total, bytes.len() as u64);
            prop_assert_eq!(sizes.owners.iter().map(Owner::size).sum::<u64>(), sizes.total);
        }
    }
}

/// The largest of `image`'s owners of crates.
fn largest_crate(image: &Value) -> String {
    let owners = image["program"]["owners"].as_array().unwrap();
    let first = owners.iter().find(|owner| owner["kind"] == "crate").unwrap();
    first["name"].as_str().unwrap().to_owned()
}

/// Whether the archive that a build would write is there.
fn is_packed(project: &Project, name: &str) -> bool {
    Path::new(&project.path(&format!("target/scratch/{name}.tar"))).exists()
}
