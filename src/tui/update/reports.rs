//! What the engine's reports change.

use std::sync::Arc;

use crate::engine::{Command, Report};
use crate::journal::job::not_on_disk;
use crate::model::{Asked, DeliveryStatus, ExchangeId, Kind, MessageId, TokenStatus};
use crate::session::OpenSend;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::State;

use super::{arrivals, demo, diagnosis, discover, global, journal};

/// Applies a report.
pub fn report(state: &mut State, report: Report, effects: &mut Vec<Effect>) {
    match report {
        Report::Token(status) => {
            demo::token(state, &status);
            token(state, status, effects);
        }
        Report::Exchange(exchange) => {
            state.session.log.exchange(Arc::clone(&exchange));
            diagnosis::exchanged(state, &exchange);
            demo::exchange(state, &exchange);
            // A fault that was used up has no part in what comes next.
            if exchange.outcome.is_settled() && !state.faults.is_empty() {
                effects.push(Effect::AskFaults);
            }
            journal::exchanged(state, &exchange, effects);
        }
        Report::Message { id, life, exchange, remote_id } => {
            message(state, id, life, exchange, remote_id);
            demo::message(state, id);
        }
        Report::NotOnDisk { why, .. } => {
            let sentence = not_on_disk(&why);
            state.session.log.note(state.now, Kind::Sys, sentence.as_str());
            state.status.error(sentence);
        }
        Report::Conversation { key, state: remote, since, messages } => {
            if state.session.conversations.get(key).is_none() {
                return;
            }
            journal::heard(state, key, &messages, effects);
            let before = demo::count(state, key);
            let news = state.session.threads.read(key, remote, since, messages, state.now);
            state.session.conversations.set_remote(key, remote, since);
            arrivals::brought(state, key, news, effects);
            demo::came(state, key, before);
        }
        Report::MessagesArrived { key, messages } => {
            let before = demo::count(state, key);
            arrivals::heard(state, key, messages, effects);
            demo::came(state, key, before);
        }
        Report::RepliesReadable { key, readable, .. } => arrivals::readable(state, key, readable),
        Report::Typing { key, author, until } => arrivals::typing(state, key, author, until),
        Report::Session { key, session } => arrivals::session(state, key, session),
        Report::ConversationIdKnown { key, conversation_id } => arrivals::learned(state, key, conversation_id, effects),
        Report::Discovered { page, found, more } => discover::came(state, page, found, more),
        Report::Probe { asked: asked @ Asked::Id(..), came } => super::ids::came(state, asked, &came, effects),
        Report::Probe { asked, came } => super::doctor::came(state, asked, &came, effects),
        Report::Metrics { exchange, datagrams } => state.session.log.set_metrics(exchange, datagrams),
        Report::Agent(agent) => state.session.listeners.agent = Some(agent),
        Report::Webhook(webhook) => state.session.listeners.webhook = Some(webhook),
        Report::RateLimit(limit) => state.session.server.rate_limit = Some(limit),
        Report::ClockSkew(seconds) => {
            state.session.evidence.skew_told(seconds);
            state.session.server.clock_skew = Some(seconds);
            state.session.threads.clock_skew(seconds);
            let side = if seconds > 0 { "ahead of" } else { "behind" };
            state.status.warn(format!("The server's clock is {} s {side} this machine's.", seconds.unsigned_abs()));
        }
        Report::Notice { at: _, text } => {
            journal::note(state, &text, effects);
            state.status.warn(text);
        }
        // The shell ends when the channel closes; nothing is left to change.
        Report::Stopped => {}
    }
}

