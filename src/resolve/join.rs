//! Several texts as one stream of documents.

/// One stream of the documents of `texts`, as `kubectl apply -f -` reads it. A single text stays as it is, to the byte.
///
/// Where a text begins with `---` itself, nothing comes between. Directives (`%YAML`) may only follow the end of a
/// document (YAML 1.2.2, section 9.1.2), which is `...`. A byte order mark in the middle of a stream, which YAML allows
/// and the parsers of Kubernetes do not, goes. What begins with `{` is JSON to kubectl up to its end, so that a stream of
/// more than that begins with `---`.
pub fn joined(texts: &[String]) -> String {
    let mut out = String::with_capacity(texts.iter().map(|text| text.len() + 5).sum());
    for (at, text) in texts.iter().enumerate() {
        if at == 0 {
            if texts.len() > 1 && text.trim_start().starts_with('{') {
                out.push_str("---\n");
            }
            out.push_str(text);
            continue;
        }
        if !out.is_empty() && !out.ends_with(['\n', '\r']) {
            out.push('\n');
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        out.push_str(match text {
            _ if is_marked(text) => "",
            _ if has_directives(text) => "...\n",
            _ => "---\n",
        });
        out.push_str(text);
    }
    out
}

/// Whether it begins with a marker of a document's start.
fn is_marked(text: &str) -> bool {
    text.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

/// Whether a directive stands before its first document.
fn has_directives(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.next().is_some_and(|line| line.starts_with('%'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_kept_apart() {
        let join = |texts: &[&str]| joined(&texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(join(&[]), "");
        assert_eq!(join(&["\u{feff}a: 1"]), "\u{feff}a: 1");
        assert_eq!(join(&["a: 1\n", "b: 2\n"]), "a: 1\n---\nb: 2\n");
        assert_eq!(join(&["a: 1", "---\nb: 2\n"]), "a: 1\n---\nb: 2\n");
        assert_eq!(join(&["a: 1\r\n", "\u{feff}---\r\nb: 2\r\n"]), "a: 1\r\n---\r\nb: 2\r\n");
        assert_eq!(join(&["a: 1\n", "# x\n\n%YAML 1.2\n---\nb"]), "a: 1\n...\n# x\n\n%YAML 1.2\n---\nb");
        assert_eq!(join(&["{}"]), "{}");
        assert_eq!(join(&["\n{}", "{}\n"]), "---\n\n{}\n---\n{}\n");
        assert_eq!(join(&["", "---x"]), "---\n---x");
    }
}
