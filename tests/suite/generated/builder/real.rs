//! `--builder` and the builder with real engines, in a stand-in for the official image.
