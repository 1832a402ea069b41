//! Tests of the parts of `session` that need nothing private.

mod conversations;
mod local;
mod refusals;
mod sign_in;
