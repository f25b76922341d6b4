//! Where there can be no sandbox.

use super::{AGAIN, tool};

/// Runs this test alone, as root of a user namespace, after `setting` has been made in it.
fn inside(setting: &str) -> String {
    let name = std::thread::current().name().unwrap().to_owned();
    let mut command = tool("unshare");
    command.args(["--user", "--map-root-user", "sh", "-c", &format!("{setting}; exec \"$@\"")]);
    command.arg("sh").arg(std::env::current_exe().unwrap()).args(["--exact", &name, "--nocapture"]);
    let said = command.env(AGAIN, "1").output().unwrap();
    String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr)
}

/// What the error for a try says.
fn told() -> String {
    match cargo_scratch::sandbox::available_by(env!("CARGO_BIN_EXE_cargo-scratch").as_ref()) {
        Ok(()) => "available".to_owned(),
        Err(error) => {
            assert_eq!(error.code(), cargo_scratch::error::Code::Sandbox);
            format!("{}: {:?} {:?}", error.what(), error.notes(), error.helps())
        }
    }
}

#[test]
fn i2_a_machine_that_lets_nobody_have_namespaces_is_told_with_its_setting_needs_unshare() {
    if std::env::var_os(AGAIN).is_some() {
        println!("{}", told());
        return;
    }
    // the setting counts for this namespace alone, and its children
    let said = inside("echo 0 > /proc/sys/user/max_user_namespaces");
    assert!(said.contains("no sandbox on this machine"), "{said}");
    assert!(said.contains("user.max_user_namespaces is 0") && said.contains("sudo sysctl -w"), "{said}");
    assert!(said.contains("--engine docker"), "{said}");
    let said = inside("echo 0 > /proc/sys/user/max_pid_namespaces");
    assert!(said.contains("user.max_pid_namespaces is 0"), "{said}");
}

#[test]
fn i2_a_sandbox_can_be_had_by_who_has_one_user_only_needs_unshare() {
    if std::env::var_os(AGAIN).is_some() {
        println!("{}", told());
        return;
    }
    let said = inside("true");
    assert!(said.contains("available"), "{said}");
}
