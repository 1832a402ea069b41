//! Web conversations: what a person asks of a session, and carrying out what the session machines decide.
//!
//! ```text
//! Command::{Watch, Send, Session, Typing} ─► Event ─► web_session::SessionMachine ─► Step ─┬─ open: token, dial, upgrade (a task)
//! link (a task) ─► frame ─► frames: log entry, whose answer ─► Event ───────────┘       ├─ frames: configure, close, …
//!                                   └─► reader ─► Report::{MessagesArrived, Typing}      └─ history, give up
//! ```
//! A socket is opened when a person looks at a conversation or sends into it, or when a message of an earlier session
//! is unknown and has to be looked for; never for all of them at the start.

mod connection;
pub mod conversation;
mod files;
mod frames;
pub mod history;
mod opening;
mod receive;
mod sending;
mod uploads;

use super::Driver;
use crate::engine::Report;
use crate::engine::guest_socket::{SocketTaskEvent, SocketTaskReport};
use crate::engine::web_session::{Opener, SocketEvent, SocketStep};
use crate::genesys::web_messaging::{GuestFrame, Presence};
use crate::model::{
    AsOf, Body, ConversationKey, DeliveryStatus, Outcome, Reason, RepliesReadable, SessionAsk, SessionEnd, Unreadable,
    WebSession,
};
use crate::text::counted;

impl Driver {
    pub fn session_asked(&mut self, key: ConversationKey, ask: SessionAsk) {
        if !self.cx.is_web(key) {
            let why = "only conversations of the channel web-messaging have a session";
            return self.cx.notice_of(key, why);
        }
        match ask {
            SessionAsk::Connect => self.web_event(key, SocketEvent::Want(Opener::Ask)),
            SessionAsk::StartNew => self.web_event(key, SocketEvent::StartNew),
            SessionAsk::NewGuest => self.web_event(key, SocketEvent::NewGuest),
            SessionAsk::Close => self.web_event(key, SocketEvent::Close),
            SessionAsk::Join => self.ask_by_frame(key, GuestFrame::Presence(Presence::Join)),
            SessionAsk::Clear => self.ask_by_frame(key, GuestFrame::Presence(Presence::Clear)),
            SessionAsk::Health => self.ask_health(key),
            SessionAsk::History => self.ask_history(key),
        }
    }

    fn ask_by_frame(&mut self, key: ConversationKey, ours: GuestFrame) {
        if let Some(why) = self.not_open(key) {
            return self.cx.notice_of(key, &format!("{} was not sent: {why}", ours.words()));
        }
        self.write_frame(key, ours);
    }

    pub fn not_open(&self, key: ConversationKey) -> Option<String> {
        if !self.webs.is_writable(key) {
            let why = if self.cx.options.send_log.read_only() {
                "another guestwire has this profile open, and this one only reads"
            } else {
                "the session is not open; connect first"
            };
            return Some(why.to_owned());
        }
        let (until, why) = self.webs.paced(key, self.cx.now)?;
        Some(format!("{why}; it can be sent in {} s", until.left(self.cx.now).as_secs() + 1))
    }

    fn ask_health(&mut self, key: ConversationKey) {
        if self.not_open(key).is_none() {
            let health = &mut self.webs.of(key).pace.health;
            if let Some(free) = health.held(self.cx.now) {
                let seconds = free.left(self.cx.now).as_secs() + 1;
                let why = format!("a health check may be made every 30 s: the next in {seconds} s");
                return self.cx.notice_of(key, &why);
            }
            health.spend(self.cx.now);
        }
        self.ask_by_frame(key, GuestFrame::Health);
    }

    /// The guest types. Typing that cannot be told now is dropped: it is no message.
    pub fn guest_types(&mut self, key: ConversationKey) {
        if self.not_open(key).is_none() && self.webs.of(key).pace.typing.held(self.cx.now).is_none() {
            self.webs.of(key).pace.typing.spend(self.cx.now);
            self.write_frame(key, GuestFrame::Typing);
        }
    }

