//! The container: what it sees, what it may, and what it is told.

use super::Builder;
use crate::config::env::Env;
use crate::config::values;
use crate::tool::Tool;
use std::ffi::OsString;
use std::path::Path;

/// The first process of the container. cargo would be deaf to signals there: the kernel keeps them from a first process
/// that has no handler (pid_namespaces(7)). With the shell's end, all that runs below it ends.
const FIRST: &str = r#"trap "exit 130" HUP INT QUIT TERM; "$@" & wait $!"#;

/// The variables of this machine that decide what is in the program, and mean the same in the container.
const HANDED: [&str; 4] =
    ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "SOURCE_DATE_EPOCH"];

impl Builder<'_> {
    /// The command that runs cargo, up to the word `cargo`. The container gets `told` from the engine's own variables.
    pub(super) fn container(&self, env: &Env, told: &[(OsString, OsString)]) -> Tool {
        let plan = &self.plans.first;
        let network = self.wanted.network.as_deref().unwrap_or("none");
        let mut tool = self
            .engine
            .tool()
            .args(["run", "--rm", "--pull=never"])
            .args(["--cap-drop=ALL", "--security-opt=no-new-privileges"])
            // SELinux would need other labels on the user's files; the mounts are all that there is to see
            .arg("--security-opt=label=disable")
            .arg(format!("--network={network}"))
            .args(self.user());
        // at the same paths, so that messages, debug information and build scripts name what is on this machine
        let mounts = [plan.workspace.as_path(), &self.wanted.folder];
        let mounts =
            mounts.iter().filter(|path| !path.starts_with(&plan.workspace) || **path == plan.workspace);
        tool = mounts.fold(tool, |tool, path| tool.args(mount(path, path, false)));
        // a home of this project alone: what its build scripts leave there, no other project meets
        let home = self.wanted.home();
        for part in ["registry", "git"] {
            tool = tool.args(mount(&self.home.join(part), &self.wanted.cargo_home().join(part), true));
        }
        let ours = [
            ("HOME", home.clone()),
            ("CARGO_HOME", self.wanted.cargo_home()),
            ("CARGO_NET_OFFLINE", "true".into()),
        ];
        for (name, value) in ours {
            tool = tool.arg("--env").arg(joined(name, value.as_os_str()));
        }
        for (name, value) in &self.stage.workbench.variables {
            // what is taken out of the program, and where, does not change with the place
            if !name.ends_with("_STRIP") {
                tool = tool.arg("--env").arg(joined(name, value.as_ref()));
            }
        }
        // by name alone, so that values stay off the command line
        let handed = env.variables().filter_map(|(name, _)| name.to_str()).filter(|name| is_handed(name));
        let told = told.iter().filter_map(|(name, _)| name.to_str());
        tool = handed.chain(told).fold(tool, |tool, name| tool.args(["--env", name]));
        let folder = if env.folder().starts_with(&plan.workspace) { env.folder() } else { &plan.workspace };
        tool.arg("--workdir").arg(folder).arg(&self.image.name).args(["sh", "-c", FIRST, "sh", "cargo"])
    }

    /// The words by which what is built belongs to the user.
    fn user(&self) -> Vec<String> {
        let (user, group) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
        let number = format!("--user={user}:{group}");
        match (self.wanted.engine, self.rootless) {
            (values::Engine::Podman, true) => vec!["--userns=keep-id".to_owned(), number],
            // the container's root is the user
            (values::Engine::Docker, true) => Vec::new(),
            (_, false) => vec![number],
        }
    }
}

fn is_handed(name: &str) -> bool {
    let of_target = name.starts_with("CARGO_TARGET_") && name.ends_with("_RUSTFLAGS");
    HANDED.contains(&name) || name.starts_with("CARGO_PROFILE_") || of_target
}

fn joined(name: &str, value: &std::ffi::OsStr) -> OsString {
    let mut word = OsString::from(name);
    word.push("=");
    word.push(value);
    word
}

/// The words that mount `source`, each field quoted as CSV where it has to be (docker run, `--mount`).
fn mount(source: &Path, target: &Path, readonly: bool) -> [String; 2] {
    let field = |name: &str, path: &Path| {
        let text = format!("{name}={}", path.display());
        if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    let readonly = if readonly { ",readonly" } else { "" };
    let words = format!("type=bind,{},{}{readonly}", field("source", source), field("target", target));
    ["--mount".to_owned(), words]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decides_the_program_is_handed_on_and_nothing_else() {
        for name in
            ["RUSTFLAGS", "CARGO_PROFILE_RELEASE_LTO", "CARGO_TARGET_X_RUSTFLAGS", "SOURCE_DATE_EPOCH"]
        {
            assert!(is_handed(name), "{name}");
        }
        for name in
            ["PATH", "HOME", "CARGO_REGISTRY_TOKEN", "CARGO_TARGET_X_LINKER", "CARGO_HOME", "AWS_SECRET"]
        {
            assert!(!is_handed(name), "{name}");
        }
    }

    #[test]
    fn a_path_stays_one_field() {
        let [_, plain] = mount(Path::new("/a b"), Path::new("/c"), true);
        assert_eq!(plain, "type=bind,source=/a b,target=/c,readonly");
        let [_, quoted] = mount(Path::new("/a,readonly=\"x"), Path::new("/c"), false);
        assert_eq!(quoted, r#"type=bind,"source=/a,readonly=""x",target=/c"#);
    }
}
