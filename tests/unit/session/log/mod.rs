//! Tests of the parts of `session::log` that need nothing private.

mod heights;
mod line;
mod row;
mod words;
