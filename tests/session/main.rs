//! The pure cores from outside: diagnosis, the doctor, pass files, and `update`.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "tests"
)]

mod accuracy;
mod doctor;
mod pass_file;
#[path = "../support/mod.rs"]
mod support;
mod update;
