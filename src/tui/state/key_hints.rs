//! Which keys do what, in words, from the live bindings.

use super::State;
use crate::tui::action::Action;

/// `p pass · f fail …`, from the live keys.
pub fn verdict_keys(state: &State) -> String {
    let keys = [
        (Action::VerdictPass, "pass"),
        (Action::VerdictFail, "fail"),
        (Action::VerdictBlocked, "blocked"),
        (Action::VerdictSkip, "skip"),
    ];
    keys.map(|(action, words)| format!("{} {words}", state.key(action))).join(" · ")
}
