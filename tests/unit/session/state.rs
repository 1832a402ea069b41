//! Tests of `session::state`.

use super::*;

#[test]
fn looks_come_now_and_after_growing_pauses_and_end() {
    let watch = |next| OutcomeWatch { message: MessageId(1), next, looks: 0 };
    let mut looking = watch(Some(Moment::ZERO));
    let mut at = Vec::new();
    let mut now = Moment::ZERO;
    while let Some(next) = looking.next {
        now = next;
        assert!(looking.is_due(now));
        assert!(!looking.is_due(now), "once");
        at.push(now.since(Moment::ZERO).as_secs());
    }
    assert_eq!(at.get(..5), Some(&[0, 5, 15, 35, 55][..]));
    assert_eq!(at.len(), LOOKS);
    assert!(!watch(None).is_due(now));
}

#[test]
fn the_way_of_the_requests_names_the_proxy_and_who_names_it() {
    let info = |proxy| ProfileInfo { proxy, ..ProfileInfo::default() };
    let name = ProxyName { address: "http://p.example:3128".to_owned(), named_by: Some("HTTPS_PROXY".to_owned()) };
    assert_eq!(info(None).way(), "directly, without a proxy");
    assert_eq!(info(Some(Ok(name))).way(), "through the proxy http://p.example:3128 (HTTPS_PROXY)");
    assert_eq!(info(Some(Err("HTTPS_PROXY holds quotes".to_owned()))).way(), "HTTPS_PROXY holds quotes");
}

#[test]
fn a_draft_is_due_once_it_has_differed_for_long_enough_from_what_is_kept() {
    let key = ConversationKey(0);
    let mut journal = JournalStatus::default();
    let at = |millis| Moment::ZERO.after(Duration::from_millis(millis));
    assert!(!journal.draft_is_due(key, "a", at(0)));
    assert!(!journal.draft_is_due(key, "ab", at(249)), "typing on does not begin anew");
    assert!(journal.draft_is_due(key, "ab", at(250)));
    assert!(journal.draft_kept(key, "ab"));
    assert!(!journal.draft_kept(key, "ab"), "no news");
    assert!(!journal.draft_is_due(key, "ab", at(900)));
    assert!(!journal.draft_is_due(key, "abc", at(1_000)));
    assert!(!journal.draft_is_due(key, "ab", at(1_100)), "taken back");
    assert!(!journal.draft_is_due(key, "abc", at(1_260)), "from here");
    assert_eq!(journal.next_deadline(), Some(at(1_510)));
    assert!(journal.draft_is_due(key, "abc", at(1_510)));
    assert!(journal.draft_kept(key, ""), "sent");
    assert!(!journal.draft_is_due(key, "", at(2_000)));
}

#[test]
fn where_one_stands_is_due_once_it_has_differed_for_long_enough_and_leaving_ends_the_wait() {
    let (here, there) = (ConversationKey(0), ConversationKey(1));
    let mut journal = JournalStatus::default();
    let at = |millis| Moment::ZERO.after(Duration::from_millis(millis));
    let place = || Some(KeptPlace::Ours(1, 0));
    assert_eq!(journal.watches(Some(here)), None);
    assert!(!journal.place_is_due(here, None, at(0)), "at the end, as was kept");
    assert!(!journal.place_is_due(here, place(), at(10)));
    assert_eq!(journal.watches(Some(there)), Some(here));
    assert_eq!(journal.next_deadline(), None);
    assert!(!journal.place_is_due(there, place(), at(20)));
    assert!(journal.place_is_due(there, place(), at(270)));
}
