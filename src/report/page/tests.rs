use super::*;
use crate::size::{Kind, Owner, Part, Sizes};

fn part(name: &str, size: u64) -> Part {
    Part { name: name.to_owned(), size, count: 1 }
}

fn owner(name: &str, kind: Kind, code: u64, data: u64, tables: u64, parts: Vec<Part>) -> Owner {
    Owner { name: name.to_owned(), kind, code, data, tables, parts }
}

/// An image of a program with these owners, and certificates.
fn measured(owners: Vec<Owner>) -> Measured<'static> {
    let total = owners.iter().map(Owner::size).sum();
    Measured {
        bin: "hello",
        platform: "linux/amd64".to_owned(),
        layers: vec![
            ("files".to_owned(), vec![("/etc/ssl/certs/ca-certificates.crt".to_owned(), 222_222)]),
            ("program".to_owned(), vec![("/hello".to_owned(), total)]),
        ],
        program: "/hello".to_owned(),
        sizes: Sizes { total, sections: vec![(".text".to_owned(), total / 2)], owners },
        before: None,
    }
}

/// That every node has exactly the bytes of its parts; returns how many nodes there are.
fn added_up(node: &Node) -> usize {
    let sum: u64 = node.parts.iter().map(|part| part.bytes).sum();
    assert!(node.parts.is_empty() || sum == node.bytes, "{}: {sum} of {}", node.name, node.bytes);
    1 + node.parts.iter().map(added_up).sum::<usize>()
}

#[test]
fn every_box_has_the_bytes_of_its_parts_whatever_is_known_of_them() {
    for (parts, names) in [
        (vec![], vec![]),
        (
            vec![part("a", 700), part("b", 300)],
            vec!["a", "b", "tables for unwinding, relocations, headers", "without a name"],
        ),
        (vec![part("a", 1_250)], vec!["a", "tables for unwinding, relocations, headers"]),
        (vec![part("a", 1_300)], vec!["a"]),
        (vec![part("more than there is", 1_301)], vec![]),
    ] {
        let measured = measured(vec![owner("serde", Kind::Crate, 1_000, 250, 50, parts)]);
        let image = Node::image(&measured);
        added_up(&image);
        assert_eq!(image.bytes, 222_222 + 1_300);
        let program = image.parts.iter().find(|layer| layer.name == "program").unwrap();
        let serde = &program.parts[0].parts[0];
        assert_eq!((serde.name.as_str(), serde.kind, serde.bytes), ("serde", "crate", 1_300));
        assert_eq!(serde.parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(), names);
    }
}

#[test]
fn a_program_that_is_larger_than_what_its_owners_have_keeps_its_bytes() {
    let mut measured = measured(vec![owner("serde", Kind::Crate, 1_000, 0, 0, vec![])]);
    measured.layers[1].1[0].1 += 7;
    let image = Node::image(&measured);
    added_up(&image);
    assert_eq!(image.bytes, measured.total());
}

#[test]
fn of_a_hundred_thousand_functions_a_page_names_the_largest_and_sums_the_others() {
    let functions = |crate_: usize| {
        (0..1_000).map(move |number| {
            part(&format!("c{crate_}::{}", "f".repeat(number % 90)), 2_000 - number as u64)
        })
    };
    let owners = (0..100)
        .map(|number| {
            let parts: Vec<_> = functions(number).collect();
            let code = parts.iter().map(|part| part.size).sum();
            owner(&format!("c{number}"), Kind::Crate, code, 0, 0, parts)
        })
        .collect();
    let measured = measured(owners);
    let image = Node::image(&measured);
    assert!(added_up(&image) < 10_000);
    let page = size_page(&[measured]).unwrap();
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    assert!(page.contains("988 smaller"));
    assert!(page.contains("99950 more"));
}

#[test]
fn a_name_from_outside_does_nothing_to_the_page() {
    let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'\u{202e}\u{2028}";
    let mut measured =
        measured(vec![owner(hostile, Kind::Crate, 1_000, 0, 0, vec![part(&hostile.repeat(100), 900)])]);
    measured.bin = hostile;
    measured.layers.push((hostile.to_owned(), vec![(hostile.to_owned(), 1)]));
    measured.sizes.sections.push((hostile.to_owned(), 1));
    let page = size_page(&[measured]).unwrap();
    assert_eq!(page.matches("<script").count(), 2, "the data and our own");
    assert!(!page.contains("<img"));
    assert!(!page.contains(['\u{202e}', '\u{2028}']), "they are written out");
    assert!(page.len() < 100_000, "{} bytes", page.len());
}

#[test]
fn what_changed_is_told_of_each_crate_and_of_those_that_are_gone() {
    let mut now = measured(vec![
        owner("serde", Kind::Crate, 1_000, 0, 0, vec![]),
        owner("std", Kind::Std, 500, 0, 0, vec![]),
    ]);
    now.before = Some(
        measured(vec![
            owner("serde", Kind::Crate, 400, 0, 0, vec![]),
            owner("std", Kind::Std, 500, 0, 0, vec![]),
            owner("regex", Kind::Crate, 2_500, 0, 0, vec![]),
        ])
        .sizes,
    );
    let page = size_page(&[now]).unwrap();
    for words in ["-1.9 kB since the last time", "+600 B</td>", "same</td>", "-2.5 kB</td>", "gone</small>"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!size_page(&[measured(vec![])]).unwrap().contains("last time"));
}
