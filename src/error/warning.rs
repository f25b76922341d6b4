//! What is worth a look and stops nothing, and the table of its codes.

use serde_json::{Value, json};

/// One table for the codes: the variant and the word that users see and search for. A row has a page of the same name in
/// `docs/codes`.
macro_rules! cautions {
    ($(#[doc = $about:literal] $variant:ident $word:literal;)*) => {
        /// The stable code of a warning: the word in `warning[word]` and in JSON. No error has the same.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Caution { $(#[doc = $about] $variant,)* }

        impl Caution {
            /// Every code, in the order of the table.
            pub const ALL: &[Caution] = &[$(Caution::$variant,)*];

            /// The word that stands for the code.
            pub fn word(self) -> &'static str {
                match self { $(Caution::$variant => $word,)* }
            }

            /// What it is about, in one line.
            pub fn about(self) -> &'static str {
                match self { $(Caution::$variant => $about.trim_ascii(),)* }
            }

            /// The page that explains it, in Markdown.
            pub fn page(self) -> &'static str {
                match self { $(Caution::$variant => include_str!(concat!("../../docs/codes/", $word, ".md")),)* }
            }
        }
    };
}

cautions! {
    /// A variable has the name of no setting.
    UnknownVariable "unknown-variable";
    /// A variable says something of single runs, and a file that is kept is made.
    IgnoredVariable "ignored-variable";
    /// A setting of the project is nothing that a generated file can see to.
    IgnoredSetting "ignored-setting";
    /// The image has another name than the binary, whose name no image can have.
    Renamed "renamed";
    /// What a preset saves is not known: the default build fails.
    Uncompared "uncompared";
    /// A file that is to be copied into the image is not there yet.
    NotThere "not-there";
    /// A variable of the image looks like a secret.
    Secret "secret";
    /// A private key can be read or changed by other users.
    OpenKey "open-key";
    /// Certificates that go into the image have expired.
    ExpiredCertificates "expired-certificates";
    /// A file has setuid, setgid or sticky bits, which are not packed.
    SpecialBits "special-bits";
    /// cargo's configuration files cannot be understood.
    CargoConfig "cargo-config";
    /// `CC` is taken for musl, and does not look like a compiler for it.
    DoubtfulCompiler "doubtful-compiler";
    /// The compiler's flags ask for a kind of processor.
    Processor "processor";
    /// A text of a manifest looks like the name of a program, and stands where none is replaced.
    StrayReference "stray-reference";
    /// The tag belongs to another image of the layout.
    TagTaken "tag-taken";
    /// A layout cannot be locked against runs that write it at the same time.
    SharedLayout "shared-layout";
    /// Podman does not know the image by the digest that a registry would.
    OtherDigest "other-digest";
    /// The program names a folder of the machine that it was built on.
    BuildPath "build-path";
    /// The list of its packages could not be put into the program.
    Unlisted "unlisted";
    /// A registry has something to say.
    RegistryNotice "registry-notice";
    /// A registry does not take the documents about an image.
    Unattached "unattached";
    /// Somebody else has pushed under the same name meanwhile.
    Overtaken "overtaken";
    /// The sandbox lacks something that it usually has.
    PartialSandbox "partial-sandbox";
    /// The program listens where nobody outside of its container reaches it.
    PrivatePort "private-port";
    /// The program took more memory than it may.
    OutOfMemory "out-of-memory";
    /// The program did not end when it was told to.
    Killed "killed";
}

/// What is worth a look, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    code: Caution,
    what: String,
    help: Vec<String>,
}

impl Warning {
    /// One sentence without a full stop, in the lower case of cargo's own messages.
    pub fn new(code: Caution, what: impl Into<String>) -> Self {
        Warning { code, what: what.into(), help: Vec::new() }
    }

    /// What to do: one line, best one to type.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The stable code.
    pub fn code(&self) -> Caution {
        self.code
    }

    /// What is worth a look, in one sentence.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What to do, a line each.
    pub fn helps(&self) -> &[String] {
        &self.help
    }

    /// All of it, for programs.
    pub fn json(&self) -> Value {
        json!({ "code": self.code.word(), "message": self.what, "help": self.help })
    }
}
