//! Random events of every kind, with what must hold after each. `GUESTWIRE_RANDOM_EVENTS` sets how many (a million by
//! hand or at night); by default as many as some ten seconds take. A failure names its seed.

use guestwire::session::{LocalAnswer, LocalRequest};
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use guestwire::engine::{Command, DiscoveredConversation, Report};
use guestwire::model::Signal;
use guestwire::model::{
    Attachment, Author, Channel, Choice, ConversationKey, DeliveryStatus, ExchangeId, ExchangeKind, FileSource,
    MessageId, Moment, RateLimit, RemoteMessage, RemoteState, TokenStatus, WebSession,
};
use guestwire::tui::KeySequence;
use guestwire::tui::action::ACTIONS;
use guestwire::tui::{Effect, Event};
use ratatui::layout::Size;

use super::faults::fault;
use crate::support::console::{Desk, exchange_of, facts, live_conversations, real_place};

const HOSTILE: [&str; 8] = [
    "\u{1b}[31mred\u{7}",
    "\u{202e}left\u{202c} \u{9b}2J",
    "👩\u{200d}👩\u{200d}👧🇩🇪 e\u{301} 日本語 क्षि ﾊﾞ",
    "\u{301}\u{200b}\u{feff}",
    "line\nline\r\n\ttab",
    "{{now}} {{uuid}} {{nothing}} {{",
    "5f0c91ce-3f6e-4a98-ab8b-9411671bd8a2",
    "",
];

/// A small generator: the same numbers for the same seed on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }
}

fn text(dice: &mut Dice) -> String {
    let mut text = (*dice.of(&HOSTILE)).to_owned();
    if dice.one_in(40) {
        text = text.repeat(400);
    }
    text
}

fn bound_keys() -> Vec<KeyEvent> {
    ACTIONS
        .iter()
        .flat_map(|spec| spec.keys)
        .flat_map(|name| {
            let keys = KeySequence::parse(name).unwrap();
            [Some(keys.first.event()), keys.second.map(guestwire::tui::Chord::event)]
        })
        .flatten()
        .collect()
}

fn key(dice: &mut Dice, bound: &[KeyEvent]) -> KeyEvent {
    match dice.below(10) {
        0..6 => *dice.of(bound),
        6..8 => KeyEvent::new(KeyCode::Char((b' ' + dice.below(95) as u8) as char), KeyModifiers::NONE),
        8 => {
            let c = *dice.of(&['é', '日', '\u{301}', '\u{202e}', '👩', '\u{200d}', '\u{7}', '\t']);
            KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)
        }
        _ => KeyEvent::new(
            *dice.of(&[KeyCode::F(9), KeyCode::Insert, KeyCode::Null, KeyCode::Char('x'), KeyCode::CapsLock]),
            KeyModifiers::from_bits_truncate(dice.below(64) as u8),
        ),
    }
}

fn delivery(dice: &mut Dice, now: Moment) -> DeliveryStatus {
    match dice.below(10) {
        0 => DeliveryStatus::Queued,
        1 => DeliveryStatus::Waiting { until: later(dice, now), why: text(dice).into() },
        2 => DeliveryStatus::Sending { attempt: dice.below(5) as u32 },
        3 => DeliveryStatus::Accepted,
        4 => DeliveryStatus::Answered,
        5 => DeliveryStatus::Refused(text(dice).into()),
        6 => DeliveryStatus::Unknown(text(dice).into()),
        7 => DeliveryStatus::Cancelled,
        8 => DeliveryStatus::Received,
        _ => DeliveryStatus::NotReceived,
    }
}

fn later(dice: &mut Dice, now: Moment) -> Moment {
    now.after(Duration::from_millis(dice.below(20_000)))
}

fn token(dice: &mut Dice, now: Moment) -> TokenStatus {
    let mut some = facts(&["guest:messages:send"], if dice.one_in(3) { &["guest:messages:send"] } else { &[] });
    some.issued = now;
    some.expires = (!dice.one_in(5)).then(|| later(dice, now));
    some.pasted = dice.one_in(4);
    let retry = later(dice, now);
    match dice.below(10) {
        0 => TokenStatus::SignedOut,
        1 => TokenStatus::Getting,
        2 => TokenStatus::Valid(some),
        3 => TokenStatus::Renewing(some),
        4 => TokenStatus::RenewFailed(some, retry, text(dice)),
        5 => TokenStatus::Expired(dice.one_in(2).then_some(retry), text(dice)),
        6 => TokenStatus::Refused(403, text(dice)),
        7 => TokenStatus::BadClient(text(dice)),
        8 => TokenStatus::Limited(retry, dice.one_in(2).then_some(some)),
        _ => TokenStatus::NoSecret(text(dice)),
    }
}

