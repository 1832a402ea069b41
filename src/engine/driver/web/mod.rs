//! Web conversations: carries out what their session machines decide, and keeps what belongs to a session.
//!
//! ```text
//! Command::{Watch, Send, Session, Typing} ─► Event ─► session::Machine ─► Step ─┬─ open: token, dial, upgrade (a job)
//! link (a task) ─► frame ─► frames: log entry, whose answer ─► Event ───┘       ├─ frames: configure, close, …
//!                                   └─► reader ─► Report::{MessagesArrived, Typing}      └─ history, give up
//! ```
//! A socket is opened when a person looks at a conversation or sends into it, or when a message of an earlier session
//! is unknown and has to be looked for; never for all of them at the start.

mod frames;
mod history;
mod open;
mod receive;
mod sending;
pub mod state;
mod upload;

use std::time::Duration;

use crate::engine::Report;
use crate::engine::socket::link::{Link, LinkEvent, LinkSaid};
use crate::engine::socket::session::{SocketEvent, SocketStep, Wanted};
use crate::genesys::web_messaging::{Ours, Presence};
use crate::model::{
    AsOf, Body, ConversationKey, DeliveryStatus, FailureKind, Outcome, Reason, RepliesReadable, SessionAsk, SessionEnd,
    Unreadable, WebSession,
};

use super::Driver;

/// Typing is told no more often. [5 s: real: seen in SDK source: MTSDK]
const TYPING_EVERY: Duration = Duration::from_secs(5);
/// Health is asked no more often. [30 s: real: seen in SDK source: MTSDK; limit of 2 a minute: SAFRI]
const HEALTH_EVERY: Duration = Duration::from_secs(30);

impl Driver {
    pub(super) fn session_asked(&mut self, key: ConversationKey, ask: SessionAsk) {
        if !self.cx.is_web(key) {
            let why = "this conversation has no session: only those of the channel web-messaging have";
            return self.cx.notice_of(key, why);
        }
        match ask {
            SessionAsk::Connect => self.web_event(key, SocketEvent::Want(Wanted::Ask)),
            SessionAsk::StartNew => self.web_event(key, SocketEvent::StartNew),
            SessionAsk::NewGuest => self.web_event(key, SocketEvent::NewGuest),
            SessionAsk::Close => self.web_event(key, SocketEvent::Close),
            SessionAsk::Join => self.ask_by_frame(key, Ours::Presence(Presence::Join)),
            SessionAsk::Clear => self.ask_by_frame(key, Ours::Presence(Presence::Clear)),
            SessionAsk::Health => self.ask_health(key),
            SessionAsk::History => self.ask_history(key),
        }
    }

    /// A frame for which the session must be open.
    fn ask_by_frame(&mut self, key: ConversationKey, ours: Ours) {
        if let Some(why) = self.not_open(key) {
            return self.cx.notice_of(key, &format!("{} was not sent: {why}", ours.words()));
        }
        self.write_frame(key, ours);
    }

    /// Why a frame cannot be written now.
    pub(super) fn not_open(&self, key: ConversationKey) -> Option<String> {
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
        if self.not_open(key).is_none()
            && let Some(web) = self.webs.of(key, &self.cx)
        {
            if let Some(at) = web.pace.health_again.filter(|at| self.cx.now.mono < at.mono) {
                let seconds = at.left(self.cx.now).as_secs() + 1;
                return self
                    .cx
                    .notice_of(key, &format!("a health check may be made every 30 s: the next in {seconds} s"));
            }
            web.pace.health_again = Some(self.cx.now.after(HEALTH_EVERY));
        }
        self.ask_by_frame(key, Ours::Health);
    }

    /// The guest types. Typing that cannot be told now is dropped: it is no message.
    pub(super) fn guest_types(&mut self, key: ConversationKey) {
        if self.not_open(key).is_some() {
            return;
        }
        let Some(web) = self.webs.of(key, &self.cx) else { return };
        if web.pace.typing_again.is_some_and(|at| self.cx.now.mono < at.mono) {
            return;
        }
        web.pace.typing_again = Some(self.cx.now.after(TYPING_EVERY));
        self.write_frame(key, Ours::Typing);
    }

    /// A person looks at a conversation: one that has a session has it opened.
    pub(super) fn looked_at(&mut self, key: Option<ConversationKey>) {
        if let Some(key) = key.filter(|key| self.cx.is_web(*key)) {
            self.web_event(key, SocketEvent::Want(Wanted::Look));
        }
    }

