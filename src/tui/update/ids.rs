//! Pasting ids (`+`) and the card of a conversation's ids (`#`): sorted out by form and by what is known, and looked up
//! where that does not tell.

use crate::config::address;
use crate::config::regions::MessengerSnippet;
use crate::diagnosis::ids::{Candidate, FoundId, IdKind, IdLookUp, KnownIds, candidates, find};
use crate::model::ids::is_uuid;
use crate::model::{Address, Conversation, ConversationKey, ProbeQuestion, Probed};
use crate::session::JournalMode;
use crate::session::conversations::ADDED_MALFORMED;
use crate::tui::action::Action;
use crate::tui::state::State;
use crate::tui::state::ids::{self, IdSearch, IdsPurpose, known, places};
use crate::tui::state::overlay::{Menu, MenuChoice, Overlay, PageContent, PromptPurpose};

use super::journal::open as open_conversation;
use super::notices::with_session;

/// Adds the conversation that a pasted text leads to. Where only looking up can tell which, it is looked up first.
pub fn add(state: &mut State, text: &str) {
    if state.session.journal.keeping == JournalMode::Opening {
        return state.status.info("The journal is still being read: try again in a moment.");
    }
    if let Some(snippet) = MessengerSnippet::read(text) {
        return add_snippet(state, &snippet);
    }
    let known = known(&state.session);
    let found = find(text, &known);
    let clear =
        candidates(&found).iter().any(|c| !found.iter().any(|f| f.id == c.conversation && f.what == IdKind::Unknown));
    let look = IdLookUp::at(&found, known.clone());
    if !clear && !look.is_idle() && state.session.sign_in.status.facts().is_some() {
        state.status.info("Looking up the ids: each request is an entry of the log.");
        begin(state, look, IdsPurpose::Add(text.to_owned()));
    } else {
        add_found(state, text, &known);
    }
}

/// A Messenger's snippet names deployment and region; of the site only a person knows.
fn add_snippet(state: &mut State, snippet: &MessengerSnippet) {
    if let Some(why) = snippet.foreign_to(&state.session.profile.facts.region) {
        return state.status.error(why);
    }
    match snippet.deployment_id.parse() {
        Ok(id) => state.prompt(PromptPurpose::Site(id), "https://"),
        Err(_) => state.status.error("The snippet's deploymentId is not a UUID."),
    }
}

/// Adds a guest of a web deployment who comes from `site`.
pub fn add_web(state: &mut State, deployment: uuid::Uuid, site: &str) {
    let origin = match address::origin(site) {
        Ok(origin) => origin,
        Err(why) => {
            state.prompt(PromptPurpose::Site(deployment), site);
            return state.status.error(why);
        }
    };
    let address = Address::WebMessaging { deployment_id: deployment.to_string(), origin };
    if let Some(key) = state.session.conversations.with_address(&address) {
        let name = state.session.conversations.name(key);
        open_conversation(state, key);
        return state.status.info(format!("“{name}” is this guest: it is open now."));
    }
    let name = format!("web guest {}", crate::text::screen::short_id(&deployment.to_string(), state.look.theme.ascii));
    add_address(state, name, address);
    state.status.info("Added for this profile.");
    state.status.offer(&[(Action::KeepInConfig, "write it into the config file")]);
}

/// Adds what the text leads to by what is known now.
fn add_found(state: &mut State, text: &str, known: &KnownIds) {
    let found = find(text, known);
    let mut leads = candidates(&found);
    match (leads.len(), found.iter().find(|f| matches!(f.what, IdKind::Integration | IdKind::Deployment))) {
        (0, Some(place)) => not_a_conversation(state, place),
        (0, None) if text.is_empty() => {}
        (0, None) if text.contains(char::is_whitespace) => {
            state.status.error("There is no id in this text: ids are UUIDs, or 32 hexadecimal digits for messages.");
        }
        // A malformed id may be wanted for a negative test: it is taken, and flagged.
        (0, None) => {
            add_one(state, Candidate { conversation: text.to_owned(), participant: None, swapped: None });
        }
        (1, _) => add_one(state, leads.remove(0)),
        _ => {
            let items = leads.into_iter().map(|lead| {
                let participant = lead.participant.as_ref().map_or_else(String::new, |p| format!("  participant {p}"));
                (format!("{}{participant}", lead.conversation), MenuChoice::AddFound(lead))
            });
            state.overlay = Some(Overlay::Menu(Menu::new("The text names several conversations", items.collect())));
        }
    }
}

