//! Licences: what manifests say of them, as valid SPDX expressions where they can be read as such.

use crate::error::one_line;
use spdx::{Expression, ParseMode};
use std::path::{Component, Path};

/// A licence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum License {
    /// A valid SPDX licence expression (SPDX 2.3, annex D).
    Expression(String),
    /// Words that are none.
    Named(String),
    /// A file of the package, by its path in it.
    File(String),
    /// Nothing is said.
    #[default]
    Unsaid,
}

impl License {
    /// The one that a manifest states in `license` or `license-file` (The Cargo Book, "The manifest format").
    pub fn stated(license: Option<&str>, file: Option<&str>) -> Self {
        let line = |text: &str| Some(one_line(text)).filter(|text| !text.is_empty());
        match (license.and_then(line), file.and_then(line).as_deref().and_then(within)) {
            (Some(text), _) => expression(&text).map_or(License::Named(text), License::Expression),
            (None, Some(file)) => License::File(file),
            (None, None) => License::Unsaid,
        }
    }

    /// The `LicenseRef-` names in an expression: licences of the author's own.
    pub fn references(&self) -> Vec<&str> {
        let License::Expression(text) = self else { return Vec::new() };
        text.split(|c: char| c.is_whitespace() || "()".contains(c))
            .filter(|word| word.starts_with("LicenseRef-"))
            .collect()
    }
}

/// The file's path in the package. One that lies elsewhere is put at the top of it (cargo's `ops/cargo_package`,
/// `check_for_file_and_add`), and where it lay is nobody's business.
fn within(file: &str) -> Option<String> {
    let path = Path::new(file);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    match inside {
        true => Some(file.to_owned()),
        false => Some(path.file_name()?.to_string_lossy().into_owned()),
    }
}

/// `text` as an SPDX expression: cargo has long taken `MIT/Apache-2.0`, and people write `apache2`.
fn expression(text: &str) -> Option<String> {
    let canonical = Expression::canonicalize(text).ok()?.unwrap_or_else(|| text.to_owned());
    let deprecated = ParseMode { allow_deprecated: true, ..ParseMode::STRICT };
    Expression::parse_mode(&canonical, deprecated).ok()?;
    // what another document names cannot be looked up
    (!canonical.contains("DocumentRef-")).then_some(canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_as_an_expression_becomes_a_valid_one() {
        for (text, valid) in [
            ("MIT", "MIT"),
            ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
            ("MIT / Apache-2.0", "MIT OR Apache-2.0"),
            ("MIT or apache2", "MIT OR Apache-2.0"),
            (" MIT\nOR Apache-2.0 ", "MIT OR Apache-2.0"),
            ("Apache-2.0 WITH LLVM-exception OR MIT", "Apache-2.0 WITH LLVM-exception OR MIT"),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", "(MIT OR Apache-2.0) AND Unicode-3.0"),
            ("GPL-3.0+", "GPL-3.0-or-later"),
            ("LicenseRef-House", "LicenseRef-House"),
        ] {
            let license = License::stated(Some(text), Some("LICENSE"));
            assert_eq!(license, License::Expression(valid.into()), "{text}");
        }
        assert_eq!(License::stated(Some("(MIT OR LicenseRef-a.b)"), None).references(), ["LicenseRef-a.b"]);
    }

    #[test]
    fn what_is_no_expression_is_a_name_and_a_file_counts_where_nothing_else_is_said() {
        for text in
            ["Proprietary", "non-standard", "MIT OR", "((MIT", "DocumentRef-x:LicenseRef-y", "MIT; rm -rf"]
        {
            assert_eq!(License::stated(Some(text), None), License::Named(text.into()));
        }
        assert_eq!(License::stated(None, Some("LICENSE.txt")), License::File("LICENSE.txt".into()));
        for (file, told) in
            [("/home/ada/LICENCE", "LICENCE"), ("../LICENSE", "LICENSE"), ("legal/MIT", "legal/MIT")]
        {
            assert_eq!(License::stated(None, Some(file)), License::File(told.into()));
        }
        assert_eq!(License::stated(Some(" "), Some("")), License::Unsaid);
        assert_eq!(License::stated(None, Some("/")), License::Unsaid);
        assert_eq!(License::stated(None, None), License::Unsaid);
    }
}