fn remote(dice: &mut Dice, now: Moment) -> RemoteMessage {
    let author = *dice.of(&[Author::Guest, Author::Bot, Author::Agent, Author::System]);
    let at = if dice.one_in(4) { now.wall - jiff::SignedDuration::from_secs(900) } else { now.wall };
    let mut made = RemoteMessage::new(format!("m-{}", dice.below(30)), author, text(dice), at);
    made.choices = (0..dice.below(4)).map(|_| Choice::new(text(dice), text(dice))).collect();
    if dice.one_in(6) {
        made.attachments.push(Attachment { place: FileSource::Url(text(dice)), mime: text(dice), name: None });
    }
    made.late = dice.one_in(5);
    made
}

fn session(dice: &mut Dice, now: Moment) -> WebSession {
    match dice.below(7) {
        0 => WebSession::Closed,
        1 => WebSession::Connecting,
        2 => WebSession::Open { expires: dice.one_in(2).then(|| later(dice, now).wall), new: dice.one_in(2) },
        3 => WebSession::ReadOnly(text(dice).into()),
        4 => WebSession::Reconnecting(later(dice, now), text(dice).into()),
        5 => WebSession::Unreachable(text(dice).into()),
        _ => WebSession::Ended(text(dice).into()),
    }
}

/// What a live conversation tells.
fn live(dice: &mut Dice, key: ConversationKey, now: Moment) -> Report {
    match dice.below(6) {
        0 | 1 => Report::MessagesArrived(key, (0..dice.below(3)).map(|_| remote(dice, now)).collect()),
        2 => Report::Typing(
            key,
            *dice.of(&[Author::Bot, Author::Agent, Author::Guest]),
            (!dice.one_in(3)).then(|| later(dice, now)),
        ),
        3 => Report::Session(key, session(dice, now)),
        4 => Report::ConversationIdKnown(key, text(dice)),
        _ => {
            let found = |dice: &mut Dice| DiscoveredConversation {
                conversation_id: text(dice),
                participant_id: dice.one_in(2).then(|| text(dice)),
                began: dice.one_in(2).then_some(now.wall),
                via: dice.one_in(2).then(|| text(dice)),
            };
            let page = 1 + dice.below(2) as u32;
            let answer =
                if dice.one_in(3) { Err(text(dice)) } else { Ok((0..dice.below(3)).map(|_| found(dice)).collect()) };
            Report::Discovered { page, found: answer, more: dice.one_in(2) }
        }
    }
}

fn report(dice: &mut Dice, now: Moment) -> Report {
    let conversation = ConversationKey(dice.below(5) as u32);
    let message = MessageId(dice.below(60));
    if dice.one_in(4) {
        return live(dice, conversation, now);
    }
    match dice.below(12) {
        0 => Report::Token(token(dice, now)),
        1..5 => {
            let delivery = delivery(dice, now);
            let linked = (!dice.one_in(3)).then_some((message, conversation));
            let status = (!dice.one_in(4)).then(|| *dice.of(&[200, 401, 403, 404, 429, 500, 503]));
            let mut made = exchange_of(dice.below(3_000), now, linked, &text(dice), &delivery, status);
            made.kind = *dice.of(&[
                ExchangeKind::Send,
                ExchangeKind::Send,
                ExchangeKind::Token,
                ExchangeKind::Read,
                ExchangeKind::Probe,
            ]);
            Report::Exchange(Arc::new(made))
        }
        5..8 => Report::Message {
            id: message,
            delivery: delivery(dice, now),
            exchange: dice.one_in(2).then(|| ExchangeId(dice.below(3_000))),
            remote_id: dice.one_in(2).then(|| format!("m-{}", dice.below(30))),
        },
        8 | 9 => Report::Conversation {
            key: conversation,
            state: *dice.of(&[RemoteState::Unknown, RemoteState::Connected, RemoteState::Ended, RemoteState::Missing]),
            since: dice.one_in(2).then_some(now.wall),
            messages: (0..dice.below(4)).map(|_| remote(dice, now)).collect(),
        },
        10 => {
            let count = dice.below(310) as u32;
            Report::RateLimit(RateLimit { count, allowed: 300, resets: later(dice, now) })
        }
        _ => match dice.below(3) {
            0 => Report::ClockSkew(*dice.of(&[600, -600, i64::MIN, i64::MAX, 0])),
            1 => Report::Notice(None, text(dice)),
            _ => Report::Stopped,
        },
    }
}

