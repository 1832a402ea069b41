//! What the next message carries, and how much of it.

use super::*;
use crate::session::attachments::attachment;

#[test]
fn what_is_carried_belongs_to_its_conversation_and_goes_with_the_next_message() {
    let (one, two) = (ConversationKey(1), ConversationKey(2));
    let mut composer = Composer::default();
    composer.switch(one);
    composer.attribute(one, "run", "1");
    composer.attribute(one, "run", "42");
    composer.attach(one, attachment("a.png").unwrap());
    composer.switch(two);
    assert_eq!(composer.carried(), None);
    composer.switch(one);
    assert_eq!(composer.carried().map(|e| (e.attributes.len(), e.attachments.len())), Some((1, 1)));
    composer.take_off(one, Some(&CarriedExtras::Attachment(7)));
    composer.take_off(one, Some(&CarriedExtras::Attribute("run".to_owned())));
    assert_eq!(composer.carried().map(|e| (e.attributes.len(), e.attachments.len())), Some((0, 1)));
    // A file may go without a word.
    assert_eq!(composer.take_for_send(crate::model::Moment::ZERO).as_deref(), Ok(""));
    assert_eq!(composer.take_carried().attachments.len(), 1);
    assert_eq!(composer.carried(), None);
    assert_eq!(composer.take_for_send(crate::model::Moment::ZERO), Err(DraftRefusal::Empty));
}

#[test]
fn attributes_have_a_limit() {
    let key = ConversationKey(1);
    let mut composer = Composer::default();
    composer.switch(key);
    composer.set_text("hello");
    composer.attribute(key, "a", &"x".repeat(2_040));
    assert_eq!(attributes_bytes(&composer.carried().unwrap().attributes), 2_048);
    assert!(composer.check(crate::model::Moment::ZERO).is_ok());
    composer.attribute(key, "a", &"x".repeat(2_041));
    let refused = composer.take_for_send(crate::model::Moment::ZERO);
    assert_eq!(refused, Err(DraftRefusal::Attributes(2_049)));
    assert!(composer.carried().is_some(), "what is refused stays");
}
