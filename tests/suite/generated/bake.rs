//! The bake file, read by a parser of HCL that is not ours.
