//! What the session asks for is carried out, and what is news is said on the status line.

use super::{demo, web_session};
use crate::diagnosis::doctor::{DoctorVerdict, Finding, ProbeResult};
use crate::journal::job::not_on_disk;
use crate::model::{Cause, ConversationKey, DeliveryStatus, ExchangeId, MessageId, Moment, TokenStatus, Unreadable};
use crate::session::local::LocalRequest;
use crate::session::{Change, Changes, Leftovers, Notice, OLD_QUEUE, Session, place_words};
use crate::text::{capitalised, clause, counted, sentence};
use crate::tui::state::{Card, Overlay, Pane, State, Subject};
use crate::tui::{Action, Effect};

/// Lets the session do something, and carries out what it asks for.
pub fn with_session<R>(state: &mut State, change: impl FnOnce(&mut Session, Moment, &mut Changes) -> R) -> R {
    let mut changes = Changes::default();
    let result = change(&mut state.session, state.now, &mut changes);
    carry_out(state, changes);
    result
}

pub fn carry_out(state: &mut State, changes: Changes) {
    for change in changes.0 {
        match change {
            Change::Engine(command) => state.request(Effect::Engine(command)),
            Change::Journal(job) => state.request(Effect::Journal(job)),
            Change::Sandbox(request) => state.request(Effect::Local(LocalRequest::SetUpSandbox(request))),
            Change::ClearFaults => state.requests.set_fault(None),
            Change::Notice(notice) => say(state, notice),
        }
    }
}

fn say(state: &mut State, notice: Notice) {
    match notice {
        Notice::Token { before, .. } => {
            demo::token(state);
            token(state, &before);
        }
        Notice::Exchange(exchange) => {
            demo::exchange(state, &exchange);
            if let Some(key) = exchange.conversation.filter(|_| exchange.outcome.is_finished()) {
                state.status.over(Subject::Reading(key));
            }
            if exchange.outcome.is_finished() {
                state.requests.ask_for_faults();
            }
        }
        Notice::Message { id, before, delivery, exchange } => {
            message(state, id, matches!(before, DeliveryStatus::Unknown(_)), delivery, exchange);
            demo::message(state, id);
        }
        Notice::Sent(id) => {
            // What one has just done is what one wants to see.
            state.session.log.last();
            for over in [Subject::Draft, Subject::NextMessage, Subject::Choices] {
                state.status.over(over);
            }
            if let Some(message) = state.session.threads.message(id).filter(|_| state.files.is_recording()) {
                // A place to jump to.
                let marker = format!("message to {}", state.shown_name(message.conversation));
                state.request(Effect::Marker(marker));
            }
        }
        Notice::WaitsBehindPaused(_) => {
            state.status.warn("This message waits: older messages of this conversation are not sent yet.");
            state.status.about(Subject::Queue, &[(Action::ResumeQueue, "send them all")]);
        }
        Notice::NotOnDisk(why) => state.status.error(not_on_disk(&why)),
        Notice::Read { key, news, .. } | Notice::Arrived(key, news) => {
            if !news.is_empty() && state.session.conversations.active() == Some(key) {
                say_choices(state, key);
            }
        }
        Notice::Replies { key, changed } => replies(state, key, changed),
        Notice::WebSession(key, before) => web_session::moved(state, key, &before),
        Notice::ClockSkew(seconds) => {
            let side = if seconds > 0 { "ahead of" } else { "behind" };
            state.status.warn(format!("The server's clock is {} s {side} this machine's.", seconds.unsigned_abs()));
        }
        Notice::Said(text) => state.status.warn(sentence(&text)),
        Notice::JournalTrouble(trouble) => state.status.error(trouble.sentence),
        Notice::JournalWell => state.status.info("The journal keeps everything again."),
        Notice::JournalFree => {
            state.status.info("The journal is free now: everything is kept, and messages can be sent.");
        }
        Notice::Reopened { key, first } => {
            state.composer.switch(key);
            if first {
                state.focus(Pane::Composer);
            }
        }
        Notice::Drafts(drafts) => drafts.into_iter().for_each(|(key, text, at)| draft(state, key, &text, at)),
        Notice::Restored(left) => restored(state, &left),
        Notice::OutcomeKnown(id, delivery) => {
            state.overlay.take_if(|on_top| on_top.unknown_message() == Some(id));
            let name = named(state, state.session.threads.message(id).and_then(|message| message.exchange));
            state.status.info(delivery.map_or_else(|| format!("{name} is gone."), |delivery| known(&name, &delivery)));
        }
        Notice::ProbesOver(verdict) => probes_over(state, &verdict),
        Notice::Pass { was_over } => pass_moved(state, was_over),
        Notice::ConversationId { .. } | Notice::Probed(_) => {}
    }
}

