//! The pure cores from outside: config and pass files, diagnosis, the doctor, and `update`.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "tests"
)]

mod accuracy;
mod config;
mod diagnosis_channels;
mod diagnosis_rules;
mod doctor;
mod pass_file;
#[path = "../support/mod.rs"]
mod support;
mod update;
