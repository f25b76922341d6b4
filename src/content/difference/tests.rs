use super::*;
use crate::content::Entry;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
struct Image {
    tree: Tree,
    config: Config,
    document: Value,
    annotations: Value,
}

impl Image {
    fn side(&self) -> Side<'_> {
        Side {
            tree: &self.tree,
            config: &self.config,
            document: &self.document,
            annotations: &self.annotations,
        }
    }

    fn file(mut self, path: &str, change: impl FnOnce(&mut Node)) -> Self {
        let (kind, xattrs) = (Kind::File, Vec::new());
        let entry = Entry { path: path.into(), kind, mode: 0o644, uid: 0, gid: 0, size: 3, mtime: 0, xattrs };
        let mut node = Node { entry, layer: 0, digest: Some(Digest::of(b"abc")) };
        change(&mut node);
        self.tree.nodes.insert(path.into(), node);
        self
    }

    fn config(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }
}

fn between(a: &Image, b: &Image) -> Difference {
    Difference::between(a.side(), b.side())
}

#[test]
fn which_name_of_a_file_comes_first_is_no_difference() {
    let link = |to: &'static str| move |node: &mut Node| node.entry.kind = Kind::Hardlink(to.into());
    let one = Image::default().file("a", |_| {}).file("b", link("a"));
    let other = Image::default().file("a", link("b")).file("b", |_| {});
    assert!(between(&one, &other).is_empty());
    let changed = Image::default().file("a", |_| {}).file("b", |node| node.digest = Some(Digest::of(b"x")));
    assert_eq!(between(&one, &changed).files.len(), 1);
}

#[test]
fn a_folder_that_lies_above_a_file_anyway_is_no_difference_if_it_is_a_usual_one() {
    let without = Image::default().file("d/a", |_| {});
    let folder = |mode| {
        without
            .clone()
            .file("d", |node| (node.entry.kind, node.entry.mode, node.digest) = (Kind::Directory, mode, None))
    };
    assert!(between(&without, &folder(0o755)).is_empty() && between(&folder(0o755), &without).is_empty());
    assert_eq!(between(&without, &folder(0o700)).files.len(), 1);
    let empty =
        Image::default().file("e", |node| (node.entry.kind, node.entry.mode) = (Kind::Directory, 0o755));
    assert_eq!(between(&Image::default(), &empty).files.len(), 1, "nothing is below it");
}

/// What is changed, and how.
type Row<T> = (&'static str, fn(&mut T));

/// The same from the other end.
fn mirrored(difference: &Difference) -> Difference {
    let mut other = difference.clone();
    other.settings.iter_mut().for_each(|one| std::mem::swap(&mut one.before, &mut one.after));
    other.files.iter_mut().for_each(|one| std::mem::swap(&mut one.before, &mut one.after));
    other
}

#[test]
fn each_thing_that_a_container_can_tell_of_a_file_is_a_change() {
    let base = || Image::default().file("app", |_| {});
    let changes: [Row<Node>; 8] = [
        ("mode", |node| node.entry.mode = 0o755),
        ("setuid", |node| node.entry.mode |= 0o4000),
        ("user", |node| node.entry.uid = 1),
        ("group", |node| node.entry.gid = 1),
        ("content", |node| node.digest = Some(Digest::of(b"abd"))),
        ("type", |node| node.entry.kind = Kind::Directory),
        ("link", |node| node.entry.kind = Kind::Symlink("x".into())),
        ("xattr", |node| node.entry.xattrs.push("user.x".into())),
    ];
    for (what, change) in changes {
        let difference = between(&base(), &Image::default().file("app", change));
        assert_eq!((difference.files.len(), difference.counts()), (1, (0, 0, 1)), "{what}");
        assert!(!difference.is_empty(), "{what}");
    }
    for (what, change) in
        [("layer", (|node| node.layer = 3) as fn(&mut Node)), ("time", |node| node.entry.mtime = 9)]
    {
        let difference = between(&base(), &Image::default().file("app", change));
        assert!(difference.is_empty(), "{what}");
        assert_eq!(difference.touched, usize::from(what == "time"));
    }
}

#[test]
fn the_mode_of_a_link_is_none() {
    let link = |mode| {
        Image::default().file("l", |node| {
            node.entry.kind = Kind::Symlink("app".into());
            node.entry.mode = mode;
        })
    };
    assert!(between(&link(0o777), &link(0o755)).is_empty());
}

#[test]
fn sizes_and_counts_add_up() {
    let a = Image::default().file("gone", |node| node.entry.size = 10).file("same", |_| {});
    let b = Image::default()
        .file("same", |_| {})
        .file("new", |node| node.entry.size = 4)
        .file("new2", |node| node.entry.size = 1);
    let difference = between(&a, &b);
    assert_eq!((difference.counts(), difference.growth()), ((2, 1, 0), -5));
    let paths: Vec<_> = difference.files.iter().map(|change| &change.path[..]).collect();
    assert_eq!(paths, ["gone", "new", "new2"]);
}

#[test]
fn each_setting_is_told_by_its_own_name() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let changes: [(Option<&str>, Row<Config>); 10] = [
        (None, ("platform", |config| config.architecture = "arm64".into())),
        (None, ("user", |config| config.user = "0".into())),
        (None, ("entrypoint", |config| config.entrypoint = vec!["/b".into()])),
        (None, ("cmd", |config| config.cmd = vec!["x y".into()])),
        (None, ("workdir", |config| config.working_dir = "/w".into())),
        (Some("A"), ("env", |config| config.env = vec!["A=2".into()])),
        (Some("80/tcp"), ("expose", |config| config.exposed_ports = vec!["80/tcp".into()])),
        (Some("/v"), ("volume", |config| config.volumes = vec!["/v".into()])),
        (None, ("stop", |config| config.stop_signal = "SIGINT".into())),
        (Some("a"), ("label", |config| config.labels = vec![("a".into(), "2".into())])),
    ];
    let base = || {
        Image::default().config(|config| {
            (config.os, config.architecture) = ("linux".into(), "amd64".into());
            config.env = vec!["A=1".into()];
            config.labels = vec![pair("a", "1")];
        })
    };
    for (name, (field, change)) in changes {
        let settings = between(&base(), &base().config(change)).settings;
        assert_eq!(settings.len(), 1, "{field}: {settings:?}");
        assert_eq!((&settings[0].field[..], settings[0].name.as_deref()), (field, name));
    }
    assert!(between(&base(), &base().config(|config| config.created = "x".into())).created);
}

