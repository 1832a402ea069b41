//! Files and attributes of the next message: the menu, its prompts, and answering with a choice.

use crate::model::{Attachment, ConversationKey, FileSource, OutgoingMessage};
use crate::session::attachments;
use crate::session::local::LocalRequest;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::composer::attachments::CarriedExtras;
use crate::tui::state::overlay::{DialogQuestion, Menu, MenuChoice, Overlay, PromptPurpose};
use crate::tui::state::status::Subject;
use crate::tui::state::{Pane, State};

use super::focus::focus;
use super::notices::shown_word;
use super::sending;

/// Why the next message can carry nothing; `None` where it can.
pub fn unavailable(state: &State) -> Option<&'static str> {
    match state.session.conversations.active_channel() {
        None => Some("no conversation is open"),
        Some(channel) => attachments::carries_nothing(channel),
    }
}

/// The conversation whose next message is meant; where it can carry nothing, that is said.
fn target(state: &mut State) -> Option<ConversationKey> {
    if let Some(why) = unavailable(state) {
        state.status.info(format!("Nothing was added: {why}."));
        return None;
    }
    state.session.conversations.active()
}

/// The menu of what the next message carries.
pub fn menu(state: &mut State) {
    let Some(key) = target(state) else { return };
    let mut items = vec![
        ("attach a file or an address".to_owned(), MenuChoice::Act(Action::Attach)),
        ("add a participant attribute".to_owned(), MenuChoice::Act(Action::Attribute)),
    ];
    if let Some(extras) = state.composer.carried() {
        for (at, file) in extras.attachments.iter().enumerate() {
            items.push((
                format!("remove the file {}", file.label()),
                MenuChoice::TakeOff(key, Some(CarriedExtras::Attachment(at))),
            ));
        }
        for (name, value) in &extras.attributes {
            let what = Some(CarriedExtras::Attribute(name.clone()));
            items.push((format!("remove {name}={value}"), MenuChoice::TakeOff(key, what)));
        }
        if extras.attachments.len() + extras.attributes.len() > 1 {
            items.push(("remove everything".to_owned(), MenuChoice::TakeOff(key, None)));
        }
    }
    let mut menu = Menu::new("Files and attributes of the next message", items);
    menu.intro =
        vec!["They are sent with the next message only; the conversation's own attributes are always sent.".to_owned()];
    state.overlay = Some(Overlay::Menu(menu));
}

/// Asks for a file.
pub fn ask_file(state: &mut State) {
    if let Some(key) = target(state) {
        state.prompt(PromptPurpose::Attach(key), "");
    }
}

/// Asks for an attribute.
pub fn ask_attribute(state: &mut State) {
    if let Some(key) = target(state) {
        state.prompt(PromptPurpose::Attribute(key), "");
    }
}

/// What is wrong with a file for this conversation's channel.
fn unfit(state: &State, key: ConversationKey, place: &FileSource) -> Option<&'static str> {
    attachments::unfit(state.session.conversations.channel(key)?, place)
}

/// What is wrong with what is typed for a file, as one types.
pub fn file_problem(state: &State, key: ConversationKey, typed: &str) -> Option<String> {
    if typed.trim().is_empty() {
        return None;
    }
    match attachments::attachment(typed) {
        Ok(made) => unfit(state, key, &made.place).map(str::to_owned),
        // A path is wrong until its last name is typed: that is no problem yet.
        Err(why) => typed.contains("://").then_some(why),
    }
}

/// A file was named. One of this machine is looked at first: a send finds out late that it is not there.
pub fn attach(state: &mut State, key: ConversationKey, typed: &str, effects: &mut Vec<Effect>) {
    if typed.is_empty() {
        return;
    }
    let made = attachments::attachment(typed).and_then(|made| match unfit(state, key, &made.place) {
        Some(why) => Err(why.to_owned()),
        None => Ok(made),
    });
    match made {
        Ok(file) => match file.place {
            FileSource::File(_) => effects.push(Effect::Local(LocalRequest::SeeFile(key, file))),
            FileSource::Url(_) => attached(state, key, file),
        },
        Err(why) => state.status.error(why),
    }
}

