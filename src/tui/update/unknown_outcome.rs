//! The dialog for a message of unknown outcome, and the looks at its conversation while nobody knows.

use crate::model::{DeliveryStatus, Ending, FailureKind, Message};
use crate::session::log::LogEntry;
use crate::session::outcome_watch::OutcomeWatch;
use crate::tui::Effect;
use crate::tui::state::State;
use crate::tui::state::overlay::{Menu, MenuChoice, Overlay};

use super::notices::carry_out;

/// The message of the chosen log entry.
pub fn selected(state: &State) -> Option<&Message> {
    state.session.threads.message(state.shown_log().selected()?.exchange()?.message?)
}

/// The message of the chosen log entry, if nobody knows what became of it.
pub fn selected_unknown(state: &State) -> Option<&Message> {
    let unknown = |m: &&Message| matches!(m.delivery, DeliveryStatus::Unknown(_));
    // One of an earlier session may have no entry: then the oldest of the open conversation is meant.
    selected(state).filter(unknown).or_else(|| {
        let open = state.session.conversations.active()?;
        state.session.threads.unknown().find(|m| m.conversation == open)
    })
}

/// Opens the dialog, and looks at the conversation from now on.
pub fn ask(state: &mut State, effects: &mut Vec<Effect>) {
    let Some((id, key)) = selected_unknown(state).map(|m| (m.id, m.conversation)) else {
        state.status.info(match state.shown_log().selected().and_then(LogEntry::settled) {
            Some(true) => "This outcome is settled already: the message was received.",
            Some(false) => "This outcome is settled already: the message was not received.",
            None => "The chosen entry has no unknown outcome.",
        });
        return;
    };
    let channel = state.session.conversations.channel(key);
    state.session.watch_outcome(id, state.now);
    let again = if channel.is_some_and(|channel| channel.capabilities().idempotent) {
        "send it again anyway, under the same message id (asks for a word)"
    } else {
        "send it again anyway (asks for a word)"
    };
    let items = vec![
        ("keep watching".to_owned(), MenuChoice::KeepWatching(id)),
        ("mark as received".to_owned(), MenuChoice::Settle(id, true)),
        ("mark as not received".to_owned(), MenuChoice::Settle(id, false)),
        (again.to_owned(), MenuChoice::SendAnyway(id)),
    ];
    state.overlay = Some(Overlay::Menu(Menu::new("What became of this message?", items)));
    watch(state, effects);
}

/// After each event: looks when it is time, and says in the dialog where that stands.
pub fn watch(state: &mut State, effects: &mut Vec<Effect>) {
    let changes = state.session.look_for_outcome(state.now);
    carry_out(state, changes, effects);
    let Some(watch) = state
        .session
        .outcome_watch
        .filter(|watch| state.overlay.as_ref().and_then(Overlay::unknown_message) == Some(watch.message))
    else {
        return;
    };
    let intro = intro(state, &watch);
    if let Some(Overlay::Menu(menu)) = &mut state.overlay {
        menu.intro = intro;
    }
}

fn intro(state: &State, looking: &OutcomeWatch) -> Vec<String> {
    let Some(message) = state.session.threads.message(looking.message) else { return Vec::new() };
    let item = state.session.conversations.get(message.conversation);
    let unreadable = item.and_then(|item| item.readable.unreadable());
    let look = match (looking.looks(), looking.next, unreadable) {
        (1.., _, Some(why)) => format!("The conversation was not checked: {}.", why.sentence()),
        (0, None, _) => "The conversation cannot be read here: only a person can tell.".to_owned(),
        (looks, next, _) => {
            let times = if looks == 1 { "once".to_owned() } else { format!("{looks} times") };
            let next = next.map_or_else(
                || "It is not checked again by itself.".to_owned(),
                |next| format!("Next check in {} s.", next.left(state.now).as_millis().div_ceil(1_000)),
            );
            format!("Checked the conversation {times}: the message is not there yet. {next}")
        }
    };
    vec![
        format!("“{}”", message.text),
        happened(state, message),
        look,
        "Until it is settled it counts as neither sent nor refused.".to_owned(),
    ]
}

/// What happened, in time, as far as the log still has it; else why it is unknown.
fn happened(state: &State, message: &Message) -> String {
    let why = match &message.delivery {
        DeliveryStatus::Unknown(why) => why.to_string(),
        other => other.word().to_owned(),
    };
    let entry = message.exchange.and_then(|id| state.session.log.entry_of(id));
    let told = entry.and_then(|e| e.exchange()).and_then(|exchange| {
        let attempt = exchange.last_attempt()?;
        let took = attempt.timing.total.map_or_else(String::new, |t| format!(" after {:.1} s", t.as_secs_f64()));
        match attempt.ending.as_ref()? {
            Ending::Answered(response) => Some(format!(
                "The server answered {}{took}; it may have received the message before that",
                response.status
            )),
            Ending::Failed(failure) => {
                let what = match failure.kind {
                    FailureKind::Reset => "The connection closed",
                    FailureKind::SessionEnded => "The guest's session ended",
                    FailureKind::Timeout => "No answer had come",
                    FailureKind::Cancelled => "It was taken back",
                    _ => "No complete answer had come",
                };
                Some(format!("{what}{took}, after the request was written; the server may have accepted it"))
            }
        }
    });
    told.map_or_else(|| format!("{why}."), |told| format!("{told} ({why})."))
}
