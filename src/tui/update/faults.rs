//! The fault bench: what the sandbox breaks, and what this side sends wrongly on purpose.

use tui_input::Input;

use crate::model::Variation;
use crate::model::fault::{FAULTS, FaultRow};
use crate::session::local::LocalRequest;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::State;
use crate::tui::state::overlay::{Menu, MenuChoice, Overlay};

/// The faults of the menu, group by group: what stands on screen, and the JSON of the sandbox's control API.
pub fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    FAULTS.iter().copied().flat_map(|row: &'static FaultRow| row.menu.iter().copied())
}

/// Sets a fault of the sandbox, or clears all. What is on then is asked for: some are used up at once.
pub fn set(state: &mut State, fault: Option<String>, effects: &mut Vec<Effect>) {
    if fault.is_none() {
        state.questions.faults.clear();
        effects.push(Effect::Local(LocalRequest::Fault(None)));
        return;
    }
    effects.extend([LocalRequest::Fault(fault), LocalRequest::TellFaults].map(Effect::Local));
}

/// The bench: the sandbox's faults; elsewhere those of this side.
pub fn open(state: &mut State) {
    if !state.session.profile.sandbox {
        open_send_as(state);
        return;
    }
    let mut items = vec![
        ("turn all faults off".to_owned(), MenuChoice::Fault(None)),
        ("send the next message as …".to_owned(), MenuChoice::Act(Action::SendAs)),
    ];
    let mut groups: Vec<(usize, &'static str)> = Vec::new();
    for row in FAULTS {
        if !row.menu.is_empty() && groups.last().is_none_or(|(_, name)| *name != row.group.label()) {
            groups.push((items.len(), row.group.label()));
        }
        // The mark is a word: a fault waits for a request, or holds.
        let on = state.questions.faults.iter().any(|on| on.split(' ').next() == Some(row.name));
        let on = if on { "   ON" } else { "" };
        items.extend(row.menu.iter().map(|(label, json)| (format!("{label}{on}"), MenuChoice::Fault(Some(*json)))));
    }
    let mut menu = Menu::new("Break something on purpose", items);
    menu.intro = vec!["The sandbox applies the fault to the next requests.".to_owned()];
    menu.groups = groups;
    menu.filter = Some(Input::default());
    state.overlay = Some(Overlay::Menu(menu));
}

/// The faults that are made on this side: they work against any organisation.
pub fn open_send_as(state: &mut State) {
    let mut items = vec![("as usual".to_owned(), MenuChoice::SendAs(None))];
    let channel = state.session.conversations.active_channel();
    items.extend(Variation::ALL.map(|v| {
        // What makes no sense on this channel stays listed, with its reason.
        let text = match channel.and_then(|c| Some((c, v.senseless(c)?))) {
            Some((channel, why)) => format!("{v}: not on {}: {why}", channel.short()),
            None => format!("{v}: {}", v.about()),
        };
        (text, MenuChoice::SendAs(Some(v)))
    }));
    let mut menu = Menu::new("Send the next message wrongly on purpose", items);
    menu.intro = vec![
        "guestwire itself makes the message wrong, and marks it everywhere.".to_owned(),
        "The session's own token is not touched.".to_owned(),
    ];
    state.overlay = Some(Overlay::Menu(menu));
}