#[test]
fn what_means_the_same_is_no_change() {
    let base = || Image::default().config(|config| config.env = vec!["A=1".into(), "B=2".into()]);
    for (what, same) in [
        ("the root as folder", base().config(|config| config.working_dir = "/".into())),
        ("the order of variables", base().config(|config| config.env.reverse())),
        ("a value that another replaces", base().config(|config| config.env.insert(0, "A=0".into()))),
    ] {
        assert!(between(&base(), &same).is_empty(), "{what}");
    }
    let with = |document: Value| Image { document, ..base() };
    let record = json!({ "config": { "Image": "sha256:0", "Tty": false, "OnBuild": null }, "id": "x" });
    assert!(between(&base(), &with(record)).is_empty());
    let health = json!({ "config": { "Healthcheck": { "Test": ["NONE"] } } });
    let settings = between(&base(), &with(health)).settings;
    assert_eq!((&settings[0].field[..], settings.len()), ("Healthcheck", 1));
    let author = between(&base(), &with(json!({ "author": "me" }))).settings;
    assert_eq!(author[0].after.as_deref(), Some("me"));
}

fn nodes() -> impl Strategy<Value = Image> {
    let kind = prop_oneof![
        Just(Kind::File),
        Just(Kind::Directory),
        Just(Kind::Symlink("t".into())),
        Just(Kind::Hardlink("t".into())),
    ];
    let node = (kind, 0..3_u32, 0..2_u64, 0..3_u64, 0..2_i64, prop::option::of(0..3_u8));
    let files = prop::collection::btree_map("[ab](/[ab]){0,2}", node, 0..8);
    let env = prop::collection::btree_map("[AB]", "[0-1]", 0..3);
    (files, env, prop::option::of("[uv]")).prop_map(|(files, env, user)| {
        let image = files.into_iter().fold(Image::default(), |image, (path, drawn)| {
            let (kind, mode, uid, size, mtime, content) = drawn;
            image.file(&path, |node| {
                let entry = &mut node.entry;
                (entry.kind, entry.mode, entry.uid) = (kind, mode, uid);
                (entry.size, entry.mtime) = (size, mtime);
                node.digest = content.map(|byte| Digest::of(&[byte]));
            })
        });
        image.config(|config| {
            config.env = env.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
            config.user = user.unwrap_or_default();
        })
    })
}

proptest! {
    #[test]
    fn an_image_differs_from_itself_in_nothing(a in nodes()) {
        prop_assert_eq!(between(&a, &a), Difference::default());
    }

    #[test]
    fn the_way_back_is_the_way_there_mirrored(a in nodes(), b in nodes()) {
        let difference = between(&a, &b);
        prop_assert_eq!(between(&b, &a), mirrored(&difference));
        prop_assert_eq!(between(&b, &a).growth(), -difference.growth());
    }

    #[test]
    fn a_difference_leads_from_the_one_to_the_other(a in nodes(), b in nodes()) {
        let files = |image: &Image| -> BTreeMap<String, File> {
            image.tree.nodes.iter().map(|(path, node)| (path.clone(), File::of(node))).collect()
        };
        let mut changed = files(&a);
        for change in between(&a, &b).files {
            prop_assert_eq!(changed.get(&change.path), change.before.as_ref());
            match change.after {
                Some(file) => drop(changed.insert(change.path, file)),
                None => drop(changed.remove(&change.path)),
            }
        }
        prop_assert_eq!(changed, files(&b));
    }
}
