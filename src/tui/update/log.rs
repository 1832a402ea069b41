//! What the log's keys do; the thread moves by the same ones.

use super::notices::with_session;
use super::{journal, sending};
use crate::diagnosis::render::{self, Ticket};
use crate::export::escape::unseen_as_escapes;
use crate::model::ConversationKey;
use crate::session::local::LocalRequest;
use crate::session::log::{Density, Log, LogEntry};
use crate::text::counted;
use crate::tui::state::{Card, Overlay, Prompt, PromptPurpose, State, Subject};
use crate::tui::{Action, Effect};

pub fn act(state: &mut State, action: Action) {
    let (top, bottom) = state.shown_log().at_ends();
    if let Some(rows) = rows(action, state.shown_log().viewport().1) {
        let log = state.shown_log_mut();
        match action {
            Action::LogUp | Action::LogDown => log.step(rows),
            _ => log.scroll(rows),
        }
        state.status.let_go_of_message();
        if rows < 0 {
            journal::look_above(state, top);
        } else {
            journal::look_below(state, bottom);
        }
        return;
    }
    match action {
        Action::LogFirst if top => journal::oldest(state),
        Action::LogLast | Action::Follow if state.log_pane.history.is_some() => {
            state.close_history();
            state.session.log.last();
        }
        Action::SearchKept => {
            let text = state.log_pane.history.as_ref().and_then(|h| h.query.clone()).unwrap_or_default();
            state.prompt(PromptPurpose::SearchKept, &text);
        }
        _ => act_on_entries(state, action),
    }
    match (action, state.shown_log().selected().map(LogEntry::number)) {
        (Action::LogFirst | Action::LogLast, _) => state.status.let_go_of_message(),
        (Action::NextError | Action::PreviousError, _) => state.status.let_go_of_message(),
        (Action::NextMatch | Action::PreviousMatch, _) => state.status.let_go_of_message(),
        (Action::Mark, Some(number)) => journal::marked(state, number),
        _ => {}
    }
}

/// By how many rows an action goes down (up where negative) in a window of so many.
fn rows(action: Action, height: u16) -> Option<isize> {
    let height = isize::try_from(height).unwrap_or(isize::MAX);
    let (page, half) = ((height - 1).max(1), (height / 2).max(1));
    Some(match action {
        Action::LogUp => -1,
        Action::LogDown => 1,
        Action::LogPageUp => -page,
        Action::LogPageDown => page,
        Action::LogHalfUp => -half,
        Action::LogHalfDown => half,
        _ => return None,
    })
}

fn act_on_entries(state: &mut State, action: Action) {
    let log = state.shown_log_mut();
    match action {
        Action::LogFirst => log.first(),
        Action::LogLast => log.last(),
        Action::Density => log.toggle_density(),
        Action::Follow => drop(log.toggle_follow()),
        Action::Wrap => drop(log.toggle_wrap()),
        Action::LogScope if log.toggle_scope() => state.status.info("The log shows all conversations."),
        Action::LogScope => state.status.info("The log shows this conversation."),
        Action::Quiet if log.toggle_quiet() => {
            state.status.info("Polling reads, typing and receipt frames are hidden; the heading counts them.");
        }
        Action::Quiet => state.status.info("Polling reads, typing and receipt frames are shown."),
        Action::Mark if log.toggle_mark().is_none() => nothing_chosen(state),
        Action::NextError if !log.to_error(true) => state.status.info("There is no error below."),
        Action::PreviousError if !log.to_error(false) => state.status.info("There is no error above."),
        Action::NextMatch if !log.to_match(true) => no_match(state, "below"),
        Action::PreviousMatch if !log.to_match(false) => no_match(state, "above"),
        Action::Search => state.prompt(PromptPurpose::Search, ""),
        Action::Comment => {
            let Some(entry) = log.selected() else { return nothing_chosen(state) };
            let prompt = Prompt::new(PromptPurpose::Comment(entry.number()), entry.comment().unwrap_or_default());
            state.overlay = Some(Overlay::Prompt(prompt));
        }
        Action::CopyIds => copy(state, |log| log.selected()?.copy_ids()),
        Action::CopyCurl => copy(state, |log| log.selected()?.copy_curl()),
        Action::CopyHeaders => copy(state, |log| log.selected()?.copy_headers()),
        Action::CopyBody => copy(state, |log| log.selected()?.copy_body()),
        Action::CopyLine => copy(state, Log::copy_line),
        Action::CopyTicket | Action::CopyNote => copy_diagnosis(state, action),
        Action::Why => explain(state),
        Action::Probe => {
            // What was kept of earlier sessions is over: a probe is about now.
            let number = state.session.log.why().map(LogEntry::number).filter(|_| state.log_pane.history.is_none());
            probe(state, number);
        }
        Action::CompareAccepted => compare_accepted(state),
        Action::Compare => compare(state),
        Action::Pager => match state.shown_log().page_text() {
            Some(text) => state.request(Effect::Page(text)),
            None => nothing_chosen(state),
        },
        Action::Export => save(state),
        Action::Resend => sending::ask_resend(state),
        Action::EditCopy => sending::edit_copy(state),
        Action::Settle => sending::ask_outcome(state),
        _ => {}
    }
}

