//! Thousands of messages over all three channels while things go wrong, through the real engine, against the sandbox over
//! HTTP and WebSocket: nothing lost, nothing doubled, order kept. The sandbox's state is the truth.
//!
//! ```text
//! each conversation:  (a fault, now and then) ─► send ─► reports ─► settled, and explained ─► the next
//! at the end:         faults lifted ─► one more message each ─► look-ups ─► the ledger against the sandbox's state
//! ```
//! `cargo test` sends a few hundred. The long form: `GUESTWIRE_SOAK=10000 cargo test --release --test wire soak -- --nocapture`.
//! `GUESTWIRE_SEED` draws other faults; a failure names its seed. Both sides run on one clock that is twenty times as
//! fast as the world's, so that pauses that a server asks for take a twentieth of their time.

mod ledger;
mod run;
mod storm;

use run::SoakRun;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_nothing_is_lost_and_nothing_doubled() {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let messages = number("GUESTWIRE_SOAK").unwrap_or(360);
    let seed = number("GUESTWIRE_SEED").unwrap_or(1);
    // Shown when something fails.
    eprintln!("GUESTWIRE_SOAK={messages} GUESTWIRE_SEED={seed}");
    let mut run = SoakRun::new(seed, messages);
    run.send_all().await;
    run.calm().await;
    run.look_up().await;
    eprintln!("{}", run.hold());
}
