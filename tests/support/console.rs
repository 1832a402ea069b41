//! A console without a terminal: a state, a clock that a test moves, and keys by name. Reports are made here as the
//! engine would make them.

use guestwire::session::{LocalAnswer, LocalRequest};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::fixtures::{self, DENIED, attempt, exchange, guest_conversation, headers, request, response, token_facts};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use guestwire::config::Located;
use guestwire::config::{KeyBinding, KeyContext};
use guestwire::diagnosis::ProfileFacts;
use guestwire::engine::{Command, Report};
use guestwire::model::{
    Address, Attempt, Author, Conversation, ConversationKey, DeliveryStatus, Ending, Exchange, ExchangeId,
    ExchangeKind, ExchangeStep, Failure, FailureKind, Generation, MessageId, Moment, Outcome, Phase, RemoteMessage,
    RemoteState, Timing, TokenFacts, TokenStatus,
};
use guestwire::session::Conversations;
use guestwire::session::{Log, LogOptions};
use guestwire::session::{ProfileInfo, Session};
use guestwire::tui::state::{Composer, Look, State};
use guestwire::tui::{Chord, Depth, Effect, Event, Keymap, Theme, theme_named, update};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};

pub const BILLING: ConversationKey = ConversationKey(0);
pub const RETURNS: ConversationKey = ConversationKey(1);

/// The moment at which each test begins.
pub fn start() -> Moment {
    Moment::new(Duration::from_secs(60), "2026-11-23T14:00:00Z".parse().unwrap())
}

/// A conversation of the guest-api channel.
pub fn conversation(key: u32, name: &str, id: &str) -> Conversation {
    let address = Address::GuestApi {
        conversation_id: id.to_owned(),
        participant_id: Some("77aa04b1-3f6e-4a98-ab8b-94116790c1f4".to_owned()),
        external_id: None,
    };
    Conversation { address, ..guest_conversation(key, name, id) }
}

fn conversations() -> Vec<Conversation> {
    vec![
        conversation(0, "Billing bot", "5f0c91ce-3f6e-4a98-ab8b-9411671bd8a2"),
        conversation(1, "Returns queue", "91be91ce-3f6e-4a98-ab8b-941167ea8907"),
        conversation(2, "Old test", "not a uuid"),
    ]
}

/// One of each channel.
pub fn live_conversations() -> Vec<Conversation> {
    let [_, open, web] = fixtures::live_conversations();
    vec![conversation(0, "Billing bot", "5f0c91ce-3f6e-4a98-ab8b-9411671bd8a2"), open, web]
}

/// The place of the built-in sandbox.
pub fn sandbox_place() -> ProfileInfo {
    ProfileInfo {
        facts: ProfileFacts {
            name: "sandbox".to_owned(),
            region: "127.0.0.1".to_owned(),
            api: "http://127.0.0.1:4711".to_owned(),
            token_host: "http://127.0.0.1:4711".to_owned(),
            requested: vec!["guest:messages:send".to_owned()],
            ..ProfileFacts::default()
        },
        proxy: None,
        sandbox: true,
        production: false,
        data_dir: PathBuf::from("/data"),
        config_file: None,
        muted: std::collections::BTreeSet::new(),
        masks: guestwire::model::Masks::default(),
    }
}

/// The place of a real organisation.
pub fn real_place(production: bool) -> ProfileInfo {
    ProfileInfo {
        facts: ProfileFacts {
            name: "acme-qa".to_owned(),
            region: "mypurecloud.de".to_owned(),
            api: "https://api.mypurecloud.de".to_owned(),
            token_host: "https://login.mypurecloud.de".to_owned(),
            ..sandbox_place().facts
        },
        sandbox: false,
        production,
        config_file: Some(PathBuf::from("/config/config.toml")),
        ..sandbox_place()
    }
}

/// How a console looks by default, in a theme.
pub fn look(theme: Theme) -> Look {
    Look { theme, zone: TimeZone::UTC, calm: false, tells_typing: false }
}

/// What a console begins with.
pub struct Setup {
    pub now: Moment,
    pub size: Size,
    pub session: Session,
    pub look: Look,
    pub keymap: Keymap,
    pub composer: Composer,
}

