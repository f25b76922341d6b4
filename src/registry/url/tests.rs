use super::*;
use proptest::prelude::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

#[test]
fn an_address_has_one_form() {
    for (text, whole) in [
        ("HTTPS://GHCR.io:443/v2/", "https://ghcr.io/v2/"),
        ("http://localhost:80", "http://localhost/"),
        ("http://localhost:5000?x=1#y", "http://localhost:5000/?x=1"),
        ("https://[::1]:5000/a", "https://[::1]:5000/a"),
        ("https://h/a b/é?x=|", "https://h/a%20b/%C3%A9?x=%7C"),
        ("https://h:/a%20b", "https://h/a%20b"),
    ] {
        assert_eq!(url(text).reveal(), whole);
        assert_eq!(url(&url(text).reveal()), url(text));
        assert!(whole.parse::<ureq::http::Uri>().is_ok());
    }
    assert!(url("https://h/a").same_origin(&url("HTTPS://H:443/b")));
    assert!(!url("https://h/").same_origin(&url("http://h/")));
    assert!(!url("https://h/").same_origin(&url("https://h:444/")));
}

#[test]
fn e5_what_is_no_address_is_refused_and_not_repeated() {
    let long = format!("https://h/{}", "x".repeat(10_000));
    for bad in [
        "",
        "h",
        "/a",
        "https:a",
        "https:///a",
        "https://",
        "https://?x",
        "https://secret@h/",
        "https://a:secret@h/",
        "https://good.example\\@bad.example/",
        "file:///etc/passwd",
        "ftp://h/",
        "javascript:alert(1)",
        "https://h/\r\nX-Y: secret",
        "https://h/\u{1b}[31m",
        "https://h:x/",
        "https://h:0/",
        "https://h:65536/",
        "https://[::1/",
        "https://[::1%25eth0]/",
        "https://::1/",
        "https://h%2e/",
        "https://bücher.example/",
        "https://.h/",
        &long,
    ] {
        let said = Url::parse(bad).unwrap_err();
        assert!(!said.contains("secret") && said.len() < 100, "{bad:?}: {said}");
    }
}

#[test]
fn e5_a_location_is_taken_as_rfc_3986_says() {
    let base = url("https://reg.example:5000/v2/a/blobs/uploads/?mount=x");
    for (location, whole) in [
        ("/v2/a/blobs/uploads/1?_state=z", "https://reg.example:5000/v2/a/blobs/uploads/1?_state=z"),
        ("1", "https://reg.example:5000/v2/a/blobs/uploads/1"),
        ("../x/./y/", "https://reg.example:5000/v2/a/blobs/x/y/"),
        ("../../../../../..", "https://reg.example:5000/"),
        ("/a/../../b/.", "https://reg.example:5000/b/"),
        ("?y=1", "https://reg.example:5000/v2/a/blobs/uploads/?y=1"),
        ("#z", "https://reg.example:5000/v2/a/blobs/uploads/?mount=x"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("http://cdn.example/x", "http://cdn.example/x"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
    ] {
        assert_eq!(base.join(location).unwrap().reveal(), whole, "{location}");
    }
    for bad in ["", "//", "https://a@b/", "sha256:0", "/a\nb", "///a"] {
        assert!(base.join(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn an_address_remembers_whose_word_it_is() {
    let base = url("https://reg.example/v2/");
    let far = base.join("https://a.example/x").unwrap().join("http://b.example/y").unwrap();
    assert_eq!(far.origin_of_trust(), base.origin());
    assert_eq!(base.origin_of_trust(), base.origin());
    assert_eq!(far, url("http://b.example/y"));
}

#[test]
fn a_query_grows_and_keeps_what_is_in_it() {
    let digest = "sha256:0f";
    for (text, whole) in [
        ("https://h/a", "https://h/a?digest=sha256%3A0f"),
        ("https://h/a?", "https://h/a?digest=sha256%3A0f"),
        ("https://h/a?_state=x%3D%3D", "https://h/a?_state=x%3D%3D&digest=sha256%3A0f"),
        ("https://h/a?b&", "https://h/a?b&digest=sha256%3A0f"),
    ] {
        assert_eq!(url(text).with("digest", digest).reveal(), whole);
    }
    assert_eq!(url("https://h").with("from", "a/b&c=é").reveal(), "https://h/?from=a%2Fb%26c%3D%C3%A9");
}

#[test]
fn e18_sessions_and_signatures_are_not_shown() {
    let upload = url(
        "https://h/v2/a/b/blobs/uploads/5d0c-secret/x?_state=secret&digest=sha256:0&X-Amz-Signature=secret",
    );
    assert_eq!(
        upload.to_string(),
        "https://h/v2/a/b/blobs/uploads/…?_state=…&digest=sha256:0&X-Amz-Signature=…"
    );
    assert_eq!(url("https://h/v2/a/blobs/uploads/").to_string(), "https://h/v2/a/blobs/uploads/");
    assert_eq!(url("https://h/x?secret").to_string(), "https://h/x?…");
    let many = url(&format!("https://h/{}?{}", "x".repeat(4000), "a=b&".repeat(900)));
    assert!(many.to_string().len() < 1024);
}

proptest! {
    #[test]
    fn e5_whatever_a_registry_says_it_leads_to_http_or_nowhere(base in ".{0,40}", location in ".{0,60}") {
        for base in [Url::parse(&format!("https://h/{base}")), Url::parse(&base)].into_iter().flatten() {
            let Ok(joined) = base.join(&location) else { continue };
            let text = joined.reveal();
            prop_assert!(text.starts_with("https://") || text.starts_with("http://"));
            let authority = text.split('/').nth(2).unwrap();
            prop_assert!(!authority.contains('@') && !authority.is_empty());
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(text.parse::<ureq::http::Uri>().is_ok(), "{}", text);
            prop_assert_eq!(&Url::parse(&text).unwrap(), &joined);
        }
    }

    #[test]
    fn e5_authorities_of_every_kind(location in "(https?:)?[/\\\\]{0,3}[a-z@:.\\[\\]%\\\\0-9?#/]{0,30}") {
        let base = Url::parse("https://reg.example/v2/").unwrap();
        if let Ok(joined) = base.join(&location) {
            let uri: ureq::http::Uri = joined.reveal().parse().unwrap();
            prop_assert_eq!(uri.host(), Some(&*joined.origin().host));
            prop_assert!(!uri.authority().unwrap().as_str().contains('@'));
        }
    }

    #[test]
    fn e18_no_other_value_is_shown(name in "[A-Za-z_-]{1,12}", session in "[a-z]{3}") {
        let hidden = "hunter2hunter2";
        let shown = url(&format!("https://h/v2/a/blobs/uploads/{hidden}{session}?x=1&{name}={hidden}&{hidden}"));
        let harmless = ["scope", "service", "mount", "from", "digest", "n", "last"].contains(&&*name);
        prop_assert_eq!(shown.to_string().matches(hidden).count(), usize::from(harmless));
        prop_assert_eq!(format!("{shown:?}"), shown.to_string());
    }
}
