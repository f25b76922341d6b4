//! Certificates of authorities, Mozilla's or those of a user's file, as the one text that every TLS library reads.
//!
//! A file is taken apart and written anew: certificates go into an image and nothing else, so no private key and no
//! comment with a host's name can slip in beside them.

mod pem;
mod x509;

use crate::error::{Code, Error, escaped};
use crate::regular::RegularFile;
use crate::tool::Tool;
use pem::{Damage, Why};
use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

/// The largest file that is read, in bytes; Mozilla's whole list is 0.2 MB.
const LIMIT: u64 = 8 << 20;

/// What a certificate is, and what is said of it to people.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Certificate {
    der: Vec<u8>,
    name: String,
    /// The last second in which it is valid, since 1970.
    end: u64,
}

/// What stands above Mozilla's certificates: whoever hands on the list must say under which terms (section 2.1).
const TERMS: &str = "# Mozilla's roots, by the crate webpki-root-certs, under CDLA-Permissive-2.0:\n\
                     # https://cdla.dev/permissive-2-0/\n";

/// At least one certificate, none of them twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    certificates: Vec<Certificate>,
    /// Lines of comment, or nothing.
    heading: &'static str,
}

impl Bundle {
    /// The authorities that Mozilla trusts for TLS servers, sorted by name.
    pub fn mozilla() -> Result<Self, Error> {
        let mut all = Vec::new();
        for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            all.push(certificate(root).ok_or_else(|| {
                Error::new(Code::Asset, "a certificate of the crate webpki-root-certs cannot be read")
            })?);
        }
        all.sort_by(|a, b| (&a.name, &a.der).cmp(&(&b.name, &b.der)));
        Ok(Bundle { certificates: all, heading: TERMS })
    }

    /// The certificates of the PEM file at `path`, in its order.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let file = RegularFile::open(path, true).map_err(|error| error.help(OTHERWISE))?;
        let refuse =
            |what: &str| Error::new(Code::Asset, format!("`{}` {what}", path.display())).help(OTHERWISE);
        let mut bytes = Vec::new();
        let limited = file.file().take(LIMIT + 1).read_to_end(&mut bytes);
        limited.map_err(|reason| file.unreadable(&reason))?;
        if bytes.is_empty() {
            return Err(refuse("is empty, expected certificates"));
        }
        if bytes.len() as u64 > LIMIT {
            return Err(refuse("is larger than 8 MiB: that is no file of certificates"));
        }
        if certificate(&bytes).is_some() {
            return Err(Error::new(Code::Asset, format!("`{}` is not PEM but DER", path.display()))
                .help(openssl(&["x509", "-inform", "DER", "-out", "ca.pem", "-in"], path)));
        }
        let blocks = pem::blocks(&bytes).map_err(|damage| refusal(path, &damage))?;
        let mut bundle = Bundle { certificates: Vec::new(), heading: "" };
        for (at, block) in blocks.iter().enumerate() {
            let read = certificate(&block.bytes).ok_or_else(|| {
                let what = format!("certificate {} of `{}` is damaged", at + 1, path.display());
                Error::new(Code::Asset, what)
                    .at(format!("{}:{}", path.display(), block.line))
                    .help("take it again from where it came from")
            })?;
            bundle.certificates.push(read);
        }
        bundle.without_twins();
        if bundle.certificates.is_empty() {
            return Err(refuse("has no certificate").note(
                "expected text with lines `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----`",
            ));
        }
        Ok(bundle)
    }

    /// Takes up those of `other` that are not here yet.
    pub fn join(&mut self, other: Bundle) {
        if self.heading.is_empty() {
            self.heading = other.heading;
        }
        self.certificates.extend(other.certificates);
        self.without_twins();
    }

    fn without_twins(&mut self) {
        let mut seen = HashSet::new();
        self.certificates.retain(|one| seen.insert(one.der.clone()));
    }

    /// The number of certificates.
    pub fn count(&self) -> usize {
        self.certificates.len()
    }

    /// The names of those that are not valid any more at `time`, in seconds since 1970.
    pub fn expired(&self, time: u64) -> Vec<&str> {
        self.certificates.iter().filter(|one| one.end < time).map(|one| one.name.as_str()).collect()
    }

    /// All of them as PEM, each below a comment with its name.
    pub fn text(&self) -> String {
        let blocks: Vec<_> =
            self.certificates.iter().map(|one| format!("# {}\n{}", one.name, pem::block(&one.der))).collect();
        format!("{}{}", self.heading, blocks.concat())
    }
}

const OTHERWISE: &str =
    "name a PEM file of certificates: --ca-certs FILE, or take Mozilla's: --ca-certs mozilla";

fn certificate(der: &[u8]) -> Option<Certificate> {
    let facts = x509::read(der).ok()?;
    Some(Certificate { der: der.to_vec(), name: escaped(&facts.name).into_owned(), end: facts.end })
}

/// The error for a text; it shows nothing from within a block, which may be a secret.
fn refusal(path: &Path, damage: &Damage) -> Error {
    let shown = path.display();
    let error = |what: String| Error::new(Code::Asset, what).at(format!("{shown}:{}", damage.line));
    let alone = openssl(&["storeutl", "-certs", "-out", "ca.pem"], path);
    let alone = format!("take the certificates alone: {alone}");
    let again = "take it again from where it came from";
    match &damage.why {
        Why::Key => error(format!("`{shown}` has a private key, which no image may hold"))
            .note("whoever has the image could read it")
            .help(alone),
        Why::Other(label) => {
            error(format!("`{shown}` has a block that is no certificate: {label}")).help(alone)
        }
        Why::NoEnd => {
            error(format!("`{shown}` ends within a certificate, or its END line is damaged")).help(again)
        }
        Why::NoBegin => error(format!("`{shown}` has an END line without its BEGIN line")).help(again),
        Why::Base64 => {
            error(format!("`{shown}` has a certificate that is damaged: it is not base64")).help(again)
        }
    }
}

/// A command line over the file at `path`, whatever its name is.
fn openssl(words: &[&str], path: &Path) -> String {
    Tool::new("openssl").args(words.iter().copied()).arg(path).to_string()
}

#[cfg(test)]
mod tests;
