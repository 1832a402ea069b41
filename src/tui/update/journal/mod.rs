//! What the journal brings, and what it is told.

mod history;
pub mod persist;
mod queue;
pub mod restore;

use crate::journal::{Job, Page, Trouble};
use crate::model::Kind;
use crate::session::journal_status::Keeping;
use crate::tui::Effect;
use crate::tui::state::State;

pub use history::{close, find, look_above, look_below, oldest};
pub use persist::{conversation, exchanged, heard, learned, leaving, marked, watch};
pub use queue::{resume, send, take_back_paused};

/// Applies a page.
pub fn page(state: &mut State, page: Page, effects: &mut Vec<Effect>) {
    match page {
        Page::Restored(restored) => restore::restored(state, *restored, effects),
        Page::Trouble(trouble) => self::trouble(state, trouble, effects),
        Page::Well => {
            state.session.journal.trouble = None;
            state.status.info("The journal keeps everything again.");
        }
        Page::Notice(text) => {
            note(state, text.as_str(), effects);
            state.status.warn(text);
        }
        Page::History(found) => history::found(state, found),
    }
}

/// Tells the journal, where there is one.
pub fn keep(state: &State, job: Job, effects: &mut Vec<Effect>) {
    if state.session.journal.keeping != Keeping::Off {
        effects.push(Effect::Journal(job));
    }
}

/// A sentence of guestwire itself, in the log and in the journal.
pub fn note(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    state.session.log.note(state.now, Kind::Sys, text);
    if state.session.journal.keeps()
        && let Some(number) = state.session.log.last_number()
    {
        let job = Job::Note { number, at: state.now, kind: Kind::Sys, text: text.to_owned() };
        effects.push(Effect::Journal(job));
    }
}

fn trouble(state: &mut State, trouble: Trouble, effects: &mut Vec<Effect>) {
    let before = state.session.journal.trouble.as_ref().map(|t| t.sentence.clone());
    if before.as_ref() != Some(&trouble.sentence) {
        state.session.log.note(state.now, Kind::Sys, trouble.sentence.as_str());
        state.status.error(trouble.sentence.clone());
    }
    state.session.journal.trouble = Some(trouble);
    if state.session.journal.keeping == Keeping::Opening {
        state.session.journal.keeping = Keeping::ReadOnly;
        release(state, effects);
    }
}

/// What waited for the journal goes.
fn release(state: &mut State, effects: &mut Vec<Effect>) {
    effects.extend(std::mem::take(&mut state.session.journal.held).into_iter().map(Effect::Engine));
}
