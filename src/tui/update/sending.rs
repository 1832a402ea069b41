//! Sending, sending again, and settling what is unknown: the dialog for it, and the looks at its conversation meanwhile.

use super::journal;
use super::notices::{no_token, shown_word, with_session};
use crate::model::{
    Channel, DeliveryStatus, Ending, Extras, FailureKind, Message, MessageId, Moment, OutgoingMessage, Response,
    TokenStatus, Variation,
};
use crate::session::log::LogEntry;
use crate::session::{OutcomeWatch, Session};
use crate::tui::Action;
use crate::tui::state::{Consent, DialogQuestion, Editor, Menu, MenuChoice, Overlay, Pane, State, Subject};

/// Whether nothing may be sent now; then says why.
pub fn is_forbidden(state: &mut State) -> bool {
    let why = state.session.journal.forbids_sending().map(str::to_owned);
    why.map(|why| state.status.error(why)).is_some()
}

pub fn send(state: &mut State) {
    if is_forbidden(state) {
        return;
    }
    if !state.asks_before_sending() {
        return send_draft(state, state.now);
    }
    let Some(key) = state.session.conversations.active() else { return };
    let text = match state.composer.check(state.now) {
        Ok(text) => text,
        Err(why) => return state.status.error(format!("Not sent: {why}.")),
    };
    let mut lines = vec![format!("to      {}", state.shown_name(key))];
    // A demo tells no hosts.
    if state.demo.present.is_none() {
        lines.push(format!("region  {}", state.session.profile.facts.region));
    }
    lines.push(format!("“{text}”"));
    if let Some(extras) = state.composer.carried() {
        lines.extend(extras.attachments.iter().map(|file| format!("file    {} ({})", file.label(), file.mime)));
        lines.extend(extras.attributes.iter().map(|(name, value)| format!("with    {name}={value}")));
    }
    lines.extend(state.next_send.send_as.map(|v| format!("wrongly on purpose: {}", v.about())));
    let question = DialogQuestion::Production(state.now);
    state.ask(question, "PROD: send this message?", lines, "send it", state.consent());
}

/// Sends what stands in the composer, variables as of `shown`. What cannot be sent stays there, with the reason.
pub fn send_draft(state: &mut State, shown: Moment) {
    let Some(key) = state.session.conversations.active() else { return };
    // It was chosen for another conversation's channel.
    if let Some((variation, why)) = state.next_send.send_as.and_then(|v| Some((v, senseless(state, v)?))) {
        state.status.error(format!("Not sent as {variation}: {why}."));
        return state.status.offer(&[(Action::SendAs, "choose another way")]);
    }
    match state.composer.take_for_send(shown) {
        Ok(text) => {
            let extras = state.composer.take_carried();
            let how = state.next_send.send_as.take();
            state.status.clear();
            // Where a text of the history goes out, the draft stays.
            state.session.conversations.set_draft(key, !state.composer.text().is_empty());
            submit(state, OutgoingMessage { extras, ..OutgoingMessage::text(key, text) }.varied(how));
        }
        Err(why) => state.status.error(format!("Not sent: {why}.")),
    }
}

/// Why a message of the open conversation cannot sensibly be sent in this way.
pub fn senseless(state: &State, variation: Variation) -> Option<String> {
    let channel = state.session.conversations.active_channel()?;
    Some(format!("this is not possible on the channel {channel}: {}", variation.senseless(channel)?))
}

/// Asks for a send, and shows it as queued: its id.
pub fn submit(state: &mut State, outgoing: OutgoingMessage) -> MessageId {
    // Whoever sends wants to see it.
    let key = outgoing.conversation;
    state.thread.follow(key);
    let id = with_session(state, |session, now, changes| session.submit(outgoing, now, changes));
    // That there is no token is no news, but it is why nothing happens.
    let needs_token = state.session.conversations.channel(key).is_some_and(|channel| !channel.has_sessions());
    let status = &state.session.sign_in.status;
    let needs_a_person =
        matches!(status, TokenStatus::BadClient(_) | TokenStatus::Refused(..) | TokenStatus::NoSecret(_));
    if needs_token && needs_a_person {
        state.status.warn("This message waits, because there is no token.");
        no_token(state);
    }
    id
}

pub fn answer(state: &mut State, answer: OutgoingMessage) {
    state.status.clear();
    submit(state, answer);
}

