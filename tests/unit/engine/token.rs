//! By table, and by random events against what must always hold.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use crate::engine::token::*;
use crate::fixtures::at_second as at;
use crate::genesys::lookups::TokenInfo;
use crate::model::{Generation, Moment, TokenAcceptance, TokenStatus};
use std::time::Duration;

const HOUR: u64 = 3600;

fn machine() -> TokenMachine {
    TokenMachine::new(false, vec!["a".into()], vec!["a".into()], fastrand::Rng::with_seed(5))
}

#[expect(clippy::unnecessary_wraps, reason = "the form in which an answer gives them")]
fn scopes() -> Option<Vec<String>> {
    Some(vec!["a".into()])
}

fn taken(scopes: &[&str], organization: Option<&str>) -> Verification {
    let scopes = Some(scopes.iter().map(|s| (*s).to_owned()).collect());
    Verification::Taken(TokenInfo { scopes, organization: organization.map(str::to_owned), client: None })
}

/// Signed in at `now` with a token of `lifetime` seconds.
fn signed_in(lifetime: u64, now: u64) -> TokenMachine {
    let mut tokens = machine();
    tokens.sign_in(at(now));
    assert_eq!(tokens.due(at(now)), Some(TokenRequest::Token));
    assert!(tokens.granted(Some(Duration::from_secs(lifetime)), scopes(), at(now), at(now)).is_some());
    tokens
}

#[test]
fn nothing_happens_until_somebody_wants_it() {
    let mut tokens = machine();
    assert_eq!((tokens.due(at(0)), tokens.next_due(at(0)), tokens.status(at(0))), (None, None, TokenStatus::SignedOut));
    assert_eq!(tokens.availability(at(0), None), Availability::Never);
    tokens.sign_in(at(0));
    assert_eq!(tokens.availability(at(0), None), Availability::Waiting);
    assert_eq!(tokens.due(at(0)), Some(TokenRequest::Token));
    assert_eq!(tokens.status(at(0)), TokenStatus::Getting);
    tokens.sign_in(at(0));
    tokens.renew();
    assert_eq!(tokens.due(at(99)), None, "one at a time");
}

/// What a person changed before asking for a token holds for the token: one that was asked for earlier does not do.
#[test]
fn a_token_that_is_wanted_while_another_is_asked_for_is_asked_for_after_it() {
    let mut tokens = machine();
    tokens.sign_in(at(0));
    assert_eq!(tokens.due(at(0)), Some(TokenRequest::Token));
    tokens.renew();
    tokens.renew();
    tokens.granted(Some(Duration::from_secs(HOUR)), scopes(), at(0), at(1));
    assert_eq!(tokens.availability(at(1), None), Availability::Waiting, "nothing goes with the earlier one");
    assert_eq!(tokens.due(at(1)), Some(TokenRequest::Token));
    tokens.granted(Some(Duration::from_secs(HOUR)), scopes(), at(1), at(2));
    assert_eq!((tokens.due(at(2)), tokens.availability(at(2), None)), (None, Availability::Ready(Generation(2))));
    // One that fails is asked for again anyway.
    tokens.renew();
    tokens.due(at(3));
    tokens.renew();
    tokens.failed(TokenDenied::Failed("reset".to_owned()), at(3));
    assert_eq!(tokens.due(at(60)), Some(TokenRequest::Token));
    tokens.granted(Some(Duration::from_secs(HOUR)), scopes(), at(60), at(61));
    assert_eq!(tokens.due(at(61)), None);
}

#[test]
fn the_margin_is_a_fifth_or_five_minutes_and_jitter_eats_into_it() {
    for (lifetime, margin) in [(1, 0.2), (60, 12.0), (1500, 300.0), (HOUR, 300.0), (172_800, 300.0)] {
        let mut tokens = signed_in(lifetime, 0);
        let due = tokens.next_due(at(0)).unwrap().mono.as_secs_f64();
        let earliest = lifetime as f64 - margin;
        assert!(due >= earliest - 1e-6 && due <= earliest + margin / 4.0 + 1e-6, "{lifetime}: {due}");
        let due = Moment::ZERO.after(Duration::from_secs_f64(due));
        assert_eq!(tokens.due(due), Some(TokenRequest::Token));
        assert!(matches!(tokens.status(due), TokenStatus::Renewing(_)));
        assert_eq!(tokens.availability(due, None), Availability::Ready(Generation(1)), "sends go on meanwhile");
    }
}

