//! Answering with a choice that was offered.

use super::*;

fn offering(id: &str, labels: &[&str]) -> RemoteMessage {
    let mut message = RemoteMessage::new(id, Author::Bot, "Pick", Timestamp::UNIX_EPOCH);
    let choice = |label: &&str| crate::model::Choice::new(*label, label.to_lowercase());
    message.choices = labels.iter().map(choice).collect();
    message
}

fn picking(number: usize, of: Option<&str>, heard: &[RemoteMessage]) -> SendFrontEnd {
    picking_in(Channel::GuestApi, number, of, heard)
}

fn picking_in(channel: Channel, number: usize, of: Option<&str>, heard: &[RemoteMessage]) -> SendFrontEnd {
    let sending = Sending {
        conversation: ConversationKey(3),
        text: String::new(),
        extras: Extras { offer_id: of.map(str::to_owned), ..Extras::default() },
        pick: Some(number),
        ..Sending::default()
    };
    SendFrontEnd::new(sending, session(channel), heard)
}

fn sent(effects: &[FrontEndEffect]) -> Option<(&str, &str, &str)> {
    effects.iter().find_map(|act| match act {
        FrontEndEffect::Ask(Command::Send(_, OutgoingMessage { text, extras, .. })) => {
            Some((text.as_str(), extras.choice.as_ref()?.payload.as_str(), extras.offer_id.as_deref()?))
        }
        _ => None,
    })
}

#[test]
fn a_choice_that_is_written_out_has_the_kind_of_its_offer() {
    let at = NOW.wall;
    let mut offer = RemoteMessage::new("r1", Author::Bot, "When?", at);
    offer.choices = vec![crate::model::Choice::new("nine", "09:00").of(crate::model::ChoiceKind::DatePicker)];
    for (answers, kind) in [("r1", crate::model::ChoiceKind::DatePicker), ("r2", crate::model::ChoiceKind::QuickReply)]
    {
        let extras = Extras {
            choice: Some(crate::model::Choice::new("nine", "09:00")),
            offer_id: Some(answers.to_owned()),
            ..Extras::default()
        };
        let sending = Sending {
            conversation: ConversationKey(0),
            text: "nine".to_owned(),
            extras,
            reply_within: None,
            ..Sending::default()
        };
        let mut front_end = SendFrontEnd::new(sending, session(Channel::GuestApi), std::slice::from_ref(&offer));
        let effects = front_end.on(NOW, FrontEndEvent::Begin);
        let sent = effects.iter().find_map(|act| match act {
            FrontEndEffect::Ask(Command::Send(_, OutgoingMessage { extras, .. })) => {
                extras.choice.as_ref().map(|choice| choice.kind)
            }
            _ => None,
        });
        assert_eq!(sent, Some(kind));
    }
}

/// What was shown last is what a number means; an older offer where its message is named.
#[test]
fn a_choice_is_taken_by_its_number() {
    let after = RemoteMessage::new("r3", Author::Bot, "Take your time", Timestamp::UNIX_EPOCH);
    let heard = [offering("r1", &["Red", "Blue"]), offering("r2", &["Yes", "No"]), after];
    assert_eq!(sent(&picking(2, None, &heard).on(NOW, FrontEndEvent::Begin)), Some(("No", "no", "r2")));
    assert_eq!(sent(&picking(1, Some("r1"), &heard).on(NOW, FrontEndEvent::Begin)), Some(("Red", "red", "r1")));
    let effects = picking(3, None, &heard).on(NOW, FrontEndEvent::Begin);
    assert_eq!((sent(&effects), exit(&effects)), (None, Some(Exit::Usage)));
    let last = json_lines(&effects).pop().unwrap();
    assert!(last.contains("there is no choice 3; these are offered: 1 Yes | 2 No"), "{last}");
}

#[test]
fn a_choice_of_which_nothing_is_kept_is_looked_for_first() {
    let mut front_end = picking(2, None, &[]);
    let effects = front_end.on(NOW, FrontEndEvent::Begin);
    assert!(
        sent(&effects).is_none() && effects.contains(&FrontEndEffect::Ask(Command::Read(ConversationKey(3)))),
        "{effects:?}"
    );
    let messages = vec![offering("r2", &["Yes", "No"])];
    let state = crate::model::RemoteState::Connected;
    let read = |messages| report(Report::Conversation { key: ConversationKey(3), state, since: None, messages });
    assert_eq!(sent(&front_end.on(NOW, read(messages))), Some(("No", "no", "r2")));

    let mut none = picking(2, None, &[]);
    none.on(NOW, FrontEndEvent::Begin);
    let effects = none.on(NOW, read(Vec::new()));
    assert_eq!((sent(&effects), exit(&effects)), (None, Some(Exit::Refused)));

    let mut signed_out = picking(2, None, &[]);
    signed_out.on(NOW, FrontEndEvent::Begin);
    let effects = signed_out.on(NOW, report(Report::Token(TokenStatus::NoSecret("no secret".to_owned()))));
    assert_eq!((sent(&effects), exit(&effects)), (None, Some(Exit::NotSignedIn)));
}

#[test]
fn a_socket_brings_what_is_offered_and_a_read_that_fails_ends_it() {
    let web = || picking_in(Channel::WebMessaging, 1, None, &[]);
    let mut front_end = web();
    let effects = front_end.on(NOW, FrontEndEvent::Begin);
    assert!(effects.contains(&FrontEndEffect::Ask(Command::Watch(Some(ConversationKey(3))))), "{effects:?}");
    let heard = |messages| report(Report::MessagesArrived(ConversationKey(3), messages));
    let before = RemoteMessage::new("r0", Author::Bot, "Welcome", Timestamp::UNIX_EPOCH);
    assert_eq!(front_end.on(NOW, heard(vec![before])), []);
    assert_eq!(sent(&front_end.on(NOW, heard(vec![offering("r1", &["Yes"])]))), Some(("Yes", "yes", "r1")));

    let mut silent = web();
    silent.on(NOW, FrontEndEvent::Begin);
    assert_eq!(silent.due(), Some(NOW.after(Duration::from_secs(15))));
    assert_eq!(exit(&silent.on(NOW, FrontEndEvent::Due)), Some(Exit::Refused));

    let mut failing = picking(1, None, &[]);
    failing.on(NOW, FrontEndEvent::Begin);
    let FrontEndEvent::Report(read) = exchange(vec![], Outcome::Failed("connecting".into())) else { unreachable!() };
    let Report::Exchange(read) = *read else { unreachable!() };
    let read = Exchange { kind: ExchangeKind::Read, message: None, ..(*read).clone() };
    assert_eq!(exit(&failing.on(NOW, report(Report::Exchange(Arc::new(read))))), Some(Exit::Network));
}
