//! Tests of suggestions.

use crate::text::*;

#[test]
fn the_nearest_name_is_near() {
    let known = ["client_id", "client_secret", "token_host"];
    assert_eq!(nearest("client_secrt", known), Some("client_secret"));
    assert_eq!(nearest("secret", known), Some("client_secret"));
    assert_eq!(nearest("token-host", known), Some("token_host"));
    assert_eq!(nearest("colour", known), None);
    let faults = ["token-expired", "rate-limited", "clock-skew"];
    assert_eq!(nearest("tokn-expired", faults), Some("token-expired"));
    assert_eq!(nearest("Clockskew", faults), Some("clock-skew"));
}

#[test]
fn what_is_near_to_nothing_gets_the_whole_list() {
    assert_eq!(suggestion("colour", ["a", "b"]), "; known here: `a`, `b`");
    assert_eq!(suggestion("colour", []), "");
}
