//! The settings of a container: each in the form that its specification gives it (OCI image spec, config.md), and the
//! platform as the index has it.

use super::Faults;
use crate::content::{Rule, Stored};
use crate::image::platform::Target;

/// Architectures whose variant may be left out, with the one that is then meant (containerd `platforms/database.go`).
const IMPLIED: [(&str, &str); 3] = [("arm64", "v8"), ("arm", "v7"), ("amd64", "v1")];
/// The signals that have a name on Linux (signal(7)), without `SIG`.
const SIGNALS: [&str; 36] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE",
    "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU",
    "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
];
/// The signals in all.
const SIGNAL_LIMIT: u8 = 64;

/// Tells what no engine, or not every engine, would take of the settings of `stored`.
pub fn check(stored: &Stored, faults: &mut Faults) {
    let (config, place) = (&stored.settings, &stored.config.place);
    platform(stored, faults);
    let mut fault = |key: &str, why: String| {
        faults.add(Rule::Document, format!("{place}: config.{key}"), why);
    };
    for pair in &config.env {
        match pair.split_once('=') {
            _ if pair.contains('\0') => fault("Env", format!("`{pair}` has a NUL byte")),
            Some((name, _)) if !name.is_empty() => {}
            _ => fault("Env", format!("`{pair}` is not NAME=VALUE")),
        }
    }
    for port in config.exposed_ports.iter().filter(|port| !is_port(port)) {
        fault("ExposedPorts", format!("`{port}` is not PORT, PORT/tcp, PORT/udp or PORT/sctp"));
    }
    for volume in config.volumes.iter().filter(|volume| !is_absolute(volume)) {
        fault("Volumes", format!("`{volume}` is no absolute path"));
    }
    if !config.working_dir.is_empty() && !is_absolute(&config.working_dir) {
        fault("WorkingDir", format!("`{}` is no absolute path", config.working_dir));
    }
    if !config.stop_signal.is_empty() && !is_signal(&config.stop_signal) {
        fault("StopSignal", format!("`{}` is no signal of Linux", config.stop_signal));
    }
}

fn platform(stored: &Stored, faults: &mut Faults) {
    let (config, place) = (&stored.settings, &stored.config.place);
    let own = config.platform();
    // what is left out is a fault of the document already
    if config.os.is_empty() || config.architecture.is_empty() {
        return;
    }
    if let Some(indexed) = stored.platform.as_ref().filter(|indexed| normal(indexed) != normal(&own)) {
        let why = format!("it is for {own}, and its index says that it is for {indexed}");
        faults.add(Rule::Platform, place, why);
    }
    if config.os != "linux" {
        faults.add(
            Rule::Platform,
            place,
            format!("it is for `{}`: only Linux images can be judged", config.os),
        );
    } else if Target::from_platform(&normal(&own)).is_err() {
        let why = format!("its platform {own} is none that is known here, so no program of it can be judged");
        faults.add(Rule::Platform, place, why);
    }
}

/// A platform with nothing that is implied: `linux/arm64/v8` is `linux/arm64`, but `linux/arm` is `linux/arm/v7`, as
/// everybody writes them.
pub fn normal(platform: &str) -> String {
    for (architecture, variant) in IMPLIED {
        let short = format!("linux/{architecture}");
        let long = format!("{short}/{variant}");
        if platform == short || platform == long {
            return if architecture == "arm" { long } else { short };
        }
    }
    platform.to_owned()
}

fn is_port(text: &str) -> bool {
    let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    digits && port.parse::<u16>().is_ok_and(|port| port > 0) && matches!(protocol, "tcp" | "udp" | "sctp")
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') && !path.contains('\0') && path.split('/').all(|name| name != "..")
}

fn is_signal(text: &str) -> bool {
    if let Ok(number) = text.parse::<u8>() {
        return (1..=SIGNAL_LIMIT).contains(&number);
    }
    let name = text.strip_prefix("SIG").unwrap_or(text);
    let (base, offset) =
        name.split_once(['+', '-']).map_or((name, None), |(base, offset)| (base, Some(offset)));
    let real_time =
        |offset: &str| base.starts_with("RTM") && offset.parse::<u8>().is_ok_and(|offset| offset <= 30);
    SIGNALS.contains(&base) && offset.is_none_or(real_time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_those_of_the_specification() {
        let good = ["80", "8080/tcp", "53/udp", "1/sctp", "65535"];
        let bad = ["", "0", "65536", "80/", "80/TCP", "+80", "80-90", "/tcp", "http"];
        assert_eq!(good.map(is_port), [true; 5]);
        assert_eq!(bad.map(is_port), [false; 9]);
        let good = ["SIGTERM", "TERM", "15", "SIGRTMIN+3", "RTMAX-14", "SIGRTMIN"];
        let bad = ["", "0", "65", "SIG", "sigterm", "SIGTERM+1", "SIGRTMIN+99", "SIGFOO", "-9"];
        assert_eq!(good.map(is_signal), [true; 6]);
        assert_eq!(bad.map(is_signal), [false; 9]);
        assert!(is_absolute("/") && is_absolute("/a/..b") && !is_absolute("a") && !is_absolute("/a/../b"));
    }

    #[test]
    fn one_platform_has_several_spellings() {
        for (a, b) in [("arm64", "arm64/v8"), ("amd64", "amd64/v1"), ("arm", "arm/v7")] {
            assert_eq!(normal(&format!("linux/{a}")), normal(&format!("linux/{b}")));
        }
        for (a, b) in [("arm/v6", "arm/v7"), ("amd64", "amd64/v3"), ("amd64", "arm64")] {
            assert_ne!(normal(&format!("linux/{a}")), normal(&format!("linux/{b}")));
        }
        assert!(Target::from_platform(&normal("linux/arm")).is_ok());
    }
}
