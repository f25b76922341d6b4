//! What goes with an image: bills of materials, provenance, a signature.

use crate::config::layers::Resolved;
use crate::config::values::{self, Sbom, Switch};
use crate::error::{Code, Error};
use std::fmt;
use std::path::PathBuf;

/// What goes with an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Papers {
    /// The forms of its bill of materials, each once, sorted; never [`Sbom::None`].
    pub sboms: Vec<Sbom>,
    /// Whether the packages of the program are noted in it.
    pub auditable: bool,
    /// Whether its provenance is told.
    pub provenance: bool,
    /// Who signs that.
    pub signer: Option<Signer>,
}

/// Who signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The program cosign.
    Cosign,
    /// The private key in this file; absolute.
    Key(PathBuf),
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Signer::Cosign => write!(f, "cosign"),
            Signer::Key(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Papers {
    /// Whether there is any document to write beside the image.
    pub fn has_documents(&self) -> bool {
        self.provenance || !self.sboms.is_empty()
    }
}

impl fmt::Display for Papers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = self.sboms.iter().map(ToString::to_string).collect();
        words.extend(self.provenance.then(|| "provenance".to_owned()));
        words.extend(self.signer.as_ref().map(|signer| format!("signed by {signer}")));
        words.extend(self.auditable.then(|| "the list in the program".to_owned()));
        match words.is_empty() {
            true => write!(f, "none"),
            false => write!(f, "{}", words.join(", ")),
        }
    }
}

/// Those that the settings ask for.
///
/// # Errors
/// They contradict each other, or a project asks for a signature.
pub fn papers(resolved: &Resolved) -> Result<Papers, Error> {
    let settings = &resolved.settings;
    let provenance = settings.provenance != Some(Switch(false));
    let auditable = settings.auditable != Some(Switch(false));
    Ok(Papers { sboms: sboms(resolved)?, auditable, provenance, signer: signer(resolved, provenance)? })
}

fn sboms(resolved: &Resolved) -> Result<Vec<Sbom>, Error> {
    let mut sboms = resolved.settings.sbom.clone();
    sboms.sort_unstable();
    sboms.dedup();
    match (&sboms[..], resolved.origins("sbom").first()) {
        ([], _) => Ok(vec![Sbom::CycloneDx, Sbom::Spdx]),
        ([Sbom::None], _) => Ok(Vec::new()),
        (some, Some(origin)) if some.contains(&Sbom::None) => {
            Err(Error::new(Code::Setting, "`sbom`: none stands alone").at(origin))
        }
        _ => Ok(sboms),
    }
}

/// A signature speaks for whoever runs the build, so it is theirs to ask for and not the project's.
fn signer(resolved: &Resolved, provenance: bool) -> Result<Option<Signer>, Error> {
    let (Some(signer), Some(origin)) = (&resolved.settings.sign, resolved.origins("sign").first()) else {
        return Ok(None);
    };
    if origin.is_metadata() {
        return Err(Error::new(Code::Setting, "a project cannot ask for a signature")
            .at(origin)
            .note("it would be made with your key or in your name")
            .help("ask for it on the command line: --sign cosign, or --sign FILE"));
    }
    if !provenance {
        return Err(Error::new(Code::Setting, "`sign`: there is no provenance to sign")
            .at(origin)
            .help("leave --provenance=false out, or --sign"));
    }
    Ok(Some(match signer {
        values::Signer::Cosign => Signer::Cosign,
        values::Signer::Key(path) => Signer::Key(origin.folder().join(path)),
    }))
}
