#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

fn now() -> Zoned {
    "2026-11-28T12:00:00Z[UTC]".parse().unwrap()
}

fn terms(text: &str) -> Vec<(Test, bool)> {
    Filter::parse(text, &now()).unwrap().unwrap().terms
}

fn one(text: &str) -> Test {
    let mut all = terms(text);
    assert_eq!(all.len(), 1, "{text}");
    all.remove(0).0
}

#[test]
fn reads_every_form() {
    let needle = |t: &str| Needle::new(t).unwrap();
    assert_eq!(one("bill"), Test::Text(needle("bill")));
    assert_eq!(one("\"two words\""), Test::Text(needle("two words")));
    assert_eq!(one("\"kind:send"), Test::Text(needle("kind:send")));
    assert_eq!(one("https://x"), Test::Text(needle("https://x")));
    assert_eq!(one("status:4xx"), Test::Status(Some((400, 499))));
    assert_eq!(one("status:401"), Test::Status(Some((401, 401))));
    assert_eq!(one("status:none"), Test::Status(None));
    assert_eq!(one("kind:SEND"), Test::Kind(ExchangeKind::Send));
    assert_eq!(one("Kind:Send"), Test::Kind(ExchangeKind::Send));
    assert_eq!(one("STATUS:4XX"), Test::Status(Some((400, 499))));
    assert_eq!(one("conv:\"billing bot\""), Test::Conversation(needle("billing bot")));
    assert_eq!(one(">500ms"), Test::Took(Ordering::Greater, Duration::from_millis(500)));
    assert_eq!(one("<1.5s"), Test::Took(Ordering::Less, Duration::from_millis(1500)));
    assert_eq!(one("<50"), Test::Took(Ordering::Less, Duration::from_millis(50)));
    assert_eq!(one("id:E42C"), Test::Id("e42c".into()));
    assert_eq!(one("is:healed"), Test::Is(IS.iter().position(|(name, _)| *name == "healed").unwrap()));
    let day = Period::named("on", "2026-11-27", &now()).unwrap();
    assert_eq!(one("on:yesterday"), Test::Within(day));
    assert_eq!(one("ON:2026-11-27"), Test::Within(day));
    assert_eq!(one("since:yesterday"), Test::Within(Period { until: None, ..day }));
    assert_eq!(one("until:yesterday"), Test::Within(Period { from: None, ..day }));
    assert_eq!(one("-"), Test::Text(needle("-")));
    assert!(terms("-kind:read")[0].1);
    assert_eq!(terms("a -\"b c\"  d").len(), 3);
    assert_eq!(Filter::parse("  ", &now()), Ok(None));
    assert_eq!(Filter::parse(" \"\" ", &now()), Ok(None));
}

#[test]
fn says_what_is_wrong_and_where() {
    let wrong = |text: &str| Filter::parse(text, &now()).unwrap_err();
    for (text, column, word) in [
        ("a stats:401", 3, "status:"),
        ("status:4x", 8, "status:4xx"),
        ("-status:abc", 9, "status:4xx"),
        ("kind:sned", 6, "send"),
        ("is:eror", 4, "error"),
        ("is:zzzzzzzzz", 4, "marked"),
        (">fast", 2, ">500ms"),
        ("x <", 4, "<500ms"),
        ("conv:", 6, "conv:bill"),
        ("ID:", 4, "id:e42c"),
        ("KNID:send", 1, "kind:"),
        ("zzzzzzz:1", 1, "status, kind"),
        ("on:", 4, "on:yesterday"),
        ("since:tomorrowish", 7, "2026-11-27"),
    ] {
        let error = wrong(text);
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.message.contains(word), "{text}: {error}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_filter_or_a_sentence(text in "[ \"<>:a-z0-9éx-]{0,24}|\\PC{0,24}") {
        match Filter::parse(&text, &now()) {
            Ok(None) => {}
            Ok(Some(filter)) => proptest::prop_assert_eq!(filter.text(), text.trim()),
            Err(error) => {
                proptest::prop_assert!((1..=text.chars().count() + 1).contains(&error.column), "{}", error);
                proptest::prop_assert!(!error.message.is_empty());
            }
        }
    }
}

#[test]
fn finds_whatever_the_case() {
    let is_in = |needle: &str, hay: &str| Needle::new(needle).unwrap().is_in(hay);
    assert!(is_in("BILL", "my bill"));
    assert!(is_in("bill", "My BILL"));
    assert!(!is_in("bills", "My BILL"));
    assert!(is_in("éTÉ", "un Été"));
    assert!(is_in("strasse", "Hauptstraße 1"));
    assert!(is_in("straße", "HAUPTSTRASSE"));
    assert!(is_in("Zürich", "Zu\u{308}rich"));
    assert!(is_in("ISTANBUL", "İstanbul"));
    assert!(is_in("σοφος", "ΣΟΦΟΣ"));
    assert!(!is_in("x", ""));
    assert_eq!(Needle::new(""), None);
    assert_eq!(Needle::new("aa").unwrap().places("aAaaA", 9), [0..2, 2..4]);
    assert_eq!(Needle::new("é").unwrap().places("xÉyé", 9), [1..3, 4..6]);
    assert_eq!(Needle::new("a").unwrap().places("aaaa", 2), [0..1, 1..2]);
    assert_eq!(Needle::new("ss").unwrap().places("ßxss", 9), [0..2, 3..5]);
}
