//! Sizes of programs that no test wrote, next to what other programs make of the same file.

use super::{KNOWN, owners, share, sizes};
use crate::support::{Project, Run, tool};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What `size` says of ripgrep in `folder`, which has been built there for its image, is held against cargo and readelf.
#[track_caller]
pub fn ripgreps_crates_are_all_of_its_code_and_data_within_two_percent(project: &Project, folder: &Path) {
    let mut command = project.command(["size", "--locked", "--message-format", "json"]);
    command.current_dir(folder);
    let image = &sizes(&Run::of(command))[0];
    let owners = owners(image);
    let (owned, all) = share(image, &KNOWN);
    assert!(owned * 100 >= all * 98, "{owned} of {all}");
    // what is not Rust is known by its archive: a crate's C code is the crate's
    assert!(owners["jemalloc_sys"] > 200_000 && owners["libc"] > 20_000, "{owners:?}");
    assert!(owners["regex_automata"] > 200_000 && owners["encoding_rs"] > 100_000, "{owners:?}");

    // the packages that cargo compiles into it, and no others
    let mut tree = tool("cargo");
    tree.args(["tree", "--locked", "-e", "normal", "--prefix", "none", "--format", "{p}"]);
    tree.args(["--target", "x86_64-unknown-linux-musl"]).current_dir(folder);
    let tree = Run::of(tree).stdout.replace('-', "_");
    let packages: Vec<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    for owner in image["program"]["owners"].as_array().unwrap().iter().filter(|o| o["kind"] == "crate") {
        let name = owner["name"].as_str().unwrap();
        assert!(packages.contains(&name) || name == "rg", "{name} is no package of {packages:?}");
    }
    code_is_what_its_symbols_have(image, &folder.join("target/x86_64-unknown-linux-musl/release/rg"));
}

/// The code of crates whose functions have names of their own alone is the sum that readelf sees, within the padding.
#[track_caller]
fn code_is_what_its_symbols_have(image: &Value, program: &Path) {
    let mut readelf = tool("readelf");
    readelf.args(["-sW"]).arg(PathBuf::from(program));
    let listed = Run::of(readelf).stdout;
    for name in ["serde_json", "walkdir", "termcolor"] {
        let mark = format!(" _ZN{}{name}", name.len());
        let functions = listed.lines().filter(|line| line.contains(&mark) && line.contains(" FUNC "));
        let mut seen: Vec<(String, u64)> = functions
            .map(|line| {
                let words: Vec<_> = line.split_whitespace().collect();
                (words[1].to_owned(), words[2].parse().unwrap())
            })
            .collect();
        seen.sort();
        seen.dedup();
        let sum: u64 = seen.iter().map(|(_, size)| size).sum();
        let owners = image["program"]["owners"].as_array().unwrap();
        let owner = owners.iter().find(|owner| owner["name"] == name).unwrap();
        let code = owner["code"].as_u64().unwrap();
        // functions of traits have the name inside of theirs; behind each there may be padding
        let mark = format!("{name}..");
        let others = listed.lines().filter(|line| line.contains(" FUNC ") && line.contains(&mark));
        let others: Vec<u64> =
            others.map(|line| line.split_whitespace().nth(2).unwrap().parse().unwrap()).collect();
        let most = sum + others.iter().sum::<u64>() + 16 * (seen.len() + others.len()) as u64;
        assert!((sum..=most).contains(&code), "{name}: {code}, at least {sum}, at most {most}");
    }
}
