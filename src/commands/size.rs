//! `cargo scratch size`: where the bytes of an image go.

use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::plan::Request;
use crate::ui::Ui;
use std::path::Path;

/// What is shown, and where.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The page to write too.
    pub html: Option<&'a Path>,
    /// How many crates and functions; 0 for all.
    pub top: usize,
}

/// Builds what `request` asks for, with its symbols, and shows its sizes.
pub fn size(request: &Request, shown: &Shown<'_>, env: &Env, ui: &Ui) -> Result<(), Error> {
    let _ = (request, shown, env, ui);
    Err(Error::new(Code::Usage, "not built yet"))
}
