//! What a symbol's name tells: how people read it, and the crate that the code was written in.
//!
//! Both of rustc's manglings begin with the path of the item. In the newer one (The rustc book, "v0 Symbol Format") an
//! `impl` carries the path of the module that it stands in, so that its crate is known. The older one has the type and
//! the trait only; an `impl` stands in the crate of one of them, which is the one that can see the other.

use rustc_demangle::try_demangle;

/// Deeper paths are no work of rustc's.
const DEPTH: usize = 64;

/// A name of Rust's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// For people, without the compiler's hashes.
    pub text: String,
    /// The crates that it may come from: one, or that of a type and that of a trait.
    pub crates: Vec<String>,
}

/// Reads `symbol`; `None` if it is no name of Rust's.
pub fn read(symbol: &str) -> Option<Name> {
    // what LLVM adds to a name that it has copied or split
    let plain = symbol.split(".llvm.").next().unwrap_or(symbol);
    if plain.trim_start_matches('_').starts_with("ZN") && !has_hash(plain) {
        return None; // C++ mangles its names alike
    }
    let text = format!("{:#}", try_demangle(plain).ok()?);
    let crates = match plain.trim_start_matches('_').strip_prefix('R') {
        Some(path) => root(path, path, DEPTH).map(|name| vec![name]),
        None => None,
    };
    Some(Name { crates: crates.unwrap_or_else(|| named(&text)), text })
}

/// Whether a name of the older mangling ends as rustc's do: `17h`, sixteen digits, `E`, and perhaps what LLVM adds.
fn has_hash(symbol: &str) -> bool {
    let is_hash = |rest: &str| rest.len() >= 17 && rest.bytes().take(16).all(|byte| byte.is_ascii_hexdigit());
    symbol
        .rfind("17h")
        .is_some_and(|at| is_hash(&symbol[at + 3..]) && symbol.as_bytes().get(at + 19) == Some(&b'E'))
}

/// The crate at the root of the path that `rest` begins with, in the symbol `whole`; `None` if the mangling hides it
/// behind a type.
fn root(whole: &str, rest: &str, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let (tag, after) = (rest.chars().next()?, rest.get(1..)?);
    match tag {
        'C' => identifier(disambiguated(after)?),
        'M' | 'X' => root(whole, disambiguated(after)?, depth),
        'N' => root(whole, after.get(1..)?, depth),
        'I' => root(whole, after, depth),
        'B' => {
            let at = usize::try_from(number(after)?.0).ok()?;
            root(whole, whole.get(at..)?, depth)
        }
        '0'..='9' => root(whole, rest.trim_start_matches(|c: char| c.is_ascii_digit()), depth),
        _ => None,
    }
}

/// `rest` behind a disambiguator, if it begins with one.
fn disambiguated(rest: &str) -> Option<&str> {
    match rest.strip_prefix('s') {
        Some(number_) => number(number_).map(|(_, rest)| rest),
        None => Some(rest),
    }
}

/// A number of base 62, which is one more than its digits say, and what follows it.
fn number(text: &str) -> Option<(u64, &str)> {
    let (digits, rest) = text.split_once('_')?;
    let mut value = 0_u64;
    for digit in digits.bytes() {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'z' => digit - b'a' + 10,
            b'A'..=b'Z' => digit - b'A' + 36,
            _ => return None,
        };
        value = value.checked_mul(62)?.checked_add(digit.into())?;
    }
    Some((if digits.is_empty() { 0 } else { value.checked_add(1)? }, rest))
}

/// A plain identifier: its length, perhaps `_`, its bytes. (The name of a crate is ASCII.)
fn identifier(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (len, rest) = text.split_at(end);
    rest.strip_prefix('_').unwrap_or(rest).get(..len.parse().ok()?).map(str::to_owned)
}

