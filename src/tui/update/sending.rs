//! Sending, sending again, and settling what is unknown.

use crate::model::{ConversationKey, DeliveryStatus, Extras, MessageId, Moment, TokenStatus, Variation};
use crate::session::OutgoingMessage;
use crate::text::capitalised;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::overlay::DialogQuestion;
use crate::tui::state::status::Subject;
use crate::tui::state::{Pane, State};

use super::focus::focus;
use super::notices::{no_token, shown_word, with_session};
use super::open_conversation;
use super::unknown_outcome::{self, selected};

/// Whether nothing may be sent now; then says why.
pub fn is_forbidden(state: &mut State) -> bool {
    let why = state.session.journal.forbids_sending().map(str::to_owned);
    why.is_some_and(|why| {
        state.status.error(why);
        true
    })
}

/// Enter in the composer.
pub fn send(state: &mut State, effects: &mut Vec<Effect>) {
    if is_forbidden(state) {
        return;
    }
    if state.asks_before_sending() {
        if state.session.conversations.active().is_none() {
            return;
        }
        let text = match state.composer.check(state.now) {
            Ok(text) => text,
            Err(refusal) => {
                state.status.error(capitalised(&refusal.to_string()) + ".");
                return;
            }
        };
        let name = state.shown_name().into_owned();
        // A demo tells no hosts.
        let region = state.demo.present.is_none().then(|| format!("region  {}", state.session.profile.facts.region));
        state.ask(
            DialogQuestion::Production(state.now),
            "PROD: send this message?",
            [Some(format!("to      {name}")), region, Some(format!("“{text}”"))]
                .into_iter()
                .flatten()
                .chain(state.composer.carried().map(extras_lines).unwrap_or_default())
                .chain(state.next_send.send_as.map(|v| format!("wrongly on purpose: {}", v.about())))
                .collect(),
            "send it",
            state.consent(),
        );
        return;
    }
    send_draft(state, state.now, effects);
}

/// Sends what stands in the composer, variables as of `shown`. What cannot be sent stays there, with the reason.
pub fn send_draft(state: &mut State, shown: Moment, effects: &mut Vec<Effect>) {
    let Some(key) = state.session.conversations.active() else { return };
    // It was chosen for another conversation's channel.
    if let Some((variation, why)) = state.next_send.send_as.and_then(|v| Some((v, senseless(state, v)?))) {
        state.status.error(format!("Not sent as {variation}: {why}."));
        state.status.offer(&[(Action::SendAs, "choose another way")]);
        return;
    }
    match state.composer.take_for_send(shown) {
        Ok(text) => {
            let extras = state.composer.take_carried();
            let how = state.next_send.send_as.take();
            state.status.clear();
            submit(state, OutgoingMessage { extras, ..OutgoingMessage::text(key, text) }.varied(how), effects);
        }
        Err(refusal) => state.status.error(capitalised(&refusal.to_string()) + "."),
    }
}

/// Why a message of the open conversation cannot sensibly be sent in this way.
pub fn senseless(state: &State, variation: Variation) -> Option<String> {
    let channel = state.session.conversations.active_channel()?;
    Some(format!("this is not possible on the channel {channel}: {}", variation.senseless(channel)?))
}

/// Asks for a send, and shows it as queued: its id.
pub fn submit(state: &mut State, outgoing: OutgoingMessage, effects: &mut Vec<Effect>) -> MessageId {
    // Whoever sends wants to see it.
    let key = outgoing.conversation;
    state.thread.follow(key);
    let id = with_session(state, effects, |session, now, changes| session.submit(outgoing, now, changes));
    let channel = state.session.conversations.get(key).map(|item| item.conversation.channel());
    // That there is no token is no news, but it is why nothing happens.
    if channel.is_some_and(|channel| !channel.has_sessions()) && needs_a_person(&state.session.sign_in.status) {
        state.status.warn("This message waits, because there is no token.");
        no_token(state);
    }
    id
}

