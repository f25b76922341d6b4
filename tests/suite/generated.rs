//! Generated files: what they say, what the field's own tools say of them, and what comes out when they are used.

mod bake;
mod builder;
mod builders;
mod dockerfiles;
mod hostile;
mod ignore;
mod images;
mod init;
mod pin;
mod settled;
mod several;
mod workflows;
