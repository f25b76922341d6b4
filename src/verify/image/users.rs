//! Who a container runs as: `User` of the configuration, by number or by the image's own `/etc/passwd` and `/etc/group`.

use super::contents::Content;
use super::seen::Seen;
use crate::content::Entry;

/// The largest number of a user or group (docker's and runc's own limit).
const LARGEST: u64 = i32::MAX as u64;

/// Who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The user's number.
    pub uid: u64,
    /// Its groups, the first one first.
    pub groups: Vec<u64>,
}

impl User {
    /// Who `User` means.
    ///
    /// # Errors
    /// Why nobody knows.
    pub fn of(seen: &Seen<'_>) -> Result<Self, String> {
        let text = &seen.config.user;
        let (name, group) =
            text.split_once(':').map_or((text.as_str(), None), |(name, group)| (name, Some(group)));
        if group == Some("") {
            return Err(format!("`{text}` ends where a group should be"));
        }
        let passwd = rows(seen, "/etc/passwd", 7);
        let groups = rows(seen, "/etc/group", 4);
        let row = passwd.iter().find(|row| if name.is_empty() { row[2] == "0" } else { row[0] == name });
        let row = row.or_else(|| passwd.iter().find(|row| row[2] == name));
        let uid = match (row, name) {
            (Some(row), _) => number(row[2]),
            (None, "") => Some(0),
            (None, name) => number(name),
        };
        let uid = uid.ok_or_else(|| unknown("user", name, "/etc/passwd"))?;
        let gid = match group {
            None => row.and_then(|row| number(row[3])).unwrap_or(0),
            Some(group) => {
                let row = groups.iter().find(|row| row[0] == group).and_then(|row| number(row[2]));
                row.or_else(|| number(group)).ok_or_else(|| unknown("group", group, "/etc/group"))?
            }
        };
        let mut all = vec![gid];
        if let (Some(row), None) = (row, group) {
            let member = |list: &str| list.split(',').any(|name| name == row[0]);
            all.extend(groups.iter().filter(|group| member(group[3])).filter_map(|group| number(group[2])));
        }
        Ok(User { uid, groups: all })
    }

    /// Whether it may execute, or look into, what has the modes of `entry`.
    pub fn may_execute(&self, entry: &Entry) -> bool {
        let bits = match () {
            () if self.uid == 0 => 0o111,
            () if self.uid == entry.uid => 0o100,
            () if self.groups.contains(&entry.gid) => 0o010,
            () => 0o001,
        };
        let folder = entry.kind == crate::content::Kind::Directory;
        entry.mode & bits != 0 || folder && self.uid == 0
    }
}

fn unknown(what: &str, name: &str, file: &str) -> String {
    format!(
        "the {what} `{name}` is no number, and no row of {file} has it: engines find \"no matching entries\""
    )
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number <= LARGEST)
}

/// The rows of a file with at least three of `columns` columns; those that are missing are empty.
fn rows<'a>(seen: &Seen<'a>, path: &str, columns: usize) -> Vec<Vec<&'a str>> {
    let Some(Content::Text(text)) = seen.file(path).and_then(|file| file.content) else { return Vec::new() };
    let row = |line: &'a str| {
        let mut row: Vec<_> = line.split(':').collect();
        (row.len() >= 3).then(|| {
            row.resize(columns.max(row.len()), "");
            row
        })
    };
    text.lines().filter_map(row).collect()
}
