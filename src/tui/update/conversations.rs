//! The list of conversations: what its keys do; conversations that are added, from what is active on the remote side or by a
//! pasted id, which is sorted out by form and by what is known, and looked up where that does not tell; and the card of ids.

use super::journal::{self, keep, open};
use super::notices::with_session;
use crate::config::address;
use crate::config::regions::MessengerSnippet;
use crate::diagnosis::ids::{Candidate, FoundId, IdKind, IdLookUp, KnownIds, candidates, find};
use crate::engine::{Command, DiscoveredConversation};
use crate::model::ids::is_uuid;
use crate::model::{Address, Conversation, ConversationKey, ProbeQuestion, Probed};
use crate::session::JournalMode;
use crate::session::conversations::ADDED_MALFORMED;
use crate::session::local::LocalRequest;
use crate::text::screen::short_id;
use crate::text::{clause, counted};
use crate::tui::state::ids::{self, IdSearch, IdsPurpose, known, places};
use crate::tui::state::{Consent, DialogQuestion, Menu, MenuChoice, Overlay, PageContent, Pane, PromptPurpose, State};
use crate::tui::{Action, Effect};

/// Conversations of a page turn.
const PAGE: isize = 10;

pub fn act(state: &mut State, action: Action) {
    match (action, state.session.conversations.selected()) {
        (Action::PickerUp, _) => state.session.conversations.step(-1),
        (Action::PickerDown, _) => state.session.conversations.step(1),
        (Action::PickerPageUp, _) => state.session.conversations.step(-PAGE),
        (Action::PickerPageDown, _) => state.session.conversations.step(PAGE),
        (Action::PickerFirst, _) => state.session.conversations.step(isize::MIN),
        (Action::PickerLast, _) => state.session.conversations.step(isize::MAX),
        (Action::Open, Some(key)) => open(state, key),
        (Action::NextUnread, _) if state.session.conversations.next_unread().is_none() => {
            state.status.info("Nothing is unread.");
        }
        (Action::Pin, Some(key)) => {
            state.session.conversations.pin(key);
            keep(state, key);
        }
        (Action::Nickname, Some(key)) => {
            let name = state.session.conversations.name(key);
            state.prompt(PromptPurpose::Nickname(key), &name);
        }
        (Action::IdCard, Some(key)) => state.overlay = Some(Overlay::page(PageContent::Ids(key))),
        (Action::Add, _) => state.prompt(PromptPurpose::Add, ""),
        (Action::Remove, Some(key)) => ask_remove(state, key),
        (Action::KeepInConfig, _) => keep_in_config(state),
        (Action::Discover, _) => ask_page(state, 1),
        (Action::Refresh, _) => refresh(state),
        (Action::Sort, _) => {
            state.session.conversations.toggle_sort();
            state.status.info(format!("Conversations in order: {}.", state.session.conversations.order_word()));
        }
        _ => {}
    }
}

fn ask_remove(state: &mut State, key: ConversationKey) {
    let name = state.session.conversations.name(key);
    if let Some(why) = state.session.not_removable(key) {
        return state.status.info(format!("“{name}” stays: {why}."));
    }
    let shows = format!("{} shows all conversations", state.key(Action::LogScope));
    let lines = vec![format!("What was said in it stays in the log ({shows}). It can be added again.")];
    let title = format!("Remove “{name}” from the list?");
    state.ask(DialogQuestion::Remove(key), title, lines, "remove it", Consent::Enter);
}

pub fn remove(state: &mut State, key: ConversationKey) {
    let name = state.session.conversations.name(key);
    if state.composer.active() == Some(key) {
        state.composer.set_text("");
        journal::watch(state);
    }
    if with_session(state, |session, _, changes| session.remove_conversation(key, changes)) {
        state.status.info(format!("“{name}” is removed from the list."));
        state.focus(Pane::Picker);
    }
}

fn keep_in_config(state: &mut State) {
    let Some(item) = state.session.conversations.selected_item() else { return };
    let conversation = Conversation { name: item.name().to_owned(), ..item.conversation.clone() };
    state.request(Effect::Local(LocalRequest::KeepInConfig(Box::new(conversation))));
}

/// Reads the conversation that one stands on (picker) or that is open (elsewhere).
pub fn refresh(state: &mut State) {
    let selected = state.session.conversations.selected().filter(|_| state.arrangement.focus == Pane::Picker);
    if let Some(key) = selected.or(state.session.conversations.active()) {
        state.request(Effect::Engine(Command::Read(key)));
    }
}

pub fn ask_page(state: &mut State, page: u32) {
    state.requests.discover(page);
    state.status.info(match page {
        1 => "Asking which conversations are active…".to_owned(),
        page => format!("Asking for page {page}…"),
    });
}

