//! What becomes of the program's symbols and debug information: what the compiler leaves in the program that it builds,
//! and what is taken out on the way into the image.
//!
//! Usually cargo does with them what it would do without us. Where the symbols are wanted, the compiler is told to leave in
//! what the profile has taken out, and the image gets what it would have got: code does not depend on either. It is
//! told by its own flags, not by the profile's: cargo gives the crates of another profile other symbols, and with those
//! come another order of functions and other bytes everywhere.

use super::profile::{Profile, Stripping};
use crate::elf::Strip;

/// What is wanted of the program that is built, and what the profile says of it.
#[derive(Clone, Copy, Debug)]
pub struct Symbols {
    /// What the profile takes out.
    strip: Stripping,
    has_debug: bool,
    splits_debug: bool,
    kept: Kept,
}

/// What the program that is built has, whatever the image gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    AsProfile,
    Symbols,
    Debug,
}

impl Symbols {
    /// What `profile` says.
    pub fn of(profile: &Profile) -> Self {
        let (has_debug, splits_debug) = (profile.has_debug(), profile.splits_debug());
        Symbols { strip: profile.strip(), has_debug, splits_debug, kept: Kept::AsProfile }
    }

    /// Has the symbols stay in the program that is built, not in the image.
    pub fn keep(&mut self) {
        self.kept = self.kept.max(Kept::Symbols);
    }

    /// Has debug information in the program that is built, not in the image.
    pub fn keep_debug(&mut self) {
        self.kept = Kept::Debug;
    }

    /// Whether the program that is built has its symbols.
    pub fn are_kept(&self) -> bool {
        self.kept != Kept::AsProfile || !matches!(self.strip, Stripping::Of(Strip::All))
    }

    /// Whether debug information is wanted of the program that is built.
    pub fn is_debug_kept(&self) -> bool {
        self.kept == Kept::Debug
    }

    /// What is taken out of the program on its way into the image.
    pub fn strip(&self) -> Option<Strip> {
        match (self.strip, self.kept) {
            (Stripping::Unsaid, _) => Some(Strip::All),
            // the compiler does it, or nobody
            (_, Kept::AsProfile) | (Stripping::Nothing, Kept::Symbols) => None,
            (Stripping::Of(wished), _) => Some(wished),
            // what lies beside the image need not lie in it
            (Stripping::Nothing, Kept::Debug) => Some(Strip::Debug),
        }
    }

    /// What rustc is told, behind all that the profile makes cargo tell it: the last word counts.
    pub fn flags(&self) -> Vec<String> {
        let mut flags = Vec::new();
        let mut flag = |wanted: bool, word: &str| flags.extend(wanted.then(|| word.to_owned()));
        let debug = self.is_debug_kept();
        // where the profile says nothing, cargo has no symbols taken out, but std's debug information
        let strips = matches!(self.strip, Stripping::Of(_));
        flag(debug || (self.kept == Kept::Symbols && strips), "-Cstrip=none");
        // more than this changes the code
        flag(debug && !self.has_debug, "-Cdebuginfo=1");
        flag(debug && self.splits_debug, "-Csplit-debuginfo=off");
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::cargo::CargoFlags;
    use crate::config::env::Env;

    fn symbols(release: &str) -> Symbols {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Cargo.toml");
        std::fs::write(&path, format!("[profile.release]\n{release}\n")).unwrap();
        let env = Env::new([("CARGO_HOME", folder.path())], folder.path());
        Symbols::of(&Profile::heard(&CargoFlags::default(), &env, &path))
    }

    fn owned(flags: &[&str]) -> Vec<String> {
        flags.iter().copied().map(str::to_owned).collect()
    }

    #[test]
    fn a_plain_build_is_what_cargo_would_build() {
        for (profile, strip) in [("", Some(Strip::All)), ("strip = true", None), ("strip = false", None)] {
            let symbols = symbols(profile);
            assert_eq!((symbols.strip(), symbols.flags()), (strip, vec![]), "{profile}");
        }
    }

    #[test]
    fn where_symbols_are_kept_the_image_gets_what_the_profile_says() {
        for (profile, strip, flags) in [
            ("", Some(Strip::All), &[][..]),
            ("strip = true", Some(Strip::All), &["-Cstrip=none"]),
            ("strip = 'debuginfo'", Some(Strip::Debug), &["-Cstrip=none"]),
            ("strip = false", None, &[]),
        ] {
            let mut symbols = symbols(profile);
            symbols.keep();
            assert_eq!((symbols.strip(), symbols.flags()), (strip, owned(flags)), "{profile}");
        }
    }

    #[test]
    fn debug_information_of_the_profiles_own_is_kept_and_is_never_in_the_image() {
        let none = ["-Cstrip=none", "-Cdebuginfo=1"];
        for (profile, strip, flags) in [
            ("", Strip::All, &none[..]),
            ("strip = true", Strip::All, &none),
            ("strip = 'debuginfo'", Strip::Debug, &none),
            ("strip = false", Strip::Debug, &none),
            ("debug = 2", Strip::All, &none[..1]),
            ("debug = 1\nsplit-debuginfo = 'packed'", Strip::All, &["-Cstrip=none", "-Csplit-debuginfo=off"]),
        ] {
            let mut symbols = symbols(profile);
            symbols.keep_debug();
            symbols.keep(); // takes nothing back
            assert_eq!((symbols.strip(), symbols.flags()), (Some(strip), owned(flags)), "{profile}");
        }
    }
}
