//! What the engine's reports change. What they mean for the session is decided there.

use crate::engine::Report;
use crate::model::{ConversationKey, ProbeQuestion};
use crate::tui::Effect;
use crate::tui::state::State;

use super::notices::{carry_out, say_what_is_known_now};
use super::{demo, discover, ids};

/// Applies a report.
pub fn report(state: &mut State, report: Report, effects: &mut Vec<Effect>) {
    let report = match report {
        Report::Discovered { page, found, more } => return discover::came(state, page, found, more),
        Report::Probe { asked: asked @ ProbeQuestion::Id(..), came } => return ids::came(state, asked, &came, effects),
        // Where nothing is to move by itself, nothing is shown of it.
        Report::Typing { .. } if state.manners.calm => return,
        report => report,
    };
    if let Report::Token(status) = &report {
        demo::token(state, status);
    }
    let before = spoken_in(&report).map(|key| (key, demo::count(state, key)));
    let changes = state.session.apply(report, state.now);
    carry_out(state, changes, effects);
    say_what_is_known_now(state);
    if let Some((key, before)) = before {
        demo::came(state, key, before);
    }
}

/// The conversation whose messages a report brings.
const fn spoken_in(report: &Report) -> Option<ConversationKey> {
    match report {
        Report::Conversation { key, .. } | Report::MessagesArrived { key, .. } => Some(*key),
        _ => None,
    }
}