/// The crates that a demangled path names: that at its beginning, or those of `<Type as Trait>`.
fn named(text: &str) -> Vec<String> {
    let Some(inner) = text.strip_prefix('<').map(within) else { return Vec::from_iter(first(text)) };
    let mut crates = Vec::new();
    match as_trait(inner) {
        Some((of, trait_)) => crates.extend(first(of).into_iter().chain(first(trait_))),
        None => crates.extend(first(inner)),
    }
    crates.dedup();
    crates
}

/// What stands between `<`, which was taken off, and its `>`.
fn within(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before == '-' => {} // an arrow
            '>' if depth == 0 => return &text[..at],
            '>' => depth -= 1,
            _ => {}
        }
        before = c;
    }
    text
}

/// The two sides of ` as `, on the level of `text` itself.
fn as_trait(text: &str) -> Option<(&str, &str)> {
    text.match_indices(" as ").map(|(at, words)| (&text[..at], &text[at + words.len()..])).find(|(of, _)| {
        let count = |c| of.matches(c).count();
        count('<') == count('>') - of.matches("->").count()
    })
}

/// The crate of the first path in a type: `&mut [alloc::string::String]` is of `alloc`. A type without a path, such as
/// `u8` or a parameter `T`, is of none.
fn first(text: &str) -> Option<String> {
    let at = text.find("::")?;
    let name = text[..at].rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crates(symbol: &str) -> Vec<String> {
        read(symbol).unwrap().crates
    }

    #[test]
    fn older_names_tell_the_type_and_the_trait() {
        assert_eq!(crates("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE"), ["core"]);
        let display =
            "_ZN60_$LT$alloc..string..String$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE";
        assert_eq!(read(display).unwrap().text, "<alloc::string::String as core::fmt::Display>::fmt");
        assert_eq!(crates(display), ["alloc", "core"]);
        let primitive = "_ZN44_$LT$u8$u20$as$u20$serde..ser..Serialize$GT$9serialize17h0123456789abcdefE";
        assert_eq!(crates(primitive), ["serde"]);
        let inherent = "_ZN4core3str21_$LT$impl$u20$str$GT$4trim17h0123456789abcdefE";
        assert_eq!(crates(inherent), ["core"]);
    }

    #[test]
    fn newer_names_tell_where_an_impl_stands() {
        // the example of the rustc book, and an impl of `mycrate` for a foreign type
        assert_eq!(crates("_RNvCskwGfYPst2Cb_3foo16example_function"), ["foo"]);
        assert_eq!(crates("_RNvXs_Cs1234_7mycrateNtNtCs5678_5alloc6string6StringNtB4_5Trait1f"), ["mycrate"]);
        assert_eq!(crates("_RINvNtCs1_4core3ptr13drop_in_placeNtCs2_1a1TE"), ["core"]);
    }

    #[test]
    fn types_are_read_to_their_own_end() {
        for (text, names) in [
            ("<&mut [a::b::C] as d::E>::f", &["a", "d"][..]),
            ("<a::B<c::D as e::F> as g::H>::i", &["a", "g"]),
            ("<fn(a::B) -> c::D as e::F>::g", &["a", "e"]),
            ("<T as a::B>::c", &["a"]),
            ("<a::B>::c", &["a"]),
            ("main", &[]),
            ("<a::B as a::C>::d", &["a"]),
        ] {
            assert_eq!(named(text), names, "{text}");
        }
    }

    #[test]
    fn what_is_not_rusts_has_no_name_and_what_is_broken_no_crate() {
        assert_eq!(read("memcpy"), None);
        assert_eq!(read("_ZN5boost5tableE"), None, "a name of C++");
        for odd in ["_ZN7$u2192$3foo17h0123456789abcdefE", "_ZN6$u301$3foo17h0123456789abcdefE"] {
            assert!(read(odd).is_some(), "{odd}");
        }
        assert_eq!(read(""), None);
        assert_eq!(root("B_", "B_", DEPTH), None, "a path that leads to itself");
        assert_eq!(number("zz"), None);
        assert_eq!(identifier("9abc"), None);
    }
}
