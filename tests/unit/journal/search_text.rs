//! Queries as typed, and what they find.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::journal::search_text::*;

fn parse(text: &str) -> Option<Query> {
    Query::parse(text, &"2026-11-28T12:00:00Z[UTC]".parse().unwrap()).unwrap()
}

#[test]
fn dates_are_no_words() {
    let query = parse("Invoice on:yesterday \"since:then\"").unwrap();
    assert_eq!(query.terms, ["invoice", "since:then"]);
    assert!(query.within.contains("2026-11-27T08:00:00Z".parse().unwrap()));
    assert!(!query.within.contains("2026-11-28T08:00:00Z".parse().unwrap()));
    assert!(parse("since:yesterday").is_some_and(|query| query.stands_in("anything")));
    let now = "2026-11-28T12:00:00Z[UTC]".parse().unwrap();
    assert!(Query::parse("on:noday", &now).unwrap_err().contains("on:noday names no time"));
}

#[test]
fn what_only_the_filter_understands_is_said() {
    let now = "2026-11-28T12:00:00Z[UTC]".parse().unwrap();
    for word in ["status:409", "kind:send", "KIND:SEND", "conv:bill", "is:", "id:e42c"] {
        let said = Query::parse(&format!("invoice {word}"), &now).unwrap_err();
        assert!(said.starts_with(&format!("{word} is for the filter of the console's log pane")), "{said}");
    }
    assert_eq!(parse("\"status:409\" http://x").unwrap().terms, ["http://x", "status:409"]);
}

#[test]
fn hostile_queries_are_only_text() {
    for text in
        ["\"", "a\"b", "a* OR b", "NEAR(a b)", "col:x", "^a", "a AND NOT b", "-x", "(((", "'; DROP TABLE search"]
    {
        if let Some(indexed) = parse(text).and_then(|q| q.indexed()) {
            assert_eq!(indexed.matches('"').count() % 2, 0, "{text}: {indexed}");
            let unquoted: String = indexed.split('"').step_by(2).collect();
            assert!(unquoted.chars().all(|c| " AND".contains(c)), "{text}: {indexed}");
        }
    }
    assert_eq!(parse(" \" - ** "), None);
}

#[test]
fn what_differs_by_case_accents_or_their_spelling_is_the_same() {
    for (text, query) in [
        ("Grüße aus KÖLN", "grusse koln"),
        ("Gru\u{308}ße", "GRÜSSE"),
        ("İstanbul", "istanbul"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("请帮我处理账单", "帮我"),
        ("x-request-id: E42C0B8A-f6e0-4a98", "e42c0b8a-f6e0"),
        ("Stromrechnung", "rechnung"),
    ] {
        assert!(parse(query).unwrap().stands_in(&fold(text)), "{query} in {text}");
    }
    assert!(!parse("\"f6e0 e42c\"").unwrap().stands_in("e42c f6e0"));
}

#[test]
fn ten_thousand_words_ask_the_index_for_a_few() {
    let words: Vec<String> = (0..10_000).map(|n| format!("wörtchen{n}")).collect();
    let query = parse(&words.join(" ")).unwrap();
    assert!(query.indexed().unwrap().len() < 10_000);
    assert!(!query.stands_in(&fold(&words[..9_999].join(" "))), "the last is looked for all the same");
    assert!(query.stands_in(&fold(&words.join(" "))));
}