/// Applies a move to the thread; all else acts on the chosen log entry, as in the log.
pub fn act_on_thread(state: &mut State, action: Action) {
    let Some(key) = state.session.conversations.active() else { return };
    let area = state.panes().thread.map(|area| area.inner).unwrap_or_default();
    let by = if action == Action::LogFirst { Some(isize::MIN) } else { rows(action, area.height) };
    if let Some(by) = by {
        state.with_thread(area, |pane, threads, context| pane.scroll_by(key, by, threads, context));
        return;
    }
    match action {
        Action::LogLast | Action::Follow => state.thread.follow(key),
        Action::Density => open_as_entry(state, key),
        _ => act(state, action),
    }
}

/// Enter in the thread: the log, at the exchange that carried the newest of the messages in view.
fn open_as_entry(state: &mut State, key: ConversationKey) {
    let (in_view, entries) = (&state.thread.in_view, state.session.threads.messages(key));
    let mut shown = entries.iter().rev().filter(|entry| in_view.contains(&entry.id));
    let Some(number) = shown.find_map(|entry| state.session.log.number_of(entry.message()?.exchange?)) else {
        let why = "The messages in view were not sent in this session, so there is no exchange to open.";
        return state.status.info(why);
    };
    state.show_log();
    state.close_history();
    if !state.session.log.select_number(number) {
        state.status.info(format!("The filter hides #{number}."));
        return state.status.offer(&[(Action::Back, "clear the filter")]);
    }
    if state.session.log.selected().is_some_and(|entry| entry.density == Density::Line) {
        state.session.log.toggle_density();
    }
}

fn no_match(state: &mut State, side: &str) {
    state.status.info(format!("No match {side}."));
    state.status.offer(&[(Action::Search, "search"), (Action::Filter, "filter")]);
}

fn nothing_chosen(state: &mut State) {
    let hidden = state.shown_log().entries().next().is_some();
    let why = if hidden { "No entry is shown, so none is chosen." } else { "The log is empty: there is no entry." };
    state.status.info(why);
}

fn copy(state: &mut State, what: fn(&Log) -> Option<String>) {
    match what(state.shown_log()) {
        Some(text) if !text.is_empty() => state.request(Effect::Copy(text)),
        _ if state.shown_log().selected().is_some() => state.status.info("This entry has nothing of that kind."),
        _ => nothing_chosen(state),
    }
}

/// The first press takes one entry, the second compares it with where one stands then.
fn compare(state: &mut State) {
    let Some(number) = state.shown_log().selected().map(LogEntry::number) else {
        return nothing_chosen(state);
    };
    let begun = state.log_pane.choose_to_compare(number);
    match begun.filter(|first| *first != number) {
        None => {
            let same = if begun.is_some() { "this is the same row, " } else { "" };
            state.status.info(format!("Comparing #{number}: {same}move to another row."));
            state.status.about(Subject::Comparison, &[(Action::Compare, "compare"), (Action::Back, "cancel")]);
        }
        Some(first) => {
            state.status.over(Subject::Comparison);
            show_differences(state, first, number);
        }
    }
}

