//! Fields of an answer's JSON. What is missing, empty or of another type is left out.

use jiff::Timestamp;
use serde_json::Value;

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
