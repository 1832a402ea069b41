//! The pages of history that are asked for, and that come.

use crate::journal::Job;
use crate::journal::job::{HistoryPage as Found, HistoryRange, HistoryRequest};
use crate::session::journal_status::JournalMode;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::State;
use crate::tui::state::history::{HistoryStretch, NEAR, PAGE};

fn ask(state: &mut State, want: HistoryRange, effects: &mut Vec<Effect>) {
    if state.questions.journal.is_some() {
        return;
    }
    let serial = state.session.journal.next_serial();
    state.questions.journal = Some(serial);
    effects.push(Effect::Journal(Job::History(HistoryRequest { serial, want, limit: PAGE })));
}

/// Asks for what stands above, where one is near the top of what is in memory. `top`: one stood at the very top before
/// the key.
pub fn look_above(state: &mut State, top: bool, effects: &mut Vec<Effect>) {
    if state.session.journal.keeping == JournalMode::Off {
        return;
    }
    match &state.log_pane.history {
        Some(history) if history.older && history.log.entries_above() < NEAR => {
            let before = history.log.first_number();
            let want = match &history.query {
                Some(query) => HistoryRange::Found { query: query.clone(), before },
                None => HistoryRange::Before(before),
            };
            ask(state, want, effects);
        }
        Some(_) => {}
        None => {
            let before = state.session.log.first_number();
            let older = state.session.journal.oldest.is_some_and(|oldest| oldest < before);
            let evicted = state.session.journal.keeps() && state.session.log.evicted() > 0;
            if top && (older || evicted) {
                ask(state, HistoryRange::Before(before), effects);
            }
        }
    }
}

/// Asks for what stands below. `bottom`: one stood at the very bottom before the key; then one comes back to what happens
/// now.
pub fn look_below(state: &mut State, bottom: bool, effects: &mut Vec<Effect>) {
    let Some(history) = &state.log_pane.history else { return };
    if history.newer && history.log.entries_below() < NEAR {
        let Some(last) = history.log.last_number() else { return };
        ask(state, HistoryRange::After(last), effects);
    } else if bottom && !history.newer && history.query.is_none() {
        let last = history.log.last_number();
        close(state);
        if let Some(last) = last {
            state.session.log.place(last + 1, 0, 0);
        }
    }
}

/// The very beginning of what is kept.
pub fn oldest(state: &mut State, effects: &mut Vec<Effect>) {
    if state.log_pane.history.as_ref().is_some_and(|h| h.query.is_none() && h.older)
        || (state.log_pane.history.is_none()
            && state.session.journal.oldest.is_some_and(|oldest| oldest < state.session.log.first_number()))
    {
        ask(state, HistoryRange::After(0), effects);
    }
}

/// Looks for words in all that is kept.
pub fn find(state: &mut State, query: &str, effects: &mut Vec<Effect>) {
    if state.session.journal.keeping == JournalMode::Off {
        state.status.info("There is no journal in this session, so there is nothing to search.");
        state.status.offer(&[(Action::Search, "search the log")]);
        return;
    }
    state.questions.journal = None;
    state.status.info(format!("Looking for “{query}” in the journal…"));
    ask(state, HistoryRange::Found { query: query.to_owned(), before: u64::MAX }, effects);
}

/// Back to what happens now.
pub fn close(state: &mut State) {
    state.log_pane.history = None;
    state.questions.journal = None;
}

/// A page came.
pub fn found(state: &mut State, found: Found) {
    // An answer to a question that nobody has any more.
    if state.questions.journal.take_if(|serial| *serial == found.serial).is_none() {
        return;
    }
    if let Some(problem) = found.problem {
        state.status.error(problem);
        return;
    }
    let live_first = state.session.log.first_number();
    match (found.want, &mut state.log_pane.history) {
        (HistoryRange::Before(_), Some(history)) => history.prepend(&state.session, found.entries, found.more),
        (HistoryRange::Before(before), None) => {
            if found.entries.is_empty() {
                state.status.info("The journal has nothing older.");
                return;
            }
            let at = found.entries.last().map_or(before, |e| e.number);
            let mut entries = found.entries;
            entries.extend(state.session.log.oldest_as_kept(PAGE / 4));
            let mut history = HistoryStretch::new(&state.session, entries, None, found.more, false);
            history.log.place(at, 0, 0);
            state.log_pane.history = Some(history);
        }
        // From the beginning.
        (HistoryRange::After(0), _) => {
            let first = found.entries.first().map_or(0, |e| e.number);
            let newer = found.more;
            let mut history = HistoryStretch::new(&state.session, found.entries, None, false, newer);
            history.log.place(first, 0, 0);
            state.log_pane.history = Some(history);
        }
        (HistoryRange::After(_), Some(history)) => {
            // Where the journal ends, the log in memory goes on.
            let count = found.entries.len();
            let entries: Vec<_> = found.entries.into_iter().filter(|e| e.number < live_first).collect();
            let reached = !found.more || entries.len() < count;
            history.append(&state.session, entries, !reached);
        }
        (HistoryRange::After(_), None) => {}
        (HistoryRange::Found { query, before }, open) => match open {
            Some(history) if before != u64::MAX && history.query.as_deref() == Some(query.as_str()) => {
                history.prepend(&state.session, found.entries, found.more);
            }
            _ if found.entries.is_empty() => {
                state.status.info(format!("“{query}” was not found in the journal."));
            }
            _ => {
                let count = found.entries.len();
                let more = if found.more { " (and more above)" } else { "" };
                state.status.info(format!("{count} found{more}, the newest last."));
                state.status.offer(&[(Action::Back, "back to the log")]);
                state.log_pane.history =
                    Some(HistoryStretch::new(&state.session, found.entries, Some(query), found.more, false));
            }
        },
    }
}
