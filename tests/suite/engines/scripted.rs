//! Engines whose programs are scripts: what they are asked, and what becomes of their answers.

use super::{digests, loaded, program};
use crate::outputs::wait_until;
use crate::support::{Archive, Fake, Run};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A docker that keeps what it was fed, chats, and says that it has the image `id`.
fn docker(fake: &Fake, id: &str) {
    let body = "case $* in *version*) echo 1;; *load*) cat >$here/fed.tar; echo chatter; echo chatter >&2;; \
         *inspect*) shift 4; for name; do echo ID; done; echo \"$*\" >$here/asked;; esac";
    program(fake, "docker", &body.replace("ID", id));
}

#[test]
fn docker_is_fed_what_the_archive_holds_and_asked_for_every_name() {
    let fake = Fake::new("app", "");
    let (id, manifest) = digests(&fake);
    let words = ["-o", "docker", "-t", "app:1", "-t", "ghcr.io/me/app:2"];
    // the classic store of images, and containerd's
    for id in [&id, &manifest] {
        docker(&fake, id);
        loaded(&fake.scratch(words), "app:1");
        assert_eq!(fs::read_to_string(fake.path("asked")).unwrap(), "app:1 ghcr.io/me/app:2\n");
        let fed = Archive::read(&fake.path("fed.tar"));
        let entry: serde_json::Value = serde_json::from_slice(&fed.files["manifest.json"]).unwrap();
        assert_eq!(entry[0]["RepoTags"], serde_json::json!(["app:1", "ghcr.io/me/app:2"]));
        assert_eq!(fed.index["manifests"][0]["digest"], *manifest);
    }
    let documents = ["digests.cdx.json", "digests.intoto.json", "digests.spdx.json"];
    let made = [&["asked"][..], &documents, &["digests.tar", "fed.tar"]].concat();
    let left: Vec<_> = fake.listing().into_iter().filter(|name| !name.contains("src")).collect();
    assert_eq!(left, [&["Cargo.toml"][..], &made].concat(), "an engine's archive has no name");
}

#[test]
fn a_layer_that_containerd_takes_away_while_it_unpacks_is_given_again_and_not_for_ever() {
    let fake = Fake::new("app", "");
    let (_, manifest) = digests(&fake);
    let gone =
        "ctr: failed to prepare extraction snapshot: parent snapshot sha256:1 does not exist: not found";
    let imports = |failing: usize| {
        let _ = fs::remove_file(fake.path("imports"));
        let body = format!(
            "case $* in *import*) cat >/dev/null; echo x >>$here/imports; \
             if [ $(wc -l <$here/imports) -le {failing} ]; then echo '{gone}' >&2; exit 1; fi;; \
             *ls*) echo docker.io/library/app:1 type {manifest};; esac"
        );
        program(&fake, "ctr", &body);
        let run = fake.scratch(["-o", "containerd", "-t", "app:1"]);
        (run, fs::read_to_string(fake.path("imports")).unwrap().lines().count())
    };
    let (run, times) = imports(2);
    loaded(&run, "docker.io/library/app:1");
    assert_eq!(times, 3);
    let (run, times) = imports(9);
    run.refused(6, &["containerd did not take the image", "parent snapshot"]);
    assert_eq!(times, 3);
}

#[test]
fn i1_another_image_under_a_name_is_an_error() {
    let fake = Fake::new("app", "");
    let other = format!("sha256:{}", "0".repeat(64));
    for (id, shown) in [(&*other, &*other), ("", "none"), ("'\u{1b}[2J'", "\\u{1b}[2J")] {
        docker(&fake, id);
        fake.scratch(["-o", "docker"]).refused(6, &["error[engine]", "another image as app:", shown]);
    }
    // the first name is right, and the second is not told of
    let (id, _) = digests(&fake);
    program(&fake, "docker", &format!("case $* in *load*) cat >/dev/null;; *inspect*) echo {id};; esac"));
    fake.scratch(["-o", "docker", "-t", "app:1", "-t", "app:2"]).refused(6, &["another image as app:2"]);
}

