//! What follows each judgement, and that trying again ends.

use super::*;
use proptest::prelude::*;

fn said() -> Reason {
    Reason::from("r")
}

fn follows(result: TryResult, repeatable: bool, mut tries: Tries) -> RetryDecision {
    what_follows(result, repeatable, &mut tries, &mut Jitter::new(1))
}

#[test]
fn what_follows_each_judgement() {
    let none = Tries::default();
    let healed = Tries { healed: true, ..none };
    let limited = Tries { limited: LIMITED_AGAIN, ..none };
    let lost = Tries { lost: LOST_AGAIN, ..none };
    let wait = |seconds| TryResult::Limited(429, said(), Some(Duration::from_secs(seconds)));
    let unknown = || TryResult::Unknown(said(), None);
    assert_eq!(follows(TryResult::Accepted, false, none), RetryDecision::End(Outcome::Accepted));
    assert_eq!(follows(TryResult::Landed, true, none), RetryDecision::End(Outcome::Accepted));
    assert_eq!(follows(TryResult::TokenRefused(said()), false, none), RetryDecision::TokenRefused(said()));
    assert_eq!(follows(TryResult::TokenRefused(said()), false, healed), RetryDecision::End(Outcome::Refused(said())));
    assert_eq!(
        follows(wait(7), false, none),
        RetryDecision::Again(Duration::from_secs(7), Reason::AskedToWait(429, Some(7)))
    );
    assert!(
        matches!(follows(TryResult::Limited(429, said(), None), false, none), RetryDecision::Again(p, _) if p <= LIMITED_FIRST)
    );
    assert!(matches!(follows(wait(7), false, limited), RetryDecision::End(Outcome::Refused(Reason::Tried(..)))));
    assert!(matches!(
        follows(wait(601), false, none),
        RetryDecision::End(Outcome::Refused(Reason::TooLongToWait(_, 601)))
    ));
    assert_eq!(
        follows(unknown(), false, none),
        RetryDecision::End(Outcome::Unknown(said())),
        "what was written is not sent again"
    );
    assert!(matches!(follows(unknown(), true, none), RetryDecision::Repeat(..)));
    assert!(matches!(follows(unknown(), true, lost), RetryDecision::End(Outcome::Unknown(Reason::Repeated(_, 4)))));
    let asked = TryResult::Unknown(said(), Some(Duration::from_secs(30)));
    assert!(matches!(follows(asked, true, none), RetryDecision::Repeat(p, _) if p.as_secs() == 30));
}

#[test]
fn what_was_not_written_goes_again_where_that_may_help() {
    let off = |healing, tries| follows(TryResult::NotSent(healing, said()), false, tries);
    let none = Tries::default();
    assert!(matches!(off(Healing::Later, none), RetryDecision::Again(..)));
    assert!(matches!(
        off(Healing::Later, Tries { connect: CONNECT_AGAIN, ..none }),
        RetryDecision::End(Outcome::Failed(_))
    ));
    assert_eq!(off(Healing::AtOnce, none), RetryDecision::Again(Duration::ZERO, said()));
    assert!(matches!(
        off(Healing::AtOnce, Tries { unprocessed: true, ..none }),
        RetryDecision::End(Outcome::Failed(_))
    ));
    assert!(matches!(off(Healing::Nothing, none), RetryDecision::End(Outcome::Failed(_))));
    assert!(matches!(off(Healing::Mending, none), RetryDecision::End(Outcome::Refused(_))));
    assert_eq!(off(Healing::TakenBack, none), RetryDecision::End(Outcome::Cancelled));
}

proptest! {
    #[test]
    fn trying_again_ends(kinds in proptest::collection::vec(0u8..4, 1..60)) {
        let (mut tries, mut jitter, mut again) = (Tries::default(), Jitter::new(9), 0);
        for kind in kinds {
            let result = match kind {
                0 => TryResult::NotSent(Healing::Later, said()),
                1 => TryResult::Limited(429, said(), Some(Duration::ZERO)),
                2 => TryResult::TokenRefused(said()),
                _ => TryResult::Unknown(said(), None),
            };
            match what_follows(result, true, &mut tries, &mut jitter) {
                RetryDecision::Again(..) | RetryDecision::Repeat(..) => again += 1,
                RetryDecision::TokenRefused(_) => tries.healed = true,
                RetryDecision::End(_) => break,
            }
        }
        prop_assert!(again <= CONNECT_AGAIN + LIMITED_AGAIN + LOST_AGAIN);
    }
}
