//! Generated files: what the tools that read them make of them.

mod builders;