/// An integration or a deployment is no conversation: it becomes one by what else must be said, in the config.
fn not_a_conversation(state: &mut State, place: &FoundId) {
    let (channel, field, more) = match place.what {
        IdKind::Integration => {
            ("open-messaging", "integration_id", "guest = { id = \"guest-42\", id_type = \"Opaque\" }")
        }
        _ => ("web-messaging", "deployment_id", "origin = \"https://shop.example\""),
    };
    let lines = vec![
        format!("This is {}, and no conversation's ({}).", place.what.of_one(), place.because()),
        "Put it into config.toml, with the other settings that the channel needs:".to_owned(),
        String::new(),
        format!("  [[profiles.{}.conversations]]", state.session.profile.facts.name),
        "  name = \"…\"".to_owned(),
        format!("  channel = \"{channel}\""),
        format!("  {field} = \"{}\"", place.id),
        format!("  {more}"),
        String::new(),
        format!("y copies this · {} closes", state.keys.map.key(Action::Dismiss)),
    ];
    state.overlay = Some(Overlay::lines("Not a conversation", lines));
}

/// Adds a conversation as guest-api, or opens it where the picker has it.
pub fn add_one(state: &mut State, lead: Candidate) {
    let Candidate { conversation: id, participant: participant_id, swapped } = lead;
    if let Some(item) = state.session.conversations.with_conversation_id(&id) {
        let (key, name) = (item.conversation.key, item.name().to_owned());
        open_conversation(state, key);
        let why = swapped.map_or_else(String::new, |why| format!(" ({why})"));
        return state.status.info(format!("“{name}” already has this id: it is open now.{why}"));
    }
    let well_formed = is_uuid(&id);
    let name = format!("added {}", crate::text::screen::short_id(&id, state.look.theme.ascii));
    add_address(state, name, Address::GuestApi { conversation_id: id, participant_id, external_id: None });
    match swapped {
        Some(why) => state.status.warn(format!("Swapped: {why}.")),
        None if well_formed => state.status.info(if state.session.journal.keeps() {
            "Added, and kept for this profile."
        } else {
            "Added for this session; put it into config.toml to keep it."
        }),
        None => state.status.warn(ADDED_MALFORMED),
    }
}

fn add_address(state: &mut State, name: String, address: Address) {
    let key = state.session.conversations.free_key();
    let conversation = Conversation { key, name, address };
    with_session(state, |session, _, changes| session.add_conversation(conversation, changes));
    open_conversation(state, key);
}

/// `#`: the card.
pub fn open(state: &mut State) {
    if let Some(key) = state.session.conversations.selected() {
        state.overlay = Some(Overlay::page(PageContent::Ids(key)));
    }
}

/// Asks the service what the ids of a conversation are.
pub fn look_up(state: &mut State, key: ConversationKey) {
    let Some(item) = state.session.conversations.get(key) else { return };
    // A participant is found by reading its conversation.
    let ids = places(&item.conversation.address).into_iter().filter(|(what, _)| *what != IdKind::Participant);
    let mut look = IdLookUp::default();
    for (what, id) in ids {
        look.also(id, what);
    }
    if look.is_idle() {
        return state.status.info("These ids are malformed, so they cannot be looked up.");
    }
    if state.session.sign_in.status.facts().is_none() {
        look.without_token();
        if look.is_idle() {
            return state.status.info("Without a token the ids cannot be looked up.");
        }
    }
    begin(state, look, IdsPurpose::Card(key));
}

/// Opens the conversation that is meant. False where nothing is wrong, or what is right is not known.
pub fn swap(state: &mut State, key: ConversationKey) -> bool {
    let Some(item) = state.session.conversations.get(key) else { return false };
    let name = item.name().to_owned();
    let Some(address) = ids::swap(&state.session, key) else { return false };
    if let Some(key) = state.session.conversations.with_address(&address) {
        open_conversation(state, key);
        state.status.info("The right conversation is already in the list: it is open now.");
        return true;
    }
    add_address(state, format!("{name}, corrected"), address);
    state.status.warn(format!("Swapped: this conversation has the right ids. Correct “{name}” in config.toml, too."));
    true
}

fn begin(state: &mut State, look: IdLookUp, purpose: IdsPurpose) {
    if !state.questions.look_up(IdSearch { look, purpose }) {
        state.status.info("Ids are already being looked up; try again in a moment.");
    }
}

pub fn answered(state: &mut State, asked: ProbeQuestion, result: &Probed) {
    let exchange = match result {
        Probed::Asked(id) => state.session.log.entry_of(*id).and_then(|e| e.exchange()),
        Probed::NotAsked(_) => None,
    };
    let Some(id_search) = state.questions.id_told(asked, result, exchange) else { return };
    let trouble = id_search.look.troubles.first().cloned();
    match id_search.purpose {
        // Who opened something else meanwhile is not interrupted.
        IdsPurpose::Add(_) if state.overlay.is_some() => {
            state.status.info("The ids were looked up. Paste the text again to add a conversation.");
        }
        IdsPurpose::Add(text) => {
            let known = id_search.look.known.clone();
            let nothing =
                candidates(&find(&text, &known)).iter().all(|c| known.about(&c.conversation).next().is_none());
            add_found(state, &text, &known);
            if nothing && trouble.is_none() {
                state.status.warn("Added, although no conversation, deployment or integration with this id was found.");
            }
        }
        IdsPurpose::Card(_) => {}
    }
    if let Some(why) = trouble {
        state.status.warn(format!("Ids: {why}."));
    }
}
