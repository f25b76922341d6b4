//! Who the program runs as: what `config.User` means with the image's `/etc/passwd` and `/etc/group`.
//!
//! `USER`, `USER:GROUP`, each a name or a number; nothing is root. As docker has it: a user without a group has that of
//! `/etc/passwd`, or 0, and is in the groups of `/etc/group` that list it; one with a group is in that alone.

use serde::{Deserialize, Serialize};

/// The ids of a process, and its home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Its further groups.
    pub groups: Vec<u32>,
    /// What `HOME` is where the image does not say.
    pub home: String,
}

/// The user and group of `spec` if both are numbers or there is none, so that no file is needed to tell.
pub fn numeric(spec: &str) -> Option<(u32, u32)> {
    if spec.is_empty() {
        return Some((0, 0));
    }
    let (user, group) = spec.split_once(':')?;
    Some((id(user)?, id(group)?))
}

/// Who `spec` is, given the image's files.
///
/// # Errors
/// A sentence: a name that the files do not have.
pub fn resolve(spec: &str, passwd: &str, group: &str) -> Result<Identity, String> {
    let (user, wanted) = spec.split_once(':').map_or((spec, None), |(user, group)| (user, Some(group)));
    let user = if user.is_empty() { "0" } else { user };
    let wanted = wanted.filter(|group| !group.is_empty());
    let row = passwd.lines().map(fields).find(|row| {
        let uid = row.get(2).and_then(|uid| id(uid));
        row.first() == Some(&user) || uid.is_some() && uid == id(user)
    });
    let at = |n: usize| row.as_ref().and_then(|row| row.get(n)).copied();
    let uid = at(2).and_then(id).or_else(|| id(user));
    let uid = uid.ok_or_else(|| format!("the image has no user `{user}` in /etc/passwd"))?;
    let home = at(5).filter(|home| !home.is_empty()).unwrap_or("/").to_owned();
    let rows: Vec<Vec<&str>> = group.lines().map(fields).collect();
    let gid_of = |row: &Vec<&str>| row.get(2).and_then(|gid| id(gid));
    if let Some(wanted) = wanted {
        let named = rows.iter().find(|row| row.first() == Some(&wanted)).and_then(gid_of);
        let gid = named.or_else(|| id(wanted));
        let gid = gid.ok_or_else(|| format!("the image has no group `{wanted}` in /etc/group"))?;
        return Ok(Identity { uid, gid, groups: Vec::new(), home });
    }
    let gid = at(3).and_then(id).unwrap_or(0);
    let lists = |row: &&Vec<&str>| {
        at(0).is_some_and(|name| row.get(3).is_some_and(|list| list.split(',').any(|member| member == name)))
    };
    let groups = rows.iter().filter(lists).filter_map(gid_of).take(1024).collect();
    Ok(Identity { uid, gid, groups, home })
}

fn fields(line: &str) -> Vec<&str> {
    line.trim().split(':').collect()
}

/// A number that an id can be: the last one says "none" to the kernel.
fn id(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|id| *id != u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:100:,,,:/home/app:/bin/sh\nbroken\n";
    const GROUP: &str = "root:x:0:root\nusers:x:100:\nwheel:x:10:other,app\nvideo:x:44:app\n";

    #[test]
    fn names_and_numbers_mean_what_they_do_to_docker() {
        let who = |spec: &str| {
            let who = resolve(spec, PASSWD, GROUP).unwrap();
            (who.uid, who.gid, who.groups, who.home)
        };
        assert_eq!(who(""), (0, 0, vec![0], "/root".to_owned()));
        assert_eq!(who("app"), (1000, 100, vec![10, 44], "/home/app".to_owned()));
        assert_eq!(who("1000"), who("app"));
        assert_eq!(who("app:video"), (1000, 44, vec![], "/home/app".to_owned()));
        assert_eq!(who("65532:7"), (65532, 7, vec![], "/".to_owned()));
        assert_eq!(who("65532"), (65532, 0, vec![], "/".to_owned()));
        assert_eq!(who(":10"), (0, 10, vec![], "/root".to_owned()));
    }

    #[test]
    fn a_name_that_is_nowhere_is_refused() {
        assert!(resolve("nobody", PASSWD, GROUP).unwrap_err().contains("`nobody`"));
        assert!(resolve("app:nogroup", PASSWD, GROUP).unwrap_err().contains("`nogroup`"));
        assert!(resolve("-1", "", "").is_err() && resolve("4294967295", "", "").is_err());
    }

    #[test]
    fn numbers_need_no_file() {
        assert_eq!(numeric(""), Some((0, 0)));
        assert_eq!(numeric("65532:65533"), Some((65532, 65533)));
        assert_eq!((numeric("65532"), numeric("a:1"), numeric("1:+1")), (None, None, None));
    }
}
