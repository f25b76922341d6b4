//! The verbs, one file each: a story of stage calls.

pub mod build;
pub mod diff;
pub mod dockerfile;
pub mod doctor;
pub mod explain;
pub mod generated;
pub mod index;
pub mod init;
pub mod inspect;
mod look;
pub mod man;
mod measured;
pub mod new;
mod page;
mod papers;
mod provenance;
mod reproduce;
pub mod resolve;
pub mod run;
mod runnable;
pub mod schema;
pub mod size;
mod stages;
pub mod test_image;
pub mod verify;
pub mod vouched;
mod workplace;