pub fn page_arrived(state: &mut State, page: u32, found: Result<Vec<DiscoveredConversation>, String>, more: bool) {
    if !state.requests.discovered(page) {
        return;
    }
    let found = match found {
        Ok(found) => found,
        Err(why) => {
            let said = format!("Active conversations cannot be listed: {}.", clause(&why));
            state.status.error(format!("{said} You can still add one by its id."));
            return state.status.offer(&[(Action::Add, "add by id")]);
        }
    };
    if state.overlay.is_some() {
        state.status.info(format!("{} found.", counted(found.len(), "active conversation")));
        return state.status.offer(&[(Action::Discover, "show them")]);
    }
    if found.is_empty() {
        let none = if page == 1 { "No conversation is active." } else { "There are no more active conversations." };
        return state.status.info(none);
    }
    state.status.clear();
    let lead = |found: DiscoveredConversation| {
        let DiscoveredConversation { conversation_id: conversation, participant_id: participant, .. } = found;
        MenuChoice::AddFound(Candidate { conversation, participant, swapped: None })
    };
    let mut items: Vec<_> = found.into_iter().map(|found| (line(state, &found), lead(found))).collect();
    if more {
        items.push(("more…".to_owned(), MenuChoice::Page(page + 1)));
    }
    let intro = vec!["One is added as a guest-api conversation, or opened if it is in the list already.".to_owned()];
    let title = format!("Active conversations, newest first, page {page}");
    state.overlay = Some(Overlay::Menu(Menu { intro, ..Menu::new(title, items) }));
}

/// `5f0c…a2  since 14:02  webmessaging · in the list: Billing bot`
fn line(state: &State, found: &DiscoveredConversation) -> String {
    let zone = &state.look.zone;
    let since = found.began.map(|began| {
        let (began, now) = (began.to_zoned(zone.clone()), state.now.wall.to_zoned(zone.clone()));
        let form = if began.date() == now.date() { "  since %H:%M" } else { "  since %d %b %H:%M" };
        began.strftime(form).to_string()
    });
    let item = state.session.conversations.with_conversation_id(&found.conversation_id);
    let (via, known) = (found.via.as_ref(), item.map(|item| format!(" · in the list: {}", item.name())));
    let more = [since, via.map(|via| format!("  {via}")), known].into_iter().flatten().collect::<String>();
    format!("{}{more}", short_id(&found.conversation_id, state.look.theme.ascii))
}

/// Adds the conversation that a pasted text leads to. Where only looking up can tell which, it is looked up first.
pub fn add(state: &mut State, text: &str) {
    if state.session.journal.keeping == JournalMode::Opening {
        return state.status.info("The journal is still being read: try again in a moment.");
    }
    if let Some(snippet) = MessengerSnippet::read(text) {
        // It names deployment and region; of the site only a person knows.
        return match (snippet.foreign_to(&state.session.profile.facts.region), snippet.deployment_id.parse()) {
            (Some(why), _) => state.status.error(why),
            (None, Ok(id)) => state.prompt(PromptPurpose::Site(id), "https://"),
            (None, Err(_)) => state.status.error("The snippet's deploymentId is not a UUID."),
        };
    }
    let known = known(&state.session);
    let found = find(text, &known);
    let is_unknown = |id: &str| found.iter().any(|found| found.id == id && found.what == IdKind::Unknown);
    let clear = candidates(&found).iter().any(|lead| !is_unknown(&lead.conversation));
    let lookup = IdLookUp::at(&found, known.clone());
    if !clear && lookup.next().is_some() && state.session.sign_in.status.facts().is_some() {
        state.status.info("Looking up the ids: each request is an entry of the log.");
        begin(state, lookup, IdsPurpose::Add(text.to_owned()));
    } else {
        add_found(state, text, &known);
    }
}

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
        open(state, key);
        return state.status.info(format!("“{name}” is this guest: it is open now."));
    }
    let name = format!("web guest {}", short_id(&deployment.to_string(), state.look.theme.ascii));
    add_address(state, name, address);
    say_added(state);
    state.status.offer(&[(Action::KeepInConfig, "write it into the config file")]);
}

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
                let participant = lead.participant.as_ref().map(|id| format!("  participant {id}"));
                (lead.conversation.clone() + &participant.unwrap_or_default(), MenuChoice::AddFound(lead))
            });
            state.overlay = Some(Overlay::Menu(Menu::new("The text names several conversations", items)));
        }
    }
}

