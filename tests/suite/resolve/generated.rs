//! A thousand generated documents: a parser that is not ours, PyYAML, sees no difference but in the leaves that name
//! programs.

use super::{resolve, workspace};
use crate::support::registry::Registry;
use crate::support::{Fake, tool};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::io::Write;
use std::process::Stdio;

const FILES: usize = 60;
const DOCUMENTS: usize = 20;

/// Reads the manifests of a folder and, from standard input, what became of them; says how many documents and programs
/// there were, or where the two differ.
const COMPARE: &str = r#"
import glob, json, re, sys, yaml
names = json.loads(sys.argv[2])
load = lambda text: list(yaml.load_all(text, Loader=yaml.CBaseLoader if hasattr(yaml, "CBaseLoader") else yaml.BaseLoader))
before = [doc for path in sorted(glob.glob(sys.argv[1] + "/*.yaml")) for doc in load(open(path, "rb").read())]
after = load(sys.stdin.buffer.read())
programs = 0
def same(a, b, way):
    global programs
    assert type(a) is type(b), (way, a, b)
    if isinstance(a, dict):
        assert list(a) == list(b), (way, a, b)
        for key in a: same(a[key], b[key], way + [key])
    elif isinstance(a, list):
        assert len(a) == len(b), (way, a, b)
        for at, (x, y) in enumerate(zip(a, b)): same(x, y, way + [at])
    elif a in names:
        programs += 1
        assert b == names[a], (way, a, b)
    else:
        assert a == b, (way, a, b)
assert len(before) == len(after), (len(before), len(after))
for at, (a, b) in enumerate(zip(before, after)): same(a, b, [at])
print(len(before), programs)
"#;

/// A piece of a document, written as it is to be.
#[derive(Clone, Debug)]
enum Node {
    Leaf(String),
    Block(String),
    List(bool, Vec<Node>),
    Map(bool, Vec<(String, Node)>),
    /// One with an anchor; it is an alias, if there is an anchor already and the flag says so.
    Named(bool, String),
}

fn program() -> impl Strategy<Value = String> {
    let named = ["app", "tools/serve", "tools/work", "main-one", "main-one/other"];
    let quote = prop::sample::select(vec!["@", "'@'", "\"@\"", "!!str @", "! '@'"]);
    let escaped = prop::sample::select(vec!["scratch://", "scratch:\\/\\/", "\\x73cratch://"]);
    (prop::sample::select(named.to_vec()), quote, escaped).prop_map(|(name, quote, scheme)| {
        let scheme = if quote == "\"@\"" { scheme } else { "scratch://" };
        quote.replace('@', &format!("{scheme}{name}"))
    })
}

fn leaf() -> impl Strategy<Value = String> {
    let odd = [
        "''",
        "\"\"",
        "~",
        "1.5",
        "yes",
        "'it''s # scratch://app'",
        "\"\\\"#\\n\\u00e9\"",
        "a b",
        "été",
        "x#y",
        "a:b",
        "'- x'",
        "http://scratch",
        "xscratch://app",
        "'scratch://app '",
        "\"run scratch://app\"",
        "!!str ''",
        "!x y",
        "日本語",
        "☃",
    ];
    prop_oneof![2 => program(), 1 => prop::sample::select(odd.to_vec()).prop_map(str::to_owned), 1 => "[a-z0-9]{1,12}"]
}

fn node() -> impl Strategy<Value = Node> {
    let block = prop::sample::select(vec![
        "|\n  scratch://app\n  x",
        ">-\n  scratch://app\n  x",
        "|2-\n   'x\n  #",
        ">+\n  a\n\n  b\n",
    ]);
    let leaves = prop_oneof![
        6 => leaf().prop_map(Node::Leaf),
        1 => block.prop_map(|text| Node::Block(text.to_owned())),
        1 => (any::<bool>(), program()).prop_map(|(alias, text)| Node::Named(alias, text)),
    ];
    let key = prop_oneof![4 => "[a-z]{1,6}", 1 => Just("scratch://app".to_owned()), 1 => Just("'a: b'".to_owned()), 1 => Just("\"é\"".to_owned())];
    leaves.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            (any::<bool>(), prop::collection::vec(inner.clone(), 0..6))
                .prop_map(|(flow, all)| Node::List(flow, all)),
            (any::<bool>(), prop::collection::btree_map(key.clone(), inner, 0..6))
                .prop_map(|(flow, all)| Node::Map(flow, all.into_iter().collect())),
        ]
    })
}

/// A document on its way into a text.
struct Writer<'a> {
    out: String,
    anchors: usize,
    /// What is written at the ends of lines, one after the other.
    ends: Box<dyn Iterator<Item = &'a str> + 'a>,
}

