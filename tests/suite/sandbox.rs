//! The sandbox, through the library: what a program in it sees and can do, and that nothing of it is left.
//!
//! Programs are busybox's, in images made here. A test that [`as_both`] runs is one for root, and once more for a user who
//! is nobody.

mod bounds;
mod hostile;
mod image;
mod life;
mod network;
mod refusal;
mod sight;

use super::support::tool;
use std::process::Stdio;

/// Says to a test that it runs once more.
const AGAIN: &str = "SCRATCH_TEST_AGAIN";

/// Runs `body` as who we are, and then the whole test once more as a user without anything.
#[track_caller]
pub fn as_both(body: impl FnOnce()) {
    body();
    if std::env::var_os(AGAIN).is_some() {
        return;
    }
    let name = std::thread::current().name().unwrap().to_owned();
    let mut command = tool("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]);
    command.arg(std::env::current_exe().unwrap()).args(["--exact", &name, "--nocapture"]);
    let said = command.env(AGAIN, "1").env("HOME", "/").stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&said.stdout) + String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success() && text.contains("1 passed"), "as nobody: {text}");
}

/// Whether this is the second run of [`as_both`].
pub fn is_nobody() -> bool {
    rustix::process::geteuid().as_raw() == 65534
}
