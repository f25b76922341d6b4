//! One HTTP exchange, with every bound that keeps a hostile or broken server from harm: time, size, where it may lead.

use super::Access;
use super::url::Url;
use crate::config::env::Env;
use crate::credentials::Secret;
use crate::error::{Code, Error};
use crate::image::archive::Blob;
use std::sync::Arc;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Asks whether it is there.
    Head,
    /// Opens an upload, asks for a token.
    Post,
    /// Ends an upload, names a manifest.
    Put,
    /// Sends a part of a blob.
    Patch,
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum Authorization {
    /// A name and a password.
    Basic(String, Secret),
    /// A token.
    Bearer(Secret),
}

/// What is sent.
#[derive(Clone, Debug)]
pub enum Body {
    /// Nothing; `Content-Length: 0` where the method could have a body.
    Empty,
    /// These bytes.
    Bytes(Arc<[u8]>),
    /// A blob, or a part of one, streamed from its file with its length.
    Blob(Blob),
}

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is asked for.
    pub method: Method,
    /// Of whom.
    pub url: Url,
    /// Headers beside those that the body needs.
    pub headers: Vec<(&'static str, String)>,
    /// Dropped where a redirect leads to another origin.
    pub authorization: Option<Authorization>,
    /// What is sent.
    pub body: Body,
    /// The most bytes of the answer's body that are kept; the rest is not read.
    pub limit: usize,
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers that are text; names in lower case, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// At most as many bytes as the call allows.
    pub body: Vec<u8>,
    /// Whether there was more.
    pub cut: bool,
    /// Who answered, after redirects.
    pub url: Url,
}

impl Answer {
    /// The first header called `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// No answer.
#[derive(Debug)]
pub enum Failure {
    /// The connection could not be made or broke, in words; to try again may help.
    Broken(String),
    /// What no repetition mends: a certificate that is not trusted, a redirect that must not be followed.
    Refused(Error),
}

/// Makes exchanges. Cheap to clone; shared by threads.
#[derive(Clone, Debug)]
pub struct Http {}

impl Http {
    /// For registries that are reached as `access` says, through the proxies of `env`.
    ///
    /// # Errors
    /// The certificates that the user names, or the platform's, cannot be read.
    pub fn new(_access: &Access, _env: &Env) -> Result<Self, Error> {
        Ok(Http {})
    }

    /// Makes one exchange, follows redirects that may be followed. Blocks, at most 10 s for the connection and
    /// 60 s without a byte.
    ///
    /// # Errors
    /// There is no answer.
    pub fn send(&self, _call: &Call) -> Result<Answer, Failure> {
        Err(Failure::Refused(Error::new(Code::Registry, "not written yet")))
    }
}
