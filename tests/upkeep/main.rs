//! What the project promises of itself: walls between the parts, documents that are true, no secret anywhere.
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod channels;
mod command_secrets;
mod dependencies;
mod docs;
mod layers;
mod matched_text;
mod packages;
mod secrets;
mod shape;
mod sources;
#[path = "../support/mod.rs"]
mod support;
