//! Words as people type them into a shell.

/// `word` as a POSIX shell takes it: in single quotes, unless it means itself (POSIX.1, "Quoting").
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+./:,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_a_shell_is_quoted() {
        for (word, written) in [
            ("--env=A=b,c:1", "--env=A=b,c:1"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$x;`id`", "'$x;`id`'"),
            ("it's", r"'it'\''s'"),
            ("é", "'é'"),
        ] {
            assert_eq!(quoted(word), written);
        }
    }
}
