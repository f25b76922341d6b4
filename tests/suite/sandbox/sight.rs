//! What a program sees: itself as with an engine, and nothing of the machine.

use super::image::Image;
use super::{as_both, is_nobody};
use crate::support::tool;
use cargo_scratch::sandbox::Bind;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A line of `/proc/self/status`.
fn status<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap_or_else(|| panic!("no {name} in {text}"))
        .trim()
}

#[test]
fn i2_a_program_is_who_the_image_says_and_can_do_nothing_more_needs_busybox_needs_setpriv() {
    as_both(|| {
        let image = Image::sh("id; pwd; cat /proc/self/status; umask").with(|config| {
            config.user = "65532:65533".into();
            config.working_dir = "/data/work".into();
        });
        let said = image.says();
        assert!(said.starts_with("uid=65532 gid=65533"), "{said}");
        assert!(said.contains("\n/data/work\n") && said.ends_with("0022\n"), "{said}");
        for none in ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
            assert_eq!(status(&said, none), "0000000000000000", "{none}");
        }
        assert_eq!(status(&said, "NoNewPrivs:"), "1");
        assert_eq!(status(&said, "Seccomp:"), "2");
        assert_eq!(status(&said, "NSpid:").split_whitespace().count(), 1);
    });
}

#[test]
fn i2_root_of_an_image_has_no_privileges_and_is_nobody_outside_needs_busybox_needs_setpriv() {
    as_both(|| {
        let image = Image::sh("id -u; cat /proc/self/status; cat /proc/self/uid_map");
        let said = image.says();
        assert!(said.starts_with("0\n"), "{said}");
        assert_eq!(status(&said, "CapEff:"), "0000000000000000");
        let outside = said.lines().rev().find_map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            (words.len() == 3 && words[0] == "0").then(|| words[1].to_owned())
        });
        assert_eq!(outside.as_deref(), Some(if is_nobody() { "65534" } else { "2000000000" }));
    });
}

#[test]
fn i2_a_name_of_a_user_is_found_in_the_image_with_its_groups_and_home_needs_busybox_needs_setpriv() {
    as_both(|| {
        let image = Image::sh("id -u; id -g; echo $HOME").layer(|layer| {
            layer.folder("etc", 0o755);
            layer.file(
                "etc/passwd",
                0o644,
                b"root:x:0:0::/root:/bin/sh\napp:x:1234:4321::/home/app:/bin/sh\n",
            );
            layer.file("etc/group", 0o644, b"app:x:4321:\nvideo:x:44:app\n");
        });
        assert_eq!(image.with(|config| config.user = "app".into()).says(), "1234\n4321\n/home/app\n");
        let nobody = Image::sh("id").with(|config| config.user = "nobody".into()).refused();
        assert!(nobody.contains("no user `nobody`"), "{nobody}");
    });
}

#[test]
fn i2_the_environment_is_the_images_over_dockers_and_nothing_of_ours_needs_busybox() {
    let image = Image::sh("env | sort").with(|config| config.env = vec!["A=1".into(), "B=x=y".into()]);
    let said = image.says();
    let names: Vec<_> = said.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    // the shell itself adds PWD and SHLVL
    assert_eq!(names, ["A", "B", "HOME", "HOSTNAME", "PATH", "PWD", "SHLVL"]);
    assert!(said.contains("A=1\nB=x=y\nHOME=/\n"), "{said}");
    assert!(said.contains("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"), "{said}");
}

#[test]
fn i2_nothing_of_the_machines_files_is_visible_needs_busybox_needs_setpriv() {
    as_both(|| {
        let canary = tempfile::Builder::new().prefix("scratch-canary-").tempdir().unwrap();
        fs::write(canary.path().join("scratch-canary-file"), "").unwrap();
        // every name below /, also through the roots and folders of all processes that can be seen
        let script = "find / -xdev; find /proc/*/root/ /proc/*/cwd/ -maxdepth 3; ls -l /proc/*/fd; cat /proc/*/mounts; true";
        let said = Image::sh(script).run().stdout;
        assert!(said.contains("/bin/busybox"), "{said}");
        assert!(
            !said.contains("canary") && !said.contains("/usr") && !said.contains("cargo-scratch"),
            "{said}"
        );
        // of the mounts, only files of devices come from outside
        let mounts = Image::sh("cat /proc/self/mounts").says();
        for line in mounts.lines() {
            let words: Vec<_> = line.split(' ').collect();
            let known = matches!(words[2], "tmpfs" | "proc")
                || words[1].starts_with("/dev/")
                || words[1].starts_with("/proc/");
            assert!(known, "{line}");
        }
        assert_eq!(Image::sh("ls / | sort").says(), "bin\ndev\netc\nproc\ntmp\n");
    });
}

