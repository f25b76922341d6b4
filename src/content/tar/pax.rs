//! The records of an extended header: `LENGTH KEY=VALUE\n`, where the length counts the whole record (POSIX.1-2001,
//! pax, "pax Header Block").

use std::collections::BTreeSet;

/// What records say of the entry that follows.
#[derive(Debug, Default)]
pub struct Records {
    /// `path`.
    pub path: Option<Vec<u8>>,
    /// `linkpath`.
    pub linkpath: Option<Vec<u8>>,
    /// `size`.
    pub size: Option<u64>,
    /// `uid`.
    pub uid: Option<u64>,
    /// `gid`.
    pub gid: Option<u64>,
    /// `mtime`, to the second.
    pub mtime: Option<i64>,
    /// The names behind `SCHILY.xattr.`.
    pub xattrs: Vec<String>,
    keys: BTreeSet<String>,
}

/// Keys that say nothing of what is unpacked.
const WITHOUT_MEANING: [&str; 5] = ["atime", "ctime", "uname", "gname", "comment"];

impl Records {
    /// Understands `text`, or says why that could be done in two ways.
    pub fn read(mut text: &[u8]) -> Result<Self, String> {
        let mut records = Records::default();
        while !text.is_empty() {
            let (key, value, rest) = split(text).ok_or("a pax record has another length than it says")?;
            let key = std::str::from_utf8(key).map_err(|_| "a pax record has a key that is no text")?;
            if !records.keys.insert(key.to_owned()) {
                return Err(format!("the pax record `{key}` stands twice"));
            }
            records.take(key, value)?;
            text = rest;
        }
        Ok(records)
    }

    /// Whether they say nothing of any entry, as `git archive` writes them.
    pub fn is_comment(&self) -> bool {
        self.keys.iter().all(|key| key == "comment")
    }

    fn take(&mut self, key: &str, value: &[u8]) -> Result<(), String> {
        let wrong = || format!("the pax record `{key}` has no value that it can have");
        let number = |value: &[u8]| {
            let text = std::str::from_utf8(value).ok()?;
            text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok())?
        };
        match key {
            "path" | "linkpath" => {
                // an empty value takes the record back, for some readers
                if value.is_empty() || value.contains(&0) {
                    return Err(wrong());
                }
                let field = if key == "path" { &mut self.path } else { &mut self.linkpath };
                *field = Some(value.to_vec());
            }
            "size" => {
                let size = number(value).filter(|size| i64::try_from(*size).is_ok());
                self.size = Some(size.ok_or_else(wrong)?);
            }
            "uid" => self.uid = Some(number(value).ok_or_else(wrong)?),
            "gid" => self.gid = Some(number(value).ok_or_else(wrong)?),
            "mtime" => {
                let text = std::str::from_utf8(value).map_err(|_| wrong())?;
                let whole = text.split('.').next().unwrap_or_default();
                self.mtime = Some(whole.parse().map_err(|_| wrong())?);
            }
            _ if WITHOUT_MEANING.contains(&key) => {}
            _ => match (key.strip_prefix("SCHILY.xattr."), key.split('.').next()) {
                (Some(name), _) => self.xattrs.push(name.to_owned()),
                // star's and bsdtar's own: file flags, access lists, numbers of inodes
                (None, Some("SCHILY" | "LIBARCHIVE")) => {}
                _ => return Err(format!("the pax record `{}` is heeded by few readers", key.escape_debug())),
            },
        }
        Ok(())
    }
}

/// The key and the value of the first record, and what follows it.
fn split(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = text.iter().take(20).position(|byte| *byte == b' ')?;
    let digits = std::str::from_utf8(&text[..space]).ok()?;
    if digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let length: usize = digits.parse().ok()?;
    let record = text.get(space + 1..length)?;
    let (last, record) = record.split_last()?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    (*last == b'\n' && equals > 0).then(|| (&record[..equals], &record[equals + 1..], &text[length..]))
}
