//! Tests of `export`.

mod cast;
mod escape;
mod transcript;
