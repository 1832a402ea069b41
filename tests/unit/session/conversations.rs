//! Filter, order, selection, ids; and that ten thousand conversations are no trouble.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use crate::fixtures::{at_second as at, guest_conversation as conversation};
use crate::model::{Address, OpenGuest, RemoteState};

use crate::model::{Conversation, ConversationKey};
use crate::session::conversations::*;
use unicode_segmentation::UnicodeSegmentation as _;

fn picker() -> Conversations {
    let mut list = vec![
        conversation(0, "Billing bot", "5f0c91ce-3f6e-4a98-ab8b-94116790a2aa"),
        conversation(1, "Returns queue", "91be91ce-3f6e-4a98-ab8b-941167ea8907"),
        conversation(2, "Café Zürich", "c0ffee00-3f6e-4a98-ab8b-941167ea8907"),
        conversation(3, "Old test", "not-an-id"),
    ];
    list.push(Conversation {
        key: ConversationKey(4),
        name: "Anna, web".to_owned(),
        address: Address::WebMessaging { deployment_id: "d-1".to_owned(), origin: "https://shop.example".to_owned() },
    });
    Conversations::new(list)
}

fn names(picker: &Conversations) -> Vec<&str> {
    (0..picker.len()).filter_map(|row| picker.row(row)).map(ConversationItem::name).collect()
}

const K: fn(u32) -> ConversationKey = ConversationKey;

#[test]
fn filters_over_name_id_and_channel_with_marks_by_cluster() {
    let mut p = picker();
    p.set_filter("bib");
    assert_eq!(names(&p), ["Billing bot"]);
    assert_eq!(p.highlights(p.row(0).unwrap()), [0, 1, 8]);
    p.set_filter("'91be");
    assert_eq!(names(&p), ["Returns queue"]);
    assert!(p.highlights(p.row(0).unwrap()).is_empty(), "the id is not the name");
    p.set_filter("web-mess");
    assert_eq!(names(&p), ["Anna, web"]);
    p.set_filter("cafe zur");
    assert_eq!(names(&p), ["Café Zürich"], "accents fold");
    p.set_filter("!bot guest-api");
    assert_eq!(names(&p).len(), 3);
    p.set_filter("  ");
    assert_eq!(p.len(), 5);
    p.set_filter("zzz");
    assert_eq!(
        (p.nothing("n", "Esc").as_deref(), p.selected(), p.open()),
        (Some("No conversation fits the filter. Esc clears it."), None, None)
    );
    assert!(p.nothing("+", "Esc").unwrap().contains("Esc clears"));
    p.set_nickname(K(1), " Rücksendung e\u{301} ");
    p.set_filter("rueck");
    assert_eq!(p.len(), 0);
    p.set_filter("sendunge");
    assert_eq!(names(&p), ["Rücksendung e\u{301}"]);
    assert_eq!(p.highlights(p.row(0).unwrap()), [4, 5, 6, 7, 8, 9, 10, 12]);
    p.set_filter("returns");
    assert_eq!(p.len(), 1, "the configured name is found, too");
    p.set_nickname(K(1), "  ");
    assert_eq!(p.get(K(1)).unwrap().name(), "Returns queue");
}

#[test]
fn pinned_first_then_config_order_or_activity() {
    let mut p = picker();
    p.pin(K(3));
    p.touch(K(1), at(5));
    p.touch(K(2), at(9));
    p.touch(K(2), at(7));
    assert_eq!(names(&p)[..3], ["Old test", "Billing bot", "Returns queue"]);
    p.toggle_sort();
    assert_eq!(names(&p), ["Old test", "Café Zürich", "Returns queue", "Billing bot", "Anna, web"]);
    p.touch(K(4), at(10));
    assert_eq!(names(&p)[1], "Anna, web");
    p.pin(K(3));
    assert_eq!(names(&p)[4], "Old test");
}

