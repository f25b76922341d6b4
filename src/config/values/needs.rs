//! What a program may miss in an empty image: certificates of authorities, and time zones.

use crate::config::layers::nearest;
use crate::zones::Zone;
use std::path::PathBuf;
use std::str::FromStr;

/// Where certificates come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaCerts {
    /// Mozilla's, where a dependency reads the system's.
    Auto,
    /// No certificates.
    None,
    /// Those that Mozilla trusts.
    Mozilla,
    /// Those of a PEM file; as written, relative to the folder of whoever said it.
    File(PathBuf),
}

impl FromStr for CaCerts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("expected auto, none, mozilla or the path of a PEM file".into()),
            "auto" => Ok(CaCerts::Auto),
            "none" => Ok(CaCerts::None),
            "mozilla" => Ok(CaCerts::Mozilla),
            path => Ok(CaCerts::File(path.into())),
        }
    }
}

/// Which time zones there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zoneinfo {
    /// All, where a dependency reads the system's.
    Auto,
    /// No time zones.
    None,
    /// All.
    All,
    /// This one.
    Zone(Zone),
}

impl FromStr for Zoneinfo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Zoneinfo::Auto),
            "none" => Ok(Zoneinfo::None),
            "all" => Ok(Zoneinfo::All),
            name => Zone::named(name).map(Zoneinfo::Zone).ok_or_else(|| {
                let slip = || nearest(name, Zone::all().iter().map(|zone| zone.name));
                match Zone::spelled(name).map(str::to_owned).or_else(slip) {
                    Some(near) => format!("`{name}` is no time zone, did you mean `{near}`?"),
                    None => format!(
                        "`{name}` is no time zone, expected auto, none, all or names such as Europe/Berlin"
                    ),
                }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::refused;
    use super::*;

    #[test]
    fn sources_of_certificates() {
        assert_eq!("mozilla".parse(), Ok(CaCerts::Mozilla));
        assert_eq!("./none".parse(), Ok(CaCerts::File("./none".into())));
        refused::<CaCerts>(&[""]);
    }

    #[test]
    fn zones_exist_and_a_slip_is_told_the_right_name() {
        assert_eq!("all".parse(), Ok(Zoneinfo::All));
        assert!(matches!("Europe/Berlin".parse(), Ok(Zoneinfo::Zone(zone)) if zone.name == "Europe/Berlin"));
        refused::<Zoneinfo>(&["", "All", "Europe", "../etc/passwd", "/UTC", "UTC/"]);
        for slip in ["Europe/Berlim", "europe/berlin"] {
            assert!(slip.parse::<Zoneinfo>().unwrap_err().contains("did you mean `Europe/Berlin`"), "{slip}");
        }
    }
}