fn show_differences(state: &mut State, first: u64, number: u64) {
    // Token numbers begin anew with each session.
    let of_session = [first, number].iter().all(|number| state.session.log.entry(*number).is_some());
    let scopes = |generation| of_session.then(|| state.session.diagnoses.evidence.granted(generation)).flatten();
    let Some(differences) = state.shown_log().compare(first, number, &scopes) else {
        return state.status.info(format!("#{first} is no longer in memory."));
    };
    let mut lines = Vec::new();
    let volatile = differences.iter().position(|difference| difference.volatile);
    for (at, difference) in differences.into_iter().enumerate() {
        if volatile == Some(at) {
            lines.push("── differs between any two entries ──".to_owned());
        }
        lines.push(difference.what);
        lines.extend([format!("  #{first}  {}", difference.left), format!("  #{number}  {}", difference.right)]);
    }
    if lines.is_empty() {
        lines.push("Nothing differs: target, token, headers, bodies and outcome are the same.".to_owned());
    }
    state.overlay = Some(Overlay::lines(format!("#{first} and #{number}"), lines));
}

fn save(state: &mut State) {
    if state.shown_log().entries().all(|e| e.exchange().is_none()) {
        return state.status.info("Nothing to save: the log has no requests yet.");
    }
    let har = state.shown_log().har();
    let what = counted(har["log"]["entries"].as_array().map_or(0, Vec::len), "exchange");
    let Ok(contents) = serde_json::to_string_pretty(&har) else { return };
    let contents = unseen_as_escapes(&contents);
    let path = state.new_export_path("har");
    state.request(Effect::Local(LocalRequest::Write { path, contents, what }));
}

fn explain(state: &mut State) {
    match state.shown_log().why().map(LogEntry::number) {
        Some(number) => state.overlay = Some(Overlay::Card(Card { number, scroll: 0, prefix: None })),
        None => state.status.info("No refusal in this log has a diagnosis, so there is nothing to explain."),
    }
}

/// `y t`, `y a`: a text made from the diagnosis of the chosen entry.
fn copy_diagnosis(state: &mut State, action: Action) {
    let text = state.shown_log().why().and_then(|entry| {
        let (exchange, diagnosis) = (entry.exchange()?, entry.diagnosis()?);
        let conversation = exchange.conversation.and_then(|key| Some(state.session.conversations.get(key)?.name()));
        let render = if action == Action::CopyTicket { render::ticket } else { render::note };
        let (profile, zone) = (&state.session.profile.facts, &state.look.zone);
        let text = render(&Ticket { diagnosis, exchange, profile, conversation, zone });
        Some(crate::text::screen::visible_lines(&text).collect::<Vec<_>>().join("\n"))
    });
    match text {
        Some(text) => state.request(Effect::Copy(text)),
        None => state.status.info("No refusal in this log has a diagnosis, so there is nothing to copy."),
    }
}

pub fn compare_accepted(state: &mut State) {
    let Some(entry) = state.shown_log().selected() else { return nothing_chosen(state) };
    let (number, of_conversation) = (entry.number(), entry.conversation().is_some());
    match state.shown_log().accepted_beside(number) {
        Some(accepted) => show_differences(state, accepted, number),
        None if of_conversation => {
            state.status.info("The log has no accepted message of this conversation to compare this entry with.");
        }
        None => state.status.info("This entry is of no conversation: there is no accepted message to compare it with."),
    }
}

/// Begins a series: about the chosen refusal, else about the open conversation.
pub fn probe(state: &mut State, number: Option<u64>) {
    if state.session.is_probing() {
        return state.status.info("The checks are still running; each is an entry of the log.");
    }
    state.status.info("The checks run: they only read, and each is an entry of the log.");
    with_session(state, |session, now, changes| session.probe(number, now, changes));
}
