//! An OCI image layout: a folder that holds several images under their tags.

use super::{Delivery, Destination, Kind, Means, Receipt, Takes, Turn};
use crate::error::{Code, Error};
use crate::image::reference::Reference;

pub const KIND: Kind = Kind {
    name: "oci-dir",
    takes: Takes::Folder("oci"),
    zstd: true,
    verbs: (None, "Packed"),
    turn: Turn::File,
    check,
    deliver,
};

fn check(_: &Destination, _: &[Reference], _: &Means<'_>) -> Result<(), Error> {
    Ok(())
}

fn deliver(_: &mut Delivery<'_>, _: &Destination) -> Result<Receipt, Error> {
    Err(Error::new(Code::Output, "not written yet"))
}
