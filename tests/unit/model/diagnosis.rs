//! Tests of `model::diagnosis`.

use std::collections::BTreeSet;

use crate::model::diagnosis::*;

/// The names that scripts and metrics rely on.
const FIXED: &str = "token-expired token-revoked token-rotation client-rejected client-disabled \
        scope-not-requested scope-stripped scope-wrong permission-missing division-mismatch region-mismatch \
        conversation-malformed conversation-unknown conversation-ended participant-mismatch deployment-unknown \
        origin-refused address-refused clock-skew rate-limited text-too-long body-malformed service-failure \
        network-dns network-connect network-tls network-timeout proxy-answered unknown";

#[test]
fn the_fixed_names_are_all_there() {
    for name in FIXED.split_whitespace() {
        assert_eq!(Cause::named(name).map(Cause::name), Some(name));
    }
    let names: BTreeSet<&str> = Cause::ALL.iter().map(|c| c.name()).collect();
    assert_eq!(names.len(), Cause::ALL.len());
    let added = [
        "token-absent",
        "integration-unknown",
        "feature-off",
        "held-back",
        "attachment-refused",
        "replies-unreadable",
        "guest-auth-required",
        "guest-jwt-expired",
    ];
    assert!(added.iter().all(|name| names.contains(name)));
    assert_eq!(names.len(), FIXED.split_whitespace().count() + added.len());
}

#[test]
fn confidence_is_ordered() {
    assert!(Confidence::Sure > Confidence::Likely && Confidence::Likely > Confidence::Possible);
}
