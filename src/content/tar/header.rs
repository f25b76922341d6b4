//! One header block of 512 bytes (POSIX.1-2001, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format").

use super::Member;
use crate::image::tarball::{BLOCK, OCTAL_LIMIT};

/// The largest size that the digits of the field hold.
pub const OCTAL: u64 = OCTAL_LIMIT;

/// The types that are read: file, hard link, symbolic link, devices, folder, fifo, extended headers of pax and of GNU.
const KINDS: &[u8] = b"0123456xgLK";

/// Understands `block`, or says why that could be done in two ways.
pub fn read(block: &[u8; BLOCK as usize]) -> Result<Member, String> {
    let sum = |byte: (usize, &u8)| if (148..156).contains(&byte.0) { 32 } else { u64::from(*byte.1) };
    let sum: u64 = block.iter().enumerate().map(sum).sum();
    if number(&block[148..156], "chksum")? != i64::try_from(sum).unwrap_or(-1) {
        return Err("a header has another checksum than it says".into());
    }
    let posix = match &block[257..265] {
        b"ustar\x0000" => true,
        b"ustar  \0" => false,
        _ => return Err("a header is neither POSIX's nor GNU's".into()),
    };
    let kind = match block[156] {
        0 => b'0',
        b'S' => return Err("it has a sparse file, whose size readers take differently".into()),
        kind if KINDS.contains(&kind) => kind,
        kind => {
            return Err(format!(
                "an entry has the type `{}`, which readers take differently",
                kind.escape_ascii()
            ));
        }
    };
    let mut name = text(&block[..100], "name")?.to_vec();
    // where POSIX has the start of a long name, GNU has times
    let prefix = if posix { text(&block[345..500], "prefix")? } else { &[] };
    if !prefix.is_empty() {
        name = [prefix, b"/", &name].concat();
    }
    let unsigned = |field: &[u8], what: &str| {
        u64::try_from(number(field, what)?).map_err(|_| format!("a header has a negative {what}"))
    };
    Ok(Member {
        name,
        kind,
        link: text(&block[157..257], "linkname")?.to_vec(),
        mode: u32::try_from(unsigned(&block[100..108], "mode")? & 0o7777).unwrap_or(0),
        uid: unsigned(&block[108..116], "uid")?,
        gid: unsigned(&block[116..124], "gid")?,
        size: unsigned(&block[124..136], "size")?,
        mtime: number(&block[136..148], "mtime")?,
        xattrs: Vec::new(),
    })
}

/// Up to the first zero byte; nothing may hide behind it.
fn text<'a>(field: &'a [u8], what: &str) -> Result<&'a [u8], String> {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    match field[end..].iter().all(|byte| *byte == 0) {
        true => Ok(&field[..end]),
        false => Err(format!("a header has something behind the end of its {what}")),
    }
}

/// Octal digits between spaces and zero bytes, or GNU's base 256: a first byte of 0x80, or of 0xff for what is
/// negative, and the number in the others, most significant first.
fn number(field: &[u8], what: &str) -> Result<i64, String> {
    let wrong = || format!("a header has no number in `{what}`");
    if let Some(sign @ (0x80 | 0xff)) = field.first().copied() {
        let fill = if sign == 0xff { 0xff } else { 0 };
        let (high, low) = field.split_at(field.len().saturating_sub(8).max(1));
        let fits = high[1..].iter().all(|byte| *byte == fill);
        let value =
            low.iter().fold(if fill == 0 { 0 } else { -1 }, |value: i64, byte| value << 8 | i64::from(*byte));
        return match fits && (value < 0) == (fill == 0xff) {
            true => Ok(value),
            false => Err(format!("a header has a number beyond 63 bits in `{what}`")),
        };
    }
    let digits = field.trim_ascii_start();
    let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    if digits[end..].iter().any(|byte| !matches!(byte, 0 | b' ')) {
        return Err(wrong());
    }
    // an empty field is a zero to all readers; devices' numbers in entries that are none are such
    digits[..end]
        .iter()
        .try_fold(0_i64, |value, digit| {
            let digit = (b'0'..b'8').contains(digit).then(|| i64::from(digit - b'0'))?;
            value.checked_mul(8)?.checked_add(digit)
        })
        .ok_or_else(wrong)
}
