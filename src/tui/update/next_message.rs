//! What the next message carries, answers, and does wrongly on purpose; and the faults of the sandbox that it meets.

use super::notices::shown_word;
use super::sending;
use crate::model::fault::{FAULTS, Fault};
use crate::model::{Attachment, ConversationKey, Extras, FileSource, OutgoingMessage, Variation};
use crate::session::local::{self, LocalRequest};
use crate::session::thread::Thread;
use crate::text::sentence;
use crate::tui::state::{DialogQuestion, Editor, Menu, MenuChoice, Overlay, Pane, PromptPurpose, State, Subject};
use crate::tui::{Action, Effect};

/// Why the next message can carry nothing; `None` where it can.
pub fn unavailable(state: &State) -> Option<&'static str> {
    let channel = state.session.conversations.active_channel();
    channel.map_or(Some("no conversation is open"), local::carries_nothing)
}

/// The conversation whose next message is meant; where it can carry nothing, that is said.
fn target(state: &mut State) -> Option<ConversationKey> {
    if let Some(why) = unavailable(state) {
        state.status.info(format!("Nothing was added: {why}."));
        return None;
    }
    state.session.conversations.active()
}

pub fn menu(state: &mut State) {
    let Some(key) = target(state) else { return };
    let mut items = vec![
        ("attach a file or an address".to_owned(), MenuChoice::Act(Action::Attach)),
        ("add a participant attribute".to_owned(), MenuChoice::Act(Action::Attribute)),
    ];
    if let Some(extras) = state.composer.carried() {
        for file in &extras.attachments {
            items.push((format!("remove the file {}", file.label()), MenuChoice::RemoveFile(key, file.clone())));
        }
        for (name, value) in &extras.attributes {
            items.push((format!("remove {name}={value}"), MenuChoice::RemoveAttribute(key, name.clone())));
        }
        if extras.attachments.len() + extras.attributes.len() > 1 {
            items.push(("remove everything".to_owned(), MenuChoice::RemoveCarried(key)));
        }
    }
    let intro = "They are sent with the next message only; the conversation's own attributes are always sent.";
    let menu = Menu { intro: vec![intro.to_owned()], ..Menu::new("Files and attributes of the next message", items) };
    state.overlay = Some(Overlay::Menu(menu));
}

pub fn ask(state: &mut State, purpose: fn(ConversationKey) -> PromptPurpose) {
    if let Some(key) = target(state) {
        state.prompt(purpose(key), "");
    }
}

fn unfit(state: &State, key: ConversationKey, file: &Attachment) -> Option<String> {
    Some(sentence(&file.objection(state.session.conversations.channel(key)?)?))
}

pub fn file_problem(state: &State, key: ConversationKey, typed: &str) -> Option<String> {
    if typed.trim().is_empty() {
        return None;
    }
    match local::attachment(typed) {
        Ok(made) => unfit(state, key, &made),
        // A path is wrong until its last name is typed: that is no problem yet.
        Err(why) => typed.contains("://").then_some(why),
    }
}

/// A file was named. One of this machine is looked at first: a send finds out late that it is not there.
pub fn attach(state: &mut State, key: ConversationKey, typed: &str) {
    if typed.is_empty() {
        return;
    }
    match local::attachment(typed) {
        Ok(file) => match (unfit(state, key, &file), &file.place) {
            (Some(why), _) => state.status.error(why),
            (None, FileSource::File(_)) => state.request(Effect::Local(LocalRequest::SeeFile(key, file))),
            (None, FileSource::Url(_)) => attached(state, key, file),
        },
        Err(why) => state.status.error(why),
    }
}

pub fn attached(state: &mut State, key: ConversationKey, file: Attachment) {
    state.files.path_known();
    carries(state, format!("{} ({})", file.label(), file.mime));
    state.composer.carried_mut(key).attachments.push(file);
    state.focus(Pane::Composer);
}

pub fn attribute(state: &mut State, key: ConversationKey, typed: &str) {
    if typed.is_empty() {
        return;
    }
    match local::attribute(typed) {
        Ok((name, value)) => {
            state.composer.carried_mut(key).attributes.insert(name.clone(), value.clone());
            carries(state, format!("{name}={value}"));
            state.focus(Pane::Composer);
        }
        Err(why) => state.status.error(why),
    }
}

fn carries(state: &mut State, what: String) {
    state.status.info(format!("{what} is sent with the next message."));
    state.status.about(Subject::NextMessage, &[]);
}

/// Takes something off what the next message carries now, which may be more than when the menu was opened.
pub fn remove(state: &mut State, key: ConversationKey, take_off: impl FnOnce(&mut Extras)) {
    take_off(state.composer.carried_mut(key));
    state.status.info(if state.composer.carried().is_none() { "Only the text is sent." } else { "Removed." });
}

/// Why no choice can be taken; `None` where one can.
pub fn no_choice(state: &State) -> Option<&'static str> {
    let Some(key) = state.session.conversations.active() else { return Some("no conversation is open") };
    let offered = state.session.threads.get(key).and_then(Thread::offer).is_some();
    (!offered).then_some("no message of this conversation offers choices")
}

