//! Which pane has the focus, and the log and the pass in each other's place.

use crate::tui::action::Action;
use crate::tui::state::{Pane, State};

/// Gives a pane the focus. The composer needs a conversation to write to: false where there is none.
pub fn focus(state: &mut State, pane: Pane) -> bool {
    if pane == Pane::Composer && state.session.conversations.active().is_none() {
        state.arrangement.focus = Pane::Picker;
        state.status.info("No conversation is open: open one, or add one.");
        state.status.offer(&[(Action::Open, "open"), (Action::Add, "add")]);
        return false;
    }
    state.arrangement.focus = pane;
    keep_focus_visible(state);
    true
}

/// After a resize or a change of shape: the focus is never on a pane that is not on screen.
pub fn keep_focus_visible(state: &mut State) {
    if state.arrangement.zoomed || state.arrangement.focus == Pane::Picker {
        return;
    }
    let panes = state.panes();
    if panes.too_small || panes.get(state.arrangement.focus).is_some() {
        return;
    }
    state.arrangement.focus = match state.arrangement.focus {
        Pane::Log if panes.pass.is_some() => Pane::Pass,
        Pane::Log if panes.thread.is_some() => Pane::Thread,
        Pane::Pass if panes.log.is_some() => Pane::Log,
        Pane::Pass if panes.thread.is_some() => Pane::Thread,
        Pane::Thread if panes.log.is_some() => Pane::Log,
        _ => Pane::Composer,
    };
}

/// The log with the focus, in whatever place something else stands.
pub fn show_log(state: &mut State) {
    hide_pass(state);
    state.arrangement.uncover_log();
    focus(state, Pane::Log);
}

/// The pass stands in the log's place and has the focus.
pub fn show_pass(state: &mut State) {
    if state.session.pass.runner.is_some() {
        state.pass_pane.shown = true;
        state.arrangement.uncover_log();
        state.arrangement.focus = Pane::Pass;
        keep_focus_visible(state);
    }
}

/// The log comes back; the pass goes on.
pub fn hide_pass(state: &mut State) {
    state.pass_pane.shown = false;
    if state.arrangement.focus == Pane::Pass {
        state.arrangement.focus = Pane::Log;
    }
    keep_focus_visible(state);
}