/// Whether there will be no token unless somebody does something.
const fn needs_a_person(status: &TokenStatus) -> bool {
    matches!(status, TokenStatus::BadClient { .. } | TokenStatus::Refused { .. } | TokenStatus::NoSecret { .. })
}

/// Sends a text that did not come from the composer, filled in already; the reason where nothing may be sent.
pub fn send_text(
    state: &mut State,
    key: ConversationKey,
    text: String,
    sent_as: Option<Variation>,
    extras: Extras,
    effects: &mut Vec<Effect>,
) -> Result<MessageId, String> {
    if let Some(why) = state.session.journal.forbids_sending() {
        return Err(why.to_owned());
    }
    Ok(submit(state, OutgoingMessage { extras, ..OutgoingMessage::text(key, text) }.varied(sent_as), effects))
}

/// Sends a choice that the other side offered. The draft stays.
pub fn answer(state: &mut State, answer: OutgoingMessage, effects: &mut Vec<Effect>) {
    state.status.clear();
    submit(state, answer, effects);
}

/// The key that sends what an earlier session left queued.
pub fn resume(state: &mut State, effects: &mut Vec<Effect>) {
    let count = with_session(state, effects, |session, _, changes| session.resume(changes));
    state.status.info(match count {
        0 => "No messages are waiting to be sent.".to_owned(),
        1 => "Sending 1 queued message.".to_owned(),
        count => format!("Sending {count} queued messages."),
    });
}

/// `r`: asks, and says what happened the first time.
pub fn ask_resend(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(message) = selected(state) else {
        state.status.info("This row is not a message of yours, so it cannot be sent again.");
        return;
    };
    let id = message.id;
    match &message.delivery {
        DeliveryStatus::Unknown(_) => unknown_outcome::ask(state, effects),
        delivery if !delivery.is_settled() => {
            state.status.info("This message is still being sent.");
            state.status.offer(&[(Action::Interrupt, "cancel")]);
        }
        delivery => {
            let happened = match delivery {
                DeliveryStatus::Refused(why) => format!("The first time it was refused: {why}"),
                DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Landed => {
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

/// Sends a message again as a new one, linked to the old.
pub fn resend(state: &mut State, id: MessageId, effects: &mut Vec<Effect>) {
    if is_forbidden(state) {
        return;
    }
    let Some(message) = state.session.threads.message(id) else { return };
    let outgoing = OutgoingMessage::again(message);
    submit(state, outgoing, effects);
    state.status.info("Sent again as a new message.");
}

/// `e`: a copy in the composer of the message's own conversation; nothing is sent.
pub fn edit_copy(state: &mut State, effects: &mut Vec<Effect>) {
    let copied = selected(state).map(|m| (m.conversation, m.text.clone(), m.extras.clone()));
    let Some((conversation, text, extras)) = copied else {
        state.status.info("This row is not a message of yours, so it cannot be copied into the composer.");
        return;
    };
    if state.session.conversations.active() != Some(conversation) {
        open_conversation::open(state, conversation, effects);
    }
    state.composer.set_text(&text);
    // A text that is edited is not the choice any more that was taken.
    let was_choice = extras.choice.is_some();
    let kept = Extras { attributes: extras.attributes, attachments: extras.attachments, ..Extras::default() };
    state.composer.carry(conversation, kept);
    focus(state, Pane::Composer);
    let choice = if was_choice { " It will be sent as text, not as a choice." } else { "" };
    state.status.info(format!("The message is copied into the composer; nothing is sent yet.{choice}"));
    state.status.offer(&[(Action::Undo, "get the draft back")]);
    state.status.about(Subject::Draft);
}

/// The lines of a question about what goes out.
fn extras_lines(extras: &Extras) -> Vec<String> {
    let files = extras.attachments.iter().map(|a| format!("file    {} ({})", a.label(), a.mime));
    let attributes = extras.attributes.iter().map(|(name, value)| format!("with    {name}={value}"));
    files.chain(attributes).collect()
}