fn event(dice: &mut Dice, bound: &[KeyEvent], now: Moment) -> Event {
    match dice.below(100) {
        0..60 => Event::Key(key(dice, bound)),
        60..64 => Event::Paste(text(dice)),
        64..67 => {
            let (w, h) = *dice.of(&[
                (0, 0),
                (1, 1),
                (39, 12),
                (40, 11),
                (40, 12),
                (60, 18),
                (80, 24),
                (110, 32),
                (120, 36),
                (160, 50),
            ]);
            let off = dice.below(3) as u16;
            Event::Resize(Size::new(w + off, h + off))
        }
        67..90 => Event::Engine(Box::new(report(dice, now))),
        90..96 => Event::Deadline,
        96 => Event::Signal(Signal::Resumed),
        97 if dice.one_in(3) => Event::Local(LocalAnswer::Faults(if dice.one_in(2) {
            vec![fault(r#"{"fault":"rate-limited"}"#)]
        } else {
            Vec::new()
        })),
        97 => Event::Edited(if dice.one_in(2) { Ok(text(dice)) } else { Err(text(dice)) }),
        _ => Event::Done(if dice.one_in(2) { Ok(text(dice)) } else { Err(text(dice)) }),
    }
}

/// What must hold after each event.
fn holds(desk: &Desk, effects: &[Effect], what: &str) {
    let state = &desk.state;
    let panes = state.panes();
    assert!(panes.too_small || panes.get(state.arrangement.focus).is_some(), "the focus is out of sight after {what}");
    if let Some(at) = state.next_deadline() {
        assert!(at.mono > desk.now.mono, "a deadline that has passed would spin: {what}");
    }
    assert_eq!(
        state.composer.active(),
        state.session.conversations.active(),
        "the text goes elsewhere than the title says: {what}"
    );
    for effect in effects {
        match effect {
            Effect::Engine(Command::Send(_, request)) => {
                // A file may go without a word, and a choice has the words that it was offered with.
                let words = request.extras.attachments.is_empty() && request.extras.choice.is_none();
                assert!(!words || !request.text.trim().is_empty(), "{what}");
                assert!(request.extras.choice.is_some() || request.text.len() <= 4096, "{what}");
                let channel = state.session.conversations.get(request.conversation).map(|i| i.conversation.channel());
                assert!(channel != Some(Channel::GuestApi) || request.extras.attachments.is_empty(), "{what}");
                assert!(state.session.conversations.get(request.conversation).is_some(), "{what}");
            }
            Effect::Local(LocalRequest::Fault(_)) => assert!(state.session.profile.sandbox, "{what}"),
            Effect::Copy(text) => assert!(!text.is_empty(), "{what}"),
            _ => {}
        }
    }
}

/// What must hold of a frame.
fn drawn(desk: &mut Desk, what: &str) {
    desk.state.fit();
    let (buffer, cursor) = desk.draw();
    if let Some(at) = cursor {
        assert!(at.x < buffer.area.width && at.y < buffer.area.height, "the cursor is off the screen after {what}");
    }
    for cell in buffer.content() {
        let bad = cell.symbol().chars().find(|c| c.is_control());
        assert!(bad.is_none(), "{bad:?} on the screen after {what}");
    }
}

fn wander(seed: u64, events: u64, bound: &[KeyEvent]) {
    let mut dice = Dice(seed);
    let production = dice.one_in(4);
    let mut desk = Desk::with(120, 36, |s| {
        if production {
            s.session.profile = real_place(true);
        }
        if dice.one_in(2) {
            s.session.conversations = guestwire::session::Conversations::new(live_conversations());
        }
        if dice.one_in(6) {
            s.session.conversations = guestwire::session::Conversations::new(vec![]);
        }
    });
    desk.state.look.calm = dice.one_in(3);
    desk.state.look.tells_typing = dice.one_in(2);
    for n in 0..events {
        if dice.one_in(3) {
            desk.pass(dice.below(3_000));
        }
        let event = event(&mut dice, bound, desk.now);
        let mut what = format!("event {n} of seed {seed}: {event:?}");
        what.truncate(what.char_indices().nth(400).map_or(what.len(), |(at, _)| at));
        let size = desk.state.arrangement.size;
        let effects = desk.apply(event);
        holds(&desk, &effects, &what);
        if n % 23 == 0 || size != desk.state.arrangement.size {
            drawn(&mut desk, &what);
        }
    }
}

#[test]
fn nothing_breaks_whatever_happens_in_whatever_order() {
    const EACH: u64 = 1_500;
    let events: u64 = std::env::var("GUESTWIRE_RANDOM_EVENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(12_000);
    let (bound, next) = (bound_keys(), AtomicU64::new(0));
    let walks = || {
        let seeds = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        seeds.take_while(|seed| *seed < events.div_ceil(EACH)).for_each(|seed| wander(seed, EACH, &bound));
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(walks);
        }
    });
}