fn token(state: &mut State, before: &TokenStatus) {
    let status = &state.session.sign_in.status;
    match status {
        TokenStatus::Valid(facts) if !facts.missing.is_empty() => {
            let scopes = facts.missing.join(" ");
            state.status.warn(format!("The token was granted without {scopes}: messages will probably be refused."));
            state.status.offer(&[(Action::Status, "token in full")]);
        }
        // What was said to be under way is over.
        TokenStatus::Valid(facts)
            if state.status.about == Some(Subject::Token)
                && before.facts().is_none_or(|before| before.generation != facts.generation) =>
        {
            state.status.info(format!("Token #{} received.", facts.generation));
        }
        TokenStatus::BadClient(why) => {
            let mend = "Fix client_id or client_secret in the profile, then sign in again.";
            state.status.error(format!("Client id or secret refused: {}. {mend}", clause(why)));
            no_token(state);
        }
        TokenStatus::Refused(_, why) => {
            state.status.error(format!("No token: {}.", clause(why)));
            no_token(state);
        }
        TokenStatus::NoSecret(why) => {
            state.status.error(sentence(why));
            no_token(state);
        }
        TokenStatus::Expired(None, why) => {
            let how = "It cannot be renewed: put a new one in its place and start guestwire again.";
            state.status.error(format!("{} {how}", sentence(why)));
        }
        TokenStatus::Expired(Some(_), why) | TokenStatus::RenewFailed(_, _, why) => {
            state.status.warn(format!("Getting a new token failed: {}.", clause(why)));
            state.status.about(Subject::Token, &[]);
        }
        _ => {}
    }
    // The open conversation is looked at once there is a token to read it with.
    let first = before.facts().is_none() && state.session.sign_in.status.facts().is_some();
    if let Some(key) = state.session.conversations.active().filter(|_| first) {
        with_session(state, |session, _, changes| session.look_at(key, changes));
    }
}

/// The line speaks of the missing token until there is one.
pub fn no_token(state: &mut State) {
    state.status.about(Subject::Token, &[(Action::Connect, "sign in again")]);
}

/// What the status line says of a refused message that was diagnosed: `#19 refused: scope-stripped, likely. The token …`.
fn refusal(state: &State, exchange: Option<ExchangeId>) -> Option<String> {
    let entry = state.session.log.entry_of(exchange?)?;
    let number = entry.number();
    let diagnosis = entry.diagnosis()?;
    let said = diagnosis.said.trim_end_matches('.');
    // What never left this machine was refused by nobody.
    if matches!(diagnosis.cause(), Cause::Unknown | Cause::HeldBack)
        && entry.exchange().is_some_and(|x| x.last_attempt().is_none())
    {
        return Some(format!("#{number} not sent: {said}."));
    }
    let sentence = capitalised(diagnosis.sentence().trim_end_matches('.'));
    Some(if diagnosis.suspects.is_empty() {
        format!("#{number} refused: {said}.")
    } else if diagnosis.is_undecided() {
        let status = entry.status().map_or_else(String::new, |status| format!(" with {status}"));
        format!("#{number} refused{status}: the cause is not certain yet.")
    } else {
        format!("#{number} refused: {}, {}. {sentence}.", diagnosis.cause(), diagnosis.confidence().name())
    })
}

/// What is known of the refusal that the line names may be more by now.
pub fn say_what_is_known_now(state: &mut State) {
    if let Some(Subject::Message(id)) = state.status.about
        && let Some(message) = state.session.threads.message(id)
        && matches!(message.delivery, DeliveryStatus::Refused(_))
        && let Some(said) = refusal(state, message.exchange)
    {
        state.status.reword(said);
    }
}

