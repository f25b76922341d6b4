//! The documents that go with an image.

use super::stages::Ready;
use crate::error::Error;
use crate::image::attachment::Attachment;
use crate::image::bundle::Bundle;

#[allow(clippy::unnecessary_wraps, reason = "until there is one")]
/// Those that the plan of `ready`, the images of one program, asks for.
///
/// # Errors
/// One cannot be written or signed.
pub fn papers(_ready: &[Ready<'_>], _bundle: &Bundle) -> Result<Vec<Attachment>, Error> {
    Ok(Vec::new())
}
