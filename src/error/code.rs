//! The codes of errors, and the exit statuses that go with them: one table, which the documentation is read from too.

/// One table for the exit statuses: the variant, the number.
macro_rules! exits {
    ($(#[doc = $about:literal] $variant:ident $number:literal;)*) => {
        /// The exit statuses of `cargo scratch`, stable from the first release.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Exit { $(#[doc = $about] $variant = $number,)* }

        impl Exit {
            /// Every status, in the order of the table.
            pub const ALL: &[Exit] = &[$(Exit::$variant,)*];

            /// What it tells, in one line.
            pub fn about(self) -> &'static str {
                match self { $(Exit::$variant => $about.trim_ascii(),)* }
            }
        }
    };
}

exits! {
    /// An error in the project or its files.
    Project 1;
    /// The command line, a variable or a metadata key cannot be understood.
    Usage 2;
    /// The toolchain lacks something.
    Toolchain 3;
    /// The program or its image was refused: not static, sound, small enough, reproduced, vouched for, or passing its test.
    NotStatic 4;
    /// An output could not be written.
    Output 5;
    /// A registry or an engine refused, or cannot be reached; or there is no sandbox here.
    Remote 6;
    /// cargo failed to compile (cargo's own status).
    Compile 101;
}

/// One table for the codes: the variant, the word that users see and search for, the exit status. A row has a page of
/// the same name in `docs/codes`.
macro_rules! codes {
    ($(#[doc = $about:literal] $variant:ident $word:literal $exit:ident;)*) => {
        /// The stable code of an error: the word in `error[word]` and in JSON.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $(#[doc = $about] $variant,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The word that stands for the code.
            pub fn word(self) -> &'static str {
                match self { $(Code::$variant => $word,)* }
            }

            /// What it is about, in one line.
            pub fn about(self) -> &'static str {
                match self { $(Code::$variant => $about.trim_ascii(),)* }
            }

            /// The page that explains it, in Markdown.
            pub fn page(self) -> &'static str {
                match self { $(Code::$variant => include_str!(concat!("../../docs/codes/", $word, ".md")),)* }
            }

            /// The exit status that goes with the code.
            pub fn exit(self) -> Exit {
                match self { $(Code::$variant => Exit::$exit,)* }
            }
        }
    };
}

codes! {
    /// A flag, a value or a combination of them makes no sense.
    Usage "usage" Usage;
    /// A key of the metadata table, or a value of it or of a variable, is not valid.
    Setting "setting" Usage;
    /// No package, binary or example can be chosen.
    Selection "selection" Usage;
    /// A name cannot stand safely in an image.
    Name "name" Usage;
    /// A target or platform that no image can be made for.
    Platform "platform" Usage;
    /// The project could not be read.
    Project "project" Project;
    /// A file of the project could not be read or may not enter an image.
    Asset "asset" Project;
    /// A manifest of Kubernetes cannot be read, or names what is not there.
    Manifest "manifest" Project;
    /// A generated file is not what the project's metadata gives today.
    Stale "stale" Project;
    /// A file changed while it was read.
    Changed "changed" Project;
    /// cargo, rustc or another tool is missing or does not answer.
    Tool "tool" Toolchain;
    /// The standard library for the target is missing.
    NoStd "no-std" Toolchain;
    /// No linker for the target.
    NoLinker "no-linker" Toolchain;
    /// No C or C++ compiler for the target, and a package that needs one.
    NoCompiler "no-compiler" Toolchain;
    /// A package looks for a native library that there is none of for the target.
    NoLibrary "no-library" Toolchain;
    /// A program has no build id or no debug information, so `--split-debug` has nothing to keep.
    NoDebug "no-debug" Toolchain;
    /// Who is to sign, or to check a signature, cannot.
    Signer "signer" Toolchain;
    /// The binary is not proven static.
    NotStatic "not-static" NotStatic;
    /// The program cannot have the allocator that is asked for, or has one of its own.
    Allocator "allocator" NotStatic;
    /// An image breaks a rule of its specification, or could not start.
    Invalid "invalid-image" NotStatic;
    /// An image did not do in its test what was asked of it.
    Smoke "smoke" NotStatic;
    /// An image has more bytes than `--max-size` allows.
    TooLarge "too-large" NotStatic;
    /// Nobody vouches for where an image comes from, or not as was asked for.
    Provenance "provenance" NotStatic;
    /// A program or its image is not the same when it is built again.
    NotReproducible "not-reproducible" NotStatic;
    /// An output could not be written.
    Output "output" Output;
    /// A registry refused, or cannot be reached.
    Registry "registry" Remote;
    /// The user's credentials cannot be read, or their helper failed.
    Credentials "credentials" Remote;
    /// A container engine refused, or cannot be reached.
    Engine "engine" Remote;
    /// This machine does not let this user have a sandbox, or a program cannot start in it.
    Sandbox "sandbox" Remote;
    /// cargo failed.
    Cargo "cargo" Compile;
    /// A signal ended the run.
    Interrupted "interrupted" Compile;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Caution;

    #[test]
    fn no_two_codes_are_the_same_word() {
        let errors = Code::ALL.iter().map(|code| code.word());
        let words: Vec<_> = errors.chain(Caution::ALL.iter().map(|code| code.word())).collect();
        let distinct: std::collections::BTreeSet<_> = words.iter().collect();
        assert_eq!(distinct.len(), words.len(), "{words:?}");
    }
}
