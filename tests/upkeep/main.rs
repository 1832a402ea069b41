//! What the project promises of itself: walls between the parts, documents that are true, no secret anywhere.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "tests"
)]

mod dependencies;
mod docs;
mod layers;
mod packages;
mod secrets;
#[path = "../support/mod.rs"]
mod support;
