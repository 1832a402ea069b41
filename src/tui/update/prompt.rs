//! Keys while a prompt stands on top: what is typed, what follows from each change, and what Enter does with it.

use crossterm::event::{KeyCode, KeyEvent};

use super::{conversations, journal, next_message, pass};
use crate::pass::runner::RunnerEvent;
use crate::session::local::LocalRequest;
use crate::tui::state::overlay::edit_line;
use crate::tui::state::{Overlay, Pane, Prompt, PromptPurpose, State};
use crate::tui::{Action, Effect};

pub fn key(state: &mut State, mut prompt: Prompt, action: Option<Action>, key: KeyEvent) {
    let mut is_changed = false;
    match (action, prompt.purpose) {
        (Some(Action::Dismiss), PromptPurpose::Filter(pane)) => return drop(apply_filter(state, pane, "")),
        (Some(Action::Dismiss), _) => return,
        // A filter that cannot be read is not taken: it stays to be mended, with what is wrong.
        (Some(Action::Confirm), PromptPurpose::Filter(_)) if prompt.problem.is_some() => {}
        (Some(Action::Confirm), _) => return accept(state, &prompt),
        (Some(Action::DialogDown), purpose) if key.code == KeyCode::Tab && purpose.is_path() => {
            state.request(Effect::Local(LocalRequest::CompletePath(prompt.input.text().to_owned())));
        }
        (Some(Action::DialogUp), _) => prompt.chosen = (prompt.chosen + 1).min(prompt.found.len().saturating_sub(1)),
        (Some(Action::DialogDown), _) => prompt.chosen = prompt.chosen.saturating_sub(1),
        (_, purpose) => {
            is_changed = edit_line(&mut prompt.input, key.code, key.modifiers);
            prompt.problem.take_if(|_| is_changed && purpose.is_path());
        }
    }
    state.overlay = Some(Overlay::Prompt(prompt));
    if is_changed {
        changed(state);
    }
}

pub fn changed(state: &mut State) {
    let Some(Overlay::Prompt(mut prompt)) = state.overlay.take() else { return };
    let text = prompt.input.text().to_owned();
    match prompt.purpose {
        PromptPurpose::Filter(pane) => prompt.problem = apply_filter(state, pane, &text),
        PromptPurpose::Search => state.shown_log_mut().set_search(&text),
        PromptPurpose::History => {
            prompt.found = state.composer.search_history(&text);
            let silent = prompt.found.is_empty() && !text.is_empty();
            prompt.problem = silent.then(|| "no message that was sent has this".to_owned());
            prompt.chosen = 0;
        }
        PromptPurpose::Attach(key) => prompt.problem = next_message::file_problem(state, key, &text),
        _ => {}
    }
    state.overlay = Some(Overlay::Prompt(prompt));
}

/// Filters a pane; what is wrong with the filter, if anything.
fn apply_filter(state: &mut State, pane: Pane, text: &str) -> Option<String> {
    if pane == Pane::Picker {
        state.session.conversations.set_filter(text);
        return None;
    }
    if text.trim().is_empty() {
        state.shown_log_mut().clear_filter();
        return None;
    }
    let now = state.now.wall;
    state.shown_log_mut().set_filter(text, now).err().map(|e| e.to_string())
}

/// The file that was named cannot be used: what was typed stands there again, with the reason.
pub fn path_refused(state: &mut State, why: String) {
    if let Some((purpose, typed)) = state.files.path_known()
        && state.overlay.is_none()
    {
        let prompt = Prompt { problem: Some(why.clone()), ..Prompt::new(purpose, &typed) };
        state.overlay = Some(Overlay::Prompt(prompt));
    }
    state.status.error(why);
}

pub fn path_completed(state: &mut State, typed: &str, completed: &str, names: &[String]) {
    let Some(Overlay::Prompt(prompt)) = &mut state.overlay else { return };
    if prompt.input.text() != typed {
        return;
    }
    prompt.input = completed.into();
    prompt.problem = match names {
        [] => Some("no file begins like this".to_owned()),
        [_] => None,
        names => Some(names.join("  ")),
    };
}

fn accept(state: &mut State, prompt: &Prompt) {
    let text = prompt.input.text().trim().to_owned();
    state.files.path_typed(prompt.purpose, &text);
    match prompt.purpose {
        PromptPurpose::Search
            if !text.is_empty() && !state.shown_log_mut().to_match(false) && !state.shown_log_mut().to_match(true) =>
        {
            state.status.info(format!("“{text}” was not found in the log."));
        }
        PromptPurpose::Nickname(key) => {
            state.session.conversations.set_nickname(key, &text);
            journal::keep(state, key);
            state.session.log.set_names(state.session.names());
        }
        PromptPurpose::Comment(number) => {
            state.shown_log_mut().comment_on(number, &text);
            journal::marked(state, number);
            let verb = if text.is_empty() { "has no" } else { "has a" };
            state.status.info(format!("#{number} {verb} comment."));
        }
        PromptPurpose::SearchKept if !text.is_empty() => journal::find(state, &text),
        PromptPurpose::Filter(_) | PromptPurpose::Search | PromptPurpose::SearchKept => {}
        PromptPurpose::Add => conversations::add(state, &text),
        PromptPurpose::Site(deployment) => conversations::add_web(state, deployment, &text),
        PromptPurpose::PassFile => pass::path_given(state, text.into()),
        PromptPurpose::PassNote(at, _) => pass::pass_event(state, RunnerEvent::Note(at, &text)),
        PromptPurpose::Reports => pass::write_reports(state, &text),
        PromptPurpose::SessionPass => pass::write_session(state, &text),
        PromptPurpose::Attach(key) => next_message::attach(state, key, &text),
        PromptPurpose::Attribute(key) => next_message::attribute(state, key, &text),
        PromptPurpose::History => {
            if let Some(text) = prompt.found.get(prompt.chosen) {
                state.composer.set_text(text);
            }
        }
    }
}
