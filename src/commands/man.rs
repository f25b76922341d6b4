//! `cargo scratch man [DIR]`: the manual pages, printed or put where `man` looks for them.

use crate::error::{Code, Error};
use crate::temporary;
use crate::ui::Ui;
use std::fs;
use std::path::Path;

/// Prints the first of `pages`, each a file's name and its text, or writes all of them into `folder`.
///
/// # Errors
/// A page cannot be written.
pub fn man(pages: &[(String, String)], folder: Option<&Path>, ui: &Ui) -> Result<(), Error> {
    let Some(folder) = folder else {
        return ui.document(pages.first().map_or("", |(_, text)| text));
    };
    fs::create_dir_all(folder).map_err(|reason| Error::io(Code::Output, "write", folder, &reason))?;
    for (name, text) in pages {
        let path = folder.join(name);
        temporary::write(&path, text.as_bytes())
            .map_err(|reason| Error::io(Code::Output, "write", &path, &reason))?;
    }
    ui.status("Wrote", format!("{} pages to {}", pages.len(), folder.display()));
    Ok(())
}
