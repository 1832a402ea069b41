//! What the session asks for is carried out, and what is news is said on the status line.

use crate::engine::Command;
use crate::journal::job::not_on_disk;
use crate::model::{ConversationKey, DeliveryStatus, ExchangeId, MessageId, Moment, TokenStatus, Unreadable};
use crate::session::Session;
use crate::session::changes::{Change, Changes, Leftovers, Notice};
use crate::session::open_pass::place_words;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::{Pane, State};

use super::{demo, diagnosis, global, pass, recording, sending, unknown_outcome, web_session};

/// Lets the session do something, and carries out what it asks for.
pub fn with_session<R>(
    state: &mut State,
    effects: &mut Vec<Effect>,
    change: impl FnOnce(&mut Session, Moment, &mut Changes) -> R,
) -> R {
    let mut changes = Changes::default();
    let result = change(&mut state.session, state.now, &mut changes);
    carry_out(state, changes, effects);
    result
}

/// Carries out what the session asks for.
pub fn carry_out(state: &mut State, changes: Changes, effects: &mut Vec<Effect>) {
    for change in changes {
        match change {
            Change::Engine(command) => effects.push(Effect::Engine(command)),
            Change::Journal(job) => effects.push(Effect::Journal(job)),
            Change::Sandbox(request) => effects.push(Effect::Arrange(request)),
            Change::LiftFaults => {
                state.faults.clear();
                effects.push(Effect::SandboxFault(None));
            }
            Change::Notice(notice) => say(state, notice, effects),
        }
    }
}

fn say(state: &mut State, notice: Notice, effects: &mut Vec<Effect>) {
    match notice {
        Notice::Token { before, .. } => token(state, &before, effects),
        Notice::Exchange(exchange) => {
            demo::exchange(state, &exchange);
            // A fault that was used up has no part in what comes next.
            if exchange.outcome.is_settled() && !state.faults.is_empty() {
                effects.push(Effect::AskFaults);
            }
        }
        Notice::Message { id, before, life, exchange } => {
            message(state, &before, life, exchange);
            demo::message(state, id);
        }
        Notice::Sent(id) => recording::sent(state, id, effects),
        Notice::WaitsBehindPaused(_) => {
            let key = state.keymap.key(Action::ResumeQueue);
            state.status.warn(format!("It waits behind older ones of this conversation: {key} sends them all."));
        }
        Notice::NotOnDisk(why) => state.status.error(not_on_disk(&why)),
        Notice::Read { key, news, .. } | Notice::Arrived { key, news } => {
            if !news.is_empty() && state.session.conversations.active() == Some(key) {
                say_choices(state, key);
            }
        }
        Notice::Replies { key, changed } => replies(state, key, changed),
        Notice::WebSession { key, before } => web_session::moved(state, key, &before),
        Notice::ClockSkew(seconds) => {
            let side = if seconds > 0 { "ahead of" } else { "behind" };
            state.status.warn(format!("The server's clock is {} s {side} this machine's.", seconds.unsigned_abs()));
        }
        Notice::EngineNotice(text) | Notice::JournalNotice(text) => state.status.warn(text),
        Notice::JournalTrouble(trouble) => state.status.error(trouble.sentence),
        Notice::JournalWell => state.status.info("The journal keeps everything again."),
        Notice::JournalFree => {
            state.status.info("The journal is free: this guestwire keeps everything now, and sends.");
        }
        Notice::Reopened { key, first } => {
            state.composer.switch(key);
            if first {
                global::focus(state, Pane::Composer);
            }
        }
        Notice::Drafts(drafts) => {
            for (key, text, at) in drafts {
                draft(state, key, &text, at);
            }
        }
        Notice::Restored(left) => restored(state, &left, effects),
        Notice::OutcomeKnown(id, life) => outcome_known(state, id, life.as_ref()),
        Notice::Pass { was_over } => pass::moved(state, was_over, effects),
        // The shell ends when the channel closes; nothing is left to change.
        Notice::ConversationId { .. } | Notice::Stopped => {}
    }
}

