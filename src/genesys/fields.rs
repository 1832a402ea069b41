//! Fields of an answer: those of its JSON, and those of its header, just received or captured before. What is missing,
//! empty or of another type is left out.

use http::HeaderMap;
use jiff::Timestamp;
use serde_json::Value;

use crate::model::Header;

/// A field that is text and says something.
pub fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().filter(|s| !s.is_empty()).map(str::to_owned)
}

/// A field that is a time.
pub fn time(value: &Value, name: &str) -> Option<Timestamp> {
    value.get(name)?.as_str()?.parse().ok()
}

/// The elements of a field that is a list; none where it is not.
pub fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The texts among the elements of a list.
pub fn texts(list: &[Value]) -> Vec<String> {
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `true` or `"true"`: metadata holds only texts.
pub fn truth(value: Option<&Value>) -> bool {
    value.is_some_and(|v| v.as_bool().unwrap_or_else(|| v.as_str() == Some("true")))
}

/// A whole number, 0 or more. A fraction is cut off.
pub fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().filter(|f| *f >= 0.0).map(|f| f as u64))
}

/// Seconds since 1970, as a number or a text.
pub fn seconds(value: Option<&Value>) -> Option<Timestamp> {
    let value = value?;
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|f| f as i64));
    Timestamp::from_second(seconds.or_else(|| value.as_str()?.trim().parse().ok())?).ok()
}

/// Headers of an answer, raw or captured.
pub trait Headers {
    /// The values of the header `name` (lower case) that are text, in order.
    fn values(&self, name: &str) -> Vec<&str>;

    /// Whether some header's name begins with `prefix` (lower case).
    fn any_begins(&self, prefix: &str) -> bool;
}

impl Headers for HeaderMap {
    fn values(&self, name: &str) -> Vec<&str> {
        self.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect()
    }

    fn any_begins(&self, prefix: &str) -> bool {
        self.keys().any(|name| name.as_str().starts_with(prefix))
    }
}

impl Headers for [Header] {
    fn values(&self, name: &str) -> Vec<&str> {
        self.iter().filter(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str()).collect()
    }

    fn any_begins(&self, prefix: &str) -> bool {
        self.iter().any(|h| h.name.get(..prefix.len()).is_some_and(|n| n.eq_ignore_ascii_case(prefix)))
    }
}
