//! Where cargo runs, if not on this machine.

use std::fmt;
use std::str::FromStr;

/// A container engine that cargo can run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The Docker Engine.
    Docker,
    /// Podman.
    Podman,
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "docker" => Ok(Engine::Docker),
            "podman" => Ok(Engine::Podman),
            _ => Err("expected docker or podman".into()),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Engine::Docker => "docker",
            Engine::Podman => "podman",
        })
    }
}

/// A network of an engine: `none`, `host`, `bridge`, or the name of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network(pub String);

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        match text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(fits) {
            true => Ok(Network(text.to_owned())),
            false => Err("expected the name of a network, e.g. none, bridge or host".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::refused;
    use super::*;

    #[test]
    fn engines_and_networks() {
        assert_eq!("podman".parse(), Ok(Engine::Podman));
        refused::<Engine>(&["", "Docker", "containerd"]);
        assert_eq!("my_net.1".parse(), Ok(Network("my_net.1".into())));
        refused::<Network>(&["", "-x", "container:db", "a b"]);
    }
}
