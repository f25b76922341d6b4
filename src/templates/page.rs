//! Pages for browsers: one file with its style, script and data inside, which asks no network for anything.
//!
//! Values come from manifests, compilers and file systems and may hold any text. Those in the markup are escaped
//! (HTML, section 13.3), and the data goes to the script as JSON in which no character can end the element that it
//! stands in. Were something to slip through, the page's own policy (CSP Level 3, section 6.1) lets the browser run and
//! use nothing but the script and style of these bytes.

use super::strict;
use crate::error::{Code, Error};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A page, as files under `templates/`.
#[derive(Debug)]
pub struct Page {
    /// What errors call it.
    pub name: &'static str,
    markup: &'static str,
    style: &'static str,
    script: &'static str,
}

impl Page {
    /// The page `markup`, which names the rest: `[[ policy ]]`, `[[ style ]]`, `[[ data ]]` and `[[ script ]]`.
    pub const fn new(
        name: &'static str,
        markup: &'static str,
        style: &'static str,
        script: &'static str,
    ) -> Self {
        Page { name, markup, style, script }
    }

    /// The page with the names in `values` filled in, and `data` for its script.
    ///
    /// # Errors
    /// A name that `values` lacks.
    pub fn render(&self, values: &impl Serialize, data: &impl Serialize) -> Result<String, Error> {
        let failed = |why: String| Error::new(Code::Output, format!("template `{}`: {why}", self.name));
        let policy = format!(
            "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
            hash(self.script),
            hash(self.style)
        );
        let values = context! {
            policy => Value::from_safe_string(policy),
            style => Value::from_safe_string(self.style.to_owned()),
            script => Value::from_safe_string(self.script.to_owned()),
            data => Value::from_safe_string(json(data).map_err(|why| failed(why.to_string()))?),
            ..Value::from(Serde(values))
        };
        environment()
            .and_then(|environment| environment.render_named_str(self.name, self.markup, values))
            .map_err(|why| failed(format!("{why:#}")))
    }
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = strict()?;
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    Ok(environment)
}

/// How a policy names an element by what is in it (CSP Level 3, section 2.3.1, `hash-source`).
fn hash(content: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(content)))
}

/// JSON without the characters that mean something to HTML, and without the two that end a line in old scripts: all of
/// them can only stand in strings, where JSON has another way to write them (RFC 8259, section 7).
fn json(data: &impl Serialize) -> Result<String, serde_json::Error> {
    let text = serde_json::to_string(data)?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const PLAIN: Page = Page::new(
        "x.html",
        "<meta content=\"[[ policy ]]\"><style>[[ style ]]</style><b title=\"[[ name ]]\">[[ name ]]</b>\n<script>[[ data ]]</script>",
        "b > i {}",
        "1 < 2 && [[3]]",
    );

    #[test]
    fn a_value_can_neither_end_an_element_nor_an_attribute_nor_the_data() {
        let hostile = "</script><script>alert(1)</script>\"'><!--\u{2028}&amp;";
        let page = PLAIN.render(&BTreeMap::from([("name", hostile)]), &[hostile]).unwrap();
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert_eq!(page.matches("</script").count(), 1, "{page}");
        assert_eq!(page.matches("<!--").count(), 0, "{page}");
        let data = page.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
        assert_eq!(serde_json::from_str::<Vec<String>>(data).unwrap(), [hostile], "nothing is lost");
        assert!(page.contains("<style>b > i {}</style>"), "what is ours stays as it is: {page}");
    }

    #[test]
    fn the_policy_names_what_the_elements_hold() {
        let page = PLAIN.render(&BTreeMap::from([("name", "x")]), &0).unwrap();
        // printf %s 'b > i {}' | openssl dgst -sha256 -binary | base64
        assert!(page.contains("style-src 'sha256-TkTU/WZWFuOAIPCRVsRP/C/+TIL6BdL4f0bdqTezZT0='"), "{page}");
        assert!(!page.contains("unsafe-inline"), "{page}");
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        let page = Page::new("x.html", "[[ nme ]]", "", "");
        assert!(page.render(&BTreeMap::from([("name", "x")]), &0).unwrap_err().what().contains("x.html"));
    }
}
