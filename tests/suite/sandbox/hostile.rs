//! Images that want out: through links, devices, names, and through the sandbox's own processes.

use super::as_both;
use super::image::Image;
use tar::EntryType;

#[test]
fn i2_links_of_an_image_lead_nowhere_but_into_it_needs_busybox_needs_setpriv() {
    as_both(|| {
        let canary = tempfile::Builder::new().prefix("scratch-canary-").tempdir().unwrap();
        let outside = canary.path().to_str().unwrap();
        let image = Image::sh("cat /etc/hosts; echo ok").layer(|layer| {
            layer.link("etc", outside).link("up", "../../../../../../..").link("self", "/proc/1/root");
            layer.file("up/x", 0o644, b"").file("self/y", 0o644, b"");
        });
        // whatever becomes of it inside, nothing is written outside
        let null = || std::fs::File::create("/dev/null").unwrap();
        let started = image.try_start((null(), null()), |_| {});
        drop(started);
        assert_eq!(std::fs::read_dir(canary.path()).unwrap().count(), 0);
        for path in ["/x", "/y", "/proc/1/root/y"] {
            assert!(!std::path::Path::new(path).exists(), "{path}");
        }
    });
}

#[test]
fn i2_links_in_place_of_proc_and_dev_are_refused_needs_busybox_needs_setpriv() {
    as_both(|| {
        for name in ["proc", "dev"] {
            let linked = Image::sh("echo no").layer(|layer| {
                layer.link(name, "/tmp");
            });
            let why = linked.refused();
            assert!(why.contains(&format!("/{name} of the image")), "{why}");
            let file = Image::sh("echo no").layer(|layer| {
                layer.file(name, 0o644, b"");
            });
            assert!(file.refused().contains(&format!("/{name} of the image")));
        }
    });
}

#[test]
fn i2_mount_points_behind_links_stay_inside_needs_busybox_needs_setpriv() {
    as_both(|| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ours"), "x").unwrap();
        let bind = |destination: &str| {
            [cargo_scratch::sandbox::Bind {
                source: folder.path().to_owned(),
                destination: destination.to_owned(),
                read_only: true,
            }]
        };
        let image = Image::sh("ls /run/below").layer(|layer| {
            layer.folder("run", 0o755).folder("var", 0o755).link("var/run", "../../../run").link("top", "/");
        });
        let mounts = bind("/var/run/below");
        assert_eq!(image.run_with(|jail| jail.mounts = &mounts).stdout, "ours\n");
        for place in ["/top", "/", "/proc", "/dev/x", "/a/../..", "relative"] {
            let mounts = bind(place);
            let null = || std::fs::File::create("/dev/null").unwrap();
            assert!(image.try_start((null(), null()), |jail| jail.mounts = &mounts).is_err(), "{place}");
        }
    });
}

#[test]
fn i2_entries_that_no_image_may_have_stop_the_start_needs_busybox() {
    let with = |kind: EntryType, path: &str, target: &str| {
        Image::sh("echo no").layer(|layer| {
            layer.entry(kind, path, 0o666, (0, 0), b"", target);
        })
    };
    for image in [
        with(EntryType::Char, "null", ""),
        with(EntryType::Block, "disk", ""),
        with(EntryType::Fifo, "fifo", ""),
        with(EntryType::Regular, "../outside", ""),
        with(EntryType::Regular, "a/../../outside", ""),
        with(EntryType::Link, "hard", "../../etc/passwd"),
    ] {
        let why = image.refused();
        assert!(why.contains("not fit to run"), "{why}");
    }
}

#[test]
fn i2_the_sandboxs_own_program_cannot_be_taken_over_needs_busybox_needs_setpriv() {
    as_both(|| {
        // started as the image's program, or as its interpreter, it is a sealed copy, and does nothing (CVE-2019-5736)
        let ourselves = std::fs::metadata(env!("CARGO_BIN_EXE_cargo-scratch")).unwrap().modified().unwrap();
        for path in ["/proc/self/exe", "/script", "/link"] {
            let image = Image::sh("").layer(|layer| {
                layer.file("script", 0o755, b"#!/proc/self/exe\n").link("link", "/proc/self/exe");
            });
            let image =
                image.with(|config| config.entrypoint = vec![path.to_owned(), "__sandbox-stage".into()]);
            let null = || std::fs::File::create("/dev/null").unwrap();
            if let Ok(mut running) = image.try_start((null(), null()), |_| {}) {
                let ended = running.wait_within(std::time::Duration::from_mins(1)).unwrap().unwrap();
                assert!(!ended.success());
            }
        }
        let now = std::fs::metadata(env!("CARGO_BIN_EXE_cargo-scratch")).unwrap().modified().unwrap();
        assert_eq!(now, ourselves);
    });
}

#[test]
fn i2_no_system_call_of_the_sandboxs_makers_is_left_to_the_program_needs_busybox_needs_setpriv() {
    as_both(|| {
        let script = "/bin/busybox mount -t tmpfs x /tmp 2>&1; /bin/busybox unshare -r id 2>&1; \
                      /bin/busybox unshare -m id 2>&1; /bin/busybox chroot /tmp id 2>&1; \
                      /bin/busybox umount /tmp 2>&1; /bin/busybox mount -o remount,rw / 2>&1; \
                      /bin/busybox hostname other 2>&1; /bin/busybox mknod /tmp/null c 1 3 2>&1; \
                      /bin/busybox nsenter -t 1 -m id 2>&1; true";
        let said = Image::sh(script).says();
        assert_eq!(
            said.matches("peration not permitted").count() + said.matches("ermission denied").count(),
            9,
            "{said}"
        );
        assert!(!said.contains("uid="), "{said}");
    });
}

#[test]
fn i2_a_file_of_ours_that_is_open_does_not_reach_the_program_needs_busybox() {
    // without close-on-exec, as shells and make hand files down
    let secret = tempfile::tempfile().unwrap();
    let left = rustix::io::fcntl_dupfd_cloexec(&secret, 150).unwrap();
    rustix::io::fcntl_setfd(&left, rustix::io::FdFlags::empty()).unwrap();
    let said = Image::sh("cd /proc/self/fd; echo *").says();
    assert_eq!(said, "0 1 2 3\n", "and 3 is the shell's own look");
}
