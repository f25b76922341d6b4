//! Against a TLS server of the test's own, with certificates that `openssl` makes.

use crate::config::env::Env;
use crate::error::Error;
use crate::registry::Access;
use crate::registry::http::exchange::Limits;
use crate::registry::http::{Answer, Body, Call, Failure, Http, Method};
use crate::registry::url::Url;
use crate::tool::Tool;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, Stream, SupportedProtocolVersion};
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// An authority, and certificates that it has signed, in a folder.
struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let authority = Authority { folder: tempfile::tempdir().unwrap() };
        authority.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 2 \
             -subj /CN=authority -addext basicConstraints=critical,CA:TRUE",
        );
        authority
    }

    fn openssl(&self, line: &str) {
        let done = Tool::new("openssl").args(line.split_whitespace()).folder(self.folder.path()).read();
        assert!(done.is_ok_and(|said| said.status.success()), "openssl {line}");
    }

    /// `NAME.crt` and `NAME.key`, for `subject` (`DNS:localhost`), valid from `start` to `end`.
    fn sign(&self, name: &str, subject: &str, start: &str, end: &str) {
        fs::write(self.path("ext"), format!("subjectAltName={subject}\n")).unwrap();
        fs::write(self.path("index"), "").unwrap();
        let ca = "[ca]\ndefault_ca=d\n[d]\ndatabase=index\nnew_certs_dir=.\nrand_serial=yes\npolicy=p\n\
                  default_md=sha256\n[p]\ncommonName=supplied\n";
        fs::write(self.path("ca.cnf"), ca).unwrap();
        self.openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"
        ));
        self.openssl(&format!(
            "ca -batch -config ca.cnf -cert ca.crt -keyfile ca.key -in {name}.csr -out {name}.crt -notext \
             -extfile ext -startdate {start} -enddate {end}"
        ));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn chain(&self, name: &str) -> Vec<CertificateDer<'static>> {
        vec![CertificateDer::from_pem_file(self.path(name)).unwrap()]
    }

    /// A server with the certificate `name` that answers `requests` connections with what it was asked.
    fn serve(
        &self,
        name: &str,
        versions: &[&'static SupportedProtocolVersion],
        clients: bool,
        connections: usize,
    ) -> (String, JoinHandle<()>) {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone());
        let builder = builder.with_protocol_versions(versions).unwrap();
        let builder = match clients {
            false => builder.with_no_client_auth(),
            true => {
                let mut roots = RootCertStore::empty();
                roots.add(self.chain("ca.crt").remove(0)).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let key = PrivateKeyDer::from_pem_file(self.path(&format!("{name}.key"))).unwrap();
        let config = builder.with_single_cert(self.chain(&format!("{name}.crt")), key).unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let thread = thread::spawn(move || {
            for _ in 0..connections {
                let (mut socket, _) = listener.accept().unwrap();
                // what waits for an acknowledgement is lost where unread data makes the kernel reset a connection
                socket.set_nodelay(true).unwrap();
                let mut session = ServerConnection::new(config.clone()).unwrap();
                let mut stream = Stream::new(&mut session, &mut socket);
                let mut seen = Vec::new();
                let mut byte = [0];
                while !seen.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
                    seen.push(byte[0]);
                }
                if !seen.is_empty() {
                    stream
                        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
                        .unwrap();
                    stream.conn.send_close_notify();
                    stream.flush().unwrap();
                }
            }
        });
        (address, thread)
    }
}

const PAST: &str = "200101000000Z";
const FUTURE: &str = "491231235959Z";

fn http(cacert: Option<&Path>, home: &Path) -> Http {
    let access = Access { cacert: cacert.map(Path::to_owned), ..Access::default() };
    Http::new(&access, &Env::new([("HOME", home)], "/")).unwrap()
}

fn get(http: &Http, address: &str) -> Result<Answer, Failure> {
    http.send(&Call {
        method: Method::Get,
        url: Url::parse(&format!("https://{address}/v2/")).unwrap(),
        headers: Vec::new(),
        authorization: None,
        body: Body::Empty,
        limit: 1 << 10,
    })
}

fn refusal(result: Result<Answer, Failure>) -> Error {
    match result.unwrap_err() {
        Failure::Refused(error) => error,
        Failure::Broken(why) | Failure::Silent(why) => panic!("broken: {why}"),
    }
}

