//! The documents that go with an image.

use super::provenance::{Before, Signers, provenance};
use super::stages::Ready;
use crate::config::values::Sbom;
use crate::error::Error;
use crate::image::Image;
use crate::image::attachment::{Attachment, CYCLONEDX, SPDX};
use crate::image::bundle::Bundle;
use crate::image::config::rfc3339;
use crate::plan::Plans;
use crate::sbom::{Subject, cyclonedx, spdx};
use crate::ui::Ui;
use std::collections::BTreeMap;

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
    let mut all = Vec::new();
    for (one, image) in ready.iter().zip(bundle.images()) {
        for form in &one.program.image.papers.sboms {
            all.extend(sbom(*form, one, image, !bundle.others.is_empty())?);
        }
    }
    all.extend(provenance(ready, plans, bundle, known, ui)?);
    Ok(all)
}

/// The bill of materials of `image` in one form; `several` where there is one for each of several platforms.
fn sbom(form: Sbom, ready: &Ready<'_>, image: &Image, several: bool) -> Result<Option<Attachment>, Error> {
    let plan = ready.program.image;
    let created = rfc3339(plan.recipe.created);
    let subject = Subject {
        bin: &plan.bin,
        manifest: &image.manifest.digest,
        architecture: image.target.architecture(),
        created: &created,
    };
    let (kind, bytes) = match form {
        Sbom::CycloneDx => (CYCLONEDX, cyclonedx::document(&ready.inventory, &subject)?),
        Sbom::Spdx => (SPDX, spdx::document(&ready.inventory, &subject)?),
        Sbom::None => return Ok(None),
    };
    let platform = several.then(|| image.target.platform());
    let annotations = BTreeMap::from([("org.opencontainers.image.created".to_owned(), created)]);
    let (subject, parts) = (image.manifest.clone(), Vec::new());
    Ok(Some(Attachment { kind, platform, subject, parts, annotations, bytes }))
}
