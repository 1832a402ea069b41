//! Tests of `tui::state::demo::words`.

use super::*;
use crate::model::OpenGuest;

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
fn each_word_is_for_a_name_that_is_used() {
    let names = |group: &str| WORDS[group].keys().map(String::as_str);
    assert_eq!(names("arrived").filter(|name| Author::named(name).is_some()).count(), 5);
    assert!(names("because").all(|name| Cause::ALL.iter().any(|cause| cause.name() == name)));
    assert_eq!(names("label").count(), 10, "each delivery status");
    for group in ["message", "recorded"] {
        assert!(names(group).all(|name| name.contains('-') || word("label", name).is_some()), "{group}");
    }
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

#[test]
fn names_hosts_and_ids_are_replaced() {
    let anna = OpenGuest { id: "guest-42".to_owned(), id_type: "Opaque".to_owned(), nickname: Some("Anna".to_owned()) };
    let conversation =
        |key, address| Conversation { key: ConversationKey(key), name: "Secret project".to_owned(), address };
    let all = [
        conversation(0, Address::GuestApi { conversation_id: "x".to_owned(), participant_id: None, external_id: None }),
        conversation(7, Address::OpenMessaging { integration_id: "i".to_owned(), guest: anna }),
    ];
    let aliases = Aliases::new(all.iter(), &[("api.acme.example".into(), "api"), (String::new(), "nothing")]);
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
