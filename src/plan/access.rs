//! How registries are reached: what the settings say of it, and who may say so.

use crate::config::layers::Resolved;
use crate::error::{Code, Error};
use crate::registry::Access;

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
