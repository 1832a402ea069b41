//! Which keys do what, in words, from the live bindings.

use super::State;
use crate::tui::action::Action;

/// `p passed · f failed …`, from the live keys.
pub fn verdict_keys(state: &State) -> String {
    let keys = [
        (Action::VerdictPass, "passed"),
        (Action::VerdictFail, "failed"),
        (Action::VerdictBlocked, "blocked"),
        (Action::VerdictSkip, "skipped"),
    ];
    keys.map(|(action, words)| format!("{} {words}", state.key(action))).join(" · ")
}
