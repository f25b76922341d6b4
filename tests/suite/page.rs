//! The page of `size --html`, opened by a real browser: what it draws, where it has room, and what names can do to it.
//!
//! Pictures are left in `target/tmp` for whoever wants to look at it.

mod browser;

use crate::support::{Archive, Project};
use browser::Browser;
use cargo_scratch::report::{Measured, size_page};
use cargo_scratch::size::{Kind, Owner, Part, Sizes};
use serde_json::Value;
use std::path::PathBuf;
use tempfile::TempDir;

/// The boxes that are drawn: their bytes, and their width and height in hundredths of the map's.
const BOXES: &str = "[...document.querySelectorAll('.box')].map(box => \
    [Number(box.dataset.bytes), parseFloat(box.style.width), parseFloat(box.style.height)])";

/// The box that has the focus.
const FOCUS: &str = "document.activeElement.ariaLabel";

/// What the trail above the map says.
const TRAIL: &str = "[...document.querySelectorAll('.path li')].map(step => step.textContent).join(' > ')";

#[test]
fn needs_chromium_the_boxes_add_up_to_every_byte_and_have_their_share_of_the_area() {
    let (page, measured) = (written(&[program("hello")]), program("hello"));
    let mut browser = Browser::start();
    for (width, height) in [(1280, 800), (360, 740)] {
        browser.window(width, height, "light");
        browser.open(&page.1);
        assert_eq!(divided(&mut browser), measured.total());
        // into everything that opens, one after the other
        let count = browser.value("document.querySelectorAll('.box.opens').length").as_u64().unwrap();
        assert!(count > 5, "{count}");
        for number in 0..count {
            let bytes = browser.value(&format!(
                "(() => {{ const box = document.querySelectorAll('.box.opens')[{number}]; const {{ bytes }} = box.dataset; \
                 box.click(); return Number(bytes) }})()"
            ));
            assert_eq!(divided(&mut browser), bytes.as_u64().unwrap(), "box {number}");
            browser.value("document.querySelector('.path button').click()");
        }
        assert_eq!(browser.complaints(), [""; 0]);
    }
}

#[test]
fn needs_chromium_the_page_of_a_real_program_divides_every_byte_of_its_image() {
    let project = Project::new("hello", "[profile.release]\nopt-level = 1\n");
    let run = project.scratch(["size", "--html", "size.html", "--message-format", "json"]);
    assert_eq!(run.status, 0, "{run:?}");
    let archive = Archive::read(&project.build([""; 0]));
    let files: u64 = archive.layers.iter().flatten().map(|(_, entry)| entry.content.len() as u64).sum();
    let mut browser = Browser::start();
    browser.window(1280, 800, "light");
    browser.open(&project.path("size.html"));
    assert_eq!(divided(&mut browser), files, "what a reader of the image finds in it");
    let said = browser.value("document.body.innerText");
    for words in ["hello linux/amd64", "Standard library", "libc", ".text"] {
        assert!(said.as_str().unwrap().contains(words), "{words}: {said}");
    }
    assert_eq!(browser.complaints(), [""; 0]);
    browser.picture("size-real");
}

/// The sum of the boxes, whose areas are in proportion.
fn divided(browser: &mut Browser) -> u64 {
    let boxes = browser.value(BOXES);
    let of = |value: &Value, at: usize| value[at].as_f64().unwrap();
    let boxes = boxes.as_array().unwrap();
    let whole: u64 = boxes.iter().map(|one| one[0].as_u64().unwrap()).sum();
    let map = browser.value("Number(document.querySelector('.boxes').dataset.bytes)");
    assert_eq!(map, whole);
    for one in boxes {
        let (share, area) = (of(one, 0) / map.as_f64().unwrap(), of(one, 1) * of(one, 2) / 10_000.0);
        assert!((share - area).abs() < 0.0001, "{share} of the bytes, {area} of the area");
    }
    let shown =
        "[...document.querySelectorAll('.box')].every(box => box.offsetWidth > 0 && box.offsetHeight > 0)";
    assert_eq!(browser.value(shown), true);
    whole
}

