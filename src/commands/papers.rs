//! The documents that go with an image.

use super::provenance::{Before, Signers, provenance};
use super::stages::Ready;
use crate::error::Error;
use crate::image::attachment::Attachment;
use crate::image::bundle::Bundle;
use crate::plan::Plans;
use crate::ui::Ui;

/// Those that the plan of `ready`, the images of one program, asks for.
///
/// # Errors
/// One cannot be written or signed.
pub fn papers(
    ready: &[Ready<'_>],
    plans: &Plans,
    bundle: &Bundle,
    known: (&Before, &Signers),
    ui: &Ui,
) -> Result<Vec<Attachment>, Error> {
    Ok(provenance(ready, plans, bundle, known, ui)?.into_iter().collect())
}