impl Setup {
    pub fn state(self) -> State {
        State::new(self.now, self.size, self.session, self.look, self.keymap, self.composer)
    }
}

/// What a state is set up with by default.
pub fn setup(width: u16, height: u16) -> Setup {
    let snippet = ("greeting".to_owned(), "Hello from {{run}}".to_owned());
    Setup {
        now: start(),
        size: Size { width, height },
        session: Session::new(sandbox_place(), Conversations::new(conversations()), Log::new(LogOptions::default())),
        look: look(theme_named("terminal", false, false, Depth::True).unwrap()),
        keymap: Keymap::new(&[], false).unwrap(),
        composer: Composer::new(7, "run-7", vec![snippet]),
    }
}

/// One line of `[keys.CONTEXT]`.
pub fn rebound(context: &str, action: &str, keys: &[&str]) -> KeyBinding {
    let spot =
        |value: &str| Located { value: value.to_owned(), at: guestwire::config::FilePosition { line: 1, column: 1 } };
    KeyBinding {
        context: KeyContext::ALL.into_iter().find(|known| known.name() == context).unwrap(),
        action: spot(action),
        chords: keys.iter().map(|key| spot(key)).collect(),
    }
}

/// A console on a desk.
pub struct Desk {
    pub state: State,
    pub now: Moment,
    exchanges: u64,
}

impl Default for Desk {
    fn default() -> Self {
        Self::new(120, 36)
    }
}

impl Desk {
    pub fn new(width: u16, height: u16) -> Self {
        Self::with(width, height, |_| {})
    }

    pub fn with(width: u16, height: u16, change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = setup(width, height);
        change(&mut setup);
        let names = setup.session.names();
        setup.session.log.set_names(names);
        Self { now: setup.now, state: setup.state(), exchanges: 0 }
    }

    pub fn production() -> Self {
        Self::with(120, 36, |setup| setup.session.profile = real_place(true))
    }

    pub fn bound(overrides: &[KeyBinding]) -> Self {
        Self::with(120, 36, |setup| setup.keymap = Keymap::new(overrides, false).unwrap())
    }

    /// Lets time pass; nothing is told of it.
    pub fn pass(&mut self, millis: u64) {
        self.now = self.now.after(Duration::from_millis(millis));
    }

    /// Lets time pass until the deadline that the state asks for, and tells it.
    pub fn deadline(&mut self) -> Vec<Effect> {
        self.now = self.state.next_deadline().expect("a deadline");
        self.event(Event::Deadline)
    }

    /// An event, and what the shell does before the frame that follows.
    pub fn event(&mut self, event: Event) -> Vec<Effect> {
        let effects = self.apply(event);
        self.state.fit();
        effects
    }

    /// An event with no time for a frame after it.
    pub fn apply(&mut self, event: Event) -> Vec<Effect> {
        update(&mut self.state, self.now, event)
    }

    pub fn report(&mut self, report: Report) -> Vec<Effect> {
        self.event(Event::Engine(Box::new(report)))
    }

    /// Presses keys by name, separated by blanks; all that they ask for.
    pub fn keys(&mut self, names: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for name in names.split_whitespace() {
            let chord = Chord::parse(name).unwrap_or_else(|part| panic!("no key is named {part}"));
            effects.extend(self.event(Event::Key(chord.event())));
        }
        effects
    }

