//! Texts that the tool generates, kept as real files under `templates/`, rendered strictly: an unknown name is an
//! error, never an empty string.

use crate::error::{Code, Error};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

/// A generated file.
#[derive(Debug)]
pub struct Template {
    /// Where it goes, in the folder that it is generated for.
    pub path: &'static str,
    /// Whether it is added to the end of a file that is there.
    pub append: bool,
    source: &'static str,
}

/// What the starter project is made of.
#[derive(Debug, Serialize)]
pub struct Starter<'a> {
    /// The package's name.
    pub name: &'a str,
}

/// The files of the starter project, over what `cargo new` makes.
pub const STARTER: &[Template] = &[
    Template { path: "Cargo.toml", append: true, source: include_str!("../templates/starter/metadata.toml") },
    Template { path: "README.md", append: false, source: include_str!("../templates/starter/README.md") },
    Template { path: "src/main.rs", append: false, source: include_str!("../templates/starter/main.rs") },
];

impl Template {
    /// The text with the names in `values` filled in.
    pub fn render(&self, values: &impl Serialize) -> Result<String, Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let rendered = SyntaxConfig::builder().keep_trailing_newline(true).build().and_then(|syntax| {
            environment.set_syntax(syntax);
            environment.render_str(self.source, Value::from(Serde(values)))
        });
        rendered.map_err(|why| Error::new(Code::Output, format!("template `{}`: {why}", self.path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_a_row_and_every_row_renders() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/starter");
        let files = std::fs::read_dir(folder).unwrap().count();
        assert_eq!(files, STARTER.len());
        for template in STARTER {
            let text = template.render(&Starter { name: "hello" }).unwrap();
            assert!(!text.contains("{{") || template.path == "src/main.rs", "{}", template.path);
            assert!(text.ends_with('\n'));
        }
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        let template = Template { path: "x", append: false, source: "{{ nme }}" };
        assert!(template.render(&Starter { name: "hello" }).is_err());
    }
}