#[test]
fn i2_only_its_own_processes_are_visible_needs_busybox() {
    assert_eq!(Image::sh("echo /proc/[0-9]*; echo $$").says(), "/proc/1\n1\n");
}

#[test]
fn i2_nothing_can_be_written_but_tmp_volumes_and_shared_memory_needs_busybox_needs_setpriv() {
    as_both(|| {
        let script = "for d in $(find / -path /proc -prune -o -type d -print); do \
                          (touch $d/x) 2>/dev/null && echo $d; done | sort; \
                      (echo 1 > /proc/sysrq-trigger) 2>/dev/null && echo sysrq; \
                      (echo x > /bin/busybox) 2>/dev/null && echo busybox; true";
        let image = Image::sh(script).layer(|layer| {
            layer.folder("data", 0o777).folder("data/below", 0o777).folder("open", 0o777);
        });
        let image = image.with(|config| config.volumes = vec!["/data".into(), "/made".into()]);
        let root = image.says();
        assert_eq!(root, "/data\n/data/below\n/dev/shm\n/made\n/tmp\n");
        // what a volume lacks is made as root's
        let other = image.with(|config| config.user = "65532:65532".into()).says();
        let made = if is_nobody() { "/made\n" } else { "" };
        assert_eq!(other, format!("/data\n/data/below\n/dev/shm\n{made}/tmp\n"));
    });
}

#[test]
fn i2_what_a_mode_forbids_the_user_stays_forbidden_needs_busybox_needs_setpriv() {
    as_both(|| {
        let script = "for f in /f/*; do cat $f 2>/dev/null && echo ${f#/f/}; done; true";
        let image = Image::sh(script).layer(|layer| {
            layer.folder("f", 0o755);
            layer.owned("f/mine", 0o600, (1000, 1000), b"").owned("f/roots", 0o600, (0, 0), b"");
            layer.owned("f/groups", 0o040, (0, 1000), b"").owned("f/all", 0o004, (0, 0), b"");
            layer.owned("f/notmine", 0o077, (1000, 1000), b"");
        });
        let said = image.with(|config| config.user = "1000:1000".into()).says();
        assert_eq!(said, "all\ngroups\nmine\n");
    });
}

#[test]
fn i2_owners_and_times_are_the_images_for_root_needs_busybox_needs_setpriv() {
    let image = Image::sh("stat -c '%u %g %a %Y %n' /f /f/a; stat -c '%u %F' /f/l").layer(|layer| {
        layer.folder("f", 0o755).owned("f/a", 0o4751, (12345, 70000), b"x").link("f/l", "a");
    });
    assert_eq!(image.says(), "0 0 755 1700000000 /f\n12345 70000 4751 1700000000 /f/a\n0 symbolic link\n");
}

#[test]
fn i2_upper_layers_replace_and_delete_what_lower_ones_have_needs_busybox() {
    let image = Image::sh("find /d /e | sort; cat /d/b").layer(|layer| {
        layer.folder("d", 0o755).file("d/a", 0o644, b"1").file("d/b", 0o644, b"1").folder("d/c", 0o755);
        layer.file("d/c/x", 0o644, b"").folder("e", 0o755).file("e/old", 0o644, b"");
    });
    let image = image.layer(|layer| {
        layer.file("d/b", 0o644, b"2").file("d/.wh.a", 0o644, b"").file("d/.wh.c", 0o644, b"");
        layer.file("e/new", 0o644, b"").file("e/.wh..wh..opq", 0o644, b"");
    });
    assert_eq!(image.says(), "/d\n/d/b\n/e\n/e/new\n2");
}

