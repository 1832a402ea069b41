//! What a person asks of the guest session of a web conversation.

use crate::engine::Command;
use crate::model::{ConversationKey, SessionAsk, WebSession};
use crate::session::conversations::ConversationItem;
use crate::text::clause;
use crate::tui::state::token_badge::session_words;
use crate::tui::state::{DialogQuestion, Menu, MenuChoice, Overlay, Pane, State, Subject};
use crate::tui::{Action, Effect};

/// What can be asked, in the menu's order, with the words of its line.
const ASKS: [(SessionAsk, Action, &str); 8] = [
    (SessionAsk::Connect, Action::SessionConnect, "open it, or resume it"),
    (SessionAsk::StartNew, Action::SessionNew, "start a new session as the same guest"),
    (SessionAsk::NewGuest, Action::SessionGuest, "be a new guest (asks)"),
    (SessionAsk::Join, Action::SessionJoin, "join: begin the conversation without a message"),
    (SessionAsk::History, Action::SessionHistory, "read a page of earlier messages"),
    (SessionAsk::Health, Action::SessionHealth, "ask whether it is alive"),
    (SessionAsk::Clear, Action::SessionClear, "end the conversation and erase it (asks)"),
    (SessionAsk::Close, Action::SessionClose, "close it (asks)"),
];

/// What cannot be taken back.
const NEW_GUEST: &str = "The guest token is deleted: you cannot come back to the present session and its messages.";
const CLEAR: &str =
    "The other side is told, and the guest's messages are erased at the service. The deployment must allow it.";

pub fn ask_of(action: Action) -> Option<SessionAsk> {
    ASKS.iter().find(|(_, own, _)| *own == action).map(|(ask, ..)| *ask)
}

/// The conversation that is meant: the chosen one in the picker, else the open one.
fn meant(state: &State) -> Option<&ConversationItem> {
    if state.arrangement.focus == Pane::Picker {
        state.session.conversations.selected_item()
    } else {
        state.session.conversations.active_item()
    }
}

/// Why nothing can be asked of any session here.
pub fn no_session(state: &State) -> Option<&'static str> {
    match meant(state) {
        None => Some("no conversation is open"),
        Some(item) => item.session().is_none().then_some("only web-messaging has a session"),
    }
}

/// Why this cannot be asked now; `None` where it can.
pub fn unavailable(state: &State, ask: SessionAsk) -> Option<&'static str> {
    no_session(state).or_else(|| state_forbids(&meant(state)?.live.session, ask))
}

/// A person can wait for what is under way; a script that asks again waits for it by that.
fn state_forbids(session: &WebSession, ask: SessionAsk) -> Option<&'static str> {
    let opening = *session == WebSession::Connecting && ask != SessionAsk::Close;
    if opening { Some("it is being opened") } else { session.forbids(ask) }
}

/// The menu of all that can be asked; what cannot be asked now stays listed, with the reason.
pub fn menu(state: &mut State) {
    if let Some(why) = no_session(state) {
        return state.status.info(format!("No session here: {why}."));
    }
    let Some(item) = meant(state) else { return };
    let session = &item.live.session;
    let items = ASKS.map(|(ask, _, words)| match state_forbids(session, ask) {
        None => (words.to_owned(), MenuChoice::Session(item.conversation.key, ask)),
        Some(why) => (format!("{words}: not now, {why}"), MenuChoice::NotNow(why)),
    });
    let chosen = items.iter().position(|(_, choice)| !matches!(choice, MenuChoice::NotNow(_)));
    let said = session_words(session, state.now);
    let title = format!("Guest session of {}", item.name());
    let intro = vec![match session {
        WebSession::ReadOnly(why)
        | WebSession::Ended(why)
        | WebSession::Unreachable(why)
        | WebSession::Reconnecting(_, why) => format!("Now: {said}: {why}"),
        _ => format!("Now: {said}."),
    }];
    let line = |wanted: SessionAsk| ASKS.iter().position(|(ask, ..)| *ask == wanted);
    let wanted = match session {
        // What goes on after an end is a new session, not the old one.
        WebSession::ReadOnly(_) | WebSession::Ended(_) => line(SessionAsk::StartNew),
        // Where all is well, a hasty Enter changes nothing.
        WebSession::Open { .. } => line(SessionAsk::Health),
        _ => chosen,
    };
    let chosen = wanted.unwrap_or(0);
    state.overlay = Some(Overlay::Menu(Menu { intro, chosen, ..Menu::new(title, items) }));
}

