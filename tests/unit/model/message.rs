//! Tests of `model::message`.

use crate::model::message::*;

#[test]
fn choices_that_were_kept_before_their_kinds_were_are_quick_replies() {
    let read = serde_json::from_str::<Choice>(r#"{"label":"Yes","payload":"yes"}"#);
    assert_eq!(read.ok(), Some(Choice::new("Yes", "yes")));
}
