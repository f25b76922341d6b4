//! Tests of the layers: precedence, addition by name, and errors that name their place.

use super::*;
use serde_json::json;

fn flags_of(words: &[&str]) -> Layer {
    let matches = keys().try_get_matches_from([&["x"], words].concat()).unwrap();
    Layer::of_flags(&matches, &Env::new([("", ""); 0], "/cwd"))
}

fn variables(pairs: &[(&str, &str)]) -> Layer {
    Layer::of_variables(&Env::new(pairs.iter().copied(), "/cwd")).0
}

fn metadata(table: &'static str, value: serde_json::Value) -> Result<Layer, Error> {
    Layer::of_metadata(table, &json!({ "scratch": value }), Path::new("/p/Cargo.toml"))
}

#[test]
fn the_stronger_layer_replaces_the_weaker() {
    let workspace = metadata("workspace.metadata.scratch", json!({ "user": "1", "workdir": "/w" })).unwrap();
    let package = metadata("package.metadata.scratch", json!({ "user": "2", "tag": ["a", "b:1"] })).unwrap();
    let all = |flags: &[&str], vars: &[(&str, &str)]| {
        resolve(&[flags_of(flags), variables(vars), package.clone(), workspace.clone()]).unwrap().settings
    };
    assert_eq!(all(&[], &[]).user.unwrap().0, "2");
    assert_eq!(all(&[], &[]).workdir.unwrap().0, "/w");
    assert_eq!(all(&[], &[("CARGO_SCRATCH_USER", "3")]).user.unwrap().0, "3");
    assert_eq!(all(&["--user", "4"], &[("CARGO_SCRATCH_USER", "3")]).user.unwrap().0, "4");
    assert_eq!(all(&[], &[("CARGO_SCRATCH_USER", "")]).user.unwrap().0, "2", "empty is unset");
    assert_eq!(all(&["-t", "c"], &[]).tag.len(), 1, "lists are replaced, not joined");
    assert_eq!(all(&[], &[("CARGO_SCRATCH_TAG", "x:1\ny:2")]).tag.len(), 2, "one a line");
}

#[test]
fn named_values_add_up_and_the_stronger_wins_by_coming_last() {
    let package =
        metadata("package.metadata.scratch", json!({ "env": { "A": "1", "B": 2 }, "copy": ["x:/x"] }));
    let resolved = resolve(&[flags_of(&["--env", "A=9", "--copy", "y:/y"]), package.unwrap()]).unwrap();
    let env: Vec<_> = resolved.settings.env.iter().map(|p| format!("{}={}", p.name, p.value)).collect();
    assert_eq!(env, ["A=1", "B=2", "A=9"]);
    let folders: Vec<_> = resolved.origins("copy").iter().map(Origin::folder).collect();
    assert_eq!(folders, [Path::new("/p"), Path::new("/cwd")]);
}

#[test]
fn a_flag_without_value_can_be_switched_off_by_a_stronger_layer() {
    let package = metadata("package.metadata.scratch", json!({ "no-install": true })).unwrap();
    assert!(resolve(std::slice::from_ref(&package)).unwrap().settings.no_install);
    let off = variables(&[("CARGO_SCRATCH_NO_INSTALL", "false")]);
    assert!(!resolve(&[off, package.clone()]).unwrap().settings.no_install);
    assert!(resolve(&[flags_of(&["--no-install"]), package]).unwrap().settings.no_install);
    assert!(resolve(&[variables(&[("CARGO_SCRATCH_NO_INSTALL", "maybe")])]).is_err());
}

#[test]
fn a_target_silences_the_platform_of_a_weaker_layer() {
    let package = metadata("package.metadata.scratch", json!({ "platform": "linux/arm64" })).unwrap();
    let resolved = resolve(&[flags_of(&["--target", "x86_64-unknown-linux-musl"]), package]).unwrap();
    assert!(resolved.settings.platform.is_empty());
    assert_eq!(resolved.settings.target.len(), 1);
}

#[test]
fn b7_wrong_keys_and_types_name_their_place() {
    let error = metadata("package.metadata.scratch", json!({ "usr": "1" })).unwrap_err();
    assert_eq!(error.place(), Some("/p/Cargo.toml, [package.metadata.scratch]"));
    assert_eq!(error.helps(), ["did you mean `user`?"]);
    assert_eq!(error.exit_status(), 2);
    for wrong in [
        json!({ "user": { "a": 1 } }),
        json!({ "user": [[1]] }),
        json!({ "env": { "A": [1] } }),
        json!({ "env": ["A"] }),
        json!({ "user": null }),
        json!({ "no-install": "perhaps" }),
        json!({ "expose": 0 }),
        json!({ "user": ["1", "2"] }),
        json!("text"),
        json!(3),
    ] {
        let error = metadata("package.metadata.scratch", wrong.clone()).and_then(|layer| resolve(&[layer]));
        let error = error.expect_err(&wrong.to_string());
        assert!(error.place().unwrap().starts_with("/p/Cargo.toml"), "{wrong}: {error:?}");
    }
}

#[test]
fn a_wrong_variable_is_an_error_and_an_unknown_one_a_hint() {
    let error = resolve(&[variables(&[("CARGO_SCRATCH_EXPOSE", "99999")])]).unwrap_err();
    assert!(error.what().contains("CARGO_SCRATCH_EXPOSE"), "{error}");
    let (_, unknown) = Layer::of_variables(&Env::new([("CARGO_SCRATCH_TAGS", "x")], "/"));
    assert_eq!(unknown, [("CARGO_SCRATCH_TAGS".to_owned(), Some("CARGO_SCRATCH_TAG".to_owned()))]);
}

#[test]
fn every_key_is_a_flag_a_variable_and_a_metadata_key_with_help() {
    for arg in keys().get_arguments() {
        assert!(arg.get_help().is_some(), "{} has no help", key(arg));
        assert!(!key(arg).is_empty());
    }
    for name in NAMED {
        assert!(keys().get_arguments().any(|arg| key(arg) == name), "{name} is no setting");
    }
}
