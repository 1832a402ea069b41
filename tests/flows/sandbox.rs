//! The console on the sandbox, by keys alone: the real shell, engine and sandbox.

use crate::support::shell::{Hands, accepted, run};
use guestwire::sandbox::Scenario;
use guestwire::tui::terminal::event_loop::LoopEnd;

const SIZE: (u16, u16) = (120, 36);

#[tokio::test(flavor = "multi_thread")]
async fn pick_type_send_and_see_everything() {
    let (exit, _) = run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
        hands.see("token ok").await;
        hands.type_text("hello from the keyboard");
        hands.keys("enter");
        hands.see("SEND  hello from the keyboard").await;
        hands.until("an answer", |f| accepted(f, "hello from the keyboard")).await;
        assert!(hands.received().iter().any(|t| t == "hello from the keyboard"));
        hands.keys("esc G enter enter");
        hands.see("Response headers").await;
        hands.see("inin-correlation-id").await;
        hands.keys("y i");
        hands.copies.wait_for(|all| all.iter().any(|t| t.contains("x-request-id"))).await.expect("the shell runs");
        hands.keys("q");
    })
    .await;
    assert_eq!(exit, LoopEnd::Quit);
}