pub fn act(state: &mut State, ask: SessionAsk) {
    if let Some(why) = unavailable(state, ask) {
        return state.status.info(format!("Not now: {why}."));
    }
    if let Some(key) = meant(state).map(|item| item.conversation.key) {
        wanted(state, key, ask);
    }
}

/// Somebody wants this: what cannot be taken back is asked about.
pub fn wanted(state: &mut State, key: ConversationKey, ask: SessionAsk) {
    let (title, yes, line) = match ask {
        SessionAsk::NewGuest => ("Be a new guest?", "be a new guest", NEW_GUEST),
        SessionAsk::Clear => ("End the conversation and erase it?", "erase it", CLEAR),
        SessionAsk::Close => ("Close the session?", "close it", "A new one can be started as the same guest."),
        _ => return go(state, key, ask),
    };
    let mut lines = vec![state.session.conversations.name(key), line.to_owned()];
    lines.extend(state.production_line());
    state.ask(DialogQuestion::Session(key, ask), title, lines, yes, state.consent());
}

/// Asks the engine, if the session has not moved on meanwhile so that it makes no sense any more.
pub fn go(state: &mut State, key: ConversationKey, ask: SessionAsk) {
    let Some(item) = state.session.conversations.get(key).filter(|i| i.session().is_some()) else { return };
    if let Some(why) = state_forbids(&item.live.session, ask) {
        return state.status.warn(format!("Nothing was done: meanwhile {why}."));
    }
    state.request(Effect::Engine(Command::Session(key, ask)));
    state.status.info(match ask {
        SessionAsk::Connect => "Opening the session…",
        SessionAsk::StartNew => "Starting a new session…",
        SessionAsk::NewGuest => "Starting as a new guest…",
        SessionAsk::Join => "Joining; then the other side may begin.",
        SessionAsk::Clear => "Asked to end and erase the conversation…",
        SessionAsk::Close => "Closing the session…",
        SessionAsk::History => "Reading earlier messages…",
        SessionAsk::Health => "Asked whether the session is alive; the log shows the answer.",
    });
}

/// The session of a web conversation moved on: one sentence, with the key that goes on.
pub fn moved(state: &mut State, key: ConversationKey, before: &WebSession) {
    let Some(session) = state.session.conversations.get(key).map(|item| item.live.session.clone()) else { return };
    if *before == session {
        return;
    }
    let here = state.session.conversations.active() == Some(key);
    let name = state.session.conversations.name(key);
    let named = |text: &str| if here { text.to_owned() } else { format!("{name}: {text}") };
    state.status.over(Subject::Session(key));
    match session {
        WebSession::Open { new: true, .. } => state.status.info(named("A new session is open.")),
        WebSession::Open { .. } if matches!(before, WebSession::Reconnecting(..)) => {
            state.status.info(named("The session is open again."));
        }
        WebSession::Open { .. } if *before == WebSession::Connecting => {
            state.status.info(named("The session is open."));
        }
        WebSession::ReadOnly(said) => {
            state.status.warn(format!("The session of “{name}” is read-only: {}.", clause(&said)));
            go_on(state, key, "start a new one");
        }
        WebSession::Ended(said) => {
            let how = if *before == WebSession::Connecting { "was not opened" } else { "has ended" };
            state.status.error(format!("The session of “{name}” {how}: {}.", clause(&said)));
            go_on(state, key, "start a new one");
        }
        WebSession::Reconnecting(_, said) => {
            let lost = format!("The connection was lost: {}.", clause(&said));
            state.status.warn(named(&format!("{lost} guestwire reconnects by itself; messages wait.")));
            state.status.about(Subject::Session(key), &[]);
        }
        WebSession::Unreachable(said) => {
            state.status.error(format!("“{name}” cannot be reached: {}. Messages wait.", clause(&said)));
            go_on(state, key, "connect");
        }
        WebSession::Closed if *before != WebSession::Closed => {
            state.status.info(named("The session is closed."));
            go_on(state, key, "open it again");
        }
        WebSession::Open { .. } | WebSession::Closed | WebSession::Connecting => {}
    }
}

/// The keys for a session that does not go on by itself; also [`Action::Why`], where its entry is of this conversation.
fn go_on(state: &mut State, key: ConversationKey, words: &'static str) {
    let explained = state.session.log.why().and_then(|e| e.exchange()).is_some_and(|x| x.conversation == Some(key));
    let keys = [(Action::Session, words), (Action::Why, "explain")];
    state.status.about(Subject::Session(key), if explained { &keys } else { &keys[..1] });
}
