//! What the program needs of a system that an empty image lacks: certificates of authorities, and time zones.
//!
//! Files are read here and not when they are packed, so that what is wrong with them is told before a long build.

use super::graph::{Graph, Node};
use super::warning;
use crate::certificates::Bundle;
use crate::config::layers::{Origin, Resolved};
use crate::config::values::{CaCerts, Zoneinfo};
use crate::error::{Code, Error};
use crate::explain::runtime::{self, Need};
use crate::zones::Zone;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Where the certificates stand in an image: Debian's place, which programs look at first.
pub const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// What the packages of a program need of a system, each need once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs(pub Vec<Found>);

/// A need, who has it and why, and the way from the user's package to that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The need.
    pub need: Need,
    /// Why it is believed to be there, in half a sentence: "rustls-native-certs reads the system's store".
    pub reason: String,
    /// The names of the packages from the user's own down to the one that has it.
    pub way: Vec<String>,
}

impl Needs {
    /// Those of a program of `package`.
    pub fn of(graph: &Graph, package: &str, example: bool) -> Self {
        let packages: Vec<_> = graph.below(package, example).into_iter().map(Node::package).collect();
        let found = |found: runtime::Found<'_>| Found {
            need: found.need,
            reason: format!("{} {}", found.package, found.because),
            way: graph.path(found.package).into_iter().map(str::to_owned).collect(),
        };
        Needs(runtime::needs(&packages).into_iter().map(found).collect())
    }

    /// Why `need` is there, if it is.
    pub fn reason(&self, need: Need) -> Option<&String> {
        self.0.iter().find(|found| found.need == need).map(|found| &found.reason)
    }
}

/// Certificates on their way into the image.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// The certificates.
    pub bundle: Bundle,
    /// Where they come from.
    pub sources: Vec<Authorities>,
    /// The need that brought them; none where the user asked for them.
    pub reason: Option<String>,
}

/// A source of certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorities {
    /// Mozilla's roots.
    Mozilla,
    /// A file: as it was said, and where it is.
    File(PathBuf, PathBuf),
}

impl fmt::Display for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Authorities::Mozilla => write!(f, "Mozilla's roots"),
            Authorities::File(said, _) => write!(f, "{}", said.display()),
        }
    }
}

/// Time zones on their way into the image.
#[derive(Clone, Debug)]
pub struct Zones {
    /// The zones, sorted by name.
    pub zones: Vec<Zone>,
    /// The need that brought them; none where the user asked for them.
    pub reason: Option<String>,
}

impl Certificates {
    /// Where they come from, in words.
    pub fn sources(&self) -> Vec<String> {
        self.sources.iter().map(ToString::to_string).collect()
    }

    /// What to say if some are not valid any more. The clock has a word in this alone: what is packed is the same.
    pub fn expired(&self) -> Option<crate::error::Warning> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let expired = self.bundle.expired(now);
        Some(warning::expired(self.bundle.count(), expired.len(), expired.first()?))
    }
}

impl fmt::Display for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.sources().join(", "))?;
        self.reason.iter().try_for_each(|reason| write!(f, " ({reason})"))
    }
}

impl fmt::Display for Zones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.zones[..] {
            all if all.len() > 8 => write!(f, "{} time zones", all.len())?,
            some => write!(f, "{}", some.iter().map(|zone| zone.name).collect::<Vec<_>>().join(", "))?,
        }
        self.reason.iter().try_for_each(|reason| write!(f, " ({reason})"))
    }
}

/// The certificates that the settings name, or that `needs` asks for.
pub fn certificates(
    resolved: &Resolved,
    needs: &Needs,
    workspace: &Path,
) -> Result<Option<Certificates>, Error> {
    let said = &resolved.settings.ca_certs;
    let needed = || match needs.reason(Need::Certificates) {
        None => Ok(None),
        Some(reason) => {
            let (bundle, sources) = (Bundle::mozilla()?, vec![Authorities::Mozilla]);
            Ok(Some(Certificates { bundle, sources, reason: Some(reason.clone()) }))
        }
    };
    // one source says all of them: the stronger replaces what a weaker one says
    let Some(origin) = resolved.origins("ca-certs").first() else { return needed() };
    match said[..] {
        [CaCerts::Auto] => return needed(),
        [CaCerts::None] => return Ok(None),
        _ => {}
    }
    let mut whole: Option<Certificates> = None;
    for source in said {
        let (bundle, source) = match source {
            CaCerts::Auto | CaCerts::None => return Err(alone("ca-certs", "auto and none", origin)),
            CaCerts::Mozilla => (Bundle::mozilla()?, Authorities::Mozilla),
            CaCerts::File(path) => {
                let whole = allowed(path, origin, workspace)?;
                (Bundle::read(&whole)?, Authorities::File(path.clone(), whole))
            }
        };
        match &mut whole {
            None => whole = Some(Certificates { bundle, sources: vec![source], reason: None }),
            Some(whole) => {
                whole.bundle.join(bundle);
                whole.sources.push(source);
            }
        }
    }
    Ok(whole)
}

