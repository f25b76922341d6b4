//! E13: only who proves to be the registry is spoken to, and never in the clear where that was not asked for.

use super::{User, pushed};
use crate::support::registry::{ALWAYS, Answer, Gate, Registry, Stream, Tokens, basic};
use crate::support::tool;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// An authority of the test's own, in a folder with the certificates that it has signed.
pub struct Authority(TempDir);

const HERE: &str = "DNS:registry.test,DNS:localhost,IP:127.0.0.1";

impl Authority {
    pub fn new() -> Self {
        let authority = Authority(tempfile::tempdir().unwrap());
        authority.openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -subj /CN=ca -days 2");
        authority
    }

    /// `NAME.crt` and `NAME.key` for the names and addresses of `subject`, good until `end`.
    fn sign(&self, name: &str, subject: &str, end: &str) {
        fs::write(self.path("extensions"), format!("subjectAltName={subject}\n")).unwrap();
        fs::write(self.path("index"), "").unwrap();
        let settings = "[ca]\ndefault_ca=own\n[own]\ndatabase=index\nnew_certs_dir=.\nrand_serial=yes\npolicy=any\n\
                        default_md=sha256\n[any]\ncommonName=supplied\n";
        fs::write(self.path("settings"), settings).unwrap();
        self.openssl(&format!("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr -subj /CN=x"));
        self.openssl(&format!(
            "ca -batch -notext -config settings -cert ca.crt -keyfile ca.key -in {name}.csr -out {name}.crt \
             -extfile extensions -startdate 200101000000Z -enddate {end}"
        ));
    }

    fn openssl(&self, line: &str) {
        let run = tool("openssl").args(line.split_whitespace()).current_dir(self.0.path()).output().unwrap();
        assert!(run.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&run.stderr));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The words that make its certificates trusted.
    pub fn trusted(&self) -> [String; 2] {
        ["--cacert".to_owned(), self.path("ca.crt").to_str().unwrap().to_owned()]
    }

