//! The few forms of DER (ITU-T X.690) that keys lie in: put together, never taken apart.

/// `ecPublicKey` with the curve `prime256v1` (RFC 5480, 2.1.1): the algorithm of an ECDSA P-256 key.
pub const P256: [u8; 21] = [
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07,
];
/// `id-Ed25519` (RFC 8410, 3): the algorithm of an Ed25519 key.
pub const ED25519: [u8; 7] = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// A key of RFC 5915 as one of PKCS#8 (RFC 5208, 5), which says of which kind it is.
pub fn pkcs8(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let parts = [&value(INTEGER, &[0])[..], algorithm, &value(OCTET_STRING, key)];
    value(SEQUENCE, &parts.concat())
}

/// A public key as `SubjectPublicKeyInfo` (RFC 5280, 4.1).
pub fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let unused = [0]; // bits of the last byte
    value(SEQUENCE, &[algorithm, &value(BIT_STRING, &[&unused, key].concat())].concat())
}

/// A tag, the length of `content`, and it.
fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let bytes = length.to_be_bytes();
    let significant = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    let mut value = vec![tag];
    match length < 0x80 {
        true => value.push(length as u8),
        false => {
            value.push(0x80 | significant.len() as u8);
            value.extend(significant);
        }
    }
    value.extend(content);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_as_short_as_they_can_be() {
        assert_eq!(value(4, &[7; 127])[..2], [4, 127]);
        assert_eq!(value(4, &[7; 128])[..3], [4, 0x81, 128]);
        assert_eq!(value(4, &[7; 256])[..4], [4, 0x82, 1, 0]);
        assert_eq!(value(2, &[0]), [2, 1, 0]);
    }
}
