//! Tests of `config`, a file for each that is tested.

mod address;
mod document;
mod edit;
pub(crate) mod files;
mod pasted_token;
mod problem;
mod proxy;
mod regions;
mod resolve;
#[cfg(unix)]
mod secret;
