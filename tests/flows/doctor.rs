//! `D`: safe questions from the console, each an entry of the log, until the refusal's cause is sure.

use crate::support::shell::{Hands, run};
use guestwire::model::{Cause, Confidence, ExchangeKind};
use guestwire::sandbox::Scenario;

const SIZE: (u16, u16) = (120, 36);

#[tokio::test(flavor = "multi_thread")]
async fn probes_settle_what_the_refusal_leaves_open() {
    let scenario = Scenario::named("stripped-scope").unwrap();
    let (_, state) = run(SIZE, scenario, |mut hands: Hands| async move {
        hands.see("scope missing").await;
        hands.type_text("my account is 12345");
        hands.keys("enter");
        hands.see("scope-stripped, likely").await;
        hands.keys("esc D");
        // The card opens by itself, and says what the probes prove.
        let card = hands.see("Scope stripped  sure").await;
        assert!(card.contains(" refused  POST "), "{card}");
        hands.keys("esc q");
    })
    .await;
    let newest = state.session.log.why().unwrap();
    let diagnosis = newest.diagnosis().unwrap();
    assert_eq!((diagnosis.cause(), diagnosis.confidence()), (Cause::ScopeStripped, Confidence::Sure));
    let probes = state.session.log.entries().filter_map(|e| e.exchange()).filter(|x| x.kind == ExchangeKind::Probe);
    assert!(probes.count() >= 3, "each question is an entry of its own");
    assert_eq!(state.session.diagnoses.refusals.0.len(), 1, "a probe is no refusal of a message");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_refusal_the_open_conversation_is_looked_at() {
    let (_, state) = run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
        hands.see("token ok").await;
        hands.keys("esc D");
        let page = hands.see("All is well").await;
        assert!(page.contains("pass  participant"), "{page}");
        hands.keys("esc q");
    })
    .await;
    let sent = state.session.log.entries().filter_map(|e| e.exchange()).any(|x| x.kind == ExchangeKind::Send);
    assert!(!sent, "nothing is sent by looking");
}
