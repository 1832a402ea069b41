//! Tests of `model::variation`.

use crate::model::Channel;
use crate::model::channel::GUEST_TEXT_MAX_BYTES;
use crate::model::variation::*;

#[test]
fn names_lead_back() {
    for variation in Variation::ALL {
        assert_eq!(Variation::named(variation.name()), Some(variation));
    }
}

#[test]
fn what_makes_no_sense_says_why() {
    let fits = |channel| Variation::ALL.into_iter().filter(|v| v.senseless(channel).is_none()).count();
    assert_eq!(Channel::ALL.map(fits), [7, 5, 4]);
}

#[test]
fn texts_are_what_they_claim() {
    assert_eq!(Variation::Oversize.text("hé").len(), GUEST_TEXT_MAX_BYTES + 1);
    let long = "y".repeat(GUEST_TEXT_MAX_BYTES + 5);
    assert_eq!(Variation::Oversize.text(&long), long);
    assert!(Variation::EmojiBidi.text("a").contains('\u{202E}'));
    assert_eq!(Variation::NoToken.text("a"), "a");
    assert!(!crate::model::ids::is_uuid(MALFORMED_ID));
    assert!(crate::model::ids::is_uuid(OTHER_PARTICIPANT));
}
