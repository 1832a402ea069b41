//! Tests of `session::outcome_watch`.

use super::*;

#[test]
fn looks_come_now_and_after_growing_pauses_and_end() {
    let mut looking = OutcomeWatch::new(MessageId(1), ConversationKey(0), true, Moment::ZERO);
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
    assert!(!OutcomeWatch::new(MessageId(1), ConversationKey(0), false, now).is_due(now));
}