/// The menu of the choices that the newest message with choices offers. A digit takes one and sends it.
pub fn choose(state: &mut State) {
    if let Some(why) = no_choice(state) {
        return state.status.info(format!("Nothing to choose: {why}."));
    }
    let Some(item) = state.session.conversations.active_item() else { return };
    let (key, buttons) = (item.conversation.key, item.conversation.channel().capabilities().buttons);
    let Some(offer) = state.session.threads.get(key).and_then(Thread::offer) else { return };
    let items = offer.choices.iter().map(|choice| {
        let differs = buttons && choice.payload != choice.label;
        let text = if differs { format!("{} ({})", choice.label, choice.payload) } else { choice.label.clone() };
        (text, MenuChoice::Answer(Box::new(OutgoingMessage::answer(key, choice.clone(), offer.id))))
    });
    let mut intro = Vec::new();
    if !offer.text.is_empty() {
        intro.push(format!("“{}”", offer.text));
    }
    if let Some(taken) = offer.taken {
        let word = shown_word(&taken.delivery);
        intro.push(format!("Already answered with “{}” ({word}): this sends one more answer.", taken.text));
    }
    let asks = if state.asks_before_sending() { " guestwire asks before it sends the answer." } else { "" };
    intro.push(if buttons {
        format!("A number sends the choice, as a button would.{asks}")
    } else {
        format!("A number sends its words as a text: this channel has no other form for a choice.{asks}")
    });
    let title = format!("Answer {} with", item.name());
    state.overlay = Some(Overlay::Menu(Menu { quick: true, intro, ..Menu::new(title, items) }));
}

/// A choice was taken: it goes, in production after a question.
pub fn answer(state: &mut State, answer: Box<OutgoingMessage>) {
    if sending::is_forbidden(state) {
        return;
    }
    if !state.asks_before_sending() {
        return sending::answer(state, *answer);
    }
    let lines = vec![
        format!("to      {}", state.session.conversations.name(answer.conversation)),
        format!("region  {}", state.session.profile.facts.region),
        format!("choice  “{}”", answer.text),
    ];
    state.ask(DialogQuestion::Answer(answer), "PROD: send this answer?", lines, "send it", state.consent());
}

/// The bench: the sandbox's faults; elsewhere those of this side.
pub fn fault_bench(state: &mut State) {
    if !state.session.profile.sandbox {
        return ask_how_wrong(state);
    }
    let mut items = vec![
        ("turn all faults off".to_owned(), MenuChoice::Fault(None)),
        ("send the next message as …".to_owned(), MenuChoice::Act(Action::SendAs)),
    ];
    let mut groups: Vec<(usize, &str)> = Vec::new();
    for row in FAULTS {
        if !row.menu.is_empty() && groups.last().is_none_or(|(_, name)| *name != row.group.name()) {
            groups.push((items.len(), row.group.name()));
        }
        items.extend(row.menu.iter().map(|(label, json)| {
            // The mark is a word: a fault waits for a request, or holds.
            let line = serde_json::from_str(json).ok().and_then(|json| Fault::parse(&json).ok());
            let is_on =
                |on: &Fault| line.as_ref().is_some_and(|line| (&on.kind, on.target) == (&line.kind, line.target));
            let on = if state.requests.faults().iter().any(is_on) { "   ON" } else { "" };
            (format!("{label}{on}"), MenuChoice::Fault(Some(*json)))
        }));
    }
    state.overlay = Some(Overlay::Menu(Menu {
        intro: vec!["The sandbox applies the fault to the next requests.".to_owned()],
        groups,
        filter: Some(Editor::default()),
        ..Menu::new("Break something on purpose", items)
    }));
}

/// The faults that are made on this side: they work against any organisation.
pub fn ask_how_wrong(state: &mut State) {
    let mut items = vec![("as usual".to_owned(), MenuChoice::SendAs(None))];
    let channel = state.session.conversations.active_channel();
    items.extend(Variation::ALL.map(|v| {
        // What makes no sense on this channel stays listed, with its reason.
        let text = match channel.and_then(|c| Some((c, v.senseless(c)?))) {
            Some((channel, why)) => format!("{v}: not on {}: {why}", channel.capabilities().short),
            None => format!("{v}: {}", v.about()),
        };
        (text, MenuChoice::SendAs(Some(v)))
    }));
    let intro = vec![
        "guestwire itself makes the message wrong, and marks it everywhere.".to_owned(),
        "The session's own token is not touched.".to_owned(),
    ];
    let title = "Send the next message wrongly on purpose";
    state.overlay = Some(Overlay::Menu(Menu { intro, ..Menu::new(title, items) }));
}

pub fn send_as(state: &mut State, variation: Option<Variation>) {
    if let Some((variation, why)) = variation.and_then(|v| Some((v, sending::senseless(state, v)?))) {
        return state.status.info(format!("Not as {variation}: {why}."));
    }
    state.next_send.send_as = variation;
    let Some(variation) = variation else { return state.status.info("The next message is sent as usual.") };
    state.status.warn(format!("The next message is sent wrongly on purpose: {variation}, {}.", variation.about()));
    state.status.about(Subject::NextMessage, &[(Action::SendAs, "change")]);
    state.focus(Pane::Composer);
}
