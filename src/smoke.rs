//! The smoke test of an image: it starts, does what is asked of it in time, and ends when it is told to.
