//! Tests of `diagnosis::hypothesis`.

use crate::diagnosis::hypothesis::{self, *};
use crate::model::{Cause, Confidence, Probe};

fn confidences(all: Vec<Hypothesis>) -> Vec<(Cause, Confidence)> {
    rank(all).suspects.into_iter().map(|s| (s.cause, s.confidence)).collect()
}

#[test]
fn confidence_follows_from_all_together() {
    use Cause::{AddressRefused, ConversationUnknown, ParticipantMismatch, ScopeStripped};
    use Confidence::{Likely, Possible, Sure};
    let scope = || proven(ScopeStripped, "granted without it");
    let open = |cause| hypothesis::open(cause, "would look the same").by(Probe::Conversation);
    assert_eq!(confidences(vec![scope()]), [(ScopeStripped, Sure)]);
    assert_eq!(
        confidences(vec![open(ParticipantMismatch), scope()]),
        [(ScopeStripped, Likely), (ParticipantMismatch, Possible)]
    );
    assert_eq!(confidences(vec![open(ParticipantMismatch)]), [(ParticipantMismatch, Likely)]);
    assert_eq!(
        confidences(vec![open(ConversationUnknown), open(AddressRefused)]),
        [(ConversationUnknown, Possible), (AddressRefused, Possible)]
    );
    let named = hypothesis::named(AddressRefused, "ip.not.authorized");
    assert_eq!(confidences(vec![scope(), named]), [(AddressRefused, Sure)]);
    // Two that were both observed are each enough: neither is the one.
    let two = vec![scope(), proven(ConversationUnknown, "404")];
    assert_eq!(confidences(two), [(ScopeStripped, Likely), (ConversationUnknown, Likely)]);
}

#[test]
fn the_probe_that_decides_most_comes_first() {
    let ranked = rank(vec![
        open(Cause::TokenExpired, "").by(Probe::Scopes),
        open(Cause::ConversationUnknown, "").by(Probe::Conversation),
        open(Cause::ParticipantMismatch, "").by(Probe::Conversation),
        excluded(Cause::RateLimited),
    ]);
    assert_eq!(ranked.deciding.first().map(|s| s.probe), Some(Probe::Conversation));
    assert_eq!(ranked.excluded.len(), 1);
}
