//! Why was it refused: the log, the card, the ticket, the note and the fault menu, by keys alone.

use crate::support::shell::{Hands, accepted, run};
use guestwire::model::{Cause, Confidence, Outcome};
use guestwire::sandbox::Scenario;

const SIZE: (u16, u16) = (120, 36);

#[tokio::test(flavor = "multi_thread")]
async fn a_stripped_scope_is_named_explained_and_put_into_words() {
    let scenario = Scenario::named("stripped-scope").unwrap();
    let (_, state) = run(SIZE, scenario, |mut hands: Hands| async move {
        hands.see("scope missing").await;
        hands.see("connected since ").await;
        hands.type_text("my account is 12345");
        hands.keys("enter");
        let frame = hands.see("scope-stripped, likely").await;
        assert!(frame.contains("the token was granted without guest:messages:send"), "{frame}");
        assert!(frame.contains("Esc d explain"), "{frame}");
        hands.keys("esc d");
        let card = hands.see(" refused  POST ").await;
        let in_order = |card: &str, order: &[&str]| {
            let places: Vec<usize> =
                order.iter().map(|h| card.find(h).unwrap_or_else(|| panic!("{h}: {card}"))).collect();
            assert!(places.is_sorted(), "{card}");
        };
        in_order(&card, &["Scope stripped  likely", "Do this", "Evidence", "Not ruled out", "Ruled out"]);
        assert!(card.contains("no   token has the scope guest:messages:send (granted: "), "{card}");
        assert!(card.contains("switch the"), "{card}");
        hands.keys("pgdn");
        let end = hands.see("Ids  ").await;
        in_order(&end, &["Not ruled out", "Ruled out", "Server said", "Ids  "]);
        hands.keys("pgup");
        // Reading the conversation settles what was open: the guest is who was addressed.
        hands.keys("F5");
        hands.see("Scope stripped  sure").await;
        hands.keys("y t");
        hands
            .copies
            .wait_for(|all| all.iter().any(|t| t.contains("Cause:         scope-stripped (sure)")))
            .await
            .unwrap();
        hands.keys("y a");
        let copies = hands.copies.wait_for(|all| all.iter().any(|t| t.contains("Please:"))).await.unwrap().clone();
        let note = copies.iter().find(|t| t.contains("Please:")).unwrap();
        assert!(note.contains("x-request-id ") && note.contains("switch the Guest API on"), "{note}");
        assert!(!note.contains("end the message again"), "what the sender does is not asked of the reader: {note}");
        for text in [note, copies.iter().find(|t| t.contains("Cause:")).unwrap()] {
            for part in ["profile ", "region ", "conversation “", "“my account is 12345”", "Local time:"] {
                assert!(text.contains(part), "{part} in {text}");
            }
        }
        let secret = hands.sandbox.announcement()["client_secret"].as_str().unwrap().to_owned();
        assert!(copies.iter().all(|t| !t.contains(&secret) && !t.contains("Bearer ")), "{copies:?}");
        hands.keys("esc !");
        let page = hands.see("Refusals   1 in this session").await;
        assert!(
            page.contains("scope-stripped") && page.contains("100.0%") && page.contains("Echo (guest-api)"),
            "{page}"
        );
        hands.keys("esc q");
    })
    .await;
    let newest = state.session.log.entries().rfind(|e| e.is_error()).unwrap();
    let diagnosis = newest.diagnosis().unwrap();
    assert_eq!((diagnosis.cause(), diagnosis.confidence()), (Cause::ScopeStripped, Confidence::Sure));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healed_401_is_a_glitch_of_the_token_and_no_refusal() {
    let (_, state) = run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
        hands.see("connected since ").await;
        hands.sandbox.set_fault(r#"{"fault":"token-revoked"}"#).unwrap();
        hands.type_text("still there?");
        hands.keys("enter");
        let frame = hands
            .until("the heal", |f| f.lines().next().is_some_and(|l| l.contains("401 1 of ") && l.contains(", 1 fixed")))
            .await;
        assert!(!frame.contains("scope missing"), "{frame}");
        hands.keys("esc G");
        hands.keys("d");
        let card = hands.see("was refused first  POST ").await;
        assert!(card.contains("token-revoked") && card.contains("then accepted with a newer token"), "{card}");
        hands.keys("esc q");
    })
    .await;
    assert!(!state.session.log.entries().any(|entry| entry.is_error()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_message_goes_out_wrongly_on_purpose_once_and_is_marked() {
    let (_, state) = run(SIZE, Scenario::builtin(), |mut hands: Hands| async move {
        hands.see("token ok").await;
        hands.keys("esc B down enter");
        hands.see("no-token: without a token").await;
        hands.keys("3 enter");
        hands.see("AS no-token").await;
        hands.type_text("nobody says this");
        hands.keys("enter");
        let frame = hands.see("token-absent").await;
        assert!(frame.contains("AS no-token nobody says this"), "{frame}");
        // The next one goes out as usual, with the same token: nothing was renewed for the negative test.
        hands.type_text("back to normal");
        hands.keys("enter");
        hands.until("accepted", |f| accepted(f, "back to normal")).await;
        hands.keys("esc [ C");
        hands.see("request header authorization").await;
        assert_eq!(hands.received().iter().filter(|t| *t == "nobody says this").count(), 0);
        hands.keys("esc q");
    })
    .await;
    let sent: Vec<_> =
        state.session.log.entries().filter_map(|e| e.exchange()).filter(|x| x.message.is_some()).collect();
    assert_eq!(sent.iter().map(|x| x.sent_as.is_some()).collect::<Vec<_>>(), [true, false]);
    assert_eq!(sent[1].outcome, Outcome::Accepted);
    assert_eq!(state.session.sign_in.status.facts().map(|f| f.generation.0), Some(1));
    assert!(state.session.diagnoses.refusals.0.is_empty(), "what is sent on purpose is no refusal of the session");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_fits_small_screens() {
    let (_, _) = run((40, 12), Scenario::named("stripped-scope").unwrap(), |mut hands: Hands| async move {
        hands.see("token").await;
        hands.type_text("x");
        hands.keys("enter");
        hands.see("refused").await;
        hands.keys("esc d");
        hands.see("Scope stripped  likely").await;
        hands.keys("pgdn pgdn pgdn pgdn pgdn pgdn pgdn pgdn pgdn");
        hands.see("Ids").await;
        hands.keys("esc q");
    })
    .await;
}