/// The time zones that the settings name, or that `needs` asks for.
pub fn zones(resolved: &Resolved, needs: &Needs) -> Result<Option<Zones>, Error> {
    let said = &resolved.settings.zoneinfo;
    let all = |reason: Option<&String>| Zones { zones: Zone::all(), reason: reason.cloned() };
    let needed = || needs.reason(Need::ZoneInfo).map(|reason| all(Some(reason)));
    let Some(origin) = resolved.origins("zoneinfo").first() else { return Ok(needed()) };
    match said[..] {
        [Zoneinfo::Auto] => return Ok(needed()),
        [Zoneinfo::None] => return Ok(None),
        [Zoneinfo::All] => return Ok(Some(all(None))),
        _ => {}
    }
    let mut zones = Vec::new();
    for zone in said {
        match zone {
            Zoneinfo::Zone(zone) => zones.push(*zone),
            _ => return Err(alone("zoneinfo", "auto, none and all", origin)),
        }
    }
    zones.sort_unstable_by_key(|zone| zone.name);
    zones.dedup();
    Ok(Some(Zones { zones, reason: None }))
}

fn alone(key: &str, words: &str, origin: &Origin) -> Error {
    Error::new(Code::Setting, format!("`{key}`: {words} stand alone")).at(origin)
}

/// The path of a file that `origin` may name: what a project asks for itself must lie in its workspace.
///
/// Links are followed, as systems have their own store behind one; what is taken out of a file are certificates
/// alone, so there is nothing to gain by changing a link in between.
fn allowed(path: &Path, origin: &Origin, workspace: &Path) -> Result<PathBuf, Error> {
    let whole = origin.folder().join(path);
    if !origin.is_metadata() {
        return Ok(whole);
    }
    let real =
        |path: &Path| path.canonicalize().map_err(|reason| Error::io(Code::Asset, "read", path, &reason));
    let (found, bounds) = (real(&whole).map_err(|error| error.at(origin))?, real(workspace)?);
    if !path.is_absolute() && found.starts_with(bounds) {
        return Ok(whole);
    }
    Err(Error::new(Code::Asset, format!("`{}` lies outside the project", path.display()))
        .at(origin)
        .note("what a project asks for must lie in its workspace: it may have come from somebody else")
        .help("name it on the command line: --ca-certs FILE"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::layers::{Layer, resolve};
    use serde_json::json;

    fn said(table: serde_json::Value) -> Resolved {
        let metadata = json!({ "scratch": table });
        let manifest = Path::new("/project/Cargo.toml");
        resolve(&[Layer::of_metadata("package.metadata.scratch", &metadata, manifest).unwrap()]).unwrap()
    }

    /// What is packed where the dependencies need both, in words.
    fn packed(table: serde_json::Value) -> [Option<String>; 2] {
        let found = |need, reason: &str| Found { need, reason: reason.into(), way: Vec::new() };
        let needs = Needs(vec![
            found(Need::Certificates, "rustls-native-certs reads the system's store"),
            found(Need::ZoneInfo, "chrono reads /usr/share/zoneinfo"),
        ]);
        let resolved = said(table);
        let certificates = certificates(&resolved, &needs, Path::new("/project")).unwrap();
        let zones = zones(&resolved, &needs).unwrap();
        [certificates.map(|found| found.to_string()), zones.map(|found| found.to_string())]
    }

    #[test]
    fn a_need_is_met_unless_the_user_says_otherwise() {
        let number = Zone::all().len();
        let both = [
            Some("Mozilla's roots (rustls-native-certs reads the system's store)".to_owned()),
            Some(format!("{number} time zones (chrono reads /usr/share/zoneinfo)")),
        ];
        for nothing in [
            json!({}),
            json!({ "ca-certs": [], "zoneinfo": [] }),
            json!({ "ca-certs": "auto", "zoneinfo": "auto" }),
        ] {
            assert_eq!(packed(nothing), both);
        }
        assert_eq!(packed(json!({ "ca-certs": "none", "zoneinfo": ["none"] })), [None, None]);
        let asked = [Some("Mozilla's roots".to_owned()), Some("Asia/Tokyo, UTC".to_owned())];
        assert_eq!(packed(json!({ "ca-certs": "mozilla", "zoneinfo": ["UTC", "Asia/Tokyo", "UTC"] })), asked);
    }

    #[test]
    fn without_a_need_nothing_is_packed_unless_the_user_asks() {
        let needs = Needs::default();
        for nothing in [json!({}), json!({ "ca-certs": "auto", "zoneinfo": "auto" })] {
            let resolved = said(nothing);
            assert!(certificates(&resolved, &needs, Path::new("/project")).unwrap().is_none());
            assert!(zones(&resolved, &needs).unwrap().is_none());
        }
        let resolved = said(json!({ "ca-certs": "mozilla", "zoneinfo": "all" }));
        assert!(certificates(&resolved, &needs, Path::new("/project")).unwrap().is_some());
        assert_eq!(zones(&resolved, &needs).unwrap().unwrap().zones, Zone::all());
    }
}
