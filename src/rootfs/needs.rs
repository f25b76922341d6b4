//! Certificates and time zones in the base layer.
//!
//! What is packed because a dependency needs it gives way to a file of the user's at the same path. What the user
//! asked for by name does not: two files for one path are an error, unless the copy says `:replace`.

use super::files::is_directory;
use crate::error::Error;
use crate::image::layer::Layer;
use crate::image::path::ImagePath;
use crate::plan::{CERTIFICATES, Certificates, Zones};
use crate::zones::FOLDER;

/// Adds to `base` what the plan has found that the program needs, but for the paths that `gives_way` tells; it hears
/// whether the user asked for what would stand there.
pub fn add(
    certificates: Option<&Certificates>,
    zones: Option<&Zones>,
    gives_way: impl Fn(&ImagePath, bool) -> bool,
    base: &mut Layer,
) -> Result<(), Error> {
    if let Some(certificates) = certificates {
        let path = ImagePath::parse(CERTIFICATES)?;
        if !gives_way(&path, certificates.reason.is_none()) {
            base.file(path, 0o644, certificates.bundle.text().into_bytes())?;
        }
    }
    if let Some(zones) = zones {
        let folder = ImagePath::parse(FOLDER)?;
        for zone in &zones.zones {
            let path = folder.join(zone.name)?;
            if !gives_way(&path, zones.reason.is_none()) {
                base.file(path, 0o644, zone.data.to_vec())?;
            }
        }
    }
    Ok(())
}

/// Whether `files` have something at `path`, or a file or link in the place of a folder above it.
pub fn is_users(path: &ImagePath, files: &Layer) -> bool {
    files.get(path).is_some()
        || path.parents().any(|parent| files.get(&parent).is_some_and(|entry| !is_directory(&entry.node)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificates::Bundle;
    use crate::zones::Zone;

    /// The paths that are packed beside `files` because of a need.
    fn packed(files: &Layer) -> Vec<String> {
        let reason = Some("a reason".to_owned());
        let certificates =
            Certificates { bundle: Bundle::mozilla().unwrap(), sources: Vec::new(), reason: reason.clone() };
        let zones =
            Zones { zones: ["Asia/Tokyo", "UTC"].map(|name| Zone::named(name).unwrap()).into(), reason };
        let mut base = Layer::new("base");
        let gives_way = |path: &ImagePath, asked: bool| !asked && is_users(path, files);
        add(Some(&certificates), Some(&zones), gives_way, &mut base).unwrap();
        base.entries()
            .filter(|(_, entry)| !is_directory(&entry.node))
            .map(|(path, _)| path.to_string())
            .collect()
    }

    #[test]
    fn what_a_need_brings_gives_way_to_the_users_own_files() {
        let path = |text: &str| ImagePath::parse(text).unwrap();
        let (tokyo, utc) = ("/usr/share/zoneinfo/Asia/Tokyo", "/usr/share/zoneinfo/UTC");
        assert_eq!(packed(&Layer::new("files")), [CERTIFICATES, tokyo, utc]);

        let mut files = Layer::new("files");
        files.file(path(CERTIFICATES), 0o644, Vec::new()).unwrap();
        files.symlink(path(utc), "Etc/UTC".into()).unwrap();
        assert_eq!(packed(&files), [tokyo]);

        let mut links = Layer::new("files");
        links.symlink(path("/usr/share/zoneinfo"), "/data/zones".into()).unwrap();
        links.directory(path("/etc/ssl/certs"), 0o755).unwrap();
        assert_eq!(packed(&links), [CERTIFICATES]);
    }
}
