//! Tests of `tui::state::demo::narrate`.

use super::*;

#[test]
fn times_are_told_as_people_tell_them() {
    for (seconds, wanted) in [
        (3_599, "an hour"),
        (86_399, "a day"),
        (86_400 * 3, "3 days"),
        (7_200, "2 hours"),
        (1_200, "20 minutes"),
        (30, "a moment"),
    ] {
        assert_eq!(span(Duration::from_secs(seconds)), wanted);
    }
    assert_eq!(
        (quick(Duration::from_millis(4)), quick(Duration::from_millis(182))),
        ("a blink".into(), "0.2 seconds".into())
    );
}

#[test]
fn nothing_of_a_refusal_but_its_meaning_is_told() {
    let raw = DeliveryStatus::Refused("401 unauthorized at https://api.acme.example e42c0b8a".into());
    for cause in std::iter::once(None).chain(Cause::ALL.iter().copied().map(Some)) {
        for purpose in [false, true] {
            let said = message(&raw, cause, None, purpose).unwrap_or_default();
            assert!(said.starts_with("The platform") && !said.contains("401") && !said.contains("acme"), "{said}");
        }
    }
}
