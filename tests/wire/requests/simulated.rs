//! Token renewal against the sandbox, whose counts are the truth.

use std::time::Duration;

use guestwire::clock::Clock;
use guestwire::model::{DeliveryStatus, ExchangeKind, Outcome};
use guestwire::sandbox::{Sandbox, Scenario, start};

use crate::support::engine::TestEngine;

/// The scenario `short-tokens` with this many conversations, no latency and no rate limit in the way.
fn scenario(conversations: usize) -> Scenario {
    let mut scenario = Scenario::named("short-tokens").unwrap();
    scenario.latency_ms = [0, 0];
    scenario.limits.requests_per_minute = 100_000_000;
    let first = scenario.conversations[0].clone();
    scenario.conversations = (0..conversations)
        .map(|n| {
            let mut conversation = first.clone();
            conversation.name = format!("number {n}");
            conversation
        })
        .collect();
    scenario
}

fn both(scenario: Scenario, clock: Clock, parallel: usize) -> (Sandbox, TestEngine) {
    let sandbox = start(0, scenario, clock).unwrap();
    let mut profile = sandbox.profile();
    profile.parallel = parallel;
    let engine = TestEngine::start_with(profile, clock, vec![]);
    (sandbox, engine)
}

fn count(sandbox: &Sandbox, pointer: &str) -> u64 {
    sandbox.state().pointer(pointer).map_or(0, |n| n.as_u64().unwrap())
}

/// Thousands of sends over many lifetimes, on a clock that runs twelve times as fast for both: every message accepted,
/// each received once, and no more renewals than lifetimes need. A machine that stalls for a whole lifetime, here two and
/// a half seconds, would let a fresh token end before it is used; a shorter stall heals, and is no refused message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renewal_holds_against_the_sandbox() {
    const LIFETIMES: u32 = 5;
    let lifetime = Duration::from_secs(scenario(1).token.lifetime_seconds);
    let clock = Clock::fast(12);
    let (sandbox, mut engine) = both(scenario(50), clock, 50);
    let mut sent = 0;
    // Both bounds, however slow the machine is: enough lifetimes and enough sends.
    while clock.now().mono < lifetime * LIFETIMES || sent < 2000 {
        let batch: Vec<_> = (0..8).map(|conversation| engine.send(conversation, "hello")).collect();
        for message in batch {
            assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
            sent += 1;
        }
    }
    assert_eq!(count(&sandbox, "/received"), sent, "each once");
    let renewals = count(&sandbox, "/tokens/renewals");
    // A token lives at least four fifths of its lifetime before its successor is asked for.
    let lifetimes = clock.now().mono.as_secs() / lifetime.as_secs();
    let (least, most) = (lifetimes.saturating_sub(2), lifetimes * 5 / 4 + 2);
    assert!((least..=most).contains(&renewals), "{renewals} renewals, {least} to {most} were needed");
    assert!(engine.exchanges(ExchangeKind::Send).iter().all(|e| e.outcome == Outcome::Accepted));
    engine.stop().await;
}

/// Fifty sends are on the wire with a token that was revoked: one renewal, fifty accepted, each once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_meet_a_revoked_token_of_the_sandbox() {
    let mut slow = scenario(50);
    // Long enough for all fifty to be under way before the first is answered.
    slow.latency_ms = [300, 300];
    slow.token.lifetime_seconds = 3600;
    let (sandbox, mut engine) = both(slow, Clock::start(), 50);
    engine.signed_in().await;
    sandbox.set_fault(r#"{"fault":"token-revoked"}"#).unwrap();
    let sent: Vec<_> = (0..50).map(|conversation| engine.send(conversation, "hello")).collect();
    for message in sent {
        assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    }
    assert_eq!(count(&sandbox, "/tokens/renewals"), 1);
    assert_eq!(count(&sandbox, "/received"), 50);
    assert_eq!(count(&sandbox, "/requests/by_status/401"), 50, "all of them met it");
    engine.stop().await;
}
