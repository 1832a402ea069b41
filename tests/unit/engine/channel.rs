//! What is not sent at all.

use crate::config::{ConversationEntry, Credentials};
use crate::engine::Redactor;
use crate::engine::channel::*;
use crate::model::OutgoingMessage;
use crate::model::{Address, Choice, ChoiceKind, Extras};
use crate::model::{Conversation, ConversationKey, Masks, OpenGuest};
use std::collections::BTreeMap;

/// Nothing goes out in a form that the service does not take.
#[test]
fn open_messaging_answers_every_offer_but_a_list() {
    for (kind, taken) in [
        (ChoiceKind::QuickReply, true),
        (ChoiceKind::Button, true),
        (ChoiceKind::DatePicker, true),
        (ChoiceKind::ListPicker, false),
    ] {
        let choice = Some(Choice::new("One", "1").of(kind));
        let request = OutgoingMessage {
            conversation: ConversationKey(0),
            text: "One".to_owned(),
            resend_of: None,
            sent_as: None,
            extras: Extras { choice, offer_id: Some("m".to_owned()), ..Extras::default() },
        };
        let guest = OpenGuest { id: "g".to_owned(), id_type: "Opaque".to_owned(), nickname: None };
        let open = Address::OpenMessaging { integration_id: "i".to_owned(), guest };
        let objection = objection(&entry(&open), &Credentials::Missing(String::new()), &request);
        assert_eq!(objection.is_none(), taken, "{kind:?}");
    }
}

fn entry(address: &Address) -> ConversationEntry {
    ConversationEntry {
        conversation: Conversation { key: ConversationKey(0), name: "A".to_owned(), address: address.clone() },
        guest_token: None,
        attributes: BTreeMap::new(),
    }
}

/// A mask is for whoever looks: the other side would take it for the answer.
#[test]
fn a_choice_that_was_masked_is_not_sent() {
    let redactor = Redactor::new(&["pin".to_owned()])
        .with_masks(Masks::new(&["Anna Schmidt".to_owned()], true))
        .with_secret(&"s3cr3t-of-the-client".into(), "client secret")
        .with_token(&"t0ken-of-the-session".into(), crate::model::Generation(3));
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    let addresses = [
        Address::GuestApi { conversation_id: "c".to_owned(), participant_id: None, external_id: None },
        Address::WebMessaging { deployment_id: "d".to_owned(), origin: "https://a.example".to_owned() },
    ];
    for (read, sent) in [
        ("Call me", true),
        ("Choose «Oui» or «Non»", true),
        ("Call +49 170 5551234", false),
        ("I am Anna Schmidt", false),
        ("It is s3cr3t-of-the-client", false),
        ("It is t0ken-of-the-session", false),
        ("Authorization: Bearer abcdef0123456789abcdef", false),
        (r#"{"pin":"4711"}"#, false),
        ("https://files.example/a?X-Amz-Signature=abc123def456", false),
        (jwt, false),
    ] {
        let read = redactor.text(read);
        for choice in [
            Choice::new(&*read, "1"),
            Choice::new("One", &*read),
            Choice { words: Some(read.to_string()), ..Choice::new("One", "1") },
        ] {
            for address in &addresses {
                let request = OutgoingMessage {
                    conversation: ConversationKey(0),
                    text: String::new(),
                    resend_of: None,
                    sent_as: None,
                    extras: Extras { choice: Some(choice.clone()), ..Extras::default() },
                };
                let objection = objection(&entry(address), &Credentials::Missing(String::new()), &request);
                assert_eq!(objection.is_none(), sent, "{choice:?}: {objection:?}");
            }
        }
    }
}
