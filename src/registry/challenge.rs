//! What a registry wants to be shown: the header `WWW-Authenticate` (RFC 9110, 11.6.1).
//!
//! A header may hold several challenges, and an answer several headers. Commas separate both challenges and their
//! parameters, so that only what follows a word tells whether it is a scheme or a parameter's name.

/// The longest header that is looked at, in bytes.
const LENGTH: usize = 8 << 10;
/// The most headers of one answer.
const HEADERS: usize = 16;
/// The most parameters of one challenge.
const PARAMETERS: usize = 16;

/// A way to say who asks that is known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// A name and a password with every request (RFC 7617).
    Basic,
    /// A token (RFC 6750), to be had from a token server (distribution, "Token Authentication Specification").
    Bearer(Wanted),
}

/// A token that a registry wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The address of the token server, as it came.
    pub realm: String,
    /// The service that the token is for.
    pub service: Option<String>,
    /// What the token must allow, parted by spaces.
    pub scope: Option<String>,
}

impl Challenge {
    /// The best of those in `headers`: a token before a password. `None` if none of them is known here.
    pub fn preferred<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Self> {
        let all: Vec<_> = headers.take(HEADERS).flat_map(|header| parse(header).into_iter()).collect();
        let token = all.iter().find(|challenge| **challenge != Challenge::Basic);
        token.or_else(|| all.first()).cloned()
    }
}

/// The challenges of one header that are known here; a tokens' without a realm leads nowhere and is left out.
fn parse(header: &str) -> Vec<Challenge> {
    let mut known = Vec::new();
    for (scheme, parameters) in split(header) {
        let value = |name: &str| {
            let found = parameters.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        if scheme.eq_ignore_ascii_case("basic") {
            known.push(Challenge::Basic);
        } else if let (true, Some(realm)) = (scheme.eq_ignore_ascii_case("bearer"), value("realm")) {
            let (service, scope) = (value("service"), value("scope"));
            known.push(Challenge::Bearer(Wanted { realm, service, scope }));
        }
    }
    known
}

/// Schemes with their parameters. What fits no grammar is passed over, character by character.
fn split(header: &str) -> Vec<(&str, Vec<(&str, String)>)> {
    let mut challenges: Vec<(&str, Vec<(&str, String)>)> = Vec::new();
    let mut rest = if header.len() > LENGTH { "" } else { header };
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find(|c: char| !is_token(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            let mut characters = after.chars();
            if characters.next().is_none() {
                return challenges;
            }
            rest = characters.as_str();
            continue;
        }
        match after.trim_start_matches([' ', '\t']).strip_prefix('=') {
            None => {
                challenges.push((word, Vec::new()));
                rest = after;
            }
            Some(after) => {
                let (value, after) = value(after.trim_start_matches([' ', '\t']));
                let parameters = challenges.last_mut().map(|(_, parameters)| parameters);
                if let Some(parameters) = parameters.filter(|parameters| parameters.len() < PARAMETERS) {
                    parameters.push((word, value));
                }
                rest = after;
            }
        }
    }
}

/// A parameter's value, a word or a quoted string, and what stands behind it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c: char| !is_token(c)).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => break,
            '\\' => value.extend(characters.next()),
            c => value.push(c),
        }
    }
    (value, characters.as_str())
}

/// RFC 9110, 5.6.2.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn preferred(headers: &[&str]) -> Option<Challenge> {
        Challenge::preferred(headers.iter().copied())
    }

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        let (service, scope) = (service.map(str::to_owned), scope.map(str::to_owned));
        Challenge::Bearer(Wanted { realm: realm.to_owned(), service, scope })
    }

    #[test]
    fn what_registries_send_is_understood() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        let wanted = bearer(
            "https://auth.docker.io/token",
            Some("registry.docker.io"),
            Some("repository:a/b:pull,push"),
        );
        assert_eq!(preferred(&[hub]), Some(wanted));
        assert_eq!(preferred(&["Basic realm=\"Registry Realm\""]), Some(Challenge::Basic));
        assert_eq!(preferred(&["bAsIc"]), Some(Challenge::Basic));
        assert_eq!(preferred(&["BEARER REALM = https"]), Some(bearer("https", None, None)));
    }

    #[test]
    fn the_token_is_preferred_in_whatever_order_and_header() {
        let token = Some(bearer("https://t", None, None));
        assert_eq!(preferred(&[r#"Basic realm="x, y=z", Bearer realm="https://t""#]), token);
        assert_eq!(preferred(&[r#"Bearer realm="https://t", Basic realm="x""#]), token);
        assert_eq!(preferred(&["Negotiate YWJj==", "Basic", r#"Bearer realm="https://t""#]), token);
        assert_eq!(preferred(&["Bearer service=x", "Basic"]), Some(Challenge::Basic));
    }

    #[test]
    fn e10_odd_ones_are_passed_over() {
        for odd in
            ["", ",,,", "=", "\"", "Digest realm=x", "Bearer", "Bearer realm=\"\"", "realm=\"https://t\""]
        {
            assert_eq!(preferred(&[odd]), None, "{odd}");
        }
        assert_eq!(preferred(&[&format!("Basic realm={}", "x".repeat(1 << 20))]), None);
        assert_eq!(preferred(&vec!["Digest realm=x"; 10_000]), None);
        assert_eq!(preferred(&[r#"Bearer realm="a\"b\\c"#]), Some(bearer("a\"b\\c", None, None)));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(header in "[ -~é\t\"]{0,200}") {
            let _ = preferred(&[&header]);
        }

        #[test]
        fn a_quoted_value_comes_back(value in "[ -~]{1,40}") {
            let quoted: String = value.chars().flat_map(|c| ['\\', c]).collect();
            let header = format!("Basic realm=\"a\", Bearer a=b , realm=\"{quoted}\", c=d");
            prop_assert_eq!(preferred(&[&header]), Some(bearer(&value, None, None)));
        }
    }
}