/// A file is sent with the next message.
pub fn attached(state: &mut State, key: ConversationKey, file: Attachment) {
    state.files.asked_path = None;
    state.status.info(format!("{} ({}) is sent with the next message.", file.label(), file.mime));
    state.status.about(Subject::NextMessage);
    state.composer.attach(key, file);
    focus(state, Pane::Composer);
}

/// An attribute was typed.
pub fn attribute(state: &mut State, key: ConversationKey, typed: &str) {
    if typed.is_empty() {
        return;
    }
    match attachments::attribute(typed) {
        Ok((name, value)) => {
            state.composer.attribute(key, &name, &value);
            state.status.info(format!("{name}={value} is sent with the next message."));
            state.status.about(Subject::NextMessage);
            focus(state, Pane::Composer);
        }
        Err(why) => state.status.error(why),
    }
}

/// Takes something off, or everything.
pub fn take_off(state: &mut State, key: ConversationKey, what: Option<&CarriedExtras>) {
    state.composer.take_off(key, what);
    state.status.info(if state.composer.carried().is_none() { "Only the text is sent." } else { "Removed." });
}

// ── choices ────────────────────────────────────────────────────────────────────────────────────────────────────

/// Why no choice can be taken; `None` where one can.
pub fn no_choice(state: &State) -> Option<&'static str> {
    let Some(key) = state.session.conversations.active() else { return Some("no conversation is open") };
    let offered = state.session.threads.get(key).and_then(crate::session::thread::Thread::offer).is_some();
    (!offered).then_some("no message of this conversation offers choices")
}

/// The menu of the choices that the newest message with choices offers. A digit takes one and sends it.
pub fn choose(state: &mut State) {
    if let Some(why) = no_choice(state) {
        state.status.info(format!("Nothing to choose: {why}."));
        return;
    }
    let Some(item) = state.session.conversations.active_item() else { return };
    let (key, name) = (item.conversation.key, item.name().to_owned());
    let buttons = item.conversation.channel().capabilities().buttons;
    let Some(offer) = state.session.threads.get(key).and_then(crate::session::thread::Thread::offer) else { return };
    let items = offer
        .choices
        .iter()
        .map(|choice| {
            let differs = buttons && choice.payload != choice.label;
            let text = if differs { format!("{} ({})", choice.label, choice.payload) } else { choice.label.clone() };
            (text, MenuChoice::Answer(Box::new(OutgoingMessage::answer(key, choice.clone(), offer.id))))
        })
        .collect();
    let mut menu = Menu::new(format!("Answer {name} with"), items);
    menu.quick = true;
    if !offer.text.is_empty() {
        menu.intro.push(format!("“{}”", offer.text));
    }
    if let Some(taken) = offer.taken {
        menu.intro.push(format!(
            "Already answered with “{}” ({}): this sends one more answer.",
            taken.text,
            shown_word(&taken.delivery)
        ));
    }
    let asks = if state.asks_before_sending() { " guestwire asks before it sends the answer." } else { "" };
    menu.intro.push(if buttons {
        format!("A number sends the choice, as a button would.{asks}")
    } else {
        format!("A number sends its words as a text: this channel has no other form for a choice.{asks}")
    });
    state.overlay = Some(Overlay::Menu(menu));
}

/// A choice was taken: it goes, in production after a question.
pub fn answer(state: &mut State, answer: Box<OutgoingMessage>, effects: &mut Vec<Effect>) {
    if sending::is_forbidden(state) {
        return;
    }
    if !state.asks_before_sending() {
        sending::answer(state, *answer, effects);
        return;
    }
    let lines = vec![
        format!("to      {}", state.session.conversations.name(answer.conversation)),
        format!("region  {}", state.session.profile.facts.region),
        format!("choice  “{}”", answer.text),
    ];
    let consent = state.consent();
    state.ask(DialogQuestion::Answer(answer), "PROD: send this answer?", lines, "send it", consent);
}