#[test]
fn i1_an_engine_that_is_missing_or_refuses_is_told_before_anything_is_built() {
    let fake = Fake::new("app", "");
    let refusals = [
        ("permission denied while trying to connect to the Docker daemon socket", "usermod -aG docker"),
        ("Cannot connect to the Docker daemon at unix:///x. Is it running?", "systemctl start docker"),
        ("failed to connect to the docker API at unix:///x; check if the path is right", "systemctl start"),
        (
            "error during connect: command [ssh -T -- host docker system dial-stdio] has exited",
            "see that ssh",
        ),
        ("context \"x\": context not found: open meta.json", "docker context ls"),
        ("client version 1.99 is too new. Maximum supported API version is 1.41", "DOCKER_API_VERSION"),
        (
            "client version 1.24 is too old. Minimum supported API version is 1.44",
            "update the docker program",
        ),
        ("unable to parse docker host `x`", "see DOCKER_HOST"),
    ];
    for (words, help) in refusals {
        fake.file("words", words);
        program(
            &fake,
            "docker",
            "case $* in *version*) cat $here/words >&2; exit 1;; esac; echo >$here/more",
        );
        let run = fake.scratch(["-o", "docker"]);
        run.refused(
            6,
            &["error[engine]", "the Docker Engine does not answer", words, help, "docker-archive"],
        );
    }
    for (kind, name, words, help) in [
        ("podman", "podman", "Cannot connect to Podman. Please verify", "podman machine start"),
        ("containerd", "ctr", "failed to dial \"/x\": connect: permission denied", "CONTAINERD_ADDRESS"),
    ] {
        fake.file("words", words);
        program(&fake, name, "cat $here/words >&2; exit 1");
        fake.scratch(["-o", kind])
            .refused(6, &["error[engine]", "does not answer", words, help, "oci-archive"]);
    }
    for (kind, name, file) in [
        ("docker", "`docker` is not on PATH", "docker-archive"),
        ("podman", "`podman` is not on PATH", "oci-archive"),
        ("containerd=k8s.io", "`ctr` or `k3s` is not on PATH", "oci-archive"),
    ] {
        let mut command = fake.command(["-o", kind]);
        let empty = fake.path("empty");
        fs::create_dir_all(&empty).unwrap();
        command.env("PATH", empty).env("RUSTC", fake.tools().join("rustc"));
        Run::of(command).refused(6, &["error[engine]", name, file]);
    }
    assert!(fake.builds().is_empty() && !fake.path("more").exists());
}

#[test]
fn i1_what_an_engine_says_of_a_failed_load_is_shown_escaped_and_bounded() {
    let fake = Fake::new("app", "");
    fake.file("words", format!("\u{1b}]0;x\u{7}no space left on device\n{}", "y".repeat(1 << 20)));
    // with and without having read what it was fed
    for read in ["cat >/dev/null", "exec <&-"] {
        program(&fake, "docker", &format!("case $* in *load*) {read}; cat $here/words >&2; exit 1;; esac"));
        let run = fake.scratch(["-o", "docker"]);
        run.refused(6, &["did not take the image", "\\u{1b}]0;x\\u{7}no space left", "docker system df"]);
        assert!(run.stderr.len() < 4 << 10, "{} bytes", run.stderr.len());
    }
    program(&fake, "docker", "case $* in *load*) kill -9 $$;; esac");
    fake.scratch(["-o", "docker"]).refused(6, &["did not take the image", "it said nothing", "9"]);
    // that it took the image is not enough
    program(
        &fake,
        "docker",
        "case $* in *inspect*) echo 'Error: No such image: app:0.1.0' >&2; exit 1;; esac",
    );
    fake.scratch(["-o", "docker"]).refused(6, &["does not show it", "No such image"]);
}

