//! Empty: the build script does the work.
#![no_std]