    /// A registry that proves to be one at `subject` until `end`, and wants proof of the client with `mutual`.
    fn registry(&self, subject: &str, end: &str, mutual: bool) -> Registry {
        self.sign("server", subject, end);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match mutual {
            false => builder.with_no_client_auth(),
            true => {
                let mut roots = RootCertStore::empty();
                roots.add(CertificateDer::from_pem_file(self.path("ca.crt")).unwrap()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let chain = vec![CertificateDer::from_pem_file(self.path("server.crt")).unwrap()];
        let key = PrivateKeyDer::from_pem_file(self.path("server.key")).unwrap();
        let config = Arc::new(builder.with_single_cert(chain, key).unwrap());
        Registry::over(Box::new(move |mut socket: TcpStream| {
            let mut session = ServerConnection::new(config.clone()).unwrap();
            session.complete_io(&mut socket).ok()?;
            Some(Box::new(StreamOwned::new(session, socket)) as Box<dyn Stream>)
        }))
    }

    /// One that every client takes which trusts the authority.
    pub fn good_registry(&self) -> Registry {
        self.registry(HERE, FUTURE, false)
    }
}

const FUTURE: &str = "20491231235959Z";

fn words(words: &[String; 2]) -> [&str; 2] {
    [&words[0], &words[1]]
}

#[test]
fn e13_a_registry_must_be_who_it_says_needs_openssl() {
    let (authority, user) = (Authority::new(), User::new());
    let trusted = authority.trusted();
    let good = authority.good_registry();
    user.push(&good, &[]).refused(6, &["is not trusted", "--cacert"]);
    assert!(good.seen().is_empty(), "no request was made");
    pushed(&user.push(&good, &words(&trusted)), &good);

    let expired = authority.registry(HERE, "20210101000000Z", false);
    user.push(&expired, &words(&trusted)).refused(6, &["expired"]);
    let other = authority.registry("DNS:elsewhere.test", FUTURE, false);
    user.push(&other, &words(&trusted)).refused(6, &["another name"]);
    assert!(expired.seen().is_empty() && other.seen().is_empty());
    // a registry that may be spoken to in the clear is verified all the same where it speaks TLS
    user.push(good.forget(), &["--insecure-registry", good.host()]).refused(6, &["is not trusted"]);
    assert!(good.seen().is_empty());
}

#[test]
fn e13_a_file_of_certificates_must_have_some() {
    let user = User::new();
    user.fake.file("empty.pem", "");
    user.fake.file("text.pem", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
    for name in ["empty.pem", "text.pem", "missing.pem", "."] {
        let registry = Registry::start();
        let run = user.push(&registry, &["--cacert", name]);
        assert!(run.status != 0 && run.stderr.contains("error["), "{name}: {run:?}");
        assert!(registry.seen().is_empty(), "{name}");
    }
}

/// As docker and podman keep them for one host, in the user's own folder (containers-certs.d(5)).
#[test]
fn e13_a_host_may_have_its_own_certificates_needs_openssl() {
    let (authority, user) = (Authority::new(), User::new());
    authority.sign("client", "DNS:client", FUTURE);
    for place in ["docker", "containers"] {
        let registry = authority.registry(HERE, FUTURE, true);
        let folder = user.fake.path("home/.config").join(place).join("certs.d").join(registry.host());
        fs::create_dir_all(&folder).unwrap();
        fs::copy(authority.path("ca.crt"), folder.join("ca.crt")).unwrap();
        user.push(&registry, &[]).refused(6, &["client certificate"]);
        fs::copy(authority.path("client.crt"), folder.join("client.cert")).unwrap();
        user.push(&registry, &[]).refused(6, &["client.key"]);
        fs::copy(authority.path("client.key"), folder.join("client.key")).unwrap();
        pushed(&user.push(&registry, &[]), &registry);
    }
}

#[test]
fn e13_what_began_protected_stays_protected_needs_openssl() {
    let (authority, user) = (Authority::new(), User::new());
    let trusted = authority.trusted();
    let plain = Registry::start();
    let there = format!("http://{}/v2/me/app/blobs/uploads/x", plain.host());
    for (what, status) in
        [("POST /blobs/uploads/", 202), ("POST /blobs/uploads/", 307), ("PUT /manifests/", 308)]
    {
        let registry = authority.good_registry();
        registry.bend(what, ALWAYS, Answer::new(status).header("Location", &there));
        user.push(&registry, &words(&trusted)).refused(6, &["error[registry]"]);
    }
    let realm = format!("http://{}/token", plain.host());
    let challenge =
        Answer::new(401).header("WWW-Authenticate", format!("Bearer realm=\"{realm}\",service=\"x\""));
    let registry = authority.good_registry();
    registry.bend("* /v2/", ALWAYS, challenge);
    let known = User::of(registry.host(), "me", "secret");
    known.push(&registry, &words(&trusted)).refused(6, &["error[registry]", "token server"]);
    assert!(plain.seen().is_empty(), "{:#?}", plain.seen());
}

/// As at Docker Hub, whose token server is another host.
#[test]
fn e7_a_token_server_may_be_another_host_that_is_protected_needs_openssl() {
    let authority = Authority::new();
    let server = authority.good_registry();
    let realm = format!("https://{}/token", server.host());
    let gate = Gate::Tokens(Tokens { realm: Some(realm), ..Tokens::of("me", "secret") });
    server.ask(gate.clone());
    let registry = authority.good_registry();
    registry.ask(gate).takes_first_token();
    let user = User::of(registry.host(), "me", "secret");
    pushed(&user.push(&registry, &words(&authority.trusted())), &registry);
    assert_eq!(server.count("GET /token"), 1);
    assert_eq!(server.seen()[0].header("authorization"), Some(&*basic("me", "secret")));
}
