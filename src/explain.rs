//! What went wrong with a project's native code, in the user's words: which package, why, and the line that fixes it.

pub mod failures;
