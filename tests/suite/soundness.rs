//! Images of other tools: what docker, BuildKit, buildah, umoci and skopeo make of layers that add, change and delete is
//! sound, in every form that they write.

use crate::support::distribution::{Distribution, Door};
use crate::support::{Builder, Fake, Project, Run, rust_image, scratch, through, tool};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Layers that add, change and delete: files, folders and links.
const DOCKERFILE: &str = r#"
FROM scratch
COPY busybox /bin/busybox
COPY passwd /etc/passwd
RUN ["/bin/busybox", "sh", "-c", "/bin/busybox --install -s /bin && /bin/mkdir -p /data/deep /data/other && echo x >/data/deep/a && echo y >/data/b && /bin/ln /data/b /data/hard"]
RUN rm -r /data/deep && rm /data/b && mkdir /data/deep && echo z >/data/deep/c && rmdir /data/other && echo q >/data/other
USER app
WORKDIR /data
EXPOSE 8080
ENTRYPOINT ["sh", "-c"]
CMD ["echo hi"]
"#;

/// A folder with what the Dockerfile copies.
fn context() -> Project {
    let project = Project::empty();
    let path = std::env::var_os("PATH").unwrap();
    let busybox =
        std::env::split_paths(&path).map(|folder| folder.join("busybox")).find(|path| path.is_file());
    std::fs::copy(busybox.expect("busybox is not on PATH; .ci/setup installs it"), project.path("busybox"))
        .unwrap();
    project.file("passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n");
    project.file("Dockerfile", DOCKERFILE);
    project
}

