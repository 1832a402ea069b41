//! A tester's day, by keys alone, on the real shell, engine and sandbox: what goes wrong is seen, said and settled.

use std::sync::atomic::Ordering;

use crate::support::shell::{Hands, accepted, run, run_profile, sending};
use guestwire::model::{DeliveryStatus, Signal};
use guestwire::sandbox::Scenario;
use guestwire::tui::terminal::event_loop::LoopEnd;

const SIZE: (u16, u16) = (160, 50);

fn received(hands: &Hands, text: &str) -> usize {
    hands.received().iter().filter(|t| *t == text).count()
}

/// Whether a row of the log is about a send of `text` that is over.
fn over(row: &str, text: &str) -> bool {
    row.contains("SEND") && row.contains(text) && !row.contains("sending")
}

/// Waits until the token is there and the conversation was read, so that faults meet the sends of the test.
async fn ready(hands: &mut Hands) {
    hands.see("token ok").await;
    hands.until("the conversation was read", |f| f.contains("connected")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stripped_scope_is_announced_before_the_first_message() {
    run(SIZE, Scenario::named("stripped-scope").unwrap(), |mut hands: Hands| async move {
        let frame = hands.see("scope missing").await;
        assert!(!frame.contains("SEND"), "nothing was sent yet: {frame}");
        let frame = hands
            .until("the announcement", |f| f.lines().any(|l| l.starts_with(" ! ") && l.contains("guest:messages:send")))
            .await;
        assert!(!frame.contains("ERR"), "and no message has met a 401: {frame}");
        hands.type_text("hello");
        hands.keys("enter");
        let frame = hands.until("the refusal", |f| f.contains("ERR  401")).await;
        assert!(frame.contains("refused"), "{frame}");
        assert_eq!(received(&hands, "hello"), 0);
        hands.keys("esc q");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_renewed_and_the_401_is_counted_apart() {
    run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
        ready(&mut hands).await;
        hands.sandbox.set_fault(r#"{"fault":"token-revoked"}"#).unwrap();
        hands.type_text("still there?");
        hands.keys("enter");
        let frame =
            hands.until("accepted, and the 401 healed", |f| f.contains("1 fixed") && accepted(f, "still there?")).await;
        assert!(frame.lines().next().is_some_and(|l| l.contains("401 1 of ")), "{frame}");
        assert!(!frame.contains("ERR"), "no failed message: {frame}");
        assert_eq!(received(&hands, "still there?"), 1);
        hands.keys("esc G [ 2 g");
        hands.keys("esc q");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_unknown_and_a_look_up_settles_it_as_landed() {
    let (_, state) = run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
        ready(&mut hands).await;
        hands.sandbox.set_fault(r#"{"fault":"reset-after"}"#).unwrap();
        hands.type_text("did you get this");
        hands.keys("enter");
        let settled = |f: &str| f.lines().any(|l| l.contains("SEND  did you get this") && l.contains("RCVD"));
        let frame = hands.until("landed", settled).await;
        assert!(frame.contains("the message was received"), "{frame}");
        assert!(frame.contains("the outcome was unknown"), "{frame}");
        assert_eq!(received(&hands, "did you get this"), 1, "never sent twice");
        hands.keys("esc q");
    })
    .await;
    assert!(state.session.threads.open().next().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_arrived_stays_unknown_until_a_person_settles_it() {
    run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
        ready(&mut hands).await;
        hands.sandbox.set_fault(r#"{"fault":"reset-before"}"#).unwrap();
        hands.type_text("lost on the way");
        hands.keys("enter");
        hands.see("UNKN").await;
        hands.see("outcome unknown").await;
        hands.keys("esc G [ ] [ u");
        hands.see("What became of this message?").await;
        hands.keys("3 enter");
        let frame = hands.see("not received, was unknown").await;
        assert!(frame.lines().any(|l| l.contains("SEND  lost on the way") && l.contains("LOST")), "{frame}");
        assert_eq!(received(&hands, "lost on the way"), 0, "and it was not sent again by itself");
        hands.keys("esc q");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_is_counted_down_and_then_accepted() {
    run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
        ready(&mut hands).await;
        hands.sandbox.set_fault(r#"{"fault":"rate-limited","retry_after":2}"#).unwrap();
        hands.type_text("in a moment");
        hands.keys("enter");
        hands.until("waiting", |f| f.contains("WAIT 429")).await;
        hands.until("2 s left", |f| f.contains("waiting 2 s")).await;
        hands.until("1 s left", |f| f.contains("waiting 1 s")).await;
        hands.until("accepted", |f| accepted(f, "in a moment") && !f.contains("WAIT 429")).await;
        assert_eq!(received(&hands, "in a moment"), 1);
        hands.keys("esc q");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_message_can_be_cancelled_before_it_goes_out() {
    run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
        ready(&mut hands).await;
        hands.sandbox.set_fault(r#"{"fault":"rate-limited","retry_after":600}"#).unwrap();
        hands.type_text("rather not");
        hands.keys("enter");
        hands.until("waiting", |f| f.contains("WAIT 429")).await;
        hands.keys("ctrl-c");
        hands.until("cancelled", |f| f.contains("CANC") && f.contains("  cancelled")).await;
        assert_eq!(received(&hands, "rather not"), 0);
        hands.keys("esc q");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_on_the_wire_it_may_have_been_received_and_is_called_unknown() {
    run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
        ready(&mut hands).await;
        hands.sandbox.set_fault(r#"{"fault":"slow-headers","times":1,"delay_ms":15000}"#).unwrap();
        hands.type_text("too slow");
        hands.keys("enter");
        hands.until("sending", sending).await;
        hands.until("on the wire", |f| f.lines().any(|l| l.contains("SEND  too slow") && l.contains("sending"))).await;
        hands.keys("ctrl-c");
        hands.until("unknown or landed", |f| f.contains("UNKN") || f.contains("RCVD")).await;
        hands.keys("esc q");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_run_side_by_side_and_keep_their_drafts() {
    run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
        ready(&mut hands).await;
        hands.sandbox.set_fault(r#"{"fault":"slow-headers","delay_ms":15000,"conversation":"Billing bot"}"#).unwrap();
        hands.type_text("held up");
        hands.keys("enter");
        hands.until("on the wire", sending).await;
        hands.type_text("draft for billing");
        hands.keys("ctrl-p");
        hands.type_text("@echo");
        hands.keys("enter");
        hands
            .until("the other conversation, with a draft of its own", |f| {
                f.contains("3 To Echo") && !f.contains("draft for billing")
            })
            .await;
        hands.type_text("quick");
        hands.keys("enter");
        hands.until("answered", |f| f.contains("You said: quick")).await;
        hands.keys("ctrl-p");
        hands.type_text("@billing");
        hands.keys("enter");
        let frame = hands.see("draft for billing").await;
        assert!(sending(&frame), "still held up: {frame}");
        hands.keys("esc q");
        let frame = hands.see("1 draft would be lost").await;
        assert!(frame.contains("1 not settled"), "{frame}");
        hands.keys("enter");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_one_conversation_go_out_in_the_order_typed() {
    run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
        ready(&mut hands).await;
        hands.sandbox.set_fault(r#"{"fault":"slow-headers","times":1,"delay_ms":300}"#).unwrap();
        for text in ["one", "two", "three"] {
            hands.type_text(text);
            hands.keys("enter");
        }
        hands.until("all accepted", |f| ["one", "two", "three"].iter().all(|text| accepted(f, text))).await;
        let texts: Vec<String> =
            hands.received().into_iter().filter(|t| ["one", "two", "three"].contains(&t.as_str())).collect();
        assert_eq!(texts, ["one", "two", "three"]);
        hands.keys("esc q");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn production_asks_and_then_sends_what_it_showed() {
    let production = |mut profile: guestwire::config::Profile| {
        profile.production = true;
        profile
    };
    run_profile(SIZE, Scenario::builtin(), production, |mut hands: Hands| async move {
        ready(&mut hands).await;
        hands.see(" PROD ").await;
        hands.type_text("to a real guest");
        hands.keys("enter");
        hands.see("PROD: send this message?").await;
        assert_eq!(received(&hands, "to a real guest"), 0);
        hands.keys("esc");
        hands.see_no("PROD: send this message?").await;
        hands.keys("enter y");
        hands.until("accepted", |f| accepted(f, "to a real guest")).await;
        assert_eq!(received(&hands, "to a real guest"), 1);
        hands.keys("esc q");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_id_is_flagged_and_refused_when_sent_to_on_purpose() {
    run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
        ready(&mut hands).await;
        hands.keys("esc 1 +");
        hands.paste("not-a-uuid");
        hands.keys("enter");
        hands.see("malformed").await;
        hands.type_text("on purpose");
        hands.keys("enter");
        let frame = hands.until("the refusal", |f| f.lines().any(|l| l.contains("SEND") && l.contains("ERR"))).await;
        assert!(frame.contains("on purpose"), "{frame}");
        hands.keys("esc q");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_from_a_server_is_shown_for_what_it_is() {
    for (fault, keys, shown) in [
        (r#"{"fault":"malformed-body"}"#, "enter enter", "<<oops"),
        (r#"{"fault":"proxy-answered"}"#, "enter", "gateway proxy.corp.example"),
        (r#"{"fault":"truncated-body"}"#, "enter", "UNKN"),
    ] {
        run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
            ready(&mut hands).await;
            hands.sandbox.set_fault(fault).unwrap();
            hands.type_text("what comes back");
            hands.keys("enter");
            hands.until("it is over", |f| f.lines().any(|l| over(l, "what comes back"))).await;
            // The entry alone, in full.
            hands.keys("esc 2 /");
            hands.type_text("kind:send");
            hands.keys("enter G z");
            hands.until("the whole log", |f| !f.contains("3 To ")).await;
            // An error has opened its summary by itself.
            hands.keys(keys);
            let frame = hands.until(fault, |f| f.contains(shown)).await;
            assert!(frame.contains("what comes back"), "{frame}");
            hands.keys("q q");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_text_is_taken_up_again_and_sent_as_a_new_message() {
    let (exit, state) = run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
        ready(&mut hands).await;
        hands.sandbox.set_fault(r#"{"fault":"conversation-ended"}"#).unwrap();
        hands.type_text("are you there");
        hands.keys("enter");
        hands.until("refused", |f| f.lines().any(|l| l.contains("SEND") && l.contains("ERR"))).await;
        hands.sandbox.clear_faults();
        hands.keys("esc G [ ] [ e");
        hands.until("a copy in the composer", |f| f.contains("copied into the composer")).await;
        hands.type_text(" now");
        hands.keys("enter");
        hands.until("accepted", |f| accepted(f, "are you there now")).await;
        assert_eq!(received(&hands, "are you there now"), 1);
        hands.keys("esc q");
    })
    .await;
    assert_eq!(exit, LoopEnd::Quit);
    let lives: Vec<&DeliveryStatus> = state
        .session
        .threads
        .get(state.session.conversations.active().unwrap())
        .unwrap()
        .ours()
        .map(|m| &m.delivery)
        .collect();
    assert!(
        matches!(lives.as_slice(), [DeliveryStatus::Refused(_), DeliveryStatus::Accepted | DeliveryStatus::Answered]),
        "{lives:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_console_takes_the_terminal_back_once_so_that_no_key_typed_after_it_is_dropped() {
    run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
        ready(&mut hands).await;
        hands.keys("ctrl-z");
        hands.signals.send(Signal::Resumed).unwrap();
        hands.type_text("after fg");
        hands.see("after fg").await;
        assert_eq!(hands.taken_back.load(Ordering::Relaxed), 1);
        hands.keys("ctrl-c ctrl-c ctrl-c");
    })
    .await;
}
