use super::*;

impl Input for &[u8] {
    fn skip(&mut self, count: u64) -> io::Result<()> {
        let count = usize::try_from(count).unwrap();
        *self = self.get(count..).ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(())
    }
}

fn header(name: &str, kind: u8, size: u64) -> tar_crate::Header {
    let mut header = tar_crate::Header::new_ustar();
    header.set_path(name).unwrap();
    header.set_entry_type(tar_crate::EntryType::new(kind));
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(7);
    header.set_cksum();
    header
}

use ::tar as tar_crate;

/// Blocks of `content`, filled up.
fn padded(content: &[u8]) -> Vec<u8> {
    let mut bytes = content.to_vec();
    bytes.resize(content.len().next_multiple_of(512), 0);
    bytes
}

fn archive(parts: &[Vec<u8>]) -> Vec<u8> {
    [&parts.concat()[..], &[0; 1024]].concat()
}

fn read(bytes: &[u8]) -> Result<Vec<(Member, Vec<u8>)>, String> {
    let mut reader = Reader::new(bytes);
    let mut all = Vec::new();
    loop {
        match reader.next() {
            Ok(None) => return Ok(all),
            Ok(Some(member)) => {
                let mut content = Vec::new();
                reader.read_to_end(&mut content).map_err(|reason| reason.to_string())?;
                all.push((member, content));
            }
            Err(Stop::Unsound(why) | Stop::Limit(why)) => return Err(why),
            Err(Stop::Io(reason)) => panic!("{reason}"),
        }
    }
}

fn pax(records: &str) -> Vec<u8> {
    let header = header("pax", b'x', records.len() as u64);
    [&header.as_bytes()[..], &padded(records.as_bytes())].concat()
}

fn file(name: &str, content: &str) -> Vec<u8> {
    let header = header(name, b'0', content.len() as u64);
    [&header.as_bytes()[..], &padded(content.as_bytes())].concat()
}

#[test]
fn members_come_with_their_content() {
    let all = read(&archive(&[file("a", "one"), header("d/", b'5', 0).as_bytes().to_vec(), file("b", "")]))
        .unwrap();
    let names: Vec<_> = all.iter().map(|(member, _)| String::from_utf8_lossy(&member.name)).collect();
    assert_eq!(names, ["a", "d/", "b"]);
    assert_eq!((&all[0].1[..], all[0].0.mtime, all[0].0.mode), (&b"one"[..], 7, 0o644));
}

#[test]
fn pax_speaks_for_the_next_entry_alone() {
    let all = read(&archive(&[pax("12 path=abc\n23 SCHILY.xattr.u.a=bc\n"), file("x", "1"), file("y", "2")]))
        .unwrap();
    assert_eq!(all[0].0.name, b"abc");
    assert_eq!(all[0].0.xattrs, ["u.a"]);
    assert_eq!((&all[1].0.name[..], all[1].0.xattrs.len()), (&b"y"[..], 0));
}

#[test]
fn h8_what_readers_take_differently_is_refused() {
    let mut checksum = file("a", "x");
    checksum[0] ^= 1;
    let mut padding = file("a", "x");
    padding[600] = 1;
    let mut hidden = header("a", b'0', 0);
    hidden.as_mut_bytes()[50] = b'x';
    hidden.set_cksum();
    let mut negative = header("a", b'0', 0);
    negative.as_mut_bytes()[124..136].fill(0xff);
    negative.set_cksum();
    let mut huge = header("a", b'0', 0);
    huge.as_mut_bytes()[124..136].fill(0);
    huge.as_mut_bytes()[124] = 0x80;
    huge.as_mut_bytes()[128] = 0x80;
    huge.set_cksum();
    let entry = |kind: u8, size: u64| header("a", kind, size).as_bytes().to_vec();
    for (what, bytes) in [
        ("checksum", archive(&[checksum])),
        ("padding", archive(&[padding])),
        ("hidden", archive(&[hidden.as_bytes().to_vec()])),
        ("negative", archive(&[negative.as_bytes().to_vec()])),
        ("beyond 63 bits", archive(&[huge.as_bytes().to_vec()])),
        ("sparse", archive(&[entry(b'S', 0)])),
        ("unknown type", archive(&[entry(b'7', 0)])),
        ("folder with content", archive(&[entry(b'5', 512), vec![0; 512]])),
        ("size desync", archive(&[pax("10 size=1\n"), file("a", "xyz")])),
        ("twice", archive(&[pax("10 path=a\n10 path=b\n"), file("x", "")])),
        ("two headers", archive(&[pax("10 path=a\n"), pax("10 path=b\n"), file("x", "")])),
        ("wrong length", archive(&[pax("11 path=a\n"), file("x", "")])),
        ("no value", archive(&[pax("8 path=\n"), file("x", "")])),
        ("gnu sparse", archive(&[pax("22 GNU.sparse.major=1\n"), file("x", "")])),
        ("dangling", archive(&[pax("10 path=a\n")])),
        ("cut", file("a", "x")),
        ("cut in content", file("a", "x")[..513].to_vec()),
        ("one zero block", [file("a", ""), vec![0; 512], file("b", "")].concat()),
        ("behind the end", [archive(&[file("a", "")]), file("b", "")].concat()),
    ] {
        assert!(read(&bytes).is_err(), "{what}");
    }
    assert!(read(&[archive(&[file("a", "")]), vec![0; 9 << 10]].concat()).is_ok(), "filled up with zeros");
}

#[test]
fn sizes_of_gnu_and_of_pax_are_exact() {
    let mut big = header("a", b'0', 0);
    big.set_size(9 << 30); // base 256
    big.set_cksum();
    let mut reader = Reader::new(&big.as_bytes()[..]);
    assert_eq!(reader.next().unwrap().unwrap().size, 9 << 30);
    let bytes = [pax("19 size=9663676416\n"), header("a", b'0', 0).as_bytes().to_vec()].concat();
    assert_eq!(Reader::new(&bytes[..]).next().unwrap().unwrap().size, 9 << 30);
}