/// The message that an exchange carried, by its number in the log.
fn named(state: &State, exchange: Option<ExchangeId>) -> String {
    let number = exchange.and_then(|e| state.session.log.number_of(e));
    number.map_or_else(|| "The message".to_owned(), |n| format!("#{n}"))
}

/// A message's status changed. `was_unknown`: its outcome was unknown before.
fn message(state: &mut State, id: MessageId, doubted: bool, delivery: DeliveryStatus, exchange: Option<ExchangeId>) {
    let name = named(state, exchange);
    // What the line said of this message is over: it went on.
    state.status.over(Subject::Message(id));
    let keys: &[_] = match delivery {
        DeliveryStatus::Refused(why) => {
            let diagnosed = refusal(state, exchange);
            let keys = match &diagnosed {
                Some(_) => &[(Action::Why, "explain"), (Action::CopyTicket, "copy ticket")],
                None => &[(Action::CopyIds, "copy ids"), (Action::Resend, "resend")],
            };
            state.status.error(diagnosed.unwrap_or_else(|| format!("{name} refused: {}.", clause(&why))));
            keys
        }
        DeliveryStatus::Unknown(why) => {
            state.status.error(format!("{name} outcome unknown: {}.", clause(&why)));
            &[(Action::Settle, "settle"), (Action::Why, "explain")]
        }
        DeliveryStatus::Waiting { why, .. } => {
            state.status.warn(format!("{name} waiting: {}.", clause(&why)));
            &[(Action::Interrupt, "cancel")]
        }
        DeliveryStatus::Cancelled => return state.status.info(format!("{name} cancelled: nothing was sent.")),
        // The line that called it unknown does not outlive the doubt.
        settled @ (DeliveryStatus::Received | DeliveryStatus::NotReceived) if doubted => {
            return state.status.info(known(&name, &settled));
        }
        _ => return,
    };
    state.status.about(Subject::Message(id), keys);
}

fn say_choices(state: &mut State, key: ConversationKey) {
    let newest = state.session.threads.messages(key).iter().rev().find(|e| e.of_other_side());
    let count = newest.map_or(0, |e| e.choices().len());
    state.status.over(Subject::Choices);
    // A test run says itself how a step is answered.
    if count > 0 && !(state.session.pass.is_running() && state.arrangement.focus == Pane::Pass) {
        state.status.info(format!("The other side offers {}.", counted(count, "choice")));
        state.status.about(Subject::Choices, &[(Action::Choose, "answer")]);
    }
}

/// A line when replies can no longer be read. Where there is a session, its own line says so.
fn replies(state: &mut State, key: ConversationKey, changed: bool) {
    let item = state.session.conversations.get(key).filter(|item| changed && item.session().is_none());
    let Some(item) = item else { return };
    let (Some(why), name, added) = (item.readable.unreadable(), item.name().to_owned(), item.added) else { return };
    if matches!(why, Unreadable::Refused(404, _)) {
        state.status.error(format!("{name}: 404, there is no such conversation."));
        state.status.offer(if added { &[(Action::Remove, "remove")] } else { &[(Action::IdCard, "ids")] });
    } else if *why == Unreadable::NoConversationId {
        state.status.info(format!("{name}: messages can be read once one of yours was accepted."));
    } else {
        state.status.warn(format!("{name}: {}. You can still send.", why.sentence()));
    }
}

/// A draft of an earlier session. What was typed before the journal was open stays too.
fn draft(state: &mut State, key: ConversationKey, text: &str, cursor: usize) {
    match state.composer.draft_of(key).0 {
        "" => state.composer.restore_draft(key, text, cursor),
        typed => {
            let both = format!("{text}\n{typed}");
            state.composer.restore_draft(key, &both, both.len());
        }
    }
}