#[test]
fn e13_an_authority_is_trusted_when_the_user_says_so_needs_openssl() {
    let authority = Authority::new();
    authority.sign("server", "IP:127.0.0.1", PAST, FUTURE);
    let (address, thread) = authority.serve("server", rustls::ALL_VERSIONS, false, 3);
    let nowhere = tempfile::tempdir().unwrap();
    let with = http(Some(&authority.path("ca.crt")), nowhere.path());
    assert_eq!(get(&with, &address).unwrap().body, b"hi");
    assert_eq!(with.registry(&address).unwrap().reveal(), format!("https://{address}/v2/"));
    // another authority, so that there is one at all
    let error = refusal(get(&http(Some(&Authority::new().path("ca.crt")), nowhere.path()), &address));
    assert_eq!(error.what(), format!("the certificate of `{address}` is not trusted"));
    assert!(error.helps()[0].contains("--cacert FILE"));
    thread.join().unwrap();
}

/// As docker's documentation makes one for a registry: its own issuer, and an authority's.
#[test]
fn e13_a_certificate_may_be_its_own_authority_needs_openssl() {
    let authority = Authority::new();
    let own = |name: &str, subject: &str, dates: &str| {
        authority.sign("any", subject, PAST, FUTURE); // for the settings of `openssl ca`
        authority.openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"
        ));
        fs::write(
            authority.path("ext"),
            format!("subjectAltName={subject}\nbasicConstraints=critical,CA:TRUE\n"),
        )
        .unwrap();
        authority.openssl(&format!(
            "ca -batch -config ca.cnf -selfsign -keyfile {name}.key -in {name}.csr -out {name}.crt -notext \
             -extfile ext {dates}"
        ));
    };
    let now = format!("-startdate {PAST} -enddate {FUTURE}");
    own("own", "IP:127.0.0.1", &now);
    own("twin", "IP:127.0.0.1", &now);
    own("name", "DNS:other.example", &now);
    own("old", "IP:127.0.0.1", &format!("-startdate {PAST} -enddate 210101000000Z"));
    let ask = |server: &str, trusted: &str| {
        let (address, thread) = authority.serve(server, rustls::DEFAULT_VERSIONS, false, 1);
        let answer = get(&http(Some(&authority.path(trusted)), authority.folder.path()), &address);
        thread.join().unwrap();
        answer
    };
    assert_eq!(ask("own", "own.crt").unwrap().status, 200);
    for (server, trusted, what) in [
        ("own", "ca.crt", "is not trusted"),
        ("own", "twin.crt", "is not trusted"),
        ("name", "name.crt", "is for another name"),
        ("old", "old.crt", "has expired"),
    ] {
        let error = refusal(ask(server, trusted));
        assert!(error.what().contains(what), "{server}: {error:?}");
    }
    // another key under the trusted name
    fs::copy(authority.path("own.crt"), authority.path("trusted.crt")).unwrap();
    own("own", "IP:127.0.0.1", &now);
    assert!(refusal(ask("own", "trusted.crt")).what().contains("is not trusted"));
}

#[test]
fn e13_times_and_names_are_looked_at_needs_openssl() {
    let authority = Authority::new();
    authority.sign("old", "IP:127.0.0.1", PAST, "210101000000Z");
    authority.sign("young", "IP:127.0.0.1", "481231235959Z", FUTURE);
    authority.sign("other", "DNS:other.example,IP:10.0.0.1", PAST, FUTURE);
    let nowhere = tempfile::tempdir().unwrap();
    let http = http(Some(&authority.path("ca.crt")), nowhere.path());
    for (name, said) in
        [("old", "has expired"), ("young", "is not valid yet"), ("other", "is for another name")]
    {
        let (address, thread) = authority.serve(name, rustls::ALL_VERSIONS, false, 1);
        let error = refusal(get(&http, &address));
        assert_eq!(error.what(), format!("the certificate of `{address}` {said}"));
        thread.join().unwrap();
    }
}

#[test]
fn e13_a_host_has_a_folder_as_with_docker_needs_openssl() {
    let authority = Authority::new();
    authority.sign("server", "IP:127.0.0.1", PAST, FUTURE);
    authority.sign("client", "DNS:client", PAST, FUTURE);
    for versions in [&[&rustls::version::TLS12], &[&rustls::version::TLS13]] {
        let (address, thread) = authority.serve("server", versions, true, 2);
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".config/containers/certs.d").join(&address);
        fs::create_dir_all(&folder).unwrap();
        fs::copy(authority.path("ca.crt"), folder.join("ca.crt")).unwrap();
        let error = refusal(get(&http(None, home.path()), &address));
        assert_eq!(error.what(), format!("`{address}` wants a client certificate that it knows"));
        fs::copy(authority.path("client.crt"), folder.join("me.cert")).unwrap();
        fs::copy(authority.path("client.key"), folder.join("me.key")).unwrap();
        assert_eq!(get(&http(None, home.path()), &address).unwrap().body, b"hi");
        thread.join().unwrap();
    }
}