#[test]
fn the_selection_is_a_conversation_not_a_row() {
    let mut p = picker();
    assert_eq!((p.selected(), p.active()), (Some(K(0)), None));
    p.step(2);
    assert_eq!(p.open(), Some(K(2)));
    p.pin(K(4));
    assert_eq!((p.selected(), p.selected_row()), (Some(K(2)), Some(3)));
    p.set_filter("returns");
    assert_eq!(p.selected(), Some(K(1)), "hidden: the first that is shown");
    p.set_filter("");
    assert_eq!(p.selected(), Some(K(2)), "and back");
    p.set_filter("returns");
    p.open();
    p.set_filter("");
    assert_eq!((p.selected(), p.active()), (Some(K(1)), Some(K(1))));
    p.step(isize::MAX);
    p.step(1);
    assert_eq!(p.selected_row(), Some(4));
    p.step(isize::MIN);
    p.step(-1);
    assert_eq!(p.selected_row(), Some(0));
    p.select(K(99));
    assert_eq!(p.selected_row(), Some(0), "there is none of that key");
    p.select(K(3));
    assert_eq!(p.selected(), Some(K(3)));
}

#[test]
fn next_unread_goes_round_and_through_filters() {
    let mut p = picker();
    assert_eq!(p.next_unread(), None);
    p.set_unread(K(1), 2);
    p.set_unread(K(4), 1);
    assert_eq!(p.unread(), 3);
    assert_eq!([p.next_unread(), p.next_unread(), p.next_unread()], [Some(K(1)), Some(K(4)), Some(K(1))]);
    p.set_filter("billing");
    assert_eq!(p.next_unread(), Some(K(1)));
    assert_eq!(p.filter(), "", "a filter that hides it is cleared");
}

#[test]
fn added_conversations_get_their_own_name_and_are_selected() {
    let p = Conversations::new(vec![]);
    assert_eq!(p.nothing("n", "Esc").unwrap(), "No conversations. n adds one: paste an id, a URL or a log line.");
    assert_eq!(p.free_key(), K(0));
    let mut p = picker();
    p.set_filter("zzz");
    let key = p.free_key();
    p.add(conversation(key.0, "Billing bot", "x"));
    assert_eq!((p.selected(), p.selected_item().unwrap().name()), (Some(key), "Billing bot (2)"));
}

#[test]
fn the_id_card_tells_the_form_of_each_id() {
    let mut p = picker();
    let card = |p: &Conversations, key| p.get(key).map(ConversationItem::card).unwrap();
    let notes = |p: &Conversations, key| card(p, key).into_iter().map(|l| (l.label, l.note)).collect::<Vec<_>>();
    assert_eq!(notes(&p, K(0)), [("name", ""), ("channel", ""), ("conversation id", "well formed")]);
    assert_eq!(notes(&p, K(3))[2], ("conversation id", "not a UUID (malformed; may be sent on purpose)"));
    assert_eq!(card(&p, K(3))[2].value, "not-an-id");
    p.add(conversation(7, "blank", " 5f0c91ce-3f6e-4a98-ab8b-94116790a2aa"));
    assert_eq!(notes(&p, K(7))[2].1, "blanks around a UUID (malformed; may be sent on purpose)");
    let guest = OpenGuest { id: "g".into(), id_type: "Opaque".into(), nickname: Some("Anna".into()) };
    let address = Address::OpenMessaging { integration_id: String::new(), guest };
    p.add(Conversation { key: K(8), name: "open".into(), address });
    assert_eq!(notes(&p, K(8))[2], ("integration id", "empty (malformed; may be sent on purpose)"));
    assert_eq!(card(&p, K(8)).len(), 6);
    assert!(p.get(K(99)).is_none());
}

#[test]
fn connected_time_is_known_only_while_connected() {
    let mut p = picker();
    p.was_read(K(0), RemoteState::Connected, Some(at(100).wall));
    assert_eq!(p.get(K(0)).unwrap().connected_since(), Some(at(100).wall));
    p.was_read(K(0), RemoteState::Connected, None);
    assert_eq!(p.get(K(0)).unwrap().connected_since(), Some(at(100).wall));
    p.was_read(K(0), RemoteState::Ended, None);
    assert_eq!(p.get(K(0)).unwrap().connected_since(), None);
    assert!(p.get(K(0)).unwrap().ended());
}

