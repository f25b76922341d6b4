use super::*;
use proptest::prelude::*;

/// The text with every program `scratch://X` named `r.io/X`.
fn resolved(text: &str) -> String {
    let manifest = Manifest::read("f.yaml", text.as_bytes().to_vec()).unwrap();
    let names: Vec<_> = manifest.mentions.iter().map(|mention| name(&mention.program)).collect();
    manifest.with(&names)
}

fn name(program: &Program) -> String {
    format!("r.io/{}@sha256:00", program.to_string().trim_start_matches(SCHEME))
}

/// The places and words of what is left as it is.
fn strays(text: &str) -> Vec<(usize, usize, &'static str)> {
    let manifest = Manifest::read("f.yaml", text.as_bytes().to_vec()).unwrap();
    assert_eq!(manifest.with::<&str>([]), text);
    manifest.strays.iter().map(|(place, why)| (place.line, place.column, *why)).collect()
}

#[track_caller]
fn refused(bytes: &[u8], place: &str, word: &str) {
    let error = Manifest::read("f.yaml", bytes.to_vec()).unwrap_err();
    let said = format!("{} {:?} {:?}", error.what(), error.notes(), error.helps());
    assert!(error.place() == Some(place) && said.contains(word), "{:?} {said}", error.place());
    assert_eq!(error.exit_status(), 1);
}

#[test]
fn only_the_scalar_changes() {
    let text = "\u{feff}# scratch://app\r\n%YAML 1.1\r\n--- # é\r\nimage:  scratch://app\t# scratch://app\r\n\
                more: ['scratch://app',scratch://b/c, \"scratch:\\/\\/app\" ]\r\n...\r\n---\r\n- &a !!str scratch://app\r\n\
                - *a\r\n- {\"image\":\"scratch://app\",x: scratch://app}\r\n";
    let expected = "\u{feff}# scratch://app\r\n%YAML 1.1\r\n--- # é\r\nimage:  r.io/app@sha256:00\t# scratch://app\r\n\
                more: ['r.io/app@sha256:00',r.io/b/c@sha256:00, \"r.io/app@sha256:00\" ]\r\n...\r\n---\r\n- &a !!str r.io/app@sha256:00\r\n\
                - *a\r\n- {\"image\":\"r.io/app@sha256:00\",x: r.io/app@sha256:00}\r\n";
    assert_eq!(resolved(text), expected);
    for same in [
        "",
        "\n",
        "---\n---\n...\n",
        "# scratch://a",
        "a: &x [*x]\n",
        "scratch://a: 1\n",
        "? [scratch://a]\n: b",
    ] {
        assert_eq!(resolved(same), same);
    }
    assert_eq!(resolved("scratch://app"), "r.io/app@sha256:00");
    assert_eq!(resolved("{\n\t\"a\": \"scratch://app\"\n}"), "{\n\t\"a\": \"r.io/app@sha256:00\"\n}");
    assert_eq!(resolved("a: \"scratch://\\\n  app\"\nb: c"), "a: \"r.io/app@sha256:00\"\nb: c");
    assert_eq!(
        resolved("? a\n: scratch://b\n? {c: scratch://d}\n: [scratch://e]"),
        "? a\n: r.io/b@sha256:00\n? {c: scratch://d}\n: [r.io/e@sha256:00]"
    );
}

#[test]
fn a_host_that_is_an_address_is_quoted() {
    let manifest = Manifest::read("f", b"a: scratch://x\nb: 'scratch://x'".to_vec()).unwrap();
    assert_eq!(manifest.with(["[::1]:5/x"; 2]), "a: \"[::1]:5/x\"\nb: '[::1]:5/x'");
}

#[test]
fn what_nearly_names_a_program_is_told_and_left() {
    let within = "`scratch://` within other text is left as it is";
    let block = "`scratch://` in a block scalar is left as it is";
    assert_eq!(strays("a:\n  - run scratch://x now\n  - ' scratch://x'"), [(2, 9, within), (3, 7, within)]);
    assert_eq!(strays("a: |\n  é\n   x: scratch://x\n"), [(3, 7, block)]);
    assert_eq!(strays("a: >-\n  scratch://x\n"), [(2, 3, block)]);
    assert_eq!(strays("a: scratch://x\n  y"), [(1, 4, within)]);
    assert_eq!(strays("&k scratch://x : 1\nb: *k"), [(2, 4, "an alias of a key is left as it is")]);
    assert_eq!(strays("scratch://x: x scratch:/y"), []);
}

