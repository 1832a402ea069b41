//! Tests of the parts of `session` that need nothing private.

mod local;
mod refusals;
mod sign_in;
mod conversations;
