//! Recording the screen: `:rec` begins and ends it, `--record` has begun it before the first key.

use crate::model::MessageId;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::State;

/// Begins a recording in a new file, or ends the one that runs.
pub fn toggle(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(path) = state.files.recording.take() {
        state.status.info(format!("Recorded in {}.", path.display()));
        effects.push(Effect::Record(None));
        return;
    }
    let path = state.new_export_path("cast");
    state.status.info(format!("Recording into {}.", path.display()));
    state.status.offer(&[(Action::Record, "stop")]);
    state.files.recording = Some(path.clone());
    effects.push(Effect::Record(Some(path)));
}

/// A message was handed over for sending: a place to jump to.
pub fn sent(state: &State, id: MessageId, effects: &mut Vec<Effect>) {
    let conversation = state.session.threads.message(id).map(|message| message.conversation);
    if state.files.recording.is_some()
        && let Some(conversation) = conversation
        && let Some(item) = state.session.conversations.get(conversation)
    {
        // A recording of a demo names nobody either.
        let to = state
            .demo
            .present
            .as_ref()
            .map_or_else(|| item.name().to_owned(), |p| p.aliases.conversation(conversation));
        mark(state, format!("message to {to}"), effects);
    }
}

/// Puts a marker into the recording, if one runs. `label` must be masked already.
pub fn mark(state: &State, label: impl Into<String>, effects: &mut Vec<Effect>) {
    if state.files.recording.is_some() {
        effects.push(Effect::Marker(label.into()));
    }
}