    /// An event of a session: the machine decides, the steps are carried out, and what changed is told.
    pub(super) fn web_event(&mut self, key: ConversationKey, event: SocketEvent) {
        let Some(web) = self.webs.of(key, &self.cx) else { return };
        let steps = web.machine.on(event, self.cx.now);
        for step in steps {
            match step {
                SocketStep::NewToken => self.forget_guest(key),
                SocketStep::Open => self.open_web(key),
                SocketStep::Drop => self.drop_web(key),
                SocketStep::Configure(how) => self.configure(key, how),
                SocketStep::WriteClose => drop(self.write_frame(key, Ours::Close)),
                SocketStep::CatchUp => self.catch_up(key),
                SocketStep::GiveUp => self.give_up_web(key),
            }
        }
        self.report_session(key);
    }

    /// Reports a session that has moved on.
    fn report_session(&mut self, key: ConversationKey) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let session = web.machine.session();
        if session == web.told {
            return;
        }
        let before = std::mem::replace(&mut web.told, session.clone());
        match &session {
            WebSession::Reconnecting { at, why } => {
                self.restate_first(key, DeliveryStatus::Waiting { until: *at, why: why.clone() });
            }
            // Nothing is going to happen by itself: it is in the queue, and no more.
            WebSession::Unreachable { .. } => self.restate_first(key, DeliveryStatus::Queued),
            _ => {}
        }
        if !session.is_open() {
            self.report_typing(key, None);
        }
        let readable = readable_after(&before, &session);
        self.cx.report(Report::Session { key, session });
        if let Some(readable) = readable {
            let as_of = AsOf::SocketSince(self.cx.now);
            self.cx.report(Report::RepliesReadable { key, readable, as_of });
        }
    }

    /// What waits for a session that ended is refused, with the reason: a person decides what follows.
    fn give_up_web(&mut self, key: ConversationKey) {
        let why = match self.webs.all.get(&key).map(|web| web.machine.session()) {
            Some(WebSession::Ended { why }) => why,
            _ => Reason::Session(SessionEnd::Closed),
        };
        for message in self.waiting_in(key).collect::<Vec<_>>() {
            self.refuse_waiting(message, Outcome::Failed(why.clone()));
        }
    }

    /// Moments that have come: pauses that are over, answers that did not come.
    pub(super) fn follow_web_moments(&mut self) {
        let now = self.cx.now;
        for key in self.webs.keys(|web| web.due().is_some_and(|at| now.mono >= at.mono)) {
            self.unanswered(key);
            self.late_upload(key);
            self.web_event(key, SocketEvent::Tick);
        }
        for key in self.webs.keys(|web| web.history.is_wanted()) {
            self.read_history(key);
        }
        for key in self.webs.keys(|web| !web.files.unwanted.is_empty()) {
            self.delete_unwanted(key);
        }
    }

    /// guestwire leaves: each open socket is closed properly, bounded by its own goodbye.
    pub(super) async fn close_webs(&mut self) {
        let mut closed = Vec::new();
        for key in self.webs.keys(|_| true) {
            let link = self.webs.all.get_mut(&key).and_then(|web| web.link.take());
            self.lose_web(key, FailureKind::Reset, "guestwire stopped");
            closed.extend(link.map(Link::goodbye));
        }
        for closed in closed {
            closed.await;
        }
    }

    pub(super) fn take_link_event(&mut self, event: LinkEvent) {
        self.cx.now = self.cx.clock.now();
        let LinkEvent { key, serial, said } = event;
        if self.webs.all.get(&key).is_none_or(|web| web.opening.serial != serial) {
            return;
        }
        match said {
            LinkSaid::Frame(frame) => self.take_frame(key, *frame),
            LinkSaid::Binary(bytes) => {
                let what = format!("a binary frame of {bytes} bytes");
                self.record_theirs(key, &what, (0, Body::default()), Outcome::Accepted);
            }
            LinkSaid::Gone(why) => {
                self.lose_web(key, FailureKind::Reset, &why);
                self.web_event(key, SocketEvent::Broken(Reason::SocketLost(why)));
            }
        }
    }
}

/// What a change of the session says of reading replies: nothing where the socket stays open.
fn readable_after(before: &WebSession, session: &WebSession) -> Option<RepliesReadable> {
    let why = match session {
        session if session.is_open() => return (!before.is_open()).then_some(RepliesReadable::Yes),
        WebSession::Connecting if *before == WebSession::Closed => return Some(RepliesReadable::NotYetKnown),
        WebSession::Reconnecting { why, .. } | WebSession::Unreachable { why } | WebSession::Ended { why } => {
            why.to_string()
        }
        _ => String::new(),
    };
    Some(RepliesReadable::No(Unreadable::SocketClosed(why)))
}