#[test]
fn a_suspended_laptop_is_seen_on_the_wall_clock() {
    let mut tokens = signed_in(HOUR, 0);
    let woken = Moment::new(Duration::from_secs(60), at(2 * HOUR).wall);
    assert_eq!(tokens.availability(woken, None), Availability::Waiting);
    assert_eq!(tokens.due(woken), Some(TokenRequest::Token));
    assert_eq!(tokens.status(woken), TokenStatus::Getting);
}

#[test]
fn failures_back_off_and_the_old_token_serves_until_its_end() {
    let mut tokens = signed_in(HOUR, 0);
    let mut now = at(3400);
    assert_eq!(tokens.due(now), Some(TokenRequest::Token));
    let mut last = Duration::ZERO;
    for n in 0..12 {
        tokens.failed(TokenDenied::Failed("down".into()), now);
        let retry = match tokens.status(now) {
            TokenStatus::RenewFailed(_, retry, _) if now.mono < at(HOUR).mono => retry,
            TokenStatus::Expired(Some(retry), _) if now.mono >= at(HOUR).mono => retry,
            other => panic!("{other:?}"),
        };
        let pause = retry.since(now);
        assert!(pause <= PAUSE_MAX && (!(2..=5).contains(&n) || pause > last / 2), "{n}: {pause:?}");
        last = pause;
        assert_eq!(tokens.due(now), None);
        let usable = tokens.availability(now, None);
        assert_eq!(usable == Availability::Ready(Generation(1)), now.mono < at(HOUR).mono);
        now = retry;
        assert_eq!(tokens.due(now), Some(TokenRequest::Token));
    }
    assert!(now.mono > at(HOUR).mono);
    assert!(tokens.granted(Some(Duration::from_secs(HOUR)), scopes(), now, now).is_some());
    assert_eq!(tokens.availability(now, None), Availability::Ready(Generation(2)));
}

#[test]
fn the_end_itself_is_a_moment_to_wake_for() {
    let mut tokens = signed_in(HOUR, 0);
    assert_eq!(tokens.due(at(3599)), Some(TokenRequest::Token));
    assert_eq!(tokens.next_due(at(3599)), Some(at(HOUR)), "while asking, the chip changes there");
    assert_eq!(tokens.next_due(at(HOUR)), None);
}

#[test]
fn limits_are_obeyed() {
    let mut tokens = signed_in(HOUR, 0);
    tokens.renew();
    assert_eq!(tokens.due(at(1)), Some(TokenRequest::Token));
    tokens.failed(TokenDenied::Limited("429".into(), Some(Duration::from_secs(40))), at(1));
    assert!(matches!(tokens.status(at(1)), TokenStatus::Limited(until, Some(_)) if until == at(41)));
    assert_eq!((tokens.due(at(40)), tokens.due(at(41))), (None, Some(TokenRequest::Token)));
}

#[test]
fn the_dead_stay_dead_until_a_person_comes() {
    for denied in [
        TokenDenied::Final(Box::new(TokenStatus::BadClient("w".into()))),
        TokenDenied::Final(Box::new(TokenStatus::Refused(403, "w".into()))),
        TokenDenied::Final(Box::new(TokenStatus::NoSecret("w".into()))),
    ] {
        let mut tokens = machine();
        tokens.sign_in(at(0));
        assert_eq!(tokens.due(at(0)), Some(TokenRequest::Token));
        tokens.failed(denied.clone(), at(0));
        assert_eq!((tokens.due(at(9 * HOUR)), tokens.next_due(at(0))), (None, None), "{denied:?}");
        assert_eq!(tokens.availability(at(0), None), Availability::Never);
        tokens.sign_in(at(1));
        assert_eq!(tokens.due(at(1)), Some(TokenRequest::Token));
    }
}

