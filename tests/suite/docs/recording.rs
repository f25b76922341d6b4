//! The recording in the README is of the program as it is.

use super::{as_a_user, path};
use crate::support::{Run, scratch, tool};

#[test]
fn needs_python3_the_recording_shows_what_the_program_says_today() {
    let mut record = tool("python3");
    record.arg(path(".ci/record")).arg("--check");
    let record = as_a_user(record, &scratch());
    let run = Run::of(record);
    assert_eq!(run.status, 0, "{}", run.stderr);
}