fn token(state: &mut State, status: TokenStatus, effects: &mut Vec<Effect>) {
    let first = state.session.sign_in.status.facts().is_none() && status.facts().is_some();
    match &status {
        TokenStatus::Valid(facts) if !facts.missing.is_empty() => {
            let scopes = facts.missing.join(" ");
            state.status.warn(format!(
                "The token was granted without {scopes}: a send is expected to be refused. {} shows the token in full.",
                state.key(Action::Status)
            ));
        }
        // What was said to be under way is over.
        TokenStatus::Valid(facts)
            if [global::SIGNING_IN, global::RENEWING].contains(&state.status.text.as_str())
                && state.session.sign_in.status.facts().is_none_or(|before| before.generation != facts.generation) =>
        {
            state.status.info(format!("Token #{} is there.", facts.generation));
        }
        TokenStatus::BadClient { why } => {
            state.status.error(format!("Client id or secret refused: {why}. Mend the profile, then :connect."));
        }
        TokenStatus::Refused { why, .. } => {
            state.status.error(format!("No token: {why}. :connect tries again."));
        }
        TokenStatus::NoSecret { why } => state.status.error(format!("{why} :connect tries again.")),
        TokenStatus::Expired { why, .. } | TokenStatus::RenewFailed { why, .. } => {
            state.status.warn(format!("Getting a token failed: {why}"));
        }
        _ => {}
    }
    if let Some(facts) = status.facts() {
        diagnosis::token(state, facts);
    }
    state.session.sign_in.status = status;
    // The open conversation is read once there is a token to read it with.
    if let Some(key) = state.session.conversations.active().filter(|_| first) {
        effects.push(Effect::Engine(Command::Watch(Some(key))));
        effects.push(Effect::Engine(Command::Read(key)));
    }
}

fn message(
    state: &mut State,
    id: MessageId,
    life: DeliveryStatus,
    exchange: Option<ExchangeId>,
    remote_id: Option<String>,
) {
    // Late news about a message that is gone changes nothing.
    let Some(known) = state.session.threads.message(id) else { return };
    // What is over does not begin again: a resend is a message of its own.
    if known.life.is_settled() && !life.is_settled() {
        return;
    }
    let conversation = known.conversation;
    let (doubted, before) = (matches!(known.life, DeliveryStatus::Unknown(_)), known.exchange);
    state.session.threads.life(id, life.clone(), exchange, remote_id);
    state.session.log.set_life(id, &life);
    if life.is_settled() {
        state.session.open_sends.remove(&id);
    } else {
        state.session.open_sends.insert(id, OpenSend { conversation, life: life.clone(), since: state.now });
    }
    state.session.conversations.set_counts(conversation, state.session.threads.counts(conversation));
    let number =
        exchange.or(before).and_then(|e| state.session.log.number_of(e)).map(|n| format!("#{n} ")).unwrap_or_default();
    match life {
        DeliveryStatus::Refused(_) if diagnosis::hint(state, exchange).is_some() => {
            let hint = diagnosis::hint(state, exchange).unwrap_or_default();
            // What never left this machine was refused by nobody.
            let refused = if hint.starts_with("not sent: ") { "" } else { "refused: " };
            state.status.error(format!("{number}{refused}{hint}"));
        }
        DeliveryStatus::Refused(why) => {
            let keys = [
                (Action::CopyIds, "ids"),
                (Action::CopyCurl, "curl"),
                (Action::Resend, "resend"),
                (Action::EditCopy, "edit a copy"),
            ]
            .map(|(action, words)| format!("{} {words}", state.key(action)))
            .join(" · ");
            state.status.error(format!("{number}refused: {why} — {keys}"));
        }
        DeliveryStatus::Unknown(why) => {
            let key = state.key(Action::Settle);
            state.status.error(format!("{number}outcome unknown: {why} — {key} says what became of it"));
        }
        DeliveryStatus::Waiting { why, .. } => {
            let key = state.key(Action::Interrupt);
            state.status.warn(format!("{number}waiting: {why} — {key} cancels"));
        }
        DeliveryStatus::Cancelled => state.status.info(format!("{number}cancelled before anything was written.")),
        // The line that called it unknown does not outlive the doubt.
        DeliveryStatus::Landed if doubted => state.status.info(format!("{number}is settled: it was received.")),
        DeliveryStatus::Lost if doubted => state.status.info(format!("{number}is settled: it was not received.")),
        _ => {}
    }
}
