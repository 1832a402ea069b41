//! Headers of an answer, whether they were just received or captured before.

use http::HeaderMap;

use crate::model::exchange::Header;

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
