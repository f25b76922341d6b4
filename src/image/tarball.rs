//! A layer as a tar stream that depends on nothing but its entries and one time.
//!
//! POSIX.1-2001 pax interchange format: plain ustar headers, and extended headers only where a value does not fit.
//! Owner 0:0 without names, one mtime, no sparse entries, no devices (OCI image spec, layer.md, "File Types").

use super::layer::{CopyError, Entry, Layer, Node};
use super::path::ImagePath;
use crate::error::{Code, Error};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The unit of tar, in bytes.
pub const BLOCK: u64 = 512;
/// The largest number that the eleven octal digits of a ustar field hold (8 GiB less one byte).
pub const OCTAL_LIMIT: u64 = 0o777_7777_7777;

/// Writes `layer` to `out`, every entry with the modification time `mtime` (seconds since the epoch).
pub fn write(layer: &Layer, mtime: u64, out: &mut dyn Write) -> Result<(), CopyError> {
    entries_to(layer.entries(), mtime, out)
}

/// Writes what `layers`, bottom first, are together, in the same way: where two have a path, the upper one's entry
/// counts.
pub fn flattened(layers: &[Layer], mtime: u64, out: &mut dyn Write) -> Result<(), CopyError> {
    let entries: BTreeMap<&ImagePath, &Entry> = layers.iter().flat_map(Layer::entries).collect();
    entries_to(entries.into_iter(), mtime, out)
}

fn entries_to<'a>(
    entries: impl Iterator<Item = (&'a ImagePath, &'a Entry)>,
    mtime: u64,
    out: &mut dyn Write,
) -> Result<(), CopyError> {
    for (path, entry) in entries {
        entry_to(path, entry, mtime, out)?;
    }
    out.write_all(&[0; 2 * BLOCK as usize])?; // the end-of-archive marker
    Ok(())
}

/// The header of a regular file, for archives whose entries are not a [`Layer`].
pub fn file_header(name: &str, mode: u32, size: u64, mtime: u64) -> io::Result<tar::Header> {
    header(tar::EntryType::Regular, name, "", mode, size, mtime)
}

/// The header of a folder, for the same.
pub fn directory_header(name: &str, mtime: u64) -> io::Result<tar::Header> {
    header(tar::EntryType::Directory, name, "", 0o755, 0, mtime)
}

/// Fills the last block after `size` bytes of content.
pub fn pad(size: u64, out: &mut dyn Write) -> io::Result<()> {
    let rest = (BLOCK - size % BLOCK) % BLOCK;
    out.write_all(&[0; BLOCK as usize][..usize::try_from(rest).unwrap_or(0)])
}

fn entry_to(path: &ImagePath, entry: &Entry, mtime: u64, out: &mut dyn Write) -> Result<(), CopyError> {
    let mut name = path.relative().to_owned();
    let (kind, size, target) = match &entry.node {
        Node::Directory => {
            name.push('/');
            (tar::EntryType::Directory, 0, "")
        }
        Node::File(source) => (tar::EntryType::Regular, source.size(), ""),
        Node::Symlink(target) => (tar::EntryType::Symlink, 0, target.as_str()),
    };

    let mut records = Vec::new();
    let mut fitting = (name.as_str(), target, size);
    // a name that must be split over the ustar prefix is read differently by some tools: pax for all but the short
    if name.len() > 100 {
        records.push(("path", name.clone()));
        fitting.0 = "pax-path";
    }
    if target.len() > 100 {
        records.push(("linkpath", target.to_owned()));
        fitting.1 = "pax-linkpath";
    }
    if size > OCTAL_LIMIT {
        records.push(("size", size.to_string()));
        fitting.2 = 0; // pax: the record replaces the field
    }
    if !records.is_empty() {
        let body: Vec<u8> = records.iter().flat_map(|(key, value)| pax_record(key, value)).collect();
        let header = header(tar::EntryType::XHeader, "pax-header", "", 0o644, body.len() as u64, mtime)?;
        out.write_all(header.as_bytes())?;
        out.write_all(&body)?;
        pad(body.len() as u64, out)?;
    }
    out.write_all(header(kind, fitting.0, fitting.1, entry.mode, fitting.2, mtime)?.as_bytes())?;

    if let Node::File(source) = &entry.node {
        let mut counted = Counted { inner: out, count: 0 };
        source.copy_to(&mut counted)?;
        if counted.count != size {
            return Err(Error::new(
                Code::Changed,
                format!("the file for `{path}` changed while it was packed"),
            )
            .note(format!("{} bytes were read instead of {size}", counted.count))
            .into());
        }
        pad(size, out)?;
    }
    Ok(())
}

fn header(
    kind: tar::EntryType,
    name: &str,
    target: &str,
    mode: u32,
    size: u64,
    mtime: u64,
) -> io::Result<tar::Header> {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size);
    header.set_mtime(mtime);
    let ustar = header.as_ustar_mut().ok_or_else(|| io::Error::other("not a ustar header"))?;
    field(&mut ustar.name, name)?;
    field(&mut ustar.linkname, target)?;
    // the crate's own setters normalise paths; what was checked is stored as it is
    header.set_cksum();
    Ok(header)
}

