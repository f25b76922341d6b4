//! What the container engines have in common: an archive goes in on standard input, and what they then call the image
//! must be what we call it.
