//! Opening a conversation; what the journal is told of it (draft, place, marks); and the history that it brings.

use super::notices::with_session;
use crate::journal::job::{HistoryPage, HistoryRange, KeptEntry};
use crate::journal::{Job, JournalReport};
use crate::model::ConversationKey;
use crate::session::JournalMode;
use crate::tui::state::log_pane::{NEAR, PAGE};
use crate::tui::state::{HistoryStretch, Pane, State, Subject};
use crate::tui::{Action, Effect};

/// Opens a conversation: its draft, its thread, its replies; the keys go to its composer.
pub fn open(state: &mut State, key: ConversationKey) {
    show(state, key);
    with_session(state, |session, _, changes| session.retarget_pass(key, changes));
}

/// The same, where it was not a person who chose it: a pass stays where it is.
pub fn show(state: &mut State, key: ConversationKey) {
    if with_session(state, |session, _, changes| session.open_conversation(key, changes)) {
        state.composer.switch(key);
        // The key beside it would answer here.
        state.status.over(Subject::Choices);
        state.focus(Pane::Composer);
    }
}

pub fn page(state: &mut State, report: JournalReport) {
    if let JournalReport::History(found) = report {
        history_found(state, found);
        state.log_pane.learn_causes(&state.session.threads, state.look.theme.ascii);
        return;
    }
    let reopen = !something_is_begun(state);
    with_session(state, |session, now, changes| session.apply_journal(report, reopen, now, changes));
}

/// Whether a person has begun something: what is typed stays where it was begun, so no other conversation is opened.
fn something_is_begun(state: &State) -> bool {
    let active = state.session.conversations.active();
    let first = state.session.conversations.keys().next();
    state.overlay.is_some()
        || state.demo.present.is_some()
        || !state.session.journal.held.is_empty()
        || !state.composer.text().is_empty()
        || active.is_some() && (active != first || state.arrangement.focus == Pane::Picker)
}

pub fn marked(state: &mut State, number: u64) {
    let Some(entry) = state.shown_log().entry(number) else { return };
    let (marked, comment) = (entry.kept.marked, entry.comment().map(str::to_owned));
    state.log_pane.marked(number, marked, comment.as_deref());
    if state.session.journal.keeps() {
        state.request(Effect::Journal(Job::Mark(number, marked, comment)));
    }
}

/// What a person decided about a conversation, or what was looked at, may have changed.
pub fn keep(state: &mut State, key: ConversationKey) {
    with_session(state, |session, _, changes| session.keep_conversation(key, changes));
}

/// After each event: tells which conversation is open, and saves the draft, and the place in the thread, that has waited
/// long enough, or whose conversation was left.
pub fn watch(state: &mut State) {
    if !state.session.journal.keeps() {
        return;
    }
    let active = state.composer.active();
    if let Some(left) = state.session.journal.watches(active) {
        save_draft(state, left);
        keep(state, left);
    }
    let Some(key) = active else { return };
    if state.session.journal.open_kept(active) {
        state.request(Effect::Journal(Job::Opened(key)));
    }
    let place = state.thread.place(key, &state.session.threads);
    if state.session.journal.place_is_due(key, place, state.now) {
        keep(state, key);
    }
    if state.session.journal.draft_is_due(key, state.composer.text(), state.now) {
        save_draft(state, key);
    }
}

fn save_draft(state: &mut State, key: ConversationKey) {
    let (text, cursor) = state.composer.draft_of(key);
    if state.session.journal.draft_kept(key, text) {
        let text = text.to_owned();
        state.request(Effect::Journal(Job::Draft(key, text, cursor)));
    }
}

/// The console is being left: what is not saved yet.
pub fn leaving(state: &mut State) -> Vec<Effect> {
    if state.session.journal.keeps() {
        let keys: Vec<_> = state.session.conversations.keys().collect();
        for key in keys {
            save_draft(state, key);
            keep(state, key);
        }
    }
    state.requests.take_requests()
}