#[test]
fn what_is_not_understood_is_refused_with_its_place() {
    refused(b"a: scratch://x:1", "f.yaml:1:4", "neither tag nor digest");
    refused(b"a: b\nc: [scratch://]", "f.yaml:2:5", "scratch://PACKAGE/BIN");
    refused(b"a: b: c", "f.yaml:1:5", "not YAML");
    refused(b"a: *x", "f.yaml:1:4", "anchor");
    refused(b"a:\n\t- b", "f.yaml:2:2", "tabs");
    refused(b"{{ if .x }}\na: b", "f.yaml:2:1", "helm template");
    refused(b"a: \x1b[0m", "f.yaml:1:4", "not YAML");
    refused(b"a: \0", "f.yaml:1:4", "not YAML");
    refused(b"\xc3\xa9: 1\n\xc3\xa9: \xff", "f.yaml:2:4", "UTF-8");
    refused(b"\xff\xfea\0", "f.yaml", "iconv");
    refused(b"a: 'x", "f.yaml:1:4", "not YAML");
}

#[test]
fn depth_cycles_and_laughs_cost_nothing() {
    for open in ["[", "{a: ", "- ", "? ", "&a [", "!!seq ["] {
        let error = Manifest::read("f", open.repeat(200_000).into_bytes()).unwrap_err();
        assert_eq!(error.code(), Code::Manifest);
    }
    let mut laughs = "a0: &a0 [scratch://x]\n".to_owned();
    for at in 1..200 {
        laughs += &format!("a{at}: &a{at} [{}]\n", vec![format!("*a{}", at - 1); 9].join(", "));
    }
    assert_eq!(resolved(&laughs), laughs.replace("scratch://x", "r.io/x@sha256:00"));
}

/// Lines of a block sequence, and what becomes of them.
fn line() -> impl Strategy<Value = (String, String)> {
    let program = prop::sample::select(vec!["app", "app/serve", "my-app", "b_2/c"]);
    let shape = prop::sample::select(vec![
        "- @",
        "- '@'",
        "- \"@\"",
        "-   @ \t",
        "- {a: @, b: '@',c: [@,\"@\"]}",
        "-\n  k: @\n  l:\n  - @",
        "- - @",
        "- !!str @",
        "- ? x\n  : @",
        "- '@': @",
        "- [a, # '\n  @\n  ]",
        "- a: {\"k\":\"@\"}",
        "- k:\n    '@'",
    ]);
    let other = prop::sample::select(vec![
        "- é 'x' \"",
        "- ''''",
        "- \"\\\"\"",
        "- |\n  \"\n  '",
        "- []",
        "",
        "- &x y\n- *x",
    ]);
    let comment = prop_oneof![Just(String::new()), " # [ -~é☃]{0,12}", Just(" # scratch://app '".to_owned())];
    let end = prop::sample::select(vec!["\n", "\r\n", "\n\n"]);
    let named = (shape, program).prop_map(|(shape, program)| {
        let after = format!("r.io/{program}@sha256:00");
        // a key, which the shapes quote, is no value
        let key = shape.replace("'@':", "'K':");
        let write = |name: &str| key.replace('@', name).replace("'K':", &format!("'scratch://{program}':"));
        (write(&format!("scratch://{program}")), write(&after))
    });
    let plain = other.prop_map(|text| (text.to_owned(), text.to_owned()));
    (prop_oneof![3 => named, 1 => plain], comment, end).prop_map(|((before, after), comment, end)| {
        let block = before.contains('|');
        let tail =
            |text: String| if block { text + "\n" } else { (text + &comment + end).replace('\n', end) };
        (tail(before), tail(after))
    })
}

proptest! {
    #[test]
    fn whatever_stands_around_them_only_the_programs_change(lines in prop::collection::vec(line(), 0..40)) {
        let (before, after): (Vec<_>, Vec<_>) = lines.into_iter().unzip();
        prop_assert_eq!(resolved(&before.concat()), after.concat());
    }

    #[test]
    fn any_bytes_are_understood_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Manifest::read("f", bytes);
    }

    #[test]
    fn any_near_yaml_is_understood_or_refused(
        words in prop::collection::vec(prop::sample::select(vec![
            "scratch://a", "\n", " ", "- ", ": ", "? ", "[", "]", "{", "}", ",", "'", "\"", "|", ">-", "&a ", "*a", "!x ",
            "# ", "---", "...", "%YAML", "\t", "\r", "é", "\\", "\u{feff}", "  ", "a",
        ]), 0..60)
    ) {
        let text = words.concat();
        if let Ok(manifest) = Manifest::read("f", text.clone().into_bytes()) {
            let same: Vec<_> = manifest.mentions.iter().map(|mention| mention.program.to_string()).collect();
            // what was not written in another way (with escapes or over several lines) comes back as it was
            if !text.contains('\\') {
                prop_assert_eq!(manifest.with(&same), text);
            }
            // and what is written is understood as what was meant
            let names: Vec<_> = manifest.mentions.iter().map(|mention| name(&mention.program)).collect();
            let again = Manifest::read("f", manifest.with(&names).into_bytes());
            prop_assert!(again.is_ok_and(|again| again.mentions.is_empty()));
        }
    }
}
