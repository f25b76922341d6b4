//! How registries are reached: what the settings say of it, and who may say so.

use crate::config::layers::{Origin, Resolved};
use crate::error::{Code, Error};
use crate::registry::Access;
use crate::sink;

/// How registries are reached. What weakens their protection is the user's to say, not the project's, which may have
/// come from somebody else.
pub fn access(resolved: &[Resolved]) -> Result<Access, Error> {
    let mut access = Access::default();
    for one in resolved {
        let said = &one.settings.registry;
        for key in ["insecure-registry", "cacert"] {
            if let Some(origin) = one.origins(key).iter().find(|origin| origin.is_metadata()) {
                return Err(Error::new(Code::Setting, format!("`{key}` cannot be set by a project"))
                    .at(origin)
                    .note("it decides whom your credentials are shown to")
                    .help(format!("say it on the command line, --{key}, or in the environment")));
            }
        }
        access.insecure.extend(said.insecure_registry.iter().map(|host| host.0.clone()));
        if let (Some(file), Some(origin)) = (&said.cacert, one.origins("cacert").first()) {
            access.cacert = Some(origin.folder().join(file));
        }
        access.no_read_back |= said.no_read_back;
    }
    Ok(access)
}

/// Whether a push is to give no tag. Said on the command line where nothing is pushed, it is a slip.
pub fn by_digest(resolved: &[Resolved]) -> Result<bool, Error> {
    let pushes = resolved.iter().flat_map(|one| &one.settings.output).any(sink::is_registry);
    let saying = resolved.iter().filter(|one| one.settings.registry.by_digest);
    let mut origins = saying.clone().flat_map(|one| one.origins("by-digest"));
    match origins.any(|origin| matches!(origin, Origin::Flags(_))) {
        true if !pushes => {
            Err(Error::new(Code::Usage, "`--by-digest` is about a push, and nothing is pushed")
                .help("cargo scratch push --by-digest REF"))
        }
        _ => Ok(saying.count() > 0),
    }
}
