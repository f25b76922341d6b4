//! The text form of certificates (RFC 7468): blocks of base64 between two lines that name what is inside.
//!
//! Own code for the reading, because a library tells neither the line of a fault nor of a key that it skips.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The characters of a line of base64 (RFC 7468, section 2).
const WIDTH: usize = 64;
/// What a certificate is called; the second is OpenSSL's older name.
const LABELS: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];

/// A block that is a certificate by its name.
#[derive(Debug)]
pub struct Block {
    /// The line that it starts in, from 1.
    pub line: usize,
    /// What was written as base64.
    pub bytes: Vec<u8>,
}

/// What speaks against a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Damage {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub why: Why,
}

/// What can be wrong.
#[derive(Debug, PartialEq, Eq)]
pub enum Why {
    /// A private key starts here.
    Key,
    /// A block of another kind starts here, which is called so.
    Other(String),
    /// The block that starts here does not end.
    NoEnd,
    /// A block ends here that did not start.
    NoBegin,
    /// The block that starts here is not base64.
    Base64,
}

/// The certificates of `text`; what stands between the blocks is left out.
pub fn blocks(text: &[u8]) -> Result<Vec<Block>, Damage> {
    // a key is told first, whatever else is wrong: it is the one fault that must not be mended by hand
    if let Some(at) = lines(text).position(is_key) {
        return Err(Damage { line: at + 1, why: Why::Key });
    }
    let (mut blocks, mut open) = (Vec::new(), None);
    for (line, words) in (1..).zip(lines(text)) {
        let starts = label(words, b"-----BEGIN ");
        let ends = label(words, b"-----END ");
        open = match (open, starts, ends) {
            (None, None, None) => None,
            (None, Some(label), _) if LABELS.contains(&label.as_str()) => Some((line, Vec::new())),
            (None, Some(label), _) => return Err(Damage { line, why: Why::Other(label) }),
            (None, None, Some(_)) => return Err(Damage { line, why: Why::NoBegin }),
            (Some((line, _)), Some(_), _) => return Err(Damage { line, why: Why::NoEnd }),
            (Some((line, base64)), None, Some(_)) => {
                let bytes = STANDARD.decode(&base64).map_err(|_| Damage { line, why: Why::Base64 })?;
                blocks.push(Block { line, bytes });
                None
            }
            (Some((line, mut base64)), None, None) => {
                base64.extend(words.iter().filter(|byte| !byte.is_ascii_whitespace()));
                Some((line, base64))
            }
        };
    }
    match open {
        Some((line, _)) => Err(Damage { line, why: Why::NoEnd }),
        None => Ok(blocks),
    }
}

/// `der` as a block.
pub fn block(der: &[u8]) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for (at, character) in STANDARD.encode(der).chars().enumerate() {
        if at > 0 && at % WIDTH == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str("\n-----END CERTIFICATE-----\n");
    text
}

/// Lines without space around, which a carriage return is too, and without the mark that Windows starts texts with.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii)
}

/// Any of `PRIVATE KEY`, `RSA PRIVATE KEY`, `ENCRYPTED PRIVATE KEY`, `PGP PRIVATE KEY BLOCK`, also within a line.
fn is_key(line: &[u8]) -> bool {
    let has = |words: &[u8]| memchr::memmem::find(line, words).is_some();
    has(b"-----BEGIN ") && has(b"PRIVATE KEY")
}

fn label(line: &[u8], mark: &[u8]) -> Option<String> {
    let label = line.strip_prefix(mark)?.strip_suffix(b"-----")?;
    Some(String::from_utf8_lossy(&label[..label.len().min(WIDTH)]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> (usize, Why) {
        let damage = blocks(text.as_bytes()).unwrap_err();
        (damage.line, damage.why)
    }

    #[test]
    fn what_is_written_is_read_back_whatever_stands_around_it() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = block(&bytes);
        assert!(text.lines().all(|line| line.len() <= 64) && text.ends_with("-----\n"));
        for text in [
            text.clone(),
            text.replace('\n', "  \r\n"),
            format!("\u{feff}{text}"),
            format!("café: gateway.example\n\n{text}# end"),
            text.replace("CERTIFICATE", "X509 CERTIFICATE"),
        ] {
            let read = blocks(text.as_bytes()).unwrap();
            assert_eq!(read.iter().map(|block| &block.bytes).collect::<Vec<_>>(), [&bytes], "{text}");
        }
        let two = format!("{text}\n{text}").replace('\n', "\r\n");
        assert_eq!(blocks(two.as_bytes()).unwrap()[1].line, text.lines().count() + 2);
    }

    #[test]
    fn c12_a_private_key_is_told_before_everything_else() {
        for kind in [
            "PRIVATE KEY",
            "RSA PRIVATE KEY",
            "EC PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "PGP PRIVATE KEY BLOCK",
        ] {
            assert_eq!(
                why(&format!("-----BEGIN CERTIFICATE-----\n?\n-----BEGIN {kind}-----\n")),
                (3, Why::Key),
                "{kind}"
            );
            assert_eq!(why(&format!("# -----BEGIN {kind}-----")), (1, Why::Key), "in a comment");
        }
    }

    #[test]
    fn c12_each_fault_names_its_line() {
        let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
        assert_eq!(why(&format!("x\n{begin}\nAAAA\n")), (2, Why::NoEnd));
        assert_eq!(why(&format!("{begin}\nAAAA\n{begin}\nAAAA\n{end}")), (1, Why::NoEnd));
        assert_eq!(why(&format!("\n\nAAAA\n{end}\n")), (4, Why::NoBegin));
        for bad in ["AA?A", "AAA", "A", "AAAA=", "Proc-Type: 4"] {
            assert_eq!(why(&format!("{begin}\n{bad}\n{end}")), (1, Why::Base64), "{bad}");
        }
        let other = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----";
        assert_eq!(why(&format!("{begin}\nAAAA\n{end}\n{other}")), (4, Why::Other("X509 CRL".into())));
    }
}