#[test]
fn a_401_renews_once_and_newer_tokens_are_used() {
    let mut tokens = signed_in(HOUR, 0);
    assert_eq!(tokens.on_unauthorized(Generation(1), at(60)), After401::Retry { renewal: true });
    assert_eq!(tokens.due(at(60)), Some(TokenRequest::Token));
    for _ in 0..49 {
        assert_eq!(tokens.on_unauthorized(Generation(1), at(60)), After401::Retry { renewal: true });
        assert_eq!(tokens.due(at(60)), None, "one renewal for all");
    }
    assert_eq!(tokens.availability(at(60), None), Availability::Waiting, "others do not run into the same 401");
    tokens.granted(Some(Duration::from_secs(HOUR)), scopes(), at(60), at(61));
    assert_eq!(
        tokens.on_unauthorized(Generation(1), at(61)),
        After401::Retry { renewal: false },
        "a late 401 of the old one"
    );
    assert_eq!(tokens.availability(at(61), Some(Generation(1))), Availability::Ready(Generation(2)));
}

#[test]
fn a_fresh_token_that_is_refused_is_no_reason_for_another() {
    let mut tokens = signed_in(HOUR, 0);
    tokens.on_unauthorized(Generation(1), at(60));
    tokens.due(at(60));
    tokens.granted(Some(Duration::from_secs(HOUR)), scopes(), at(60), at(60));
    assert_eq!(tokens.on_unauthorized(Generation(2), at(61)), After401::Final);
    assert_eq!(tokens.due(at(61)), None);
    // Once something was accepted with it, a 401 is news again; so it is later.
    tokens.proven(Generation(2));
    assert_eq!(tokens.on_unauthorized(Generation(2), at(62)), After401::Retry { renewal: true });
}

#[test]
fn while_the_renewal_after_a_401_fails_only_the_doubting_wait() {
    let mut tokens = signed_in(HOUR, 0);
    tokens.on_unauthorized(Generation(1), at(60));
    tokens.due(at(60));
    tokens.failed(TokenDenied::Failed("down".into()), at(60));
    assert_eq!(tokens.availability(at(60), None), Availability::Ready(Generation(1)));
    assert_eq!(tokens.availability(at(60), Some(Generation(1))), Availability::Waiting);
    tokens.renew();
    tokens.due(at(61));
    tokens.failed(TokenDenied::Final(Box::new(TokenStatus::BadClient("w".into()))), at(61));
    assert_eq!(tokens.availability(at(61), Some(Generation(1))), Availability::Never);
    assert_eq!(tokens.on_unauthorized(Generation(1), at(61)), After401::Final);
}

#[test]
fn a_pasted_token_neither_ends_nor_renews() {
    let mut tokens = TokenMachine::new(true, vec![], vec![], fastrand::Rng::with_seed(1));
    tokens.sign_in(at(0));
    tokens.due(at(0));
    tokens.granted(None, None, at(0), at(0));
    assert_eq!(tokens.due(at(0)), Some(TokenRequest::Facts(Generation(1))));
    tokens.verified(Generation(1), Verification::Unclear("503".into()));
    assert_eq!(tokens.availability(at(1_000_000), None), Availability::Ready(Generation(1)));
    assert_eq!(tokens.on_unauthorized(Generation(1), at(5)), After401::Final);
    assert!(tokens.status(at(5)).facts().unwrap().pasted);
}

/// A pasted token that was asked about, and has not been answered for.
fn pasted() -> TokenMachine {
    let mut tokens = TokenMachine::new(true, vec![], vec![], fastrand::Rng::with_seed(1));
    tokens.sign_in(at(0));
    tokens.due(at(0));
    tokens.granted(None, None, at(0), at(0));
    assert_eq!(tokens.due(at(0)), Some(TokenRequest::Facts(Generation(1))));
    tokens
}

#[test]
fn a_pasted_token_is_signed_in_once_the_service_took_it() {
    let mut tokens = pasted();
    assert_eq!((tokens.status(at(0)), tokens.availability(at(0), None)), (TokenStatus::Getting, Availability::Waiting));
    let before = tokens.status(at(0));
    tokens.verified(Generation(1), taken(&["a"], None));
    assert_ne!(tokens.status(at(0)), before, "the chip changes");
    assert!(matches!(tokens.status(at(0)), TokenStatus::Valid(f) if f.acceptance == TokenAcceptance::Taken));
    // What is not clear later takes nothing back; a 401 does.
    tokens.verified(Generation(1), Verification::Unclear("503".into()));
    assert!(matches!(tokens.status(at(9)), TokenStatus::Valid(f) if f.acceptance == TokenAcceptance::Taken));
    tokens.verified(Generation(1), Verification::NotTaken("401".into()));
    assert!(matches!(tokens.status(at(9)), TokenStatus::Refused(401, _)));
}

