//! The names that lead to an image, and the platforms that choose between several.

use super::Faults;
use crate::content::Found;

/// Tells what is wrong with the names of `found`.
pub fn check(found: &Found, faults: &mut Faults) {
    let _ = (found, faults);
}
