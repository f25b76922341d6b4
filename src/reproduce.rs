//! A project built a second time, and why the two programs are not the same where they are not.
//!
//! Two builds in one folder prove little: what a build writes of its folder would be the same both times. So the second
//! one happens in a copy of everything local that cargo reads ([`Mirror`]): another path, new times, another order of
//! creation, another target folder. Where the bytes differ, `spot` tells which, and `cause` what is known of
//! how they came about: the folder of the copy, a time within the second build, what a build script has written, what
//! `env!` has read. Each of these is seen in the files of both builds and none is guessed; where nothing is seen, the
//! error says so.

mod cause;
mod mirror;
mod spot;
mod time;
mod trail;
mod tree;

pub use cause::{Causes, Evidence, causes};
pub use mirror::Mirror;
pub use spot::{Spot, find};
pub use time::Window;
pub use trail::personal;
