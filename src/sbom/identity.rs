//! Names for documents that follow from what is in them, so that equal documents are one.

use crate::image::digest::Digest;

/// A UUID of `content`: version 8, which leaves its bits to whoever makes it, here the first of a SHA-256 (RFC 9562, sections
/// 5.8 and B.2).
pub fn uuid(content: &[u8]) -> String {
    let digest = Digest::of(content);
    let hex = digest.hex();
    let part = |range| hex.get(range).unwrap_or_default();
    let variant = match part(16..17) {
        "0" | "4" | "8" | "c" => "8",
        "1" | "5" | "9" | "d" => "9",
        "2" | "6" | "a" | "e" => "a",
        _ => "b",
    };
    format!("{}-{}-8{}-{variant}{}-{}", part(0..8), part(8..12), part(13..16), part(17..20), part(20..32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_is_made_again() {
        // RFC 9562, B.2: the DNS namespace, then the name
        let namespace =
            [0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];
        let content = [&namespace[..], b"www.example.com"].concat();
        assert_eq!(uuid(&content), "5c146b14-3c52-8afd-938a-375d0df1fbf6");
    }
}
