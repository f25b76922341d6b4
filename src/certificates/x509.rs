//! The two facts of a certificate that people are told: whose it is and when it ends (RFC 5280, section 4.1).
//!
//! No more is read than that. TLS libraries differ in what they take, so a strict reader would refuse authorities that
//! work; but every length must add up, which finds what was cut off or is no certificate at all.

use der::asn1::{GeneralizedTime, UtcTime};
use der::{AnyRef, Decode, Reader, Result, SliceReader, Tag};

/// The types of a name's parts that tell most, the best first: commonName, organizationalUnitName, organizationName
/// (ITU-T X.520: 2.5.4.3, 2.5.4.11, 2.5.4.10).
const PARTS: [[u8; 3]; 3] = [[0x55, 4, 3], [0x55, 4, 11], [0x55, 4, 10]];

/// What is known of a certificate.
pub struct Facts {
    /// The most telling part of its subject's name, without control characters.
    pub name: String,
    /// The last second in which it is valid, since 1970.
    pub end: u64,
}

/// The facts of the one certificate that `der` is.
pub fn read(der: &[u8]) -> Result<Facts> {
    let mut reader = SliceReader::new(der)?;
    let facts = reader.sequence(|certificate| {
        let facts = certificate.sequence(signed)?;
        rest(certificate)?; // the signature
        Ok::<_, der::Error>(facts)
    })?;
    reader.finish()?;
    Ok(facts)
}

/// The part that is signed.
fn signed(reader: &mut SliceReader<'_>) -> Result<Facts> {
    if Tag::peek(reader)?.is_context_specific() {
        AnyRef::decode(reader)?; // the version, where it is not the first
    }
    let serial = AnyRef::decode(reader)?;
    der::Tagged::tag(&serial).assert_eq(Tag::Integer)?;
    for _ in ["signature", "issuer"] {
        reader.sequence(rest)?;
    }
    let end = reader.sequence(|validity| {
        time(validity)?;
        time(validity)
    })?;
    let name = reader.sequence(name)?;
    reader.sequence(rest)?; // the public key
    rest(reader)?;
    Ok(Facts { name, end })
}

fn time(reader: &mut SliceReader<'_>) -> Result<u64> {
    let since = match Tag::peek(reader)? {
        Tag::UtcTime => UtcTime::decode(reader)?.to_unix_duration(),
        _ => GeneralizedTime::decode(reader)?.to_unix_duration(),
    };
    Ok(since.as_secs())
}

fn name(reader: &mut SliceReader<'_>) -> Result<String> {
    let mut found = PARTS.map(|_| None);
    while !reader.is_finished() {
        let mut set = SliceReader::new(AnyRef::decode(reader)?.value())?;
        while !set.is_finished() {
            let (kind, value) = set.sequence(|part| {
                Ok::<_, der::Error>((AnyRef::decode(part)?.value(), AnyRef::decode(part)?.value()))
            })?;
            if let Some(at) = PARTS.iter().position(|part| part == kind) {
                found[at] = Some(value);
            }
        }
    }
    let best = found.into_iter().flatten().next().unwrap_or(b"without a name");
    // the 16-bit characters of a BMPString lose their zeros here
    Ok(String::from_utf8_lossy(best).chars().filter(|c| !c.is_control()).collect())
}

fn rest(reader: &mut SliceReader<'_>) -> Result<()> {
    while !reader.is_finished() {
        AnyRef::decode(reader)?;
    }
    Ok(())
}
