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
    /// The manifests of the image that it is about: all of them, or those of single platforms.
    pub covers: BTreeSet<Digest>,
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
        let About { covers, .. } = About::of(&claims, found).map_err(refused)?;
        return match trust {
            Trust::Anybody => Ok(Accepted { claims, signed: Signed::Not, covers }),
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
    let About { subject, covers } = About::of(&claims, found).map_err(refused)?;
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
    Ok(Accepted { claims, signed, covers })
}

/// What of an image a statement is about.
struct About {
    /// A subject that is, or leads to, what is covered.
    subject: Digest,
    /// The manifests that are a subject themselves, or in an index that is one.
    covers: BTreeSet<Digest>,
}

impl About {
    /// What of `found` the `claims` are about. Platforms that separate runs have pushed have a statement each, and the
    /// index over them has none: so one that covers a single manifest is about the image, as far as that goes.
    fn of(claims: &Claims, found: &Found) -> Result<Self, String> {
        let mut known = claims.subjects.clone();
        // an index comes before what it leads to
        for index in &found.indexes {
            if known.contains(&index.digest) {
                let entries = index.json["manifests"].as_array().into_iter().flatten();
                known.extend(entries.filter_map(|entry| entry["digest"].as_str()?.parse().ok()));
            }
        }
        let manifests: Vec<_> =
            found.images.iter().filter_map(|image| Some(&image.manifest.as_ref()?.digest)).collect();
        let first = manifests.first().filter(|_| manifests.len() == found.images.len());
        let first = first.ok_or("the image has no manifest, and so no digest that it could be about")?;
        let covers: BTreeSet<_> =
            manifests.iter().filter(|one| known.contains(one)).copied().cloned().collect();
        let roots = found.indexes.iter().map(|index| &index.digest).chain(manifests.iter().copied());
        let subject = roots.into_iter().find(|digest| claims.subjects.contains(digest));
        match subject.filter(|_| !covers.is_empty()) {
            Some(subject) => Ok(About { subject: subject.clone(), covers }),
            None => Err(format!("it is about another image: {first} is no subject of it")),
        }
    }
}
