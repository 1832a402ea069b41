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
