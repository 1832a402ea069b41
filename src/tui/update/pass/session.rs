//! A session that was driven by hand becomes a pass file.

use std::path::PathBuf;

use crate::session::local::LocalRequest;
use crate::tui::Effect;
use crate::tui::state::State;
use crate::tui::state::overlay::PromptPurpose;

/// Asks where to; says where there is nothing to write.
pub fn ask_session(state: &mut State) {
    if state.session.as_pass(state.now, &state.look.zone).is_none() {
        state.status.info("Nothing was sent in this session yet: there is nothing to make a pass of.");
        return;
    }
    let file = format!("pass-{}.toml", state.now.wall.strftime("%Y%m%d-%H%M%S"));
    state.prompt(PromptPurpose::SessionPass, &file);
}

/// Writes it.
pub fn write_session(state: &mut State, path: &str, effects: &mut Vec<Effect>) {
    if let Some(contents) = state.session.as_pass(state.now, &state.look.zone).filter(|_| !path.is_empty()) {
        let (path, what) = (PathBuf::from(path), "pass file".to_owned());
        effects.push(Effect::Local(LocalRequest::Write { path, contents, what }));
    }
}
