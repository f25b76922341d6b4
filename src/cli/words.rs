//! `-v` and `-p` as `docker run` has them, where cargo has others: what follows tells them apart.
//!
//! A word with a colon cannot follow `-v` (more words), which takes none, and no package is called by digits and a colon.

use std::ffi::OsString;

/// The commands that start a program.
const STARTING: [&str; 2] = ["run", "test-image"];

/// The command line `words` with docker's short options in their long form, up to `--`.
pub fn with_long_options(mut words: Vec<OsString>) -> Vec<OsString> {
    let verb = if words.get(1).is_some_and(|word| word == "scratch") { 2 } else { 1 };
    if !words.get(verb).is_some_and(|word| STARTING.iter().any(|verb| word == verb)) {
        return words;
    }
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    for at in verb + 1..end {
        let next = words[at + 1..end].first().map(|word| word.to_string_lossy());
        let alone =
            |long: &str, fits: fn(&str) -> bool| next.as_deref().is_some_and(fits).then(|| long.into());
        let joined = |long: &str, value: &str, fits: fn(&str) -> bool| {
            fits(value).then(|| OsString::from(format!("{long}={value}")))
        };
        let long = match words[at].to_str().map(|word| word.split_at(word.len().min(2))) {
            Some(("-v", "")) => alone("--mount", is_mount),
            Some(("-p", "")) => alone("--publish", is_publish),
            Some(("-v", value)) => joined("--mount", value, is_mount),
            Some(("-p", value)) => joined("--publish", value, is_publish),
            _ => None,
        };
        if let Some(long) = long {
            words[at] = long;
        }
    }
    words
}

fn is_mount(word: &str) -> bool {
    word.contains(':') && !word.starts_with('-')
}

/// `[HOST:]PORT:PORT[/PROTOCOL]`, sound or not: what is wrong with it is said where it is read.
fn is_publish(word: &str) -> bool {
    let ports = word.split('/').next().unwrap_or_default();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (rest, inside) = ports.rsplit_once(':').unwrap_or(("", ""));
    digits(inside) && digits(rest.rsplit(':').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn dockers_short_options_are_told_from_cargos() {
        for (line, long) in [
            ("x|run|-v|a:/b", "x|run|--mount|a:/b"),
            ("x|scratch|run|-v|.:/data:ro|-v", "x|scratch|run|--mount|.:/data:ro|-v"),
            ("x|test-image|-v|/a:/b|-p|8080:80", "x|test-image|--mount|/a:/b|--publish|8080:80"),
            ("x|run|-p|127.0.0.1:8080:80/tcp", "x|run|--publish|127.0.0.1:8080:80/tcp"),
            ("x|run|-p|[::1]:53:53/udp", "x|run|--publish|[::1]:53:53/udp"),
            ("x|run|-va:/b|-p1:2", "x|run|--mount=a:/b|--publish=1:2"),
            ("x|run|-p|99999:1", "x|run|--publish|99999:1"), // to be refused there
            // cargo's
            ("x|run|-v", "x|run|-v"),
            ("x|run|-vv|-q", "x|run|-vv|-q"),
            ("x|run|-v|-p|two@0.1", "x|run|-v|-p|two@0.1"),
            ("x|run|-p|two:0.1.2", "x|run|-p|two:0.1.2"),
            ("x|run|-p|file:///a#two@1:2", "x|run|-p|file:///a#two@1:2"),
            ("x|run|-v|--env|A=b:c", "x|run|-v|--env|A=b:c"),
            // the program's, and other commands'
            ("x|run|--|-v|a:/b|-p|1:2", "x|run|--|-v|a:/b|-p|1:2"),
            ("x|run|-v|--|a:/b", "x|run|-v|--|a:/b"),
            ("x|build|-v|a:/b", "x|build|-v|a:/b"),
            ("x|-v|a:/b", "x|-v|a:/b"),
            ("x", "x"),
        ] {
            let words: Vec<OsString> = line.split('|').map(OsString::from).collect();
            assert_eq!(with_long_options(words).join(OsStr::new("|")), long, "{line}");
        }
    }
}