/// What an earlier session left, in one line that the log keeps too.
fn restored(state: &mut State, left: &Leftovers) {
    let mut said: Vec<String> = Vec::new();
    let mut keys = Vec::new();
    if left.unknown > 0 {
        let (messages, has) = (counted(left.unknown, "message"), if left.unknown == 1 { "has" } else { "have" });
        said.push(format!("{messages} of the last session {has} an unknown outcome: looked up where possible."));
        keys.push((Action::Settle, "settle"));
    }
    if left.paused {
        let messages = counted(left.queued, "queued message");
        said.push(format!("{messages} not sent yet: {OLD_QUEUE}."));
        keys.extend([(Action::ResumeQueue, "send"), (Action::Interrupt, "cancel")]);
    } else if left.queued > 0 {
        said.push(format!("Sending {} that the last session left in the queue.", counted(left.queued, "message")));
    }
    if left.homeless > 0 {
        let messages = counted(left.homeless, "unsettled message");
        said.push(format!("{messages} of conversations that this profile no longer has: kept, not sent."));
    }
    if let Some(run) = &left.pass {
        said.push(format!("The test run “{}” stopped at {}.", run.name, place_words(run)));
        keys.push((Action::Pass, "continue"));
    }
    if !said.is_empty() {
        let text = said.join(" ");
        with_session(state, |session, now, changes| session.note(None, &text, now, changes));
        state.status.warn(text);
        if left.paused {
            state.status.about(Subject::Queue, &keys);
        } else {
            state.status.offer(&keys);
        }
    }
    // One stands where one stood.
    for kept in state.session.journal.conversations.values() {
        if let Some(place) = &kept.place {
            state.thread.go_to(kept.key, place, &state.session.threads);
        }
    }
}

/// A read can show that it was received; that it was not, only a person can say.
fn known(name: &str, delivery: &DeliveryStatus) -> String {
    match delivery {
        DeliveryStatus::Received => format!("{name} was received; its outcome was unknown."),
        DeliveryStatus::NotReceived => format!("{name} is marked as not received."),
        delivery => format!("{name} is {}.", delivery.word()),
    }
}

pub const fn shown_word(delivery: &DeliveryStatus) -> &'static str {
    match delivery {
        DeliveryStatus::Received => "received",
        DeliveryStatus::NotReceived => "not received",
        delivery => delivery.word(),
    }
}

/// The pass was told something: its end is said, and each step that is open anew is marked in a recording.
fn pass_moved(state: &mut State, was_over: bool) {
    let Some(runner) = &state.session.pass.runner else { return };
    let run = runner.run();
    if runner.is_over() && !was_over {
        let tally = run.tally();
        state.status.info(format!(
            "The test run is finished: {} passed, {} failed, {} blocked, {} skipped.",
            tally.pass, tally.fail, tally.blocked, tally.skipped
        ));
        state.status.offer(&[(Action::PassReports, "write the reports")]);
    } else if let Some(step) = runner.open_result()
        && state.pass_pane.mark_step(run)
    {
        state.request(Effect::Marker(step.id.clone()));
    }
}

/// A series of probes has ended: on the status line, on the card that it began from, or on a page.
fn probes_over(state: &mut State, verdict: &DoctorVerdict) {
    match verdict.cause {
        None => state.status.info("Checks: all is well."),
        Some(cause) => {
            state.status.warn(format!("Checks: {cause}, {}: {}.", verdict.confidence.name(), verdict.because));
        }
    }
    let Some(probes) = &state.session.probes else { return };
    // Who types meanwhile is not interrupted.
    let free = match &state.overlay {
        None => state.arrangement.focus != Pane::Composer,
        Some(Overlay::Card(card)) => Some(card.number) == probes.number,
        Some(_) => false,
    };
    if free {
        state.overlay = Some(match probes.number {
            Some(number) => Overlay::Card(Card { number, scroll: 0, prefix: None }),
            None => Overlay::lines("Checks", findings_page(&probes.doctor.findings, verdict)),
        });
    }
}

fn findings_page(findings: &[Finding], verdict: &DoctorVerdict) -> Vec<String> {
    let line = |finding: &Finding| {
        let mark = if finding.result == ProbeResult::Fail { "FAIL" } else { finding.result.name() };
        format!("{mark}  {:<13} {}", finding.name, finding.detail)
    };
    let mut lines: Vec<String> = findings.iter().map(line).chain([String::new()]).collect();
    match verdict.cause {
        None => lines.push(format!("All is well: {}.", verdict.because)),
        Some(cause) => {
            lines.push(format!("{cause} ({}): {}.", verdict.confidence.name(), verdict.because));
            if cause != Cause::Unknown {
                lines.push(format!("guestwire explain {cause} says what to do."));
            }
        }
    }
    lines
}