pub fn resume(state: &mut State) {
    let count = with_session(state, |session, _, changes| session.resume(changes));
    state.status.info(match count {
        0 => "No messages are waiting to be sent.".to_owned(),
        1 => "Sending 1 queued message.".to_owned(),
        count => format!("Sending {count} queued messages."),
    });
}

/// `r`: asks, and says what happened the first time.
pub fn ask_resend(state: &mut State) {
    let Some(message) = selected(state) else {
        return state.status.info("This row is not a message of yours, so it cannot be sent again.");
    };
    let id = message.id;
    match &message.delivery {
        DeliveryStatus::Unknown(_) => ask_outcome(state),
        delivery if !delivery.is_finished() => {
            state.status.info("This message is still being sent.");
            state.status.offer(&[(Action::Interrupt, "cancel")]);
        }
        delivery => {
            let happened = match delivery {
                DeliveryStatus::Refused(why) => format!("The first time it was refused: {why}"),
                DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Received => {
                    "The first time it was accepted: sending it again makes a second message.".to_owned()
                }
                other => format!("The first time it was {}.", shown_word(other)),
            };
            let mut lines = vec![format!("“{}”", message.text), happened];
            lines.extend(state.production_line());
            state.ask(DialogQuestion::Resend(id), "Send this message again?", lines, "send it again", state.consent());
        }
    }
}

pub fn resend(state: &mut State, id: MessageId) {
    if is_forbidden(state) {
        return;
    }
    let Some(message) = state.session.threads.message(id).map(OutgoingMessage::again) else { return };
    state.status.info("Sending it again, as a new message.");
    submit(state, message);
}

/// `e`: a copy in the composer of the message's own conversation; nothing is sent.
pub fn edit_copy(state: &mut State) {
    let copied = selected(state).map(|m| (m.conversation, m.text.clone(), m.extras.clone()));
    let Some((conversation, text, extras)) = copied else {
        return state.status.info("This row is not a message of yours, so it cannot be copied into the composer.");
    };
    if state.session.conversations.active() != Some(conversation) {
        journal::open(state, conversation);
    }
    state.composer.set_text(&text);
    // A text that is edited is not the choice any more that was taken.
    let was_choice = extras.choice.is_some();
    let kept = Extras { attributes: extras.attributes, attachments: extras.attachments, ..Extras::default() };
    *state.composer.carried_mut(conversation) = kept;
    state.focus(Pane::Composer);
    let choice = if was_choice { " It will be sent as text, not as a choice." } else { "" };
    state.status.info(format!("The message is copied into the composer; nothing is sent yet.{choice}"));
    state.status.about(Subject::Draft, &[(Action::Undo, "get the draft back")]);
}

pub fn selected(state: &State) -> Option<&Message> {
    state.session.threads.message(state.shown_log().selected()?.exchange()?.message?)
}

/// The message of the chosen log entry, if nobody knows what became of it.
pub fn selected_unknown(state: &State) -> Option<&Message> {
    let unknown = |m: &&Message| matches!(m.delivery, DeliveryStatus::Unknown(_));
    // One of an earlier session may have no entry: then the oldest of the open conversation is meant.
    selected(state).filter(unknown).or_else(|| {
        let open = state.session.conversations.active()?;
        state.session.threads.unknown().find(|m| m.conversation == open)
    })
}

pub fn ask_outcome(state: &mut State) {
    let Some((id, key)) = selected_unknown(state).map(|m| (m.id, m.conversation)) else {
        return state.status.info(match state.shown_log().selected().and_then(LogEntry::settled) {
            Some(true) => "This outcome is settled already: the message was received.",
            Some(false) => "This outcome is settled already: the message was not received.",
            None => "The chosen entry has no unknown outcome.",
        });
    };
    state.session.watch_outcome(id, state.now);
    let channel = state.session.conversations.channel(key);
    let again = if channel.is_some_and(|channel| channel.capabilities().idempotent) {
        "send it again anyway, under the same message id (asks for a word)"
    } else {
        "send it again anyway (asks for a word)"
    };
    let items = [
        ("keep watching", MenuChoice::KeepWatching(id)),
        ("mark as received", MenuChoice::Settle(id, true)),
        ("mark as not received", MenuChoice::Settle(id, false)),
        (again, MenuChoice::SendAnyway(id)),
    ];
    state.overlay = Some(Overlay::Menu(Menu::new("What became of this message?", items)));
    watch_outcome(state);
}

