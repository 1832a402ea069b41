//! Tests of `session::refusals`.

use std::time::Duration;

use crate::model::{Cause, Channel, ConversationKey, ExchangeId, Moment};
use crate::session::refusals::*;

fn refusal(id: u64, second: u64, cause: Cause, healed: bool) -> Refusal {
    Refusal {
        exchange: ExchangeId(id),
        at: Moment::ZERO.after(Duration::from_secs(second)),
        conversation: Some(ConversationKey(u32::try_from(id % 2).unwrap_or(0))),
        channel: Some(Channel::GuestApi),
        cause,
        healed,
    }
}

#[test]
fn a_refusal_diagnosed_again_counts_once() {
    let mut all = Refusals::default();
    all.note(refusal(1, 10, Cause::ConversationUnknown, false));
    all.note(refusal(1, 10, Cause::ParticipantMismatch, false));
    all.note(refusal(2, 20, Cause::TokenRotation, true));
    all.note(refusal(3, 20, Cause::ParticipantMismatch, false));
    let shares = all.shares(|_| true);
    assert_eq!(shares[0], (Cause::ParticipantMismatch, false, 2));
    assert_eq!(shares.len(), 2);
    assert_eq!(all.conversations().len(), 2);
}

#[test]
fn glitches_and_refusals_stand_apart_over_time() {
    let mut all = Refusals::default();
    all.note(refusal(1, 0, Cause::ScopeStripped, false));
    all.note(refusal(2, 899, Cause::TokenRotation, true));
    all.note(refusal(3, 899, Cause::ScopeStripped, false));
    all.note(refusal(4, 899, Cause::TokenRotation, false));
    let shares = all.shares(|_| true);
    assert_eq!(shares, [(Cause::ScopeStripped, false, 2), (Cause::TokenRotation, true, 2)], "a newer token works");
    let now = Moment::ZERO.after(Duration::from_secs(900));
    let plot = all.over_time(now);
    assert_eq!((plot[0], plot[COLUMNS - 1]), ((0, 1), (2, 1)));
    let later = all.over_time(now.after(Duration::from_secs(200)));
    assert_eq!(later.iter().map(|(a, b)| a + b).sum::<usize>(), 3);
}
