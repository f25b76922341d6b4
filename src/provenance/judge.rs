//! Whether a document vouches for an image: is it build provenance, is it about this image, and who signed it.

use super::claims::Claims;
use super::{MEDIA_TYPE, PREDICATE};
use crate::content::{self, Found};
use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::signature::{Cosign, Identity, PublicKey, Seal, Sealed};
use std::collections::BTreeSet;

/// Whose word counts.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Anybody's: a signature is not checked.
    Anybody,
    /// Whoever has the private half of this key.
    Key(PublicKey),
    /// This identity, as cosign sees it.
    Identity(Cosign, Identity),
}

/// A statement about an image.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// What it claims.
    pub claims: Claims,
    /// What there is to say of its signature.
    pub signed: Signed,
}

/// What there is to say of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// There is none.
    Not,
    /// There is one, which nobody has checked.
    Unchecked,
    /// It is the key's.
    WithKey,
    /// It is the identity's.
    ByIdentity,
}

impl Signed {
    /// The word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Signed::Not => "none",
            Signed::Unchecked => "unchecked",
            Signed::WithKey => "key",
            Signed::ByIdentity => "identity",
        }
    }

    /// The same for people.
    pub fn words(self) -> &'static str {
        match self {
            Signed::Not => "unsigned: anybody could have written it",
            Signed::Unchecked => {
                "signed, and the signature is not checked: that takes --key, or --certificate-identity"
            }
            Signed::WithKey => "signed with the key",
            Signed::ByIdentity => "signed by the identity, says cosign",
        }
    }
}

/// What the document `bytes` says of the image `found`, which is sound: its digests are those of its bytes.
///
/// # Errors
/// [`Code::Provenance`] where it does not vouch for it; else cosign cannot be asked.
pub fn judge(bytes: &[u8], found: &Found, trust: &Trust) -> Result<Accepted, Error> {
    let refused = |why: String| Error::new(Code::Provenance, why);
    let json = content::document(bytes).map_err(|why| refused(format!("it is no statement: {why}")))?;
    if !Sealed::is(&json) {
        let claims = Claims::read(bytes).map_err(refused)?;
        about(&claims, found).map_err(refused)?;
        return match trust {
            Trust::Anybody => Ok(Accepted { claims, signed: Signed::Not }),
            Trust::Key(_) | Trust::Identity(..) => Err(refused(Signed::Not.words().to_owned())),
        };
    }
    let sealed = Sealed::read(&json).map_err(refused)?;
    let envelope = &sealed.envelope;
    // the bytes of a statement must not be taken for anything else, nor anything else for a statement
    if envelope.payload_type != MEDIA_TYPE {
        let what = format!("it signs `{}`, expected `{MEDIA_TYPE}`", envelope.payload_type);
        return Err(refused(what));
    }
    if let Trust::Key(key) = trust
        && !envelope.is_signed_with(key)
    {
        return Err(refused("it is not signed with this key".to_owned()));
    }
    let claims = Claims::read(&envelope.payload).map_err(refused)?;
    let subject = about(&claims, found).map_err(refused)?;
    let signed = match trust {
        Trust::Anybody => Signed::Unchecked,
        Trust::Key(_) => Signed::WithKey,
        Trust::Identity(_, _) if sealed.seal == Seal::Key => {
            return Err(refused("it is signed with a key, and there is no identity in it".to_owned()));
        }
        Trust::Identity(cosign, identity) => {
            cosign.verify(bytes, &subject, PREDICATE, identity)?;
            Signed::ByIdentity
        }
    };
    Ok(Accepted { claims, signed })
}

/// The subject of `claims` that is, or leads to, all images of `found`: every manifest is a subject itself, or in an index
/// that is one.
fn about(claims: &Claims, found: &Found) -> Result<Digest, String> {
    let mut covered: BTreeSet<Digest> = claims.subjects.clone();
    // an index comes before what it leads to
    for index in &found.indexes {
        if covered.contains(&index.digest) {
            let entries = index.json["manifests"].as_array().into_iter().flatten();
            covered.extend(entries.filter_map(|entry| entry["digest"].as_str()?.parse().ok()));
        }
    }
    let mut manifests = Vec::new();
    for image in &found.images {
        let manifest = image
            .manifest
            .as_ref()
            .ok_or("the image has no manifest, and so no digest that it could be about")?;
        if !covered.contains(&manifest.digest) {
            return Err(format!("it is about another image: {} is no subject of it", manifest.digest));
        }
        manifests.push(&manifest.digest);
    }
    let roots = found.indexes.iter().map(|index| &index.digest).chain(manifests);
    let subject = roots.into_iter().find(|digest| claims.subjects.contains(digest));
    subject.cloned().ok_or_else(|| "there is no image that it could be about".to_owned())
}