/// How long it takes is for the benches (`cargo bench --bench update`); here, that nothing is missed or cut off.
#[test]
fn ten_thousand_conversations_are_no_trouble() {
    let name = |k: u32| format!("Customer {k} of the shop");
    let id = |k: u32| format!("{k:08x}-id");
    let mut p = Conversations::new((0..10_000).map(|k| conversation(k, &name(k), &id(k))).collect());
    p.set_filter("'427");
    let mut found: Vec<u32> = (0..p.len()).filter_map(|row| p.row(row)).map(|item| item.conversation.key.0).collect();
    found.sort_unstable();
    let expected: Vec<u32> = (0..10_000).filter(|k| name(*k).contains("427") || id(*k).contains("427")).collect();
    assert_eq!(found, expected);
    p.set_filter("shop");
    assert_eq!(p.len(), 10_000);
    p.step(isize::MAX);
    assert_eq!(p.selected_row(), Some(9_999));
}

#[derive(Clone, Debug)]
enum Move {
    Filter(&'static str),
    Step(isize),
    Pin(u32),
    Touch(u32, i64),
    Sort,
    Nick(u32, &'static str),
    Open,
    Unread(u32, u32),
    Next,
    Add,
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        prop::sample::select(vec!["", "b", "queue", "é", "^an", "zzz", "'old", "!bot", "\\", "$"])
            .prop_map(Move::Filter),
        (-3..4isize).prop_map(Move::Step),
        (0..6u32).prop_map(Move::Pin),
        (0..6u32, 0..50i64).prop_map(|(k, s)| Move::Touch(k, s)),
        Just(Move::Sort),
        (0..6u32, prop::sample::select(vec!["", "Zoé", "b"])).prop_map(|(k, n)| Move::Nick(k, n)),
        Just(Move::Open),
        (0..6u32, 0..3u32).prop_map(|(k, n)| Move::Unread(k, n)),
        Just(Move::Next),
        Just(Move::Add),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_list_stays_whole(moves in prop::collection::vec(moves(), 0..40)) {
        let mut p = picker();
        for m in moves {
            let before = p.selected();
            let stays = !matches!(m, Move::Step(_) | Move::Next | Move::Add | Move::Filter(_));
            match m {
                Move::Filter(f) => p.set_filter(f),
                Move::Step(n) => p.step(n),
                Move::Pin(k) => p.pin(K(k)),
                Move::Touch(k, s) => p.touch(K(k), at(s.unsigned_abs())),
                Move::Sort => p.toggle_sort(),
                Move::Nick(k, n) => p.set_nickname(K(k), n),
                Move::Open => prop_assert_eq!(p.open(), before),
                Move::Unread(k, n) => p.set_unread(K(k), n),
                Move::Next => {
                    let key = p.next_unread();
                    prop_assert_eq!(key.is_some(), p.unread() > 0);
                    prop_assert!(key.is_none() || p.selected() == key);
                }
                Move::Add => {
                    let key = p.free_key();
                    p.add(conversation(key.0, "Billing bot", "x"));
                }
            }
            // Each at most once; all of them without a filter; pinned ones on top; the selection is a shown row.
            let mut keys: Vec<_> = (0..p.len()).map(|row| p.row(row).unwrap().conversation.key).collect();
            let pins: Vec<bool> = (0..p.len()).map(|row| !p.row(row).unwrap().pinned).collect();
            prop_assert!(!p.filter().is_empty() || (keys.len() == p.items().len() && pins.is_sorted()));
            prop_assert_eq!(p.selected().is_some(), !keys.is_empty());
            if let Some(row) = p.selected_row() {
                prop_assert_eq!(Some(keys[row]), p.selected());
            }
            if stays && p.filter().is_empty() {
                prop_assert_eq!(p.selected(), before);
            }
            let all = keys.len();
            keys.sort_unstable();
            keys.dedup();
            prop_assert_eq!(keys.len(), all);
            for row in 0..p.len() {
                let item = p.row(row).unwrap();
                let marks = p.highlights(item);
                prop_assert!(marks.is_sorted() && marks.iter().all(|m| *m < item.name().graphemes(true).count()));
            }
        }
    }
}