#[test]
fn a_pasted_token_that_the_service_does_not_take_is_no_sign_in() {
    let mut tokens = pasted();
    tokens.verified(Generation(1), Verification::NotTaken("401 bad.credentials".into()));
    assert!(matches!(tokens.status(at(0)), TokenStatus::Refused(401, why) if why == "401 bad.credentials"));
    assert_eq!((tokens.availability(at(99), None), tokens.due(at(99))), (Availability::Never, None));
    // Another token may have been put in its place.
    tokens.sign_in(at(100));
    assert_eq!(tokens.due(at(100)), Some(TokenRequest::Token));
    assert_eq!(tokens.granted(None, None, at(100), at(100)), Some(Generation(2)));
    assert_eq!(tokens.status(at(100)), TokenStatus::Getting, "the next one is asked about too");
}

#[test]
fn a_pasted_token_of_which_nothing_is_said_is_used_unchecked() {
    let mut tokens = pasted();
    assert_eq!(tokens.next_due(at(0)), Some(at(5)));
    assert!(matches!(tokens.status(at(5)), TokenStatus::Valid(f) if f.acceptance == TokenAcceptance::NotAsked));
    assert_ne!(tokens.status(at(0)), tokens.status(at(5)), "the chip changes");
    tokens.verified(Generation(1), Verification::Unclear("403 from a filter".into()));
    let status = tokens.status(at(6));
    assert_eq!(status.facts().unwrap().acceptance, TokenAcceptance::Unclear("403 from a filter".into()));
}

#[test]
fn a_granted_token_survives_a_401_of_what_it_may_do() {
    let mut tokens = machine();
    tokens.sign_in(at(0));
    tokens.due(at(0));
    tokens.granted(Some(Duration::from_secs(HOUR)), None, at(0), at(0));
    tokens.due(at(0));
    tokens.verified(Generation(1), Verification::NotTaken("401".into()));
    assert!(
        matches!(tokens.status(at(0)), TokenStatus::Valid(f) if f.acceptance == TokenAcceptance::Refused("401".into()))
    );
    assert_eq!(tokens.availability(at(0), None), Availability::Ready(Generation(1)));
}

#[test]
fn what_is_sent_after_a_person_asked_for_a_new_token_waits_for_it() {
    let mut tokens = signed_in(HOUR, 0);
    tokens.renew();
    assert_eq!(tokens.availability(at(1), None), Availability::Waiting);
    tokens.due(at(1));
    assert_eq!(tokens.availability(at(1), None), Availability::Waiting);
    tokens.granted(Some(Duration::from_secs(HOUR)), scopes(), at(1), at(2));
    assert_eq!(tokens.availability(at(2), None), Availability::Ready(Generation(2)));
    // One that renews by itself holds nobody back; one that failed neither: the old token works still.
    tokens.renew();
    tokens.due(at(3));
    tokens.failed(TokenDenied::Failed("down".into()), at(3));
    assert_eq!(tokens.availability(at(3), None), Availability::Ready(Generation(2)));
}