    pub fn looked_at(&mut self, key: Option<ConversationKey>) {
        if let Some(key) = key.filter(|key| self.cx.is_web(*key)) {
            self.web_event(key, SocketEvent::Want(Opener::Look));
        }
    }

    pub fn web_event(&mut self, key: ConversationKey, event: SocketEvent) {
        for step in self.webs.of(key).machine.on(event, self.cx.now) {
            match step {
                SocketStep::NewToken => self.forget_guest(key),
                SocketStep::Open => self.open_web(key),
                SocketStep::Drop => self.drop_web(key),
                SocketStep::Configure(how) => self.configure(key, how),
                SocketStep::WriteClose => drop(self.write_frame(key, GuestFrame::Close)),
                SocketStep::CatchUp => self.webs.of(key).history.catch_up(),
                SocketStep::GiveUp => self.give_up_web(key),
            }
        }
        self.report_session(key);
    }

    fn report_session(&mut self, key: ConversationKey) {
        let Some((before, session)) = self.webs.of(key).session_news() else { return };
        match &session {
            WebSession::Reconnecting(at, why) => {
                self.restate_first(key, DeliveryStatus::Waiting { until: *at, why: why.clone() });
            }
            // Nothing is going to happen by itself: it is in the queue, and no more.
            WebSession::Unreachable(_) => self.restate_first(key, DeliveryStatus::Queued),
            _ => {}
        }
        if !session.is_open() {
            self.report_typing(key, None);
        }
        let (readable, as_of) = (readable_after(&before, &session), AsOf::SocketSince(self.cx.now));
        self.cx.report(Report::Session(key, session));
        if let Some(readable) = readable {
            self.cx.report(Report::RepliesReadable(key, readable, as_of));
        }
    }

    /// What waits for a session that ended is refused, with the reason: a person decides what follows.
    fn give_up_web(&mut self, key: ConversationKey) {
        let why = match self.webs.session(key) {
            Some(WebSession::Ended(why)) => why,
            _ => Reason::Session(SessionEnd::Closed),
        };
        for message in self.waiting_in(key).collect::<Vec<_>>() {
            self.refuse_waiting(message, Outcome::Failed(why.clone()));
        }
    }

    pub fn follow_web_moments(&mut self) {
        let now = self.cx.now;
        for key in self.webs.keys(|web| web.due().is_some_and(|at| now.mono >= at.mono)) {
            self.unanswered(key);
            self.late_upload(key);
            self.web_event(key, SocketEvent::Tick);
        }
        for key in self.webs.keys(|web| web.history.wanted().is_some()) {
            self.read_history(key);
        }
        for key in self.webs.keys(|web| web.uploads.has_unwanted()) {
            self.delete_unwanted(key);
        }
    }

    pub fn take_link_event(&mut self, event: SocketTaskReport) {
        self.cx.now = self.cx.clock.now();
        let SocketTaskReport { key, serial, said } = event;
        if self.webs.all.get(&key).is_none_or(|web| web.connection.serial() != serial) {
            return;
        }
        match said {
            SocketTaskEvent::Frame(frame) => self.take_frame(key, *frame),
            SocketTaskEvent::Binary(bytes) => {
                let what = format!("a binary frame of {}", counted(bytes, "byte"));
                self.record_theirs(key, &what, (0, Body::default()), Outcome::Accepted);
            }
            SocketTaskEvent::Gone(kind, why) => {
                self.lose_web(key, kind, &why);
                self.web_event(key, SocketEvent::Broken(Reason::SocketLost(why)));
            }
        }
    }
}

/// Whether replies can be read after a change of the session; `None` where the socket stays open.
fn readable_after(before: &WebSession, session: &WebSession) -> Option<RepliesReadable> {
    let why = match session {
        session if session.is_open() => return (!before.is_open()).then_some(RepliesReadable::Yes),
        WebSession::Connecting if *before == WebSession::Closed => return Some(RepliesReadable::NotYetKnown),
        WebSession::Reconnecting(_, why) | WebSession::Unreachable(why) | WebSession::Ended(why) => why.to_string(),
        _ => String::new(),
    };
    Some(RepliesReadable::No(Unreadable::SocketClosed(why)))
}
