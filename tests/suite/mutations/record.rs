//! Tar by hand, a header and its content at a time, so that one byte of it can be another.

/// What the header of an entry says, and what follows it.
#[derive(Clone)]
pub struct Record {
    pub header: [u8; 512],
    pub body: Vec<u8>,
}

impl Record {
    /// A regular file that everybody may read.
    pub fn file(name: &str, body: impl AsRef<[u8]>) -> Self {
        Record::of(b'0', name, "", 0o644, body.as_ref())
    }

    pub fn folder(name: &str) -> Self {
        Record::of(b'5', name, "", 0o755, b"")
    }

    pub fn symlink(name: &str, to: &str) -> Self {
        Record::of(b'2', name, to, 0o777, b"")
    }

    pub fn hardlink(name: &str, to: &str) -> Self {
        Record::of(b'1', name, to, 0o644, b"")
    }

    /// A header for the entry that follows, with these records (POSIX.1-2001, pax).
    pub fn pax(pairs: &[(&str, &str)]) -> Self {
        let record = |(key, value): &(&str, &str)| {
            let rest = key.len() + value.len() + 3;
            let length =
                (rest + 1..rest + 9).find(|length| *length == rest + length.to_string().len()).unwrap();
            format!("{length} {key}={value}\n")
        };
        Record::of(b'x', "pax-header", "", 0o644, pairs.iter().map(record).collect::<String>().as_bytes())
    }

    pub fn of(kind: u8, name: &str, to: &str, mode: u32, body: &[u8]) -> Self {
        let mut record = Record { header: [0; 512], body: body.to_vec() };
        let size = format!("{:011o}\0", body.len());
        let mode = format!("{mode:07o}\0");
        record.edit(|header| {
            header[..name.len()].copy_from_slice(name.as_bytes());
            header[100..108].copy_from_slice(mode.as_bytes());
            header[108..116].copy_from_slice(b"0000000\0");
            header[116..124].copy_from_slice(b"0000000\0");
            header[124..136].copy_from_slice(size.as_bytes());
            header[136..148].copy_from_slice(b"00000000000\0");
            header[156] = kind;
            header[157..157 + to.len()].copy_from_slice(to.as_bytes());
            header[257..265].copy_from_slice(b"ustar\x0000");
        });
        record
    }

    /// Changes the header, and makes its checksum right again.
    pub fn edit(&mut self, change: impl FnOnce(&mut [u8; 512])) {
        change(&mut self.header);
        self.header[148..156].fill(b' ');
        let sum: u32 = self.header.iter().map(|byte| u32::from(*byte)).sum();
        self.header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }

    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.edit(|header| header[100..108].copy_from_slice(format!("{mode:07o}\0").as_bytes()));
        self
    }

    pub fn name(&self) -> &str {
        let end = self.header[..100].iter().position(|byte| *byte == 0).unwrap_or(100);
        std::str::from_utf8(&self.header[..end]).unwrap()
    }

    /// Another name, of at most 100 bytes.
    pub fn rename(&mut self, name: &[u8]) {
        self.edit(|header| {
            header[..100].fill(0);
            header[..name.len()].copy_from_slice(name);
        });
    }

    /// Another content, and its size.
    pub fn fill(&mut self, body: Vec<u8>) {
        let size = format!("{:011o}\0", body.len());
        self.edit(|header| header[124..136].copy_from_slice(size.as_bytes()));
        self.body = body;
    }
}

/// The records of `tar`, which is one that we have written.
pub fn records(mut tar: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    while tar[0] != 0 {
        let header: [u8; 512] = tar[..512].try_into().unwrap();
        let size = std::str::from_utf8(&header[124..135]).unwrap();
        let size = usize::from_str_radix(size, 8).unwrap();
        records.push(Record { header, body: tar[512..512 + size].to_vec() });
        tar = &tar[512 + size.div_ceil(512) * 512..];
    }
    assert!(tar.len() == 1024 && tar.iter().all(|byte| *byte == 0), "two blocks of nothing at the end");
    records
}

/// The tar of `records`.
pub fn tar(records: &[Record]) -> Vec<u8> {
    let mut tar = Vec::new();
    for record in records {
        tar.extend_from_slice(&record.header);
        tar.extend_from_slice(&record.body);
        tar.resize(tar.len().div_ceil(512) * 512, 0);
    }
    tar.resize(tar.len() + 1024, 0);
    tar
}