#[test]
fn the_first_sends_wait_for_the_scopes_but_not_for_ever() {
    let mut tokens = machine();
    tokens.sign_in(at(0));
    tokens.due(at(0));
    tokens.granted(Some(Duration::from_secs(HOUR)), None, at(0), at(0));
    assert_eq!(tokens.availability(at(0), None), Availability::Waiting);
    assert_eq!(tokens.due(at(0)), Some(TokenRequest::Facts(Generation(1))));
    assert_eq!(tokens.next_due(at(0)), Some(at(5)));
    assert_eq!(tokens.availability(at(5), None), Availability::Ready(Generation(1)));
    tokens.verified(Generation(1), taken(&["b"], Some("Acme")));
    let status = tokens.status(at(1));
    let facts = status.facts().unwrap();
    assert_eq!((facts.missing.clone(), facts.organization.as_deref()), (vec!["a".to_owned()], Some("Acme")));
    assert_eq!(tokens.availability(at(1), None), Availability::Ready(Generation(1)), "it may be sent on purpose");
    // The next generation is asked about too, and nobody waits for that; what is not told anew stays.
    tokens.renew();
    tokens.due(at(9));
    tokens.granted(Some(Duration::from_secs(HOUR)), None, at(9), at(9));
    assert_eq!(tokens.availability(at(9), None), Availability::Ready(Generation(2)));
    assert_eq!(tokens.due(at(9)), Some(TokenRequest::Facts(Generation(2))));
    tokens.verified(Generation(1), taken(&[], None));
    assert_eq!(tokens.facts().unwrap().granted, None, "a late word about another generation");
    assert_eq!(tokens.facts().unwrap().organization.as_deref(), Some("Acme"));
}

#[test]
fn a_token_that_ends_at_once_is_a_failure_and_no_loop() {
    let mut tokens = machine();
    tokens.sign_in(at(0));
    tokens.due(at(0));
    assert_eq!(tokens.granted(Some(Duration::ZERO), scopes(), at(0), at(0)), None);
    assert!(matches!(tokens.status(at(0)), TokenStatus::Expired(Some(_), _)));
    assert_eq!(tokens.due(at(0)), None);
}

#[derive(Clone, Copy, Debug)]
enum Event {
    SignIn,
    Renew,
    Pass(u64),
    Granted(u64),
    Failed(u8),
    Refuted(u32),
    Proven(u32),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        1 => Just(Event::SignIn),
        1 => Just(Event::Renew),
        4 => (0u64..400).prop_map(Event::Pass),
        4 => (0u64..4000).prop_map(Event::Granted),
        2 => (0u8..4).prop_map(Event::Failed),
        2 => (0u32..6).prop_map(Event::Refuted),
        1 => (0u32..6).prop_map(Event::Proven),
    ]
}

proptest! {
    /// Never two requests at once; what is ready is the newest token and has not ended; a machine that waits says when
    /// it wakes (or is being asked for); generations only grow.
    #[test]
    fn what_must_always_hold(events in proptest::collection::vec(event(), 1..80)) {
        let mut tokens = machine();
        let (mut now, mut asking, mut newest) = (at(1), false, 0);
        for event in events {
            match event {
                Event::SignIn => tokens.sign_in(now),
                Event::Renew => tokens.renew(),
                Event::Pass(seconds) => now = now.after(Duration::from_secs(seconds)),
                Event::Granted(lifetime) if asking => {
                    asking = false;
                    if let Some(generation) = tokens.granted(Some(Duration::from_secs(lifetime)), scopes(), now, now) {
                        prop_assert_eq!(generation.0, newest + 1);
                        newest += 1;
                    }
                }
                Event::Failed(how) if asking => {
                    asking = false;
                    tokens.failed(match how {
                        0 => TokenDenied::Final(Box::new(TokenStatus::BadClient(String::new()))),
                        1 => TokenDenied::Limited(String::new(), None),
                        _ => TokenDenied::Failed(String::new()),
                    }, now);
                }
                Event::Refuted(generation) => { tokens.on_unauthorized(Generation(generation), now); }
                Event::Proven(generation) => tokens.proven(Generation(generation)),
                _ => {}
            }
            if let Some(ask) = tokens.due(now) {
                prop_assert_eq!(ask, TokenRequest::Token);
                prop_assert!(!asking, "two at once");
                asking = true;
            }
            prop_assert_eq!(tokens.due(now), None, "asked once, answered for now");
            match tokens.availability(now, None) {
                Availability::Ready(generation) => {
                    prop_assert_eq!(generation.0, newest);
                    prop_assert!(tokens.facts().unwrap().expires.unwrap().mono > now.mono);
                }
                Availability::Waiting => prop_assert!(asking || tokens.next_due(now).is_some(), "waits for nothing"),
                Availability::Never => prop_assert!(!asking),
            }
            if let Some(due) = tokens.next_due(now) {
                prop_assert!(due.mono > now.mono, "a moment that is past would spin");
            }
        }
    }
}
