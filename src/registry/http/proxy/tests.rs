use super::*;

fn proxies(variables: &[(&str, &str)]) -> Proxies {
    Proxies::of(&Env::new(variables.iter().copied(), "/"))
}

fn origin(tls: bool, host: &str, port: u16) -> Origin {
    Origin { tls, host: host.to_owned(), port }
}

fn shown(variables: &[(&str, &str)], tls: bool) -> Option<String> {
    let proxies = proxies(variables);
    proxies.to(&origin(tls, "reg.example", 443)).unwrap().map(|route| route.shown.clone())
}

#[test]
fn e14_each_scheme_has_its_variable() {
    let all = [("HTTPS_PROXY", "http://a:1"), ("http_proxy", "b:2"), ("ALL_PROXY", "https://c")];
    assert_eq!(shown(&all, true).as_deref(), Some("http://a:1"));
    assert_eq!(shown(&all, false).as_deref(), Some("http://b:2"));
    assert_eq!(shown(&all[2..], true).as_deref(), Some("https://c:443"));
    assert_eq!(
        shown(&[("https_proxy", "http://low:1"), ("HTTPS_PROXY", "")], true).as_deref(),
        Some("http://low:1")
    );
    assert_eq!(shown(&[], true), None);
}

#[test]
fn e14_a_header_of_a_cgi_request_names_no_proxy() {
    let cgi = [("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "http://evil:1"), ("HTTPS_PROXY", "http://good:1")];
    assert_eq!(shown(&cgi, false), None);
    assert_eq!(shown(&cgi, true).as_deref(), Some("http://good:1"));
}

#[test]
fn e14_the_password_is_used_and_not_shown() {
    let proxies = proxies(&[("HTTPS_PROXY", "http://me:p%40ss%2Fw@proxy.example:3128/")]);
    let route = proxies.to(&origin(true, "reg.example", 443)).unwrap().unwrap();
    assert_eq!((route.proxy.username(), route.proxy.password()), (Some("me"), Some("p@ss/w")));
    let seen = format!("{} {proxies:?}", route.shown);
    assert!(
        !seen.contains("p@ss") && !seen.contains("p%40ss") && seen.contains("proxy.example:3128"),
        "{seen}"
    );
}

#[test]
fn e14_what_is_no_proxy_is_an_error_only_where_it_is_needed() {
    for bad in ["socks5://me:hunter2@h:1", "ftp://hunter2@h", "http://hunter2@", "http://hunter2@h:x"] {
        let proxies = proxies(&[("HTTPS_PROXY", bad)]);
        let said = proxies.to(&origin(true, "reg.example", 443)).unwrap_err();
        assert!(said.what().contains("HTTPS_PROXY") && !said.what().contains("hunter2"), "{}", said.what());
        assert!(proxies.to(&origin(true, "127.0.0.1", 5000)).unwrap().is_none());
        assert!(proxies.to(&origin(false, "reg.example", 80)).unwrap().is_none());
    }
}

#[test]
fn e14_exceptions_are_those_of_go() {
    let fits = |entry: &str, host: &str, port: u16| {
        let entry = Exception::parse(entry);
        entry.is_some_and(|entry| entry.fits(host, port))
    };
    for (entry, host, port) in [
        ("*", "any.example", 1),
        ("example.com", "example.com", 443),
        (" Example.COM ", "a.b.example.com", 443),
        (".example.com", "a.example.com", 443),
        ("*.example.com", "a.example.com", 443),
        ("example.com:5000", "a.example.com", 5000),
        ("10.0.0.0/8", "10.255.0.1", 5000),
        ("192.0.2.1", "192.0.2.1", 5000),
        ("192.0.2.1:5000", "192.0.2.1", 5000),
        ("2001:db8::/32", "[2001:db8:1::1]", 443),
        ("[2001:db8::1]:5000", "[2001:db8::1]", 5000),
        ("2001:db8::1", "[2001:db8::1]", 443),
        ("0.0.0.0/0", "8.8.8.8", 443),
    ] {
        assert!(fits(entry, host, port), "{entry} {host}:{port}");
    }
    for (entry, host, port) in [
        ("", "example.com", 443),
        (".", "example.com", 443),
        ("example.com", "badexample.com", 443),
        (".example.com", "example.com", 443),
        ("*.example.com", "example.com", 443),
        ("example.com:5000", "example.com", 443),
        ("example.com:x", "example.com", 443),
        ("10.0.0.0/8", "11.0.0.1", 443),
        ("10.0.0.0/8", "10.example.com", 443),
        ("10.0.0.0/33", "10.0.0.1", 443),
        ("0.0.0.0/0", "[::1]", 443),
        ("192.0.2.1:5000", "192.0.2.1", 443),
    ] {
        assert!(!fits(entry, host, port), "{entry} {host}:{port}");
    }
}

#[test]
fn e14_this_machine_is_reached_directly() {
    let proxies =
        proxies(&[("HTTPS_PROXY", "http://a:1"), ("HTTP_PROXY", "http://a:1"), ("NO_PROXY", "x, .corp ")]);
    for host in ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "reg.corp"] {
        assert!(proxies.to(&origin(false, host, 5000)).unwrap().is_none(), "{host}");
    }
    assert!(proxies.to(&origin(true, "reg.example", 443)).unwrap().is_some());
}
