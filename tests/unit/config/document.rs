//! Tests of `config::document`.

use std::time::Duration;

use crate::config::document::*;

#[test]
fn durations_and_sizes() {
    assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
    assert_eq!(parse_duration("1h 30m"), Some(Duration::from_secs(5400)));
    for bad in ["", "10", "0s", "-3s", "soon"] {
        assert_eq!(parse_duration(bad), None, "{bad}");
    }
    assert_eq!(parse_size("64 MiB"), Some(64 << 20));
    assert_eq!(parse_size("10"), Some(10));
    for bad in ["", "MiB", "1.5 MiB", "0", "99999999999999 GiB", "-1"] {
        assert_eq!(parse_size(bad), None, "{bad}");
    }
}
