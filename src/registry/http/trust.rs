//! Whom TLS trusts: the platform's authorities, the user's own, and those that docker and podman keep for one host.
//!
//! There is no way to skip the verification. A registry with an authority of its own is reached with `--cacert FILE`
//! or a folder `certs.d/HOST[:PORT]`, where `*.crt` are authorities and `NAME.cert` with `NAME.key` is a client
//! certificate (containers-certs.d(5); docker's "Verify repository client with certificates").

use super::anchor::Verifier;
use crate::config::env::Env;
use crate::error::{Code, Error, bounded};
use crate::regular::RegularFile;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The largest file that is read, in bytes; Mozilla's whole list is 0.2 MB.
const LIMIT: u64 = 8 << 20;

/// Authorities, and the configurations of the hosts that were reached.
pub struct Trust {
    /// Folders with folders for hosts.
    folders: Vec<PathBuf>,
    named: Vec<CertificateDer<'static>>,
    platform: OnceLock<Platform>,
    configs: Mutex<HashMap<String, Arc<ClientConfig>>>,
}

/// The authorities that every host may have, and why there are not more.
struct Platform {
    roots: Arc<RootCertStore>,
    reason: Option<String>,
}

/// A certificate of ours with its chain, and its key.
type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl Trust {
    /// The platform's authorities, which are read when they are needed, and those of `cacert`.
    ///
    /// # Errors
    /// `cacert` cannot be read or has no certificate.
    pub fn new(cacert: Option<&Path>, env: &Env) -> Result<Self, Error> {
        let named =
            cacert.map(|path| certificates(path).map_err(|error| error.help("--cacert takes a PEM file")));
        let home = env.get("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        let own = |place: &str| home.as_ref().map(|home| home.join(".config").join(place));
        let folders = ["containers/certs.d", "docker/certs.d"]; // the second: docker without root
        let folders = folders.into_iter().filter_map(own);
        let folders = folders.chain(["/etc/containers/certs.d", "/etc/docker/certs.d"].map(PathBuf::from));
        Ok(Trust {
            folders: folders.collect(),
            named: named.transpose()?.unwrap_or_default(),
            platform: OnceLock::new(),
            configs: Mutex::default(),
        })
    }

    /// How TLS is spoken to `host` at `port`.
    ///
    /// # Errors
    /// There is no authority at all, or a file for this host cannot be read.
    pub fn config(&self, host: &str, port: u16) -> Result<Arc<ClientConfig>, Error> {
        let key = format!("{host}:{port}");
        let configs = || self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = configs().get(&key) {
            return Ok(config.clone());
        }
        let platform = self.platform.get_or_init(|| Platform::load(&self.named));
        let mut roots = platform.roots.clone();
        let mut identity = None;
        // the name that users write, which may leave out the port that goes without saying
        let names = if port == 443 { vec![host, key.as_str()] } else { vec![key.as_str()] };
        for folder in self.folders.iter().flat_map(|folder| names.iter().map(|name| folder.join(name))) {
            read_folder(&folder, &mut roots, &mut identity)?;
        }
        if roots.is_empty() {
            let error = Error::new(Code::Registry, "this machine has no certificates of authorities");
            return Err(platform
                .reason
                .iter()
                .fold(error, Error::note)
                .help("install the package `ca-certificates`, or name a PEM file: --cacert FILE"));
        }
        let config = Arc::new(client(roots, identity)?);
        configs().insert(key, config.clone());
        Ok(config)
    }
}

impl Platform {
    fn load(named: &[CertificateDer<'static>]) -> Self {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        // a certificate that is no authority's can stand in a platform's store; nothing is proven by it
        roots.add_parsable_certificates(found.certs);
        roots.add_parsable_certificates(named.iter().cloned());
        let reason = found.errors.first().map(|error| bounded(&error.to_string()));
        Platform { roots: Arc::new(roots), reason }
    }
}

/// TLS 1.2 and later, with these authorities. None are needed to ask whether a server speaks TLS at all.
///
/// # Errors
/// The key is none that can sign.
pub fn client(roots: Arc<RootCertStore>, identity: Option<Identity>) -> Result<ClientConfig, Error> {
    let failed = |reason: rustls::Error| {
        let reason = bounded(&reason.to_string());
        Error::new(Code::Registry, "TLS cannot be set up").note(reason)
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)
        .map_err(failed)?;
    let builder = match Verifier::new(roots.clone(), provider) {
        Ok(verifier) => builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)),
        Err(_) => builder.with_root_certificates(roots), // there are none
    };
    match identity {
        None => Ok(builder.with_no_client_auth()),
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(failed),
    }
}

/// Adds what `folder` has for its host; most hosts have none.
fn read_folder(
    folder: &Path,
    roots: &mut Arc<RootCertStore>,
    identity: &mut Option<Identity>,
) -> Result<(), Error> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    for file in files {
        match file.extension().and_then(|end| end.to_str()) {
            Some("crt") => {
                let store = Arc::make_mut(roots);
                store.add_parsable_certificates(certificates(&file)?);
            }
            Some("cert") if identity.is_none() => {
                let key = file.with_extension("key");
                let read = PrivateKeyDer::from_pem_slice(&bytes(&key)?).map_err(|_| {
                    Error::new(Code::Registry, format!("`{}` is no private key in PEM", key.display()))
                })?;
                *identity = Some((certificates(&file)?, read));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The certificates of the PEM file at `path`, at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let bytes = bytes(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match found {
        Ok(found) if found.iter().any(|one| RootCertStore::empty().add(one.clone()).is_ok()) => Ok(found),
        _ => Err(Error::new(Code::Registry, format!("`{}` has no certificate in PEM", path.display()))
            .note("expected lines `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----`")),
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let file = RegularFile::open(path, true).map_err(|error| Error::new(Code::Registry, error.what()))?;
    let mut bytes = Vec::new();
    let read = file.file().take(LIMIT).read_to_end(&mut bytes);
    read.map_err(|reason| Error::io(Code::Registry, "read", path, &reason))?;
    Ok(bytes)
}

/// Keys stay out of it.
impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("folders", &self.folders).finish_non_exhaustive()
    }
}