/// An integration or a deployment is no conversation: it becomes one by what else must be said, in the config.
fn not_a_conversation(state: &mut State, place: &FoundId) {
    let (channel, field, more) = match place.what {
        IdKind::Integration => {
            ("open-messaging", "integration_id", r#"guest = { id = "guest-42", id_type = "Opaque" }"#)
        }
        _ => ("web-messaging", "deployment_id", r#"origin = "https://shop.example""#),
    };
    let (what, because, id) = (place.what.of_one(), place.because(), &place.id);
    let (profile, closes) = (&state.session.profile.facts.name, state.keys.map.key(Action::Dismiss));
    let text = format!(
        r#"This is {what}, and no conversation's ({because}).
Put it into config.toml, with the other settings that the channel needs:

  [[profiles.{profile}.conversations]]
  name = "…"
  channel = "{channel}"
  {field} = "{id}"
  {more}

y copies this · {closes} closes"#
    );
    state.overlay = Some(Overlay::lines("Not a conversation", text.lines().map(str::to_owned).collect()));
}

/// Adds a conversation as guest-api, or opens it where the picker has it.
pub fn add_one(state: &mut State, lead: Candidate) {
    let Candidate { conversation: id, participant: participant_id, swapped } = lead;
    if let Some(item) = state.session.conversations.with_conversation_id(&id) {
        let (key, name) = (item.conversation.key, item.name().to_owned());
        open(state, key);
        let why = swapped.map_or_else(String::new, |why| format!(" ({why})"));
        return state.status.info(format!("“{name}” already has this id: it is open now.{why}"));
    }
    let well_formed = is_uuid(&id);
    let name = format!("added {}", short_id(&id, state.look.theme.ascii));
    add_address(state, name, Address::GuestApi { conversation_id: id, participant_id, external_id: None });
    match swapped {
        Some(why) => state.status.warn(format!("Swapped: {why}.")),
        None if well_formed => say_added(state),
        None => state.status.warn(ADDED_MALFORMED),
    }
}

fn say_added(state: &mut State) {
    state.status.info(if state.session.journal.keeps() {
        "Added, and kept for this profile."
    } else {
        "Added for this session; put it into config.toml to keep it."
    });
}

fn add_address(state: &mut State, name: String, address: Address) {
    let key = with_session(state, |session, _, changes| session.add_conversation(name, address, changes));
    open(state, key);
}

pub fn look_up(state: &mut State, key: ConversationKey) {
    let Some(item) = state.session.conversations.get(key) else { return };
    let mut lookup = IdLookUp::default();
    // A participant is found by reading its conversation.
    for (what, id) in places(&item.conversation.address).into_iter().filter(|(what, _)| *what != IdKind::Participant) {
        lookup.also(id, what);
    }
    if lookup.next().is_none() {
        return state.status.info("These ids are malformed, so they cannot be looked up.");
    }
    if state.session.sign_in.status.facts().is_none() {
        lookup.without_token();
        if lookup.next().is_none() {
            return state.status.info("Without a token the ids cannot be looked up.");
        }
    }
    begin(state, lookup, IdsPurpose::Card(key));
}

/// Opens the conversation that is meant. False where nothing is wrong, or what is right is not known.
pub fn swap(state: &mut State, key: ConversationKey) -> bool {
    let Some(address) = ids::swap(&state.session, key) else { return false };
    let name = state.session.conversations.name(key);
    if let Some(key) = state.session.conversations.with_address(&address) {
        open(state, key);
        state.status.info("The right conversation is already in the list: it is open now.");
        return true;
    }
    add_address(state, format!("{name}, corrected"), address);
    state.status.warn(format!("Swapped: this conversation has the right ids. Correct “{name}” in config.toml, too."));
    true
}

fn begin(state: &mut State, lookup: IdLookUp, purpose: IdsPurpose) {
    if !state.requests.look_up(IdSearch { lookup, purpose }) {
        state.status.info("Ids are already being looked up; try again in a moment.");
    }
}

pub fn answered(state: &mut State, asked: ProbeQuestion, result: &Probed) {
    let exchange = state.session.log.probed(result).map(|exchange| &**exchange);
    let Some(id_search) = state.requests.id_found(asked, result, exchange) else { return };
    let trouble = id_search.lookup.troubles.first().cloned();
    match id_search.purpose {
        // Who opened something else meanwhile is not interrupted.
        IdsPurpose::Add(_) if state.overlay.is_some() => {
            state.status.info("The ids were looked up. Paste the text again to add a conversation.");
        }
        IdsPurpose::Add(text) => {
            let known = id_search.lookup.known.clone();
            let nothing =
                candidates(&find(&text, &known)).iter().all(|c| known.about(&c.conversation).next().is_none());
            let before = state.session.conversations.items().len();
            add_found(state, &text, &known);
            if nothing && trouble.is_none() && state.session.conversations.items().len() > before {
                state.status.warn("Added, although no conversation, deployment or integration with this id was found.");
            }
        }
        IdsPurpose::Card(_) => {}
    }
    if let Some(why) = trouble {
        state.status.warn(format!("Ids: {why}."));
    }
}