#[track_caller]
fn said(command: &mut Command) -> String {
    let shown = format!("{command:?}");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{shown}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The verdict on `image`, which must be sound.
#[track_caller]
fn sound(image: &str) -> Value {
    let mut command = scratch();
    command.args(["verify", "--message-format", "json", image]);
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    serde_json::from_str(&run.stdout).unwrap()
}

#[track_caller]
fn of_the_dockerfile(image: &str) {
    let verdict = sound(image);
    assert_eq!(verdict["faults"].as_array().map(Vec::len), Some(0), "{verdict}");
    let one = &verdict["images"][0];
    assert_eq!(
        (&one["platform"], &one["program"]["path"]),
        (&"linux/amd64".into(), &"/bin/busybox".into()),
        "{verdict}"
    );
    assert!(one["layers"].as_array().unwrap().len() >= 2, "{verdict}");
}

/// An image under a name that docker, or buildah, forgets at the end.
struct Built {
    by: &'static str,
    name: String,
}

impl Built {
    fn new(by: &'static str, how: &str) -> Self {
        Built { by, name: format!("localhost/soundness-{how}-{}:t", std::process::id()) }
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        let _ = tool(self.by).args(["rmi", "--force", &self.name]).output();
    }
}

fn docker_builds(how: &str, client: &str, buildkit: &str) {
    let context = context();
    let built = Built::new("docker", how);
    let mut build = Command::new(client);
    build.env("DOCKER_BUILDKIT", buildkit).args(["build", "--quiet", "--no-cache", "--tag", &built.name]);
    said(build.arg(context.path("")));
    let file = context.path("image.tar").display().to_string();
    said(tool("docker").args(["save", "--output", &file, &built.name]));
    of_the_dockerfile(&file);
    of_the_dockerfile(&format!("docker:{}", built.name));
    let packed = context.path("image.tar.gz");
    std::fs::write(&packed, said_bytes(tool("gzip").args(["-c", &file]))).unwrap();
    of_the_dockerfile(packed.to_str().unwrap());
}

fn said_bytes(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn needs_docker_needs_busybox_what_dockers_old_builder_makes_is_sound() {
    docker_builds("legacy", tool("docker").get_program().to_str().unwrap(), "0");
}

#[test]
fn needs_buildkit_needs_busybox_what_buildkit_makes_is_sound() {
    let client =
        said(Command::new("bash").args([concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/setup"), "has-buildkit"]));
    docker_builds("buildkit", client.trim(), "1");
}

#[test]
fn needs_buildah_needs_skopeo_needs_busybox_what_buildah_and_skopeo_write_is_sound() {
    let context = context();
    let built = Built::new("buildah", "buildah");
    let mut bud = tool("buildah");
    // host: Debian's buildah comes without the plugins that its own networks need
    bud.args(["bud", "--quiet", "--pull-never", "--network=host", "--layers", "--tag", &built.name]);
    said(bud.arg(context.path("")));
    let at = |name: &str| context.path(name).display().to_string();
    let push = |to: &str| said(tool("buildah").args(["push", "--quiet", &built.name, to]));
    push(&format!("docker-archive:{}:{}", at("docker.tar"), built.name));
    push(&format!("oci-archive:{}:t", at("oci.tar")));
    push(&format!("oci:{}:t", at("oci")));
    let copies: [(&str, &str, &[&str]); 5] = [
        ("skopeo.oci", "oci:NEW:t", &[]),
        ("skopeo.oci.tar", "oci-archive:NEW:t", &[]),
        ("skopeo.docker.tar", "docker-archive:NEW:a/b:t", &[]),
        ("skopeo.zstd", "oci:NEW:t", &["--dest-compress-format", "zstd", "--dest-compress"]),
        ("skopeo.v2", "oci:NEW:t", &["--dest-oci-accept-uncompressed-layers"]),
    ];
    for (name, to, words) in copies {
        let to = to.replace("NEW", &at(name));
        said(
            tool("skopeo")
                .args(["--insecure-policy", "copy", "--quiet"])
                .args(words)
                .arg(format!("oci:{}:t", at("oci")))
                .arg(to),
        );
        of_the_dockerfile(&at(name));
    }
    for name in ["docker.tar", "oci.tar", "oci"] {
        of_the_dockerfile(&at(name));
    }
}

#[test]
fn needs_umoci_needs_busybox_what_umoci_makes_is_sound() {
    let context = context();
    let (layout, bundle) = (context.path("layout"), context.path("bundle"));
    let image = format!("{}:v1", layout.display());
    let umoci = |words: &[&str]| said(tool("umoci").args(words));
    umoci(&["init", "--layout", layout.to_str().unwrap()]);
    umoci(&["new", "--image", &image]);
    let change = |change: &dyn Fn(&Path)| {
        umoci(&["unpack", "--image", &image, bundle.to_str().unwrap()]);
        change(&bundle.join("rootfs"));
        umoci(&["repack", "--image", &image, bundle.to_str().unwrap()]);
        std::fs::remove_dir_all(&bundle).unwrap();
    };
    let write = |path: PathBuf, text: &str| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    change(&|root| {
        std::fs::create_dir(root.join("bin")).unwrap();
        std::fs::copy(context.path("busybox"), root.join("bin/busybox")).unwrap();
        std::os::unix::fs::symlink("busybox", root.join("bin/sh")).unwrap();
        write(root.join("etc/passwd"), "app:x:1000:1000::/:/bin/sh\n");
        write(root.join("data/deep/a"), "x");
        write(root.join("data/b"), "y");
    });
    change(&|root| {
        std::fs::remove_dir_all(root.join("data/deep")).unwrap();
        std::fs::remove_file(root.join("data/b")).unwrap();
        write(root.join("data/c"), "z");
    });
    umoci(&["config", "--image", &image, "--config.entrypoint", "sh", "--config.user", "app"]);
    of_the_dockerfile(layout.to_str().unwrap());
}

/// On Debian: links for folders, programs for root, hard links, hundreds of dynamic programs and their libraries.
#[test]
fn j3_needs_docker_needs_debootstrap_needs_time_an_image_from_debian_is_sound_in_little_memory() {
    let project = Project::empty();
    let (stand_in, base) = (Built::new("docker", "rust"), Built::new("docker", "debian"));
    rust_image::provide(Builder::Legacy, &[&stand_in.name]);
    // Debian alone, without the toolchains that are in there too
    let tar =
        "tar -C / -c --one-file-system --exclude=./usr/local --exclude=./usr/lib/gcc --exclude=./usr/share .";
    let pipe = format!(
        "docker run --rm --network=none {} sh -c '{tar}' | docker import --change 'ENV PATH=/usr/bin' - {}",
        stand_in.name, base.name
    );
    said(Command::new("bash").args(["-o", "pipefail", "-c", &pipe]));
    project.file(
        "Dockerfile",
        format!(
            "FROM {}\nRUN rm -r /usr/include && echo x >/etc/new && mkdir -p /srv/a/b && /usr/sbin/useradd app\n\
             COPY Dockerfile /srv/a/b/\nRUN rm -r /srv/a && ln /etc/new /srv/hard\n\
             USER app\nCMD [\"ls\", \"-l\"]\n",
            base.name
        ),
    );
    let built = Built::new("docker", "on-debian");
    let mut build = tool("docker");
    build.env("DOCKER_BUILDKIT", "0").args(["build", "--quiet", "--tag", &built.name]).arg(project.path(""));
    said(&mut build);
    let file = project.path("image.tar").display().to_string();
    said(tool("docker").args(["save", "--output", &file, &built.name]));

    let mut verify = scratch();
    verify.args(["verify", "--message-format", "json", &file]);
    let run = Run::of(through(tool("time"), ["-f", "%M"], &verify));
    assert_eq!(run.status, 0, "{run:?}");
    let verdict: Value = serde_json::from_str(&run.stdout).unwrap();
    let program = &verdict["images"][0]["program"];
    assert_eq!(
        (&program["path"], &program["linked"]),
        (&"/usr/bin/ls".into(), &"dynamic".into()),
        "{verdict}"
    );
    let words: Vec<_> = verdict["remarks"].as_array().unwrap().iter().map(|remark| &remark["word"]).collect();
    assert!(words.contains(&&"setuid".into()) && !words.contains(&&"no-loader".into()), "{verdict}");
    let kilobytes: u64 = run.stderr.trim().parse().unwrap();
    assert!(kilobytes <= 48 << 10, "{kilobytes} KiB");
}

#[test]
fn needs_registry_what_a_registry_has_is_judged_by_its_name() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::new("app", ""));
    let name = format!("{}/me/app:1", registry.host());
    let mut push = fake.command(["push", &name, "--platform", "linux/amd64,linux/arm64"]);
    push.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "/bin/false");
    let run = Run::of(push);
    assert_eq!(run.status, 0, "{run:?}");
    let verdict = sound(&name);
    let platforms: Vec<_> =
        verdict["images"].as_array().unwrap().iter().map(|image| &image["platform"]).collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"], "{verdict}");
    let mut missing = scratch();
    missing.args(["verify", &format!("{}/me/nothing:1", registry.host())]);
    Run::of(missing).refused(6, &["me/nothing"]);
}
