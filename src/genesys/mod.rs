//! The remote side's language: builds requests and reads answers. Pure: no I/O, no clock.
//!
//! ```text
//! what is wanted ─► oauth · guest_api · open_messaging · web_messaging · conversations · lookups ─► Call ─► (engine)
//! status, headers, body ─► answerer · errors · headers, and whoever built the request ─► facts in the model's words
//! ```
//! Answers are read field by field: one that is missing, empty or of another type is left out, and the rest is kept.

pub mod answerer;
pub mod call;
pub mod conversations;
pub mod deployments;
pub mod errors;
pub mod guest_api;
pub mod headers;
pub mod lookups;
pub mod normalized;
pub mod oauth;
pub mod open_messaging;
pub mod web_messaging;
pub mod webhook;

pub use crate::text::json;
pub use answerer::{Answerer, CallKind, tells_error, who_answered};
pub use call::Call;

use jiff::Timestamp;
use serde_json::Value;

/// A time as the platform writes it: UTC with milliseconds.
pub fn time_text(time: Timestamp) -> String {
    format!("{time:.3}")
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().filter(|s| !s.is_empty()).map(str::to_owned)
}

fn time(value: &Value, name: &str) -> Option<Timestamp> {
    value.get(name)?.as_str()?.parse().ok()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn texts(list: &[Value]) -> Vec<String> {
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `true` or `"true"`: metadata holds only texts.
fn truth(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| value.as_str() == Some("true"))
}

/// A whole number, 0 or more. A fraction is cut off.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().filter(|f| *f >= 0.0).map(|f| f as u64))
}

/// Seconds since 1970, as a number or a text.
fn seconds(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|f| f as i64));
    Timestamp::from_second(seconds.or_else(|| value.as_str()?.trim().parse().ok())?).ok()
}
