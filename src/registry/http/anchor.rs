//! A server whose certificate is itself one of those that are trusted.
//!
//! That is what `openssl req -x509` makes, as docker's documentation has it for a registry of one's own: a certificate
//! that is its own issuer and marked as an authority's. RFC 5280 has no path from such a one to itself, and webpki
//! refuses it (`CaUsedAsEndEntity`); Go and OpenSSL, and docker and curl with them, take it as trusted. So is it here,
//! where its name and its key are those of a trusted certificate: the handshake proves that the server has the key,
//! and whoever has the key of an authority could sign any certificate.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::sync::Arc;

/// webpki's verifier, for which a trusted certificate may be the server's own.
#[derive(Debug)]
pub struct Verifier {
    webpki: Arc<WebPkiServerVerifier>,
    roots: Arc<RootCertStore>,
}

impl Verifier {
    /// One that trusts `roots`.
    ///
    /// # Errors
    /// There are none.
    pub fn new(
        roots: Arc<RootCertStore>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, VerifierBuilderError> {
        let webpki = WebPkiServerVerifier::builder_with_provider(roots.clone(), provider).build()?;
        Ok(Verifier { webpki, roots })
    }

    /// Whether `certificate` has the name and the key of a trusted one.
    fn is_trusted_itself(&self, certificate: &CertificateDer<'_>) -> bool {
        let mut alone = RootCertStore::empty();
        let added = alone.add(certificate.clone().into_owned());
        added.is_ok() && alone.roots.iter().all(|anchor| self.roots.roots.contains(anchor))
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.webpki.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            // webpki looks at the dates first: it would have said so if they were wrong
            Err(Error::InvalidCertificate(CertificateError::Other(_)))
                if self.is_trusted_itself(certificate) =>
            {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}