/// Asks for what stands above, where one is near its end. `top`: one stood at the very top before the key.
pub fn look_above(state: &mut State, top: bool) {
    if state.session.journal.keeping == JournalMode::Off {
        return;
    }
    let want = match &state.log_pane.history {
        Some(history) if history.older && history.log.entries_above() < NEAR => {
            let (query, before) = (history.query.clone(), history.log.first_number());
            query.map_or(HistoryRange::Before(before), |query| HistoryRange::Found(query, before))
        }
        None if top
            && (older_is_kept(state) || state.session.journal.keeps() && state.session.log.totals.evicted > 0) =>
        {
            HistoryRange::Before(state.session.log.first_number())
        }
        _ => return,
    };
    ask_for(state, want);
}

fn ask_for(state: &mut State, want: HistoryRange) {
    state.requests.ask_for_history(&mut state.session.journal, want, PAGE);
}

fn older_is_kept(state: &State) -> bool {
    state.session.journal.oldest.is_some_and(|oldest| oldest < state.session.log.first_number())
}

/// Asks for what stands below. `bottom`: one stood at the very end before the key, and comes back to what happens now.
pub fn look_below(state: &mut State, bottom: bool) {
    let Some(history) = &state.log_pane.history else { return };
    let last = history.log.last_number();
    if history.newer && history.log.entries_below() < NEAR {
        let Some(last) = last else { return };
        ask_for(state, HistoryRange::After(last));
    } else if bottom && !history.newer && history.query.is_none() {
        state.close_history();
        if let Some(last) = last {
            state.session.log.place(last + 1, 0, 0);
        }
    }
}

pub fn oldest(state: &mut State) {
    let history = state.log_pane.history.as_ref();
    if history.map_or_else(|| older_is_kept(state), |history| history.query.is_none() && history.older) {
        ask_for(state, HistoryRange::After(0));
    }
}

pub fn find(state: &mut State, query: &str) {
    if state.session.journal.keeping == JournalMode::Off {
        state.status.info("There is no journal in this session, so there is nothing to search.");
        return state.status.offer(&[(Action::Search, "search the log")]);
    }
    state.requests.forget_history();
    state.status.info(format!("Looking for “{query}” in the journal…"));
    ask_for(state, HistoryRange::Found(query.to_owned(), u64::MAX));
}

fn history_found(state: &mut State, HistoryPage { request, found }: HistoryPage) {
    if !state.requests.history_found(request.serial) {
        return;
    }
    let (mut entries, more) = match found {
        Ok(found) => found,
        Err(problem) => return state.status.error(problem),
    };
    match (request.want, &mut state.log_pane.history) {
        (HistoryRange::Before(_), Some(history)) => history.prepend(&state.session, entries, more),
        (HistoryRange::Before(_), None) => {
            let Some(at) = entries.last().map(|entry| entry.number) else {
                return state.status.info("The journal has nothing older.");
            };
            entries.extend(state.session.log.oldest_as_kept(PAGE / 4));
            show_from(state, at, entries, more, false);
        }
        // From the beginning.
        (HistoryRange::After(0), _) => {
            let first = entries.first().map_or(0, |e| e.number);
            show_from(state, first, entries, false, more);
        }
        (HistoryRange::After(_), Some(history)) => {
            // Where the journal ends, the log in memory goes on.
            let live = state.session.log.first_number();
            let ends = entries.iter().any(|entry| entry.number >= live);
            entries.retain(|entry| entry.number < live);
            history.append(&state.session, entries, more && !ends);
        }
        (HistoryRange::After(_), None) => {}
        (HistoryRange::Found(query, before), Some(history))
            if before != u64::MAX && history.query.as_deref() == Some(query.as_str()) =>
        {
            history.prepend(&state.session, entries, more);
        }
        (HistoryRange::Found(query, _), _) if entries.is_empty() => {
            state.status.info(format!("“{query}” was not found in the journal."));
        }
        (HistoryRange::Found(query, _), _) => {
            let above = if more { " (and more above)" } else { "" };
            state.status.info(format!("{} found{above}, the newest last.", entries.len()));
            state.status.offer(&[(Action::Back, "back to the log")]);
            let history = HistoryStretch::new(&state.session, entries, Some(query), more, false);
            state.log_pane.replace_history(Some(history));
        }
    }
}

fn show_from(state: &mut State, at: u64, entries: Vec<KeptEntry>, older: bool, newer: bool) {
    let mut history = HistoryStretch::new(&state.session, entries, None, older, newer);
    history.log.place(at, 0, 0);
    state.log_pane.replace_history(Some(history));
}