    pub fn type_text(&mut self, text: &str) -> Vec<Effect> {
        text.chars().flat_map(|c| self.event(Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)))).collect()
    }

    pub fn paste(&mut self, text: &str) -> Vec<Effect> {
        self.event(Event::Paste(text.to_owned()))
    }

    pub fn resize(&mut self, width: u16, height: u16) -> Vec<Effect> {
        self.event(Event::Resize(Size { width, height }))
    }

    /// Does what the palette finds first for `words`.
    pub fn command(&mut self, words: &str) -> Vec<Effect> {
        self.keys("ctrl-p");
        self.paste(words);
        self.keys("enter")
    }

    /// Does an action by its name in the palette; `None` where the palette does not list it.
    pub fn command_exactly(&mut self, action: guestwire::tui::action::Action) -> Option<Vec<Effect>> {
        self.keys("ctrl-p");
        self.paste(action.spec().name);
        let Some(guestwire::tui::state::Overlay::Palette(palette)) = &mut self.state.overlay else {
            panic!("no palette")
        };
        palette.chosen = palette.items.iter().position(|item| item.name == action.spec().name)?;
        Some(self.keys("enter"))
    }

    /// Names a file where one is asked for; it can be read. Where it is.
    pub fn attach(&mut self, path: &str) -> PathBuf {
        self.type_text(path);
        let effects = self.keys("enter");
        let [Effect::Local(LocalRequest::SeeFile(conversation, file))] = effects.as_slice() else {
            panic!("{effects:?}")
        };
        self.event(Event::Local(LocalAnswer::FileSeen(*conversation, file.clone(), Ok(()))));
        let guestwire::model::FileSource::File(path) = &file.place else { panic!("{file:?}") };
        path.clone()
    }

    /// Types a message and sends it; its id.
    pub fn send(&mut self, text: &str) -> MessageId {
        self.keys("esc");
        self.keys("c");
        self.type_text(text);
        let effects = self.keys("enter");
        sends(&effects).first().unwrap_or_else(|| panic!("nothing was sent: {effects:?}, {:?}", self.state.status)).0
    }

    /// Sends a message, also where production asks first; its id.
    pub fn send_live(&mut self, text: &str) -> MessageId {
        self.keys("esc c");
        self.paste(text);
        let mut effects = self.keys("enter");
        if sends(&effects).is_empty() {
            effects = self.keys("y");
        }
        sends(&effects).first().expect("it is sent").0
    }

    /// Pastes a message and sends it; its id.
    pub fn send_paste(&mut self, text: &str) -> MessageId {
        self.keys("esc c");
        self.paste(text);
        let effects = self.keys("enter");
        sends(&effects).first().expect("it is sent").0
    }

    /// The engine's news of a message and of the exchange that carries it.
    pub fn settle(&mut self, id: MessageId, text: &str, delivery: DeliveryStatus, status: Option<u16>) -> ExchangeId {
        self.exchanges += 1;
        let exchange = ExchangeId(self.exchanges);
        let conversation = self.state.session.threads.message(id).map_or(BILLING, |m| m.conversation);
        let made = exchange_of(self.exchanges, self.now, Some((id, conversation)), text, &delivery, status);
        self.report(Report::Exchange(Arc::new(made)));
        self.report(Report::Message { id, delivery, exchange: Some(exchange), remote_id: None });
        exchange
    }

    /// A message that was sent and refused with 401.
    pub fn refused(&mut self, text: &str) -> MessageId {
        let id = self.send(text);
        self.settle(id, text, DeliveryStatus::Refused("401 unauthorized".into()), Some(401));
        id
    }

    /// A message that was sent and accepted.
    pub fn accepted(&mut self, text: &str) -> MessageId {
        let id = self.send(text);
        self.settle(id, text, DeliveryStatus::Accepted, Some(200));
        id
    }

    /// A message whose answer was lost.
    pub fn unknown(&mut self, text: &str) -> MessageId {
        let id = self.send(text);
        let why = "the connection was reset after the request was written";
        self.settle(id, text, DeliveryStatus::Unknown(why.into()), None);
        id
    }

    pub fn status(&self) -> &str {
        &self.state.status.text
    }

    /// The keys beside the status line, as they work where the focus is: `d explain`.
    pub fn offers(&self) -> Vec<String> {
        let keys = self.state.status.keys.iter();
        keys.map(|(action, words)| format!("{} {words}", self.state.key(*action))).collect()
    }

    /// The screen and where the cursor stands.
    pub fn draw(&self) -> (Buffer, Option<Position>) {
        let size = self.state.arrangement.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, size.width, size.height));
        let cursor = guestwire::tui::view::draw(&self.state, &mut buffer);
        (buffer, cursor)
    }

    /// The screen as text, blanks at the ends of rows left out.
    pub fn screen(&self) -> String {
        text_of(&self.draw().0)
    }

    /// The bottom row.
    pub fn footer(&self) -> String {
        self.screen().lines().last().unwrap_or_default().to_owned()
    }
}