impl Writer<'_> {
    fn named(&mut self, alias: bool, text: &str) -> String {
        match alias && self.anchors > 0 {
            true => format!("*a{} ", self.anchors),
            false => {
                self.anchors += 1;
                format!("&a{} {text}", self.anchors)
            }
        }
    }

    fn flow(&mut self, node: &Node) -> String {
        match node {
            Node::Leaf(text) => text.clone(),
            Node::Block(_) => "[ ]".to_owned(),
            Node::Named(alias, text) => self.named(*alias, text),
            Node::List(_, all) => {
                let all: Vec<_> = all.iter().map(|one| self.flow(one)).collect();
                format!("[{}]", all.join(if all.len() % 2 == 0 { ", " } else { " ,\n             " }))
            }
            Node::Map(_, all) => {
                let all: Vec<_> = all.iter().map(|(key, one)| format!("{key}: {}", self.flow(one))).collect();
                format!("{{{}}}", all.join(", "))
            }
        }
    }

    /// Writes `node` behind a `-` or a `:` at `indent`, or at the start of a document.
    fn block(&mut self, node: &Node, indent: usize) {
        let pad = "  ".repeat(indent);
        match node {
            Node::Block(text) => {
                self.out += &format!(" {}\n", text.replace('\n', &format!("\n{pad}")));
            }
            Node::List(false, all) if !all.is_empty() => {
                self.end();
                for one in all {
                    self.out += &format!("{pad}-");
                    self.block(one, indent + 1);
                }
            }
            Node::Map(false, all) if !all.is_empty() => {
                self.end();
                for (key, one) in all {
                    self.out += &format!("{pad}{key}:");
                    self.block(one, indent + 1);
                }
            }
            other => {
                let text = self.flow(other);
                self.out += &format!(" {text}");
                self.end();
            }
        }
    }

    fn end(&mut self) {
        let end = self.ends.next().unwrap();
        // libyaml takes no tab behind a `-` or a `:` that ends the line
        let bare = self.out.ends_with(['-', ':']);
        self.out += &if bare { end.replace('\t', " ") } else { end.to_owned() };
        self.out.push('\n');
    }
}

/// Writes the files, and returns how many documents they have.
fn written(fake: &Fake) -> usize {
    let mut runner = TestRunner::deterministic();
    let document = prop::collection::vec(node(), 1..4);
    let ends = ["", "", " # scratch://app", "  ", "\t# 'é\"", " #"];
    for at in 0..FILES {
        let mut text = String::new();
        for number in 0..DOCUMENTS {
            let nodes = document.new_tree(&mut runner).unwrap().current();
            let ends = Box::new(ends.iter().cycle().skip(number).step_by(1 + number % 5).copied());
            let mut writer = Writer { out: "---".to_owned(), anchors: 0, ends };
            writer.block(&Node::List(number % 3 == 0, nodes), 0);
            text += &writer.out;
            text += ["", "...\n", "# scratch://app\n", "\n\n"][number % 4];
        }
        let text = match at % 3 {
            0 => text.replace('\n', "\r\n"),
            1 => text.trim_start_matches("---").trim_start().to_owned(),
            _ => text,
        };
        fake.file(&format!("k8s/{at:03}.yaml"), text);
    }
    FILES * DOCUMENTS
}

#[test]
fn g2_needs_yaml_pyyaml_sees_no_difference_but_in_the_leaves_that_name_programs() {
    let (registry, fake) = (Registry::start(), workspace());
    let documents = written(&fake);
    let run = resolve(&fake, &["-f", "k8s", "--repo", &registry.name("me")]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(fake.builds().len(), 1);
    let name = |bin: &str| {
        format!("{}@{}", registry.name(&format!("me/{bin}")), super::only(&registry, &format!("me/{bin}")))
    };
    let names = serde_json::json!({
        "scratch://app": name("app"), "scratch://tools/serve": name("serve"), "scratch://tools/work": name("work"),
        "scratch://main-one": name("main-one"), "scratch://main-one/other": name("other"),
    });
    let mut python = tool("python3");
    python.args(["-c", COMPARE]).arg(fake.path("k8s")).arg(names.to_string());
    let mut python =
        python.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // where it ends early, it says why
    let _ = python.stdin.take().unwrap().write_all(run.stdout.as_bytes());
    let said = python.wait_with_output().unwrap();
    let (text, error) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "{error}");
    let counts: Vec<usize> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
    assert!(counts[0] == documents && counts[1] > 1000, "{text}");
}