#[test]
fn d3_a_signal_while_an_engine_loads_ends_its_program() {
    let fake = Fake::new("app", "");
    program(&fake, "docker", "case $* in *load*) echo $$ >$here/pid; exec sleep 600;; esac");
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let _ = fs::remove_file(fake.path("pid"));
        let mut command = fake.command(["-o", "docker"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let pid = || fs::read_to_string(fake.path("pid")).unwrap_or_default();
        wait_until("the engine loads", || pid().ends_with('\n'));
        let start = Instant::now();
        kill_process(Pid::from_child(&child), signal).unwrap();
        Run::from(child.wait_with_output().unwrap()).refused(status, &["interrupted"]);
        assert!(start.elapsed() < Duration::from_secs(10));
        assert!(!fs::exists(format!("/proc/{}", pid().trim())).unwrap(), "it is reaped");
    }
}

#[test]
fn other_outputs_are_made_although_an_engine_fails() {
    let fake = Fake::new("app", "");
    let big = vec![7; 4 << 20];
    fake.file("big", big);
    program(&fake, "docker", "case $* in *load*) exit 1;; esac");
    let words = ["-o", "docker", "-o", "out.tar", "--copy", "big:/big", "--compression", "none"];
    let run = fake.scratch(words);
    assert_eq!(run.status, 6, "{run:?}");
    assert_eq!(run.stdout, format!("{}\n", fake.path("out.tar").display()));
    let kept = fs::read(fake.path("out.tar")).unwrap();
    Archive::read(&fake.path("out.tar"));
    // what an engine was fed leaves no trace in the file
    let alone = fake.scratch(&words[2..]);
    assert_eq!(alone.status, 0, "{alone:?}");
    assert!(kept == fs::read(fake.path("out.tar")).unwrap());
}

#[test]
fn a_destination_chooses_the_engine_and_is_never_an_option() {
    let fake = Fake::new("app", "");
    for (kind, name, option) in [
        ("docker", "docker", "--context"),
        ("podman", "podman", "--connection"),
        ("containerd", "ctr", "--namespace"),
    ] {
        program(&fake, name, "for word; do echo \"<$word>\"; done >$here/words; exit 1");
        for place in ["far", "--host=evil", "a b"] {
            fake.scratch(["-o", &format!("{kind}={place}")]).refused(6, &["error[engine]"]);
            let words = fs::read_to_string(fake.path("words")).unwrap();
            assert_eq!(words.lines().next(), Some(&*format!("<{option}={place}>")), "{words}");
        }
    }
}

#[test]
fn podman_gets_one_name_and_then_the_others() {
    let fake = Fake::new("app", "");
    let (id, manifest) = digests(&fake);
    let body = "echo \"$*\" >>$here/asked; case $* in load*) cat >$here/fed.tar;; \
         *inspect*) shift 4; for name; do echo ID DIGESTS; done;; esac";
    let hex = id.trim_start_matches("sha256:");
    program(&fake, "podman", &body.replace("ID", hex).replace("DIGESTS", &manifest));
    let run = fake.scratch(["-o", "podman", "-t", "app:1", "-t", "ghcr.io/me/app:2"]);
    loaded(&run, "app:1");
    assert!(!run.stderr.contains("warning"), "{run:?}");
    let asked = fs::read_to_string(fake.path("asked")).unwrap();
    let tagged = asked.lines().find(|line| line.starts_with("tag")).unwrap();
    assert_eq!(tagged, "tag localhost/app:1 ghcr.io/me/app:2");
    let fed = Archive::read(&fake.path("fed.tar"));
    assert_eq!(fed.index["manifests"].as_array().unwrap().len(), 1);
    assert!(!fed.files.contains_key("manifest.json"), "podman would make a manifest of its own");

    // the same image with other layers' compression, loaded before
    program(&fake, "podman", &body.replace("ID", hex).replace("DIGESTS", "sha256:0"));
    let run = fake.scratch(["-o", "podman", "-t", "app:1"]);
    loaded(&run, "app:1");
    assert!(run.stderr.contains("warning") && run.stderr.contains(&manifest), "{run:?}");
    program(&fake, "podman", &body.replace("ID", &"0".repeat(64)));
    fake.scratch(["-o", "podman"]).refused(6, &["Podman has another image as localhost/app:"]);
}

#[test]
fn containerd_is_reached_by_way_of_k3s_where_there_is_no_ctr() {
    let fake = Fake::new("app", "");
    let (_, manifest) = digests(&fake);
    let name = "docker.io/library/app:1";
    let body = "echo \"$*\" >>$here/asked; case $* in *import*) cat >$here/fed.tar; echo unpacking;; \
         *'images ls'*) echo REF TYPE DIGEST; echo NAME type DIGEST;; esac";
    program(&fake, "k3s", &body.replace("NAME", name).replace("DIGEST;;", &format!("{manifest};;")));
    let words = ["-o", "containerd=k8s.io", "-t", "app:1"];
    let alone = |words: &[&str]| {
        let mut command = fake.command(words);
        command.env("PATH", fake.tools()).env("RUSTC", fake.tools().join("rustc"));
        Run::of(command)
    };
    loaded(&alone(&words), name);
    let asked = fs::read_to_string(fake.path("asked")).unwrap();
    assert!(asked.lines().all(|line| line.starts_with("ctr --namespace=k8s.io ")), "{asked}");
    assert!(asked.contains(&format!("images ls name=={name}")), "{asked}");
    program(&fake, "k3s", &body.replace("NAME", "docker.io/library/app:other"));
    alone(&words).refused(6, &[&format!("containerd has another image as {name}"), "it has none"]);
}
