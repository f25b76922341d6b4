//! Who has written a package, and from whom one gets it.

use super::{Package, Source};

/// Who hands out most packages.
pub const CRATES_IO: &str = "crates.io";

/// `NAME <MAIL>`, as manifests have authors, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person<'a> {
    /// The name.
    pub name: &'a str,
    /// The address.
    pub mail: Option<&'a str>,
}

impl<'a> Person<'a> {
    /// Takes `text` apart; what looks like no address is part of the name.
    pub fn read(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let apart = text.strip_suffix('>').and_then(|text| text.split_once('<'));
        let person = match apart {
            Some((name, mail)) if is_mail(mail) && !name.trim().is_empty() => {
                Person { name: name.trim(), mail: Some(mail) }
            }
            _ => Person { name: text, mail: None },
        };
        (!person.name.is_empty()).then_some(person)
    }
}

/// Those who have written `package`.
pub fn authors(package: &Package) -> Vec<Person<'_>> {
    package.about.authors.iter().filter_map(|author| Person::read(author)).collect()
}

/// From whom one gets `package`: the registry, the host of the repository and who is at home there, and for the user's own
/// packages the project that they are of, whose name is `project`.
pub fn supplier(package: &Package, project: &str) -> String {
    match &package.source {
        Source::CratesIo => CRATES_IO.to_owned(),
        Source::Registry(url) => place(url, 0).unwrap_or_else(|| "a registry".to_owned()),
        Source::Git { url, .. } => place(url, 1).unwrap_or_else(|| "a repository".to_owned()),
        Source::Local => match authors(package).first() {
            Some(first) => first.name.to_owned(),
            None => package
                .about
                .repository
                .as_deref()
                .and_then(|url| place(url, 1))
                .unwrap_or_else(|| project.to_owned()),
        },
    }
}

/// The host in `url`, with this many of the names behind it.
fn place(url: &str, names: usize) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let mut parts = rest.split(['?', '#']).next()?.split('/').filter(|part| !part.is_empty());
    let host = parts.next()?;
    let parts = std::iter::once(host).chain(parts.take(names));
    Some(parts.collect::<Vec<_>>().join("/"))
}

fn is_mail(text: &str) -> bool {
    let plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_+".contains(&byte))
    };
    text.split_once('@').is_some_and(|(local, host)| plain(local) && plain(host) && host.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_is_a_name_and_an_address_if_it_is_one() {
        let read = |text| Person::read(text).map(|person| (person.name, person.mail));
        assert_eq!(read(" Ada <ada@example.org> "), Some(("Ada", Some("ada@example.org"))));
        assert_eq!(read("The Developers"), Some(("The Developers", None)));
        assert_eq!(read("Ada <at home>"), Some(("Ada <at home>", None)));
        assert_eq!(read("<ada@example.org>"), Some(("<ada@example.org>", None)));
        assert_eq!(read("  "), None);
    }

    #[test]
    fn a_supplier_is_always_known() {
        let of = |source: Source| supplier(&Package { source, ..Package::default() }, "hello");
        let git = |url: &str| Source::Git { url: url.into(), commit: String::new() };
        assert_eq!(of(Source::CratesIo), "crates.io");
        assert_eq!(of(Source::Registry("sparse+https://example.org/x/".into())), "example.org");
        assert_eq!(of(git("https://example.org/ada/tool.git")), "example.org/ada");
        assert_eq!(of(git("https://example.org")), "example.org");
        assert_eq!(of(Source::Local), "hello");
        let mut own = Package::default();
        own.about.repository = Some("https://example.org/ada/tool".into());
        assert_eq!(supplier(&own, "hello"), "example.org/ada");
        own.about.authors = vec!["Ada <ada@example.org>".into()];
        assert_eq!(supplier(&own, "hello"), "Ada");
    }
}
