//! Tests of `app` that need nothing private.

mod exit;
mod journal;
mod local;
mod output;