/// A buffer as text, blanks at the ends of rows left out.
pub fn text_of(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let (mut row, mut x) = (String::new(), 0);
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            row.push_str(symbol);
            x += u16::try_from(guestwire::text::screen::width(symbol).max(1)).unwrap();
        }
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}

/// The messages that are asked to be sent.
pub fn sends(effects: &[Effect]) -> Vec<(MessageId, ConversationKey, &str)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Engine(Command::Send(id, request)) => Some((*id, request.conversation, request.text.as_str())),
            _ => None,
        })
        .collect()
}

/// The commands to the engine.
pub fn commands(effects: &[Effect]) -> Vec<&Command> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Engine(command) => Some(command),
            _ => None,
        })
        .collect()
}

/// A token with these scopes granted and missing, that ends in an hour.
pub fn facts(granted: &[&str], missing: &[&str]) -> TokenFacts {
    let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    TokenFacts {
        issued: start(),
        expires: Some(start().after(Duration::from_secs(3600))),
        granted: Some(own(granted)),
        missing: own(missing),
        organization: Some("Acme".to_owned()),
        client_name: Some("qa-guest".to_owned()),
        ..token_facts()
    }
}

pub fn valid() -> TokenStatus {
    TokenStatus::Valid(facts(&["guest:messages:send"], &[]))
}

/// A read that brings one message of the other side.
pub fn reply(key: ConversationKey, id: &str, text: &str, at: Moment) -> Report {
    Report::Conversation {
        key,
        state: RemoteState::Connected,
        since: Some(start().wall),
        messages: vec![RemoteMessage::new(id, Author::Bot, text, at.wall)],
    }
}

/// An exchange as the engine reports it.
pub fn exchange_of(
    number: u64,
    at: Moment,
    message: Option<(MessageId, ConversationKey)>,
    what: &str,
    delivery: &DeliveryStatus,
    status: Option<u16>,
) -> Exchange {
    let request = request(
        "POST",
        "https://api.mypurecloud.de/api/v2/conversations/messaging/5f0c91ce-3f6e-4a98-ab8b-9411671bd8a2/messages",
        headers(&[("authorization", "Bearer «token #1»"), ("content-type", "application/json")]),
        &serde_json::json!({ "text": what, "type": "text" }).to_string(),
    );
    let answer = |status: u16| {
        let id = format!("{number:08x}-f6e0-4a98-ab8b-941167ea8968");
        let headers = headers(&[("content-type", "application/json"), ("x-request-id", &id)]);
        response(status, headers, if status < 300 { r#"{"id":"m-1","status":"accepted"}"# } else { DENIED })
    };
    let took = Duration::from_millis(88);
    let open = matches!(delivery, DeliveryStatus::Sending { .. });
    let ending = match status {
        _ if open => None,
        Some(status) => Some(Ending::Answered(answer(status))),
        None => Some(Ending::Failed(Failure::written(FailureKind::Reset, Phase::Answer, "connection reset by peer"))),
    };
    let timing = Timing { total: ending.as_ref().map(|_| took), ..Timing::default() };
    let attempt = Attempt {
        generation: Some(Generation(1)),
        token_age: Some(Duration::from_secs(61)),
        timing,
        ..attempt(at, request, ending)
    };
    let mut waits = Vec::new();
    let outcome = match delivery {
        DeliveryStatus::Refused(why) => Outcome::Refused(why.clone()),
        DeliveryStatus::Unknown(why) => Outcome::Unknown(why.clone()),
        DeliveryStatus::Waiting { until, why } => {
            waits.push(ExchangeStep::Wait { at, until: *until, why: why.clone() });
            Outcome::Waiting
        }
        DeliveryStatus::Sending { .. } => Outcome::Open,
        DeliveryStatus::Cancelled => Outcome::Cancelled,
        _ => Outcome::Accepted,
    };
    let mut exchange = Exchange {
        what: what.to_owned(),
        conversation: message.map(|(_, key)| key),
        message: message.map(|(id, _)| id),
        took: outcome.is_finished().then_some(took),
        ..exchange(number, ExchangeKind::Send, vec![attempt], outcome)
    };
    exchange.steps.extend(waits);
    exchange
}