#[test]
fn needs_chromium_nothing_overflows_on_a_phone_or_a_desk_in_the_light_or_in_the_dark() {
    let mut two =
        [program("hello"), program("a-second-program-with-a-name-that-is-long-enough-for-two-lines")];
    two[0].before = Some(two[1].sizes.clone());
    for grown in [&mut two[0].sizes.owners[2].code, &mut two[0].sizes.total, &mut two[0].layers[1].1[0].1] {
        *grown += 12_345;
    }
    let page = written(&two);
    let mut browser = Browser::start();
    for (width, height) in [(320, 568), (360, 740), (768, 1024), (1280, 800)] {
        for scheme in ["light", "dark"] {
            browser.window(width, height, scheme);
            browser.open(&page.1);
            let seen = format!("{width}x{height} {scheme}");
            assert_eq!(browser.complaints(), [""; 0], "{seen}");
            assert_eq!(
                browser.value("document.documentElement.scrollWidth - document.documentElement.clientWidth"),
                0,
                "{seen}"
            );
            let outside = browser.value(OUTSIDE);
            assert_eq!(outside, serde_json::json!([]), "{seen}");
            let faint = browser.value(FAINT);
            assert_eq!(faint, serde_json::json!([]), "{seen}");
            browser.picture(&format!("size-{width}-{scheme}"));
            browser.value("document.querySelector('table').scrollIntoView()");
            browser.picture(&format!("size-{width}-{scheme}-table"));
        }
    }
}

/// Texts that reach out of the window, or out of a label that cuts them.
const OUTSIDE: &str = "[...document.querySelectorAll('td, th, li, p, h1, h2, h3, h4, small, .boxes')].filter(one => { \
    const { left, right, width } = one.getBoundingClientRect(); \
    return width > 0 && (left < 0 || right > innerWidth + 0.5) }).map(one => one.outerHTML.slice(0, 200))";

/// Texts with less than the contrast that WCAG 2.2 asks for, 4.5 to 1 (success criterion 1.4.3), on what is behind them.
const FAINT: &str = "(() => { \
    const numbers = colour => colour.match(/[\\d.]+/g).map(Number); \
    const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map(c => c / 255) \
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4); return 0.2126 * x + 0.7152 * y + 0.0722 * z }; \
    const behind = one => { for (let at = one; at; at = at.parentElement) { \
        const found = numbers(getComputedStyle(at).backgroundColor); if ((found[3] ?? 1) > 0) return found } return [255, 255, 255] }; \
    return [...document.querySelectorAll('h1, h2, h3, h4, small, p, span, td, th, button, b, a')] \
        .filter(one => one.checkVisibility() && one.textContent.trim()).filter(one => { \
            const [a, b] = [light(numbers(getComputedStyle(one).color)), light(behind(one))].sort((a, b) => a - b); \
            return (b + 0.05) / (a + 0.05) < 4.5 }).map(one => one.outerHTML.slice(0, 200)) })()";

