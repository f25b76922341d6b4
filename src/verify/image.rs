//! The proof of an image that somebody else may have made: every rule that is broken, and whether its program can start.
