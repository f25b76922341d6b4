//! Sigstore bundles (sigstore/protobuf-specs, `sigstore_bundle.proto`, version 0.3): an envelope, and what it takes to
//! check it.

use super::envelope::Envelope;
use crate::error::{Code, Error};
use serde_json::{Value, json};

/// The media type of a bundle as it is written here, in a registry as in the bundle itself.
const MEDIA_TYPE: &str = crate::image::attachment::SIGSTORE.media_type;
/// How the media type of every bundle begins; older ones end with `;version=0.1`.
const FAMILY: &str = "application/vnd.dev.sigstore.bundle";

/// A signed statement as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The statement, and the signatures.
    pub envelope: Envelope,
    /// What it takes to check them.
    pub seal: Seal,
}

/// What it takes to check a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// A key that the reader has.
    Key,
    /// A certificate in the bundle, and somebody who can tell whether that is a good one.
    Certificate,
}

impl Sealed {
    /// Whether `json` is a bundle or an envelope, whatever is wrong with it.
    pub fn is(json: &Value) -> bool {
        is_bundle(json) || json.get("payload").is_some() || json.get("payloadType").is_some()
    }

    /// The bundle, or the bare envelope, that `json` is.
    ///
    /// # Errors
    /// What it lacks.
    pub fn read(json: &Value) -> Result<Self, String> {
        if !is_bundle(json) {
            return Ok(Sealed { envelope: Envelope::read(json)?, seal: Seal::Key });
        }
        let envelope =
            json.get("dsseEnvelope").ok_or("the bundle has no `dsseEnvelope`: it signs no statement")?;
        let material = &json["verificationMaterial"];
        let certificate =
            ["certificate", "x509CertificateChain"].iter().any(|key| material.get(key).is_some());
        let seal = if certificate { Seal::Certificate } else { Seal::Key };
        Ok(Sealed { envelope: Envelope::read(envelope)?, seal })
    }
}

fn is_bundle(json: &Value) -> bool {
    json["mediaType"].as_str().is_some_and(|text| text.starts_with(FAMILY))
}

/// A bundle around `envelope`, whose key is known as `hint` to those who have it.
pub fn written(envelope: &Envelope, hint: &str) -> Result<Vec<u8>, Error> {
    let bundle = json!({
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": { "publicKey": { "hint": hint } },
        "dsseEnvelope": envelope.json(),
    });
    serde_json::to_vec(&bundle)
        .map_err(|reason| Error::new(Code::Output, "a bundle could not be written").note(reason.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_tells_what_it_takes_to_check_it() {
        let envelope = json!({ "payloadType": "t", "payload": "e30=", "signatures": [{ "sig": "AAEC" }] });
        assert_eq!(Sealed::read(&envelope).unwrap().seal, Seal::Key);
        for (material, seal) in [
            (json!({ "publicKey": { "hint": "x" } }), Seal::Key),
            (json!({ "certificate": { "rawBytes": "" } }), Seal::Certificate),
            (json!({ "x509CertificateChain": {} }), Seal::Certificate),
        ] {
            let types = [MEDIA_TYPE, "application/vnd.dev.sigstore.bundle+json;version=0.1"];
            for media_type in types {
                let bundle = json!({
                    "mediaType": media_type, "verificationMaterial": material, "dsseEnvelope": envelope,
                });
                assert!(Sealed::is(&bundle));
                assert_eq!(Sealed::read(&bundle).unwrap().seal, seal);
            }
        }
        let message = json!({ "mediaType": MEDIA_TYPE, "messageSignature": {} });
        assert!(Sealed::read(&message).is_err(), "it signs bytes, not a statement");
        assert!(!Sealed::is(&json!({ "_type": "x" })));
    }
}
