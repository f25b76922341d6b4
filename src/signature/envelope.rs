//! DSSE envelopes: bytes, what they are, and signatures over both (secure-systems-lab/dsse, envelope.md and protocol.md).

use super::private::PrivateKey;
use super::public::PublicKey;
use crate::error::Error;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Value, json};

/// The signatures that are looked at.
const SIGNATURES: usize = 64;

/// An envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What the payload is.
    pub payload_type: String,
    /// The payload.
    pub payload: Vec<u8>,
    signatures: Vec<Signature>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Signature {
    key: String,
    bytes: Vec<u8>,
}

impl Envelope {
    /// One around `payload`, signed with `key`.
    ///
    /// # Errors
    /// The key's.
    pub fn sealed(payload_type: &str, payload: &[u8], key: &PrivateKey) -> Result<Self, Error> {
        let signature =
            Signature { key: key.public().id(), bytes: key.sign(&encoded(payload_type, payload))? };
        Ok(Envelope {
            payload_type: payload_type.to_owned(),
            payload: payload.to_vec(),
            signatures: vec![signature],
        })
    }

    /// The envelope that `json` is.
    ///
    /// # Errors
    /// What it lacks.
    pub fn read(json: &Value) -> Result<Self, String> {
        let text = |value: &Value, key: &str| {
            value[key].as_str().map(str::to_owned).ok_or_else(|| format!("`{key}` is not a text"))
        };
        let decoded = |value: &Value, key: &str| {
            base64(&text(value, key)?).ok_or_else(|| format!("`{key}` is not base64"))
        };
        let list = json["signatures"].as_array().filter(|list| !list.is_empty());
        let list = list.ok_or("`signatures` is not a list with anything in it")?;
        if list.len() > SIGNATURES {
            return Err(format!("it has more than {SIGNATURES} signatures"));
        }
        let signature = |value: &Value| {
            // a hint that nobody has to believe, and that may be missing
            let key = value["keyid"].as_str().unwrap_or_default().to_owned();
            Ok(Signature { key, bytes: decoded(value, "sig")? })
        };
        Ok(Envelope {
            payload_type: text(json, "payloadType")?,
            payload: decoded(json, "payload")?,
            signatures: list.iter().map(signature).collect::<Result<_, String>>()?,
        })
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        let signature = |one: &Signature| json!({ "keyid": one.key, "sig": STANDARD.encode(&one.bytes) });
        json!({
            "payloadType": self.payload_type,
            "payload": STANDARD.encode(&self.payload),
            "signatures": self.signatures.iter().map(signature).collect::<Vec<_>>(),
        })
    }

    /// Whether one of its signatures is one of `key`. What the signatures say of their keys does not count.
    pub fn is_signed_with(&self, key: &PublicKey) -> bool {
        let message = encoded(&self.payload_type, &self.payload);
        self.signatures.iter().any(|signature| key.verifies(&message, &signature.bytes))
    }
}

/// What is signed: the type and the payload, with their lengths, so that the border between the two cannot be moved
/// (protocol.md, "Signature Definition": PAE).
pub fn encoded(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// Either alphabet is allowed (protocol.md, "Steps", for who verifies).
fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_as_the_protocol_has_it() {
        let type_ = "http://example.com/HelloWorld";
        assert_eq!(encoded(type_, b"hello world"), b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
        assert_eq!(encoded("\u{e9}", b""), "DSSEv1 2 \u{e9} 0 ".as_bytes(), "lengths are of bytes");
    }

    #[test]
    fn h6_what_is_no_envelope_is_refused() {
        let good = json!({ "payloadType": "t", "payload": "e30=", "signatures": [{ "sig": "AAEC" }] });
        let read = Envelope::read(&good).unwrap();
        assert_eq!((read.payload.as_slice(), read.signatures[0].key.as_str()), (&b"{}"[..], ""));
        assert_eq!(Envelope::read(&read.json()).unwrap(), read);
        for (key, value) in [
            ("payloadType", json!(1)),
            ("payload", json!("?")),
            ("payload", json!(null)),
            ("signatures", json!([])),
            ("signatures", json!({})),
            ("signatures", json!([{ "keyid": "x" }])),
            ("signatures", json!(vec![json!({ "sig": "AAEC" }); 65])),
        ] {
            let mut bad = good.clone();
            bad[key] = value;
            assert!(Envelope::read(&bad).is_err(), "{bad}");
        }
        assert!(Envelope::read(&json!([])).is_err());
    }
}
