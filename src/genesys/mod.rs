//! The remote side's language: builds requests and reads answers. Pure: no I/O, no clock.
//!
//! ```text
//! what is wanted ─► oauth · tokens_me · guest_api · open_messaging · conversations · discovery ─► Call ─► (engine)
//! status, headers, body ─► oauth · errors · limits · open_messaging · conversations · discovery ─► facts in the model's words
//! ```

pub mod answerer;
pub mod call;
pub mod challenge;
pub mod conversations;
pub mod deployments;
pub mod discovery;
pub mod errors;
pub mod fields;
pub mod guest_api;
pub mod limits;
pub mod lookups;
pub mod normalized;
pub mod oauth;
pub mod open_messaging;
pub mod tokens_me;
pub mod web_messaging;
pub mod webhook;

pub use crate::text::json;
pub use answerer::{Answerer, CallKind, tells_error, who_answered};
pub use call::Call;

/// A time as the platform writes it: UTC with milliseconds.
pub fn time_text(time: jiff::Timestamp) -> String {
    format!("{time:.3}")
}