#[test]
fn needs_chromium_a_keyboard_is_enough_to_look_into_a_crate_and_out_again() {
    let page = written(&[program("hello")]);
    let mut browser = Browser::start();
    browser.window(1280, 800, "light");
    browser.open(&page.1);
    browser.press("Tab");
    let largest = browser.value(FOCUS).as_str().unwrap().to_owned();
    assert!(largest.starts_with("std, "), "{largest}");
    browser.press("ArrowRight");
    let beside = browser.value(FOCUS);
    assert_ne!(beside, largest);
    browser.press("ArrowLeft");
    assert_eq!(browser.value(FOCUS), largest);
    assert!(
        browser.value("document.querySelector('.detail').textContent").as_str().unwrap().starts_with("std")
    );
    browser.press("Enter");
    assert_eq!(browser.value(TRAIL), "whole image > std");
    assert!(browser.value(FOCUS).as_str().unwrap().starts_with("std::f0"), "{}", browser.value(FOCUS));
    browser.press("Escape");
    assert_eq!((browser.value(TRAIL), browser.value(FOCUS)), ("whole image".into(), largest.into()));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn needs_chromium_a_table_is_sorted_by_the_column_that_is_asked_for() {
    let page = written(&[program("hello")]);
    let mut browser = Browser::start();
    browser.open(&page.1);
    let names = "[...document.querySelectorAll('table.wide tbody bdi')].map(name => name.textContent)";
    let column = |browser: &mut Browser, number: usize| -> Vec<String> {
        browser.value(&format!("document.querySelectorAll('table.wide th button')[{number}].click()"));
        serde_json::from_value(browser.value(names)).unwrap()
    };
    let by_name = column(&mut browser, 0);
    assert!(by_name.is_sorted(), "{by_name:?}");
    let data: Vec<i64> = {
        column(&mut browser, 2);
        let values = "[...document.querySelectorAll('table.wide tbody td:nth-child(3)')].map(cell => Number(cell.dataset.value))";
        serde_json::from_value(browser.value(values)).unwrap()
    };
    assert!(data.is_sorted_by(|a, b| a >= b) && data.len() > 10, "{data:?}");
    let upwards = column(&mut browser, 2);
    assert_ne!(upwards[0], by_name[0]);
    let sorts = "[...document.querySelectorAll('table.wide th')].map(header => header.ariaSort)";
    assert_eq!(browser.value(sorts)[2], "ascending");
}

#[test]
fn needs_chromium_without_scripts_the_page_still_tells_where_the_bytes_go() {
    let page = written(&[program("hello")]);
    let mut browser = Browser::start();
    browser.scripts(false);
    browser.open(&page.1);
    browser.scripts(true);
    assert_eq!(browser.value("document.querySelector('.treemap').checkVisibility()"), false);
    assert_eq!(browser.value("document.querySelectorAll('table.wide tbody tr').length"), 40 + 3);
    let text = browser.value("document.body.innerText");
    for words in ["Standard library", "crate_7", ".rodata", "/etc/ssl/certs/ca-certificates.crt", "222.2 kB"]
    {
        assert!(text.as_str().unwrap().contains(words), "{words}: {text}");
    }
}

#[test]
fn needs_chromium_a_hostile_name_is_shown_and_does_nothing() {
    let hostile =
        "</script><script>document.title='x'</script><img src=/x onerror=document.title='x'>'\"\u{202e}";
    let mut measured = program(hostile);
    measured.layers.push((hostile.to_owned(), vec![(hostile.repeat(40), 500_000)]));
    for owner in &mut measured.sizes.owners {
        owner.name = format!("{hostile}{}", owner.name);
        for part in owner.parts.iter_mut().take(1) {
            part.name = hostile.repeat(40);
        }
    }
    let page = written(&[measured]);
    let mut browser = Browser::start();
    browser.window(360, 740, "light");
    browser.open(&page.1);
    browser.value("document.querySelector('.box.opens').click()");
    assert_eq!(browser.complaints(), [""; 0], "nothing was run, asked for or refused");
    let title = browser.value("document.title");
    assert!(title.as_str().unwrap().starts_with("</script><script>document.title='x'"), "{title}");
    assert_eq!(browser.value("document.images.length"), 0);
    assert_eq!(
        browser.value("document.documentElement.scrollWidth - document.documentElement.clientWidth"),
        0
    );
    browser.picture("size-hostile");
    // and were there a hole: what is put into the page later is not run
    let put = "new Promise(done => { const script = document.createElement('script'); script.textContent = \
               'document.title = 1'; document.body.append(script); setTimeout(() => done(document.title), 50) })";
    assert_eq!(browser.value(put), title);
}

/// A page in a file, which lives as long as the folder.
fn written(measured: &[Measured<'_>]) -> (TempDir, PathBuf) {
    let folder = tempfile::Builder::new().prefix("scratch-page-").tempdir().unwrap();
    let path = folder.path().join("size.html");
    std::fs::write(&path, size_page(measured).unwrap()).unwrap();
    (folder, path)
}

/// An image of a program of many crates whose sizes fall as they do in life, and two files more.
fn program(bin: &str) -> Measured<'_> {
    let mut owners = vec![
        owner("std", Kind::Std, 310_000, 300),
        owner("musl", Kind::Native, 41_000, 80),
        owner("no owner by name", Kind::Unknown, 9_000, 0),
    ];
    owners
        .extend((0..40).map(|n| owner(&format!("crate_{n}"), Kind::Crate, 250_000 / (n + 1), 400 / (n + 1))));
    owners.sort_by_key(|owner| std::cmp::Reverse(owner.size()));
    let total = owners.iter().map(Owner::size).sum();
    let sections = vec![(".text".to_owned(), total / 2), (".rodata".to_owned(), total / 5)];
    let files = vec![
        ("/etc/ssl/certs/ca-certificates.crt".to_owned(), 222_222),
        ("/usr/share/zoneinfo/Europe/Berlin".to_owned(), 2_298),
    ];
    Measured {
        bin,
        platform: "linux/amd64".to_owned(),
        layers: vec![("files".to_owned(), files), ("program".to_owned(), vec![("/hello".to_owned(), total)])],
        program: "/hello".to_owned(),
        sizes: Sizes { total, sections, owners },
        before: None,
    }
}

fn owner(name: &str, kind: Kind, code: u64, parts: u64) -> Owner {
    let part = |number: u64| Part {
        name: format!(
            "{name}::f{number}::<alloc::vec::Vec<core::option::Option<u{number}>>>::with_a_long_name"
        ),
        size: code * 11 / 20 / (number + 1).pow(2) + 1,
        count: 1,
    };
    let parts = (0..parts).map(part).collect();
    Owner { name: name.to_owned(), kind, code, data: code / 9, tables: code / 11, parts }
}
