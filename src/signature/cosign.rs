//! cosign, for those who have it: it signs in the name of whoever runs it, and tells whether an identity signed.
//!
//! Which key or identity it takes, and whether it asks for a password, is between it and its user: what it needs to know
//! it reads from its own variables (`COSIGN_KEY`, the tokens of CI). Its commands are those that take a statement as it
//! is: since 2.6 (`attest-blob --statement`, `verify-blob-attestation --digest`).

use super::bundle::Sealed;
use crate::config::env::Env;
use crate::content;
use crate::error::{Code, Error, last_lines};
use crate::image::digest::Digest;
use crate::regular::RegularFile;
use crate::tool::Tool;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// The bytes of a bundle, a certificate and a log's proofs included.
const LIMIT: u64 = 4 << 20;
/// Asks for the form of bundles that everybody reads; later versions know no other, nor the flag.
const FORM: &str = "--new-bundle-format";

/// The program.
#[derive(Clone, Debug)]
pub struct Cosign {
    program: PathBuf,
    form: Option<&'static str>,
}

/// Who must have signed: an identity, and who vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// An address, or the address of a workflow.
    pub name: String,
    /// The issuer of the tokens that it proves itself with.
    pub issuer: String,
}

impl Cosign {
    /// The one on `PATH` that can sign.
    ///
    /// # Errors
    /// There is none.
    pub fn find(env: &Env) -> Result<Self, Error> {
        let error = |error: Error| error.help("or sign with a key of your own: --sign FILE");
        Cosign::with("attest-blob", "--statement", env).map_err(error)
    }

    /// The same for one that can verify.
    ///
    /// # Errors
    /// There is none.
    pub fn to_verify(env: &Env) -> Result<Self, Error> {
        Cosign::with("verify-blob-attestation", "--digestAlg", env)
    }

    fn with(verb: &str, flag: &str, env: &Env) -> Result<Self, Error> {
        let program = Tool::find("cosign", env.path()).ok_or_else(|| {
            Error::new(Code::Signer, "cosign is not on PATH")
                .help("how to get it: https://docs.sigstore.dev/quickstart")
        })?;
        let said = Tool::new(&program).args([verb, "--help"]).ask()?;
        if !said.status.success() && said.stdout.is_empty() {
            let why = said.stderr.lines().last().unwrap_or("it says nothing").to_owned();
            return Err(Error::new(Code::Signer, format!("`{}` does not work", program.display()))
                .note(format!("`cosign {verb} --help` ended with {}", said.status))
                .note(why));
        }
        let help = format!("{}{}", String::from_utf8_lossy(&said.stdout), said.stderr);
        let has = |flag: &str| help.split(|c: char| c.is_whitespace() || c == '=').any(|word| word == flag);
        if !has(flag) {
            return Err(Error::new(Code::Signer, format!("`{}` is too old", program.display()))
                .note(format!("`cosign {verb}` has no {flag}, which came with cosign 2.6")));
        }
        Ok(Cosign { program, form: has(FORM).then_some(FORM) })
    }

    /// `statement` as a bundle with a signature of whoever cosign signs for. What it says goes to the terminal, where it
    /// may ask for a password.
    ///
    /// # Errors
    /// It failed, or signed something else.
    pub fn attest(&self, statement: &[u8]) -> Result<Vec<u8>, Error> {
        let folder = Folder::new()?;
        let (input, output) = (folder.at("statement.json"), folder.at("bundle.json"));
        fs::write(&input, statement).map_err(|reason| Error::io(Code::Output, "write", &input, &reason))?;
        let tool = self.command("attest-blob").arg("--yes").arg("--statement").arg(&input);
        let tool = tool.arg("--bundle").arg(&output).our_input();
        let status = tool.run()?;
        let failed = |why: String| {
            Error::new(Code::Signer, format!("cosign did not sign: {why}"))
                .note(format!("the command was: {tool}"))
        };
        if !status.success() {
            return Err(failed(status.to_string()));
        }
        let read = RegularFile::open(&output, false).and_then(|file| file.bytes(LIMIT));
        let bytes = match read {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(failed(format!("its bundle has more than {LIMIT} bytes"))),
            Err(_) => return Err(failed("its bundle cannot be read".to_owned())),
        };
        let json = content::document(&bytes).map_err(&failed)?;
        let sealed = Sealed::read(&json).map_err(&failed)?;
        match content::document(&sealed.envelope.payload).ok() == content::document(statement).ok() {
            true => Ok(bytes),
            false => Err(failed("its bundle is about something else".to_owned())),
        }
    }

    /// Whether `bundle` says `predicate` of `subject`, signed by `identity`.
    ///
    /// # Errors
    /// cosign's reason why it does not.
    pub fn verify(
        &self,
        bundle: &[u8],
        subject: &Digest,
        predicate: &str,
        identity: &Identity,
    ) -> Result<(), Error> {
        let folder = Folder::new()?;
        let file = folder.at("bundle.json");
        fs::write(&file, bundle).map_err(|reason| Error::io(Code::Output, "write", &file, &reason))?;
        let tool = self.command("verify-blob-attestation").arg("--bundle").arg(&file);
        let tool = tool.args(["--digest", subject.hex(), "--digestAlg", "sha256", "--type", predicate]);
        let tool = tool.arg(format!("--certificate-identity={}", identity.name));
        let tool = tool.arg(format!("--certificate-oidc-issuer={}", identity.issuer));
        let said = tool.read()?;
        if said.status.success() {
            return Ok(());
        }
        let error = Error::new(Code::Provenance, "cosign does not accept the signature");
        Err(last_lines(&said.stderr).into_iter().fold(error, Error::note))
    }

    fn command(&self, verb: &str) -> Tool {
        Tool::new(&self.program).arg(verb).args(self.form.map(|form| format!("{form}=true")))
    }
}

/// A folder that nobody else can look into, gone with the value.
struct Folder(TempDir);

impl Folder {
    fn new() -> Result<Self, Error> {
        let folder = tempfile::Builder::new().prefix("cargo-scratch-").tempdir();
        folder
            .map(Folder)
            .map_err(|reason| Error::io(Code::Output, "create a folder in", &std::env::temp_dir(), &reason))
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}