fn field(field: &mut [u8; 100], value: &str) -> io::Result<()> {
    let room = field.get_mut(..value.len()).ok_or_else(|| io::Error::other("too long for a ustar field"))?;
    room.copy_from_slice(value.as_bytes());
    Ok(())
}

/// `LENGTH KEY=VALUE\n`, where the length counts itself (POSIX.1-2001, pax, "pax Header Block").
fn pax_record(key: &str, value: &str) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut digits = 1;
    while (rest + digits).to_string().len() > digits {
        digits += 1;
    }
    format!("{} {key}={value}\n", rest + digits).into_bytes()
}

/// Counts what passes, so that a source cannot write more or less than the header says.
struct Counted<'a> {
    inner: &'a mut dyn Write,
    count: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.count += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Read;

    fn bytes(layer: &Layer) -> Vec<u8> {
        let mut out = Vec::new();
        write(layer, 7, &mut out).unwrap();
        out
    }

    fn listed(bytes: &[u8]) -> Vec<(String, u32, u64, Vec<u8>)> {
        tar::Archive::new(bytes)
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                let mut body = Vec::new();
                entry.read_to_end(&mut body).unwrap();
                let header = entry.header();
                assert_eq!(
                    (header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()),
                    (0, 0, 7)
                );
                let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
                (name, entry.header().mode().unwrap(), entry.size(), body)
            })
            .collect()
    }

    struct Huge(u64);
    impl super::super::layer::Source for Huge {
        fn size(&self) -> u64 {
            self.0
        }
        fn copy_to(&self, _: &mut dyn Write) -> Result<(), CopyError> {
            Err(Error::new(Code::Asset, "not read here").into())
        }
    }

    #[test]
    fn c5_long_names_travel_in_pax_headers() {
        for length in [99, 100, 101, 155, 255] {
            let mut layer = Layer::new("t");
            let path = format!("/{}", "n".repeat(length));
            layer.file(ImagePath::parse(&path).unwrap(), 0o644, b"x".to_vec()).unwrap();
            let list = listed(&bytes(&layer));
            assert_eq!(list, [(path[1..].to_owned(), 0o644, 1, b"x".to_vec())], "{length}");
        }
    }

    #[test]
    fn c10_a_size_beyond_eight_gib_is_exact() {
        for size in [OCTAL_LIMIT, OCTAL_LIMIT + 1, 9 << 30, 1 << 40] {
            let mut layer = Layer::new("t");
            layer.file(ImagePath::parse("/huge").unwrap(), 0o644, Huge(size)).unwrap();
            let mut out = Vec::new();
            assert!(write(&layer, 7, &mut out).is_err());
            let mut archive = tar::Archive::new(&out[..]);
            assert_eq!(archive.entries().unwrap().next().unwrap().unwrap().size(), size);
        }
    }

    #[test]
    fn c9_a_source_that_lies_about_its_size_is_refused() {
        struct Liar;
        impl super::super::layer::Source for Liar {
            fn size(&self) -> u64 {
                3
            }
            fn copy_to(&self, out: &mut dyn Write) -> Result<(), CopyError> {
                Ok(out.write_all(b"four")?)
            }
        }
        let mut layer = Layer::new("t");
        layer.file(ImagePath::parse("/liar").unwrap(), 0o644, Liar).unwrap();
        let Err(CopyError::Source(error)) = write(&layer, 0, &mut Vec::new()) else { panic!("accepted") };
        assert_eq!(error.code(), Code::Changed);
    }

    #[test]
    fn a_pax_record_counts_its_own_length() {
        assert_eq!(pax_record("path", "x"), b"9 path=x\n");
        for length in [0, 1, 88, 89, 90, 91, 985, 990, 995] {
            let record = pax_record("path", &"v".repeat(length));
            let text = String::from_utf8(record.clone()).unwrap();
            assert_eq!(text.split(' ').next().unwrap().parse::<usize>().unwrap(), record.len());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        // no line ends in names: this reader splits pax records at them, against POSIX; the suite asks other readers
        #[test]
        fn c5_any_tree_comes_back_from_another_reader(
            files in prop::collection::btree_map("[a-zé \u{1b}]{1,120}(/[a-z]{1,90}){0,3}", prop::collection::vec(any::<u8>(), 0..2000), 0..12)
        ) {
            let mut layer = Layer::new("t");
            let mut expected = Vec::new();
            for (name, body) in &files {
                let Ok(path) = ImagePath::parse(&format!("/{name}")) else { continue };
                if layer.file(path, 0o644, body.clone()).is_ok() {
                    expected.push((name.clone(), body.clone()));
                }
            }
            let found: Vec<_> =
                listed(&bytes(&layer)).into_iter().filter(|e| !e.0.ends_with('/')).map(|e| (e.0, e.3)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
