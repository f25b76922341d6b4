//! Layouts: a folder of blobs (OCI image spec, image-layout.md).

use super::fault::{Fault, Rule};
use super::follow::Follow;
use super::store::{self, Store};
use super::{Form, Found};
use crate::error::{Code, Error};
use crate::image::archive::Blob;
use crate::regular::RegularFile;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Reads the layout in the folder `path`.
///
/// # Errors
/// It cannot be read, or is none.
pub fn open(path: &Path) -> Result<Found, Error> {
    let mut found = Found::empty(&path.display().to_string(), Form::OciDir);
    let file = |name: &str| -> Result<Blob, Error> {
        let file = RegularFile::open(&path.join(name), false)?;
        let size = file.size();
        let open = file.file().try_clone().map_err(|reason| file.unreadable(&reason))?;
        Ok(Blob::new(Arc::new(open), 0, size))
    };
    let none = |error: Error| {
        Error::new(Code::Invalid, format!("{} is no image", path.display()))
            .note("a folder that is one has `oci-layout`, `index.json` and `blobs`")
            .note(error.what())
    };
    let (mark, index) = (file("oci-layout").map_err(none)?, file("index.json").map_err(none)?);
    version(&mark, &mut found.faults)?;
    let store = Store::Folder(path.to_owned());
    if let Some(index) = store::read(&index, None, "index.json".into(), &mut found.faults)? {
        Follow { store: &store, found: &mut found, left_out: BTreeSet::new() }.layout(index)?;
    }
    Ok(found)
}

/// Looks whether `mark`, the file `oci-layout`, is of a version that is known.
///
/// # Errors
/// The system's.
pub fn version(mark: &Blob, faults: &mut Vec<Fault>) -> Result<(), Error> {
    if let Some(mark) = store::read(mark, None, "oci-layout".into(), faults)?
        && !mark.json.is_null()
        && mark.json["imageLayoutVersion"] != "1.0.0"
    {
        let why = format!("its version is {}, and 1.0.0 is known", mark.json["imageLayoutVersion"]);
        faults.push(Fault::new(Rule::Container, "oci-layout", why));
    }
    Ok(())
}
