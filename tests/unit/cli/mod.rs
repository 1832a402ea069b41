//! Tests of `cli` that need nothing private of its parts.

mod args;
mod faces;
mod plan;
