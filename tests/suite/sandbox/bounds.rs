//! A program that takes all it can get.

use super::as_both;
use super::image::Image;
use super::life::until;
use std::fs;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_mins(1);

/// The folders of control groups that this test's process has made.
fn groups() -> Vec<std::path::PathBuf> {
    let name = format!("cargo-scratch-{}-", std::process::id());
    let mut found = Vec::new();
    let mut waiting = vec![std::path::PathBuf::from("/sys/fs/cgroup")];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if entry.file_name().to_string_lossy().starts_with(&name) {
                    found.push(entry.path());
                } else {
                    waiting.push(entry.path());
                }
            }
        }
    }
    found
}

#[test]
fn i2_a_fork_bomb_is_survived_and_gone_needs_busybox_needs_setpriv() {
    as_both(|| {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let bomb = Image::sh("bomb() { bomb | bomb & }; bomb; sleep 600")
            .with(|config| config.user = "4242:4242".into());
        let mut running = bomb.start();
        assert_eq!(running.wait_within(Duration::from_secs(2)).unwrap(), None);
        let pid = running.pid();
        running.kill();
        let status = running.wait_within(PATIENCE).unwrap();
        assert!(status.is_some(), "it does not end");
        drop(running);
        assert!(!fs::exists(format!("/proc/{}", pid.as_raw_nonzero())).unwrap());
        assert_eq!(groups(), [""; 0].map(std::path::PathBuf::from));
        assert_eq!(fs::read_to_string("/proc/self/mountinfo").unwrap(), mounts);
    });
}

#[test]
fn i2_memory_is_bounded_needs_busybox_needs_setpriv() {
    as_both(|| {
        // a shell variable that doubles until somebody says no
        let image = Image::sh("x=0123456789abcdef; while true; do x=$x$x; done");
        let ended = image.run_with(|jail| jail.memory = Some(32 << 20));
        assert!(!ended.status.success(), "{ended:?}");
        until(|| groups().is_empty());
        let small = Image::sh("echo fits");
        assert_eq!(small.run_with(|jail| jail.memory = Some(32 << 20)).stdout, "fits\n");
    });
}

#[test]
fn i2_files_are_bounded_needs_busybox_needs_setpriv() {
    as_both(|| {
        let script = "/bin/busybox dd if=/dev/zero of=/tmp/x bs=1M count=64 2>/dev/null || wc -c < /tmp/x";
        let image = Image::sh(script);
        let ended = image.run_with(|jail| jail.memory = Some(16 << 20));
        let bytes: u64 = ended.stdout.trim().parse().unwrap_or(0);
        assert!(bytes <= 16 << 20, "{ended:?}");
    });
}
