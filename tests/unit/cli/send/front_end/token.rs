//! What a message meets that has no token, or one that was refused.

use super::*;

/// The token that there is was refused, and there will be no other: a wait without an end helps nobody.
#[test]
fn a_message_whose_token_was_refused_does_not_wait_for_ever_for_another() {
    let failed = |_| {
        let (facts, why) = (fixtures::token_facts(), "302 Found".to_owned());
        report(Report::Token(TokenStatus::RenewFailed(facts, NOW, why)))
    };
    let until = NOW.after(Duration::from_secs(3_600));
    let limited = TokenStatus::Limited(until, Some(fixtures::token_facts()));
    for (renewal, words) in [
        ((0..3).map(failed).collect(), "not signed in: 302 Found (3 tries)"),
        (vec![report(Report::Token(limited))], "asks to wait 1h, and guestwire waits 120 s at most"),
    ] {
        for refused in [false, true] {
            let mut front_end = front_end(None);
            front_end.on(NOW, delivery(DeliveryStatus::Queued));
            if refused {
                front_end.on(NOW, exchange(vec![answered(401)], Outcome::Waiting));
            }
            let effects = feed(&mut front_end, renewal.clone());
            assert_eq!(exit(&effects), refused.then_some(Exit::NotSignedIn), "{words}");
            let last = json_lines(&effects).pop().unwrap_or_default();
            assert_eq!(last.contains(words), refused, "{last}");
        }
    }
}

#[test]
fn no_token_and_no_prospect_is_three_and_takes_the_message_back() {
    let mut front_end = front_end(None);
    front_end.on(NOW, delivery(DeliveryStatus::Queued));
    let status = TokenStatus::NoSecret("the environment variable X is not set".to_owned());
    let effects = front_end.on(NOW, FrontEndEvent::Report(Box::new(Report::Token(status))));
    assert_eq!(exit(&effects), Some(Exit::NotSignedIn));
    assert!(effects.contains(&FrontEndEffect::Ask(Command::Cancel(MESSAGE))));
    let last = json_lines(&effects).pop().unwrap();
    assert!(last.contains("not sent, not signed in: the environment variable X is not set"), "{last}");
}

#[test]
fn a_message_that_the_engine_refuses_for_want_of_a_token_is_three() {
    let mut front_end = front_end(None);
    front_end.on(NOW, delivery(DeliveryStatus::Sending { attempt: 1 }));
    let status = TokenStatus::BadClient("authentication failed".to_owned());
    front_end.on(NOW, FrontEndEvent::Report(Box::new(Report::Token(status))));
    let effects = front_end.on(NOW, delivery(DeliveryStatus::Refused("no token".into())));
    assert_eq!(exit(&effects), Some(Exit::NotSignedIn));
}

#[test]
fn a_token_that_is_refused_while_the_message_is_on_the_wire_does_not_hide_its_outcome() {
    let mut front_end = front_end(None);
    front_end.on(NOW, delivery(DeliveryStatus::Sending { attempt: 1 }));
    let status = TokenStatus::BadClient("authentication failed".to_owned());
    assert_eq!(exit(&front_end.on(NOW, FrontEndEvent::Report(Box::new(Report::Token(status))))), None);
    let effects = feed(
        &mut front_end,
        vec![exchange(vec![answered(200)], Outcome::Accepted), delivery(DeliveryStatus::Accepted)],
    );
    assert_eq!(exit(&effects), Some(Exit::Done));
}
