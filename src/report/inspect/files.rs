//! The files of an image, as `ls -l` shows them, each with the layer that it comes from.

use super::Page;
use crate::content::{Kind, Laid, Node};
use crate::error::bounded;
use crate::report::{counted, size};

/// Adds the first `most` of them to `page`.
pub fn show(laid: &Laid, most: usize, page: &mut Page) {
    let nodes = &laid.tree.nodes;
    page.row("files", &summary(laid));
    let rows: Vec<[String; 5]> = nodes.iter().take(most).map(|(path, node)| row(path, node)).collect();
    let wide = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (owner, bytes, layer) = (wide(1), wide(2), wide(3));
    for [mode, owned, sized, from, path] in &rows {
        page.0.push(format!("  {mode} {owned:>owner$} {sized:>bytes$} {from:>layer$} {path}"));
    }
    if nodes.len() > rows.len() {
        page.0.push(format!("  and {} more; all of them: --files", nodes.len() - rows.len()));
    }
}

fn summary(laid: &Laid) -> String {
    let nodes = laid.tree.nodes.values();
    let count = |is: fn(&Kind) -> bool| nodes.clone().filter(|node| is(&node.entry.kind)).count();
    let files = count(|kind| matches!(kind, Kind::File | Kind::Hardlink(_)));
    let folders = count(|kind| *kind == Kind::Directory);
    let links = count(|kind| matches!(kind, Kind::Symlink(_)));
    let special = count(|kind| matches!(kind, Kind::Special(_)));
    let mut words = vec![counted(files, "file"), counted(folders, "folder")];
    words.extend((links > 0).then(|| counted(links, "link")));
    words.extend((special > 0).then(|| counted(special, "special file")));
    // a header may say any size
    let bytes = nodes.filter(|node| node.entry.kind == Kind::File).map(|node| node.entry.size);
    format!("{}, {}", words.join(", "), size(bytes.fold(0, u64::saturating_add)))
}

/// Mode, owner, size, layer and path.
fn row(path: &str, node: &Node) -> [String; 5] {
    let entry = &node.entry;
    let bytes = match entry.kind {
        Kind::File | Kind::Hardlink(_) => size(entry.size),
        _ => "-".to_owned(),
    };
    let to = match &entry.kind {
        Kind::Symlink(to) => format!(" -> {to}"),
        Kind::Hardlink(to) => format!(" is also /{to}"),
        Kind::Special(what) => format!(" ({what})"),
        _ => String::new(),
    };
    let path = bounded(&format!("/{path}{to}"));
    [
        mode(&entry.kind, entry.mode),
        format!("{}:{}", entry.uid, entry.gid),
        bytes,
        (node.layer + 1).to_string(),
        path,
    ]
}

/// `drwxr-xr-x`, with `s` and `t` where `ls` has them.
pub fn mode(kind: &Kind, mode: u32) -> String {
    let mut text = String::from(match kind {
        Kind::Directory => "d",
        Kind::Symlink(_) => "l",
        Kind::Special("a character device") => "c",
        Kind::Special("a block device") => "b",
        Kind::Special("a fifo") => "p",
        Kind::Special(_) => "?",
        _ => "-",
    });
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift;
        text.push(if bits & 4 == 0 { '-' } else { 'r' });
        text.push(if bits & 2 == 0 { '-' } else { 'w' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (false, false) => '-',
            (false, true) => 'x',
            (true, true) => letter,
            (true, false) => letter.to_ascii_uppercase(),
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_those_of_ls() {
        for (kind, bits, text) in [
            (Kind::Directory, 0o755, "drwxr-xr-x"),
            (Kind::Directory, 0o1777, "drwxrwxrwt"),
            (Kind::Directory, 0o1770, "drwxrwx--T"),
            (Kind::File, 0o4755, "-rwsr-xr-x"),
            (Kind::File, 0o2644, "-rw-r-Sr--"),
            (Kind::Symlink("x".into()), 0o777, "lrwxrwxrwx"),
            (Kind::File, 0, "----------"),
        ] {
            assert_eq!(mode(&kind, bits), text);
        }
    }
}