/// After each event: looks when it is time, and says in the dialog where that stands.
pub fn watch_outcome(state: &mut State) {
    with_session(state, Session::look_for_outcome);
    let asked = state.overlay.as_ref().and_then(Overlay::unknown_message);
    let Some(watch) = state.session.outcome_watch.filter(|watch| asked == Some(watch.message)) else { return };
    let intro = intro(state, &watch);
    if let Some(Overlay::Menu(menu)) = &mut state.overlay {
        menu.set_intro(intro);
    }
}

fn intro(state: &State, looking: &OutcomeWatch) -> Vec<String> {
    let Some(message) = state.session.threads.message(looking.message) else { return Vec::new() };
    let item = state.session.conversations.get(message.conversation);
    let unreadable = item.and_then(|item| item.readable.unreadable());
    let look = match (looking.looks, looking.next, unreadable) {
        (1.., _, Some(why)) => format!("The conversation was not checked: {}.", why.sentence()),
        (0, None, _) => "The conversation cannot be read here: only a person can tell.".to_owned(),
        (looks, next, _) => {
            let times = if looks == 1 { "once".to_owned() } else { format!("{looks} times") };
            let next = match next {
                None => "It is not checked again by itself.".to_owned(),
                Some(next) => format!("Next check in {} s.", next.left(state.now).as_millis().div_ceil(1_000)),
            };
            format!("Asked for the conversation {times}: the message has not been seen in it so far. {next}")
        }
    };
    vec![
        format!("“{}”", message.text),
        happened(state, message),
        look,
        "Until it is settled it counts as neither sent nor refused.".to_owned(),
    ]
}

/// What happened, in time, as far as the log still has it; else why it is unknown.
fn happened(state: &State, message: &Message) -> String {
    let why = match &message.delivery {
        DeliveryStatus::Unknown(why) => why.to_string(),
        other => other.word().to_owned(),
    };
    let entry = message.exchange.and_then(|id| state.session.log.entry_of(id));
    let told = entry.and_then(|e| e.exchange()).and_then(|exchange| {
        let attempt = exchange.last_attempt()?;
        let took = attempt.timing.total.map_or_else(String::new, |t| format!(" after {:.1} s", t.as_secs_f64()));
        match attempt.ending.as_ref()? {
            Ending::Answered(Response { status, .. }) => {
                Some(format!("The server answered {status}{took}; it may have received the message before that"))
            }
            Ending::Failed(failure) => {
                let what = match failure.kind {
                    FailureKind::Reset => "The connection closed",
                    FailureKind::SessionEnded => "The guest's session ended",
                    FailureKind::Timeout => "No answer had come",
                    FailureKind::Cancelled => "It was taken back",
                    _ => "No complete answer had come",
                };
                Some(format!("{what}{took}, after the request was written; the server may have accepted it"))
            }
        }
    });
    told.map_or_else(|| format!("{why}."), |told| format!("{told} ({why})."))
}

/// Whether a message was settled while a dialog about it stood open; then says so.
pub fn no_longer_unknown(state: &mut State, id: MessageId) -> bool {
    let word = match state.session.threads.message(id).map(|m| &m.delivery) {
        Some(DeliveryStatus::Unknown(_)) => return false,
        Some(delivery) => shown_word(delivery),
        None => "gone",
    };
    state.status.warn(format!("Nothing was done: the message is now {word}."));
    true
}

pub fn ask_send_anyway(state: &mut State, id: MessageId) {
    let conversation = state.session.threads.message(id).map(|m| m.conversation);
    let channel = conversation.and_then(|key| state.session.conversations.channel(key));
    let mut lines = vec![if channel.is_some_and(|channel| channel.capabilities().idempotent) {
        "It is sent with the same message id, so the service can recognise it if it has the first one.".to_owned()
    } else {
        let channel = channel.map_or("", Channel::name);
        format!("If the first one was received, the other side will see it twice ({channel} cannot tell them apart).")
    }];
    lines.extend(state.production_line());
    lines.push("Type “again” to confirm.".to_owned());
    let title = "Send it again although it may have been received?";
    let consent = Consent::Word { word: "again", typed: Editor::default(), wrong: false };
    state.ask(DialogQuestion::SendAnyway(id), title, lines, "send it again", consent);
}