#[test]
fn i2_a_folder_of_ours_is_shown_where_it_is_asked_for_needs_busybox_needs_setpriv() {
    as_both(|| {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        fs::write(folder.path().join("ours"), "from outside").unwrap();
        let bind = |destination: &str, read_only| Bind {
            source: folder.path().to_owned(),
            destination: destination.to_owned(),
            read_only,
        };
        let file = Bind {
            source: folder.path().join("ours"),
            destination: "/etc/deep/file".to_owned(),
            read_only: true,
        };
        let script = "cat /in/ours /etc/deep/file; echo x > /in/theirs; touch /ro/no 2>/dev/null || echo kept; \
                      echo y > /etc/deep/file || echo kept";
        let mounts = [bind("/in", false), bind("/ro", true), file];
        let image = Image::sh(script);
        let ended = image.run_with(|jail| jail.mounts = &mounts);
        assert_eq!(ended.stdout, "from outsidefrom outsidekept\nkept\n", "{ended:?}");
        assert_eq!(fs::read_to_string(folder.path().join("theirs")).unwrap(), "x\n");
        assert!(!folder.path().join("no").exists());
    });
}

/// What docker shows of the same image to a program that may do as little.
fn in_docker(image: &Image) -> String {
    use std::io::{Read, Write};
    use std::process::Stdio;
    let mut import = tool("docker");
    let mut import =
        import.args(["import", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut tar = Vec::new();
    image.layers[0].blob.as_ref().unwrap().reader().read_to_end(&mut tar).unwrap();
    import.stdin.take().unwrap().write_all(&tar).unwrap();
    let said = import.wait_with_output().unwrap();
    let name = String::from_utf8(said.stdout).unwrap().trim().to_owned();
    let mut run = tool("docker");
    run.args([
        "run",
        "--rm",
        "--network=host",
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
    ]);
    run.args(["--user", &image.config.user, "--workdir", &image.config.working_dir]);
    run.args(image.config.env.iter().map(|pair| format!("--env={pair}"))).arg(&name);
    let said = run.args(&image.config.entrypoint).output().unwrap();
    assert!(tool("docker").args(["rmi", &name]).output().unwrap().status.success());
    assert!(said.status.success(), "{said:?}");
    String::from_utf8(said.stdout).unwrap()
}

#[test]
fn i2_a_program_sees_what_it_would_with_docker_needs_busybox_needs_docker_needs_setpriv() {
    for user in ["0", "65532", "65532:7"] {
        let script = "id -u; id -g; id -G; pwd; env | sort; umask; cat /etc/hostname /etc/hosts /etc/resolv.conf; \
                      grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|Sig(Blk|Ign|Cgt)|Threads)' /proc/self/status; \
                      for n in null zero full random urandom tty shm fd stdin stdout stderr; do \
                          stat -c '%n %a %F %t %T' /dev/$n; done; \
                      stat -c '%n %a %F %u' / /dev /tmp /work; stat -c '%n %a %F' /proc; \
                      for n in kcore keys timer_list acpi scsi; do ls -A /proc/$n; wc -c < /proc/$n; done 2>/dev/null; \
                      (echo 1 > /proc/sys/kernel/hostname) 2>/dev/null || echo read-only; readlink /proc/1/exe";
        let image = Image::sh(script).with(|config| {
            config.user = user.into();
            config.working_dir = "/work".into();
            config.env = vec!["B=2".into(), "A=1 1".into(), "PATH=/bin".into()];
        });
        let ours = image.run_with(|jail| jail.host_network = true).stdout;
        let docker = in_docker(&image);
        // how many filters there are says nothing of what they refuse, and two signals are the C library's own, which we
        // ignore if who started us does
        let lines = |text: &str| {
            let lines = text.lines().filter(|line| !line.starts_with("Seccomp_filters"));
            lines
                .map(|line| line.replace("SigIgn:\t0000000180000000", "SigIgn:\t0000000000000000"))
                .collect::<Vec<_>>()
        };
        assert_eq!(lines(&ours), lines(&docker), "user {user}");
    }
}
