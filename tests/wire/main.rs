//! The engine over real TCP: requests, the guest socket, hostile servers, masking, metrics, and a long run of faults.
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::print_stderr, clippy::unwrap_used, reason = "tests")]

mod hostile;
mod metrics;
mod redact;
mod requests;
mod soak;
mod socket;
#[path = "../support/mod.rs"]
mod support;
