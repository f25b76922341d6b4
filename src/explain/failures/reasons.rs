//! The table of known reasons. The words are those of the programs that say them, tried or read in their source.

mod linking;
mod machine;
mod tools;

/// A row: a reason for which builds fail.
pub struct Reason {
    /// Each of these words gives it away. `{}` stands for one word, which the other columns have as `{1}`, `{2}`, …
    pub said: &'static [&'static str],
    /// What is missing or wrong. `{target}`, `{target_}` (as in names of variables) and `{package}` are filled in.
    pub cause: &'static str,
    /// What fixes it, a line each.
    pub fix: &'static [&'static str],
    /// A program whose installation fixes it ([`crate::explain::programs`]), or nothing.
    pub install: &'static str,
    /// The same, where the target has this machine's architecture.
    pub native: &'static str,
}

/// What rows have unless they say something else.
const ROW: Reason = Reason { said: &[], cause: "", fix: &[], install: "", native: "" };

/// The rows in the order in which they are looked for: what stands in the way of everything comes first, and what says
/// the same less exactly comes last.
pub const REASONS: [&[Reason]; 3] = [machine::REASONS, tools::REASONS, linking::REASONS];
