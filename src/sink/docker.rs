//! The Docker Engine, by the docker program: it knows contexts, remote engines and their keys.

use super::{Delivery, Destination, Kind, Means, Receipt, Takes, Turn};
use crate::error::{Code, Error};
use crate::image::reference::Reference;

pub const KIND: Kind = Kind {
    name: "docker",
    takes: Takes::Name("docker context"),
    zstd: false,
    verbs: (Some("Loading"), "Loaded"),
    turn: Turn::Engine,
    check,
    deliver,
};

fn check(_: &Destination, _: &[Reference], _: &Means<'_>) -> Result<(), Error> {
    Ok(())
}

fn deliver(_: &mut Delivery<'_>, _: &Destination) -> Result<Receipt, Error> {
    Err(Error::new(Code::Output, "not written yet"))
}
