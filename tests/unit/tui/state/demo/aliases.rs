//! Tests of `tui::state::demo::aliases`.

use super::*;
use crate::model::OpenGuest;

#[test]
fn names_hosts_and_ids_are_replaced() {
    let anna = OpenGuest { id: "guest-42".to_owned(), id_type: "Opaque".to_owned(), nickname: Some("Anna".to_owned()) };
    let conversation =
        |key, address| Conversation { key: ConversationKey(key), name: "Secret project".to_owned(), address };
    let all = [
        conversation(0, Address::GuestApi { conversation_id: "x".to_owned(), participant_id: None, external_id: None }),
        conversation(7, Address::OpenMessaging { integration_id: "i".to_owned(), guest: anna }),
    ];
    let aliases = Aliases::new(all.iter(), &[("api.acme.example", "api"), ("", "nothing")]);
    assert_eq!(
        aliases.text("Anna (guest-42) at api.acme.example: 5f0c91ce-3f6e-4a98-ab8b-941167ea8968!"),
        "guest B (guest B) at api: an id!"
    );
    assert_eq!(
        (aliases.conversation(ConversationKey(7)).as_str(), aliases.guest(ConversationKey(7))),
        ("conversation 2", "guest B")
    );
    assert_eq!(aliases.conversation(ConversationKey(9)), "a conversation");
    assert!(matches!(aliases.text("plain – words"), Cow::Borrowed(_)));
    assert_eq!((letters(0), letters(25), letters(26), letters(52)), ("A".into(), "Z".into(), "AA".into(), "BA".into()));
}
