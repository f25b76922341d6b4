//! What the file of a document about an image is called: `hello.linux-arm64.spdx.json` beside `hello.tar`.
//!
//! The names of all documents about one image begin with its stem, which is its own name without what says that it is an
//! archive. What stands between that and the ending is a platform, or the program in whose layout others lie too.

use super::Kind;

/// What the name of an archive may end with, and that of a document about it does not have.
const ARCHIVES: [&str; 2] = [".tar.gz", ".tar"];

/// What the names of the documents beside the file or folder `name` begin with.
pub fn stem(name: &str) -> &str {
    let rest = ARCHIVES.iter().find_map(|ending| name.strip_suffix(ending));
    rest.filter(|rest| !rest.is_empty()).unwrap_or(name)
}

/// What the names of the documents about the image of `bin` begin with beside a layout, the folder `name`, that may have
/// those of other programs.
pub fn shared(name: &str, bin: &str) -> String {
    format!("{name}.{bin}")
}

/// The name of a document of the `kind`; `platform` (`linux/arm64`) where there is one for each of several.
pub fn written(stem: &str, platform: Option<&str>, kind: &Kind) -> String {
    match platform {
        Some(platform) => format!("{stem}.{}.{}", platform.replace('/', "-"), kind.ending()),
        None => format!("{stem}.{}", kind.ending()),
    }
}

/// The kind of the document `name` beside the image whose documents' names begin with `stem`; `None` if it is none, or
/// none in JSON.
pub fn read(name: &str, stem: &str) -> Option<&'static Kind> {
    let rest = name.strip_prefix(stem)?;
    Kind::of_name(rest).filter(|_| rest.starts_with('.') && rest.to_ascii_lowercase().ends_with(".json"))
}

#[cfg(test)]
mod tests {
    use super::super::{CYCLONEDX, IN_TOTO, SIGSTORE, SPDX};
    use super::*;

    #[test]
    fn what_is_written_is_found_again() {
        for image in ["hello.tar", "hello.tar.gz", "hello.oci.tar", "hello", "layout", ".tar", "a.b"] {
            let stem = stem(image);
            for kind in [CYCLONEDX, SPDX, IN_TOTO, SIGSTORE] {
                for platform in [None, Some("linux/arm/v7")] {
                    let shared = shared(image, "hello");
                    for stem in [stem, shared.as_str()] {
                        let name = written(stem, platform, kind);
                        assert_eq!(read(&name, super::stem(image)), Some(kind), "{image}: {name}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_called_otherwise_is_no_document_about_it() {
        for name in
            ["hellos.cdx.json", "hello.cdx.xml", "hello.json", "hello.x.json", "cdx.json", "hello", ""]
        {
            assert_eq!(read(name, "hello"), None, "{name}");
        }
    }
}
