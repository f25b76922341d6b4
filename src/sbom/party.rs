//! Who has written a package, and from whom one gets it.

use super::{Package, Source};
use crate::image::address::Address;

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

/// From whom one gets a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Supplier<'a> {
    /// Who has written it.
    Person(Person<'a>),
    /// A registry, the host of a repository and who is at home there, or a project.
    Organization(String),
}

impl Supplier<'_> {
    /// The name.
    pub fn name(&self) -> &str {
        match self {
            Supplier::Person(person) => person.name,
            Supplier::Organization(name) => name,
        }
    }
}

/// From whom one gets `package`: the registry or the repository, and for the user's own packages their author, or else the
/// project that they are of, whose name is `project`.
pub fn supplier<'a>(package: &'a Package, project: &str) -> Supplier<'a> {
    let place = |url: &Option<Address>, names| url.as_ref().map(|url| place(url, names));
    Supplier::Organization(match &package.source {
        Source::CratesIo => CRATES_IO.to_owned(),
        Source::Registry(url) => place(url, 0).unwrap_or_else(|| "a registry".to_owned()),
        Source::Git { url, .. } => place(url, 1).unwrap_or_else(|| "a repository".to_owned()),
        Source::Local => match authors(package).into_iter().next() {
            Some(first) => return Supplier::Person(first),
            None => place(&package.about.repository, 1).unwrap_or_else(|| project.to_owned()),
        },
    })
}

/// The host in `url`, with this many of the names behind it.
fn place(url: &Address, names: usize) -> String {
    let parts = std::iter::once(url.host()).chain(url.parts().take(names));
    parts.collect::<Vec<_>>().join("/")
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
        let name = |package: &Package| supplier(package, "hello").name().to_owned();
        let of = |source: Source| name(&Package { source, ..Package::default() });
        let git = |url: &str| Source::Git { url: Address::read(url), commit: String::new() };
        assert_eq!(of(Source::CratesIo), "crates.io");
        assert_eq!(of(Source::Registry(Address::of_index("sparse+https://example.org/x/"))), "example.org");
        assert_eq!(of(Source::Registry(None)), "a registry");
        assert_eq!(of(git("https://example.org/ada/tool.git")), "example.org/ada");
        assert_eq!(of(git("https://example.org")), "example.org");
        assert_eq!(of(git("file:///home/ada/tool")), "a repository");
        assert_eq!(of(Source::Local), "hello");
        let mut own = Package::default();
        own.about.repository = Address::read("file:///home/ada/tool");
        assert_eq!(name(&own), "hello");
        own.about.repository = Address::read("https://example.org/ada/tool");
        assert_eq!(name(&own), "example.org/ada");
        own.about.authors = vec!["Ada <ada@example.org>".into()];
        assert!(matches!(supplier(&own, "hello"), Supplier::Person(Person { name: "Ada", .. })));
    }
}
