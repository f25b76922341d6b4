//! What goes with an image: the list of what is in it, where it comes from, and who vouches for that.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A form of the software bill of materials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sbom {
    /// CycloneDX 1.6, as JSON.
    CycloneDx,
    /// SPDX 2.3, as JSON.
    Spdx,
    /// No bill of materials.
    None,
}

impl fmt::Display for Sbom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sbom::CycloneDx => "cyclonedx",
            Sbom::Spdx => "spdx",
            Sbom::None => "none",
        })
    }
}

impl FromStr for Sbom {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "cyclonedx" => Ok(Sbom::CycloneDx),
            "spdx" => Ok(Sbom::Spdx),
            "none" => Ok(Sbom::None),
            _ => Err("expected cyclonedx, spdx or none".into()),
        }
    }
}

/// Whether something that is usually done is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch(pub bool);

impl FromStr for Switch {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "true" => Ok(Switch(true)),
            "false" => Ok(Switch(false)),
            _ => Err("expected true or false".into()),
        }
    }
}

/// Who signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The program cosign, in its own way.
    Cosign,
    /// A private key: the path of a PEM file, as written.
    Key(PathBuf),
}

impl FromStr for Signer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("expected cosign, or the path of a private key".into()),
            "cosign" => Ok(Signer::Cosign),
            path => Ok(Signer::Key(path.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_a_file_called_cosign_has_a_folder() {
        assert_eq!("cosign".parse(), Ok(Signer::Cosign));
        assert_eq!("./cosign".parse(), Ok(Signer::Key("./cosign".into())));
        assert!("".parse::<Signer>().is_err());
    }

    #[test]
    fn what_is_neither_on_nor_off_is_refused() {
        assert_eq!(["true", "false"].map(str::parse), [Ok(Switch(true)), Ok(Switch(false))]);
        assert!("yes".parse::<Switch>().is_err() && "".parse::<Switch>().is_err());
        assert!("CycloneDX".parse::<Sbom>().is_err());
    }
}