fn token(state: &mut State, before: &TokenStatus, effects: &mut Vec<Effect>) {
    let status = &state.session.sign_in.status;
    match status {
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
                && before.facts().is_none_or(|before| before.generation != facts.generation) =>
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
    let first = before.facts().is_none() && state.session.sign_in.status.facts().is_some();
    // The open conversation is read once there is a token to read it with.
    if let Some(key) = state.session.conversations.active().filter(|_| first) {
        effects.push(Effect::Engine(Command::Watch(Some(key))));
        effects.push(Effect::Engine(Command::Read(key)));
    }
}

fn message(state: &mut State, before: &DeliveryStatus, life: DeliveryStatus, exchange: Option<ExchangeId>) {
    let doubted = matches!(before, DeliveryStatus::Unknown(_));
    let number = exchange.and_then(|e| state.session.log.number_of(e)).map(|n| format!("#{n} ")).unwrap_or_default();
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

/// The newest message offers choices: how they are taken.
fn say_choices(state: &mut State, key: ConversationKey) {
    let newest = state.session.threads.messages(key).iter().rev().find(|e| e.from_other_side());
    let count = newest.map_or(0, |e| e.choices().len());
    if count > 0 {
        let s = if count == 1 { "" } else { "s" };
        let key = sending::choose_key(state);
        state.status.info(format!("{count} choice{s} to answer with: {key} picks one by its number."));
    }
}

/// A line when replies can no longer be read. Where there is a session, its own line says so.
fn replies(state: &mut State, key: ConversationKey, changed: bool) {
    let item = state.session.conversations.get(key).filter(|item| changed && item.session().is_none());
    let Some(item) = item else { return };
    if let Some(why) = item.readable.unreadable().map(Unreadable::sentence) {
        state.status.warn(format!("{}: {why}. Sending goes on.", item.name()));
    }
}

/// A draft of an earlier session. What was typed before the journal was open stays too.
fn draft(state: &mut State, key: ConversationKey, text: &str, cursor: usize) {
    let typed = state.composer.draft_of(key).to_owned();
    if typed.is_empty() {
        state.composer.restore_draft(key, text, cursor);
    } else {
        let both = format!("{text}\n{typed}");
        state.composer.restore_draft(key, &both, both.len());
    }
}

/// What an earlier session left, in one line that the log keeps too.
fn restored(state: &mut State, left: &Leftovers, effects: &mut Vec<Effect>) {
    let mut said = Vec::new();
    if left.unknown > 0 {
        let s = if left.unknown == 1 { " is" } else { "s are" };
        said.push(format!(
            "{} message{s} of unknown outcome from before: looked up where that is possible, u settles",
            left.unknown
        ));
    }
    if left.paused {
        let s = if left.queued == 1 { "" } else { "s" };
        let key = state.keymap.key(Action::ResumeQueue);
        said.push(format!(
            "{} queued message{s} from more than ten minutes ago: {key} sends, Ctrl-C takes back",
            left.queued
        ));
    } else if left.queued > 0 {
        let s = if left.queued == 1 { " goes" } else { "s go" };
        said.push(format!("{} queued message{s} on from where the last session ended", left.queued));
    }
    if left.homeless > 0 {
        said.push(format!(
            "{} unsettled of conversations that this profile has no more: kept, not sent",
            left.homeless
        ));
    }
    if let Some(run) = &left.pass {
        let key = state.key(Action::Pass);
        said.push(format!("the pass {} waits at {}: {key} goes on", run.name, place_words(run)));
    }
    if !said.is_empty() {
        let text = said.join(" · ") + ".";
        with_session(state, effects, |session, now, changes| session.note(&text, now, changes));
        state.status.warn(text);
    }
}

fn outcome_known(state: &mut State, id: MessageId, life: Option<&DeliveryStatus>) {
    if unknown_outcome::dialog(state) == Some(id) {
        state.overlay = None;
    }
    state.status.info(match life {
        Some(DeliveryStatus::Landed) => "The message of unknown outcome has landed: it was received.".to_owned(),
        life => format!("The message of unknown outcome is {}.", life.map_or("gone", DeliveryStatus::word)),
    });
}