#[test]
fn e13_files_that_are_no_certificates_are_named_needs_openssl() {
    let authority = Authority::new();
    let folder = authority.folder.path();
    fs::write(folder.join("no.pem"), "nothing").unwrap();
    for file in ["no.pem", "ca.key", "missing.pem"] {
        let access = Access { cacert: Some(folder.join(file)), ..Access::default() };
        let error = Http::new(&access, &Env::default()).unwrap_err();
        assert!(error.what().contains(file), "{}", error.what());
        assert_eq!(error.code(), crate::error::Code::Registry);
    }
}

#[test]
fn e12_silence_in_a_handshake_ends_needs_openssl() {
    let authority = Authority::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let access = Access { cacert: Some(authority.path("ca.crt")), ..Access::default() };
    let limits = Limits { connect: Duration::from_millis(300), ..Limits::default() };
    let http = Http::with(&access, &Env::default(), limits).unwrap();
    match get(&http, &address).unwrap_err() {
        Failure::Broken(why) | Failure::Silent(why) => {
            assert_eq!(why, format!("no connection to `{address}` within 10 s"));
        }
        Failure::Refused(error) => panic!("{error}"),
    }
}

#[test]
fn e13_what_does_not_speak_tls_is_told_so_needs_openssl() {
    let authority = Authority::new();
    let nowhere = tempfile::tempdir().unwrap();
    let http = http(Some(&authority.path("ca.crt")), nowhere.path());
    // an alert as a server sends it that knows TLS 1.0 alone (RFC 8446, 6.2: protocol_version)
    for (answer, said) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "does not speak TLS"),
        (&[21, 3, 1, 0, 2, 2, 70][..], "speaks no TLS that is safe: 1.2 or 1.3 is needed"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let thread = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            socket.read_exact(&mut [0; 5]).unwrap();
            socket.write_all(answer).unwrap();
            let _ = socket.read_to_end(&mut Vec::new()); // until the client hangs up
        });
        let error = refusal(get(&http, &address));
        assert_eq!(error.what(), format!("`{address}` {said}"));
        thread.join().unwrap();
    }
}

#[test]
fn e14_a_tunnel_through_a_proxy_ends_at_the_registry_needs_openssl() {
    let authority = Authority::new();
    authority.sign("server", "DNS:reg.example", PAST, FUTURE);
    let (behind, server) = authority.serve("server", rustls::ALL_VERSIONS, false, 1);
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let variable = format!("http://me:pw@{}", proxy.local_addr().unwrap());
    let thread = thread::spawn(move || {
        let (mut client, _) = proxy.accept().unwrap();
        let (mut seen, mut byte) = (Vec::new(), [0]);
        while !seen.ends_with(b"\r\n\r\n") && client.read(&mut byte).unwrap() == 1 {
            seen.push(byte[0]);
        }
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let mut server = TcpStream::connect(behind).unwrap();
        let (mut up, mut down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let sent =
            thread::spawn(move || std::io::copy(&mut up, &mut down).map(|_| down.shutdown(Shutdown::Write)));
        std::io::copy(&mut server, &mut client).unwrap();
        let _ = client.shutdown(Shutdown::Both); // or it has hung up already
        let _ = sent.join().unwrap();
        String::from_utf8(seen).unwrap()
    });
    let access = Access { cacert: Some(authority.path("ca.crt")), ..Access::default() };
    let http = Http::new(&access, &Env::new([("HTTPS_PROXY", variable)], "/")).unwrap();
    assert_eq!(get(&http, "reg.example:5000").unwrap().body, b"hi");
    assert!(thread.join().unwrap().starts_with("CONNECT reg.example:5000 HTTP/1.1\r\n"));
    server.join().unwrap();
}

#[test]
fn e3_an_early_answer_is_heard_over_tls_needs_openssl() {
    let authority = Authority::new();
    authority.sign("server", "IP:127.0.0.1", PAST, FUTURE);
    let nowhere = tempfile::tempdir().unwrap();
    let http = http(Some(&authority.path("ca.crt")), nowhere.path());
    for versions in [&[&rustls::version::TLS12], &[&rustls::version::TLS13]] {
        // answers after the headers, and closes
        let (address, thread) = authority.serve("server", versions, false, 1);
        let answer = http.send(&Call {
            method: Method::Put,
            url: Url::parse(&format!("https://{address}/v2/")).unwrap(),
            headers: Vec::new(),
            authorization: None,
            body: Body::Bytes(vec![7; 32 << 20].into()),
            limit: 1 << 10,
        });
        assert_eq!(answer.unwrap().body, b"hi");
        thread.join().unwrap();
    }
}
