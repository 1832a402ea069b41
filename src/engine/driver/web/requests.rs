//! What a person asks of a session, and typing.

use std::time::Duration;

use crate::engine::driver::Driver;
use crate::engine::socket::session::{SocketEvent, Wanted};
use crate::genesys::web_messaging::{Ours, Presence};
use crate::model::{ConversationKey, Moment, SessionAsk};

/// Typing is told no more often. [5 s: real: seen in SDK source: MTSDK]
const TYPING_EVERY: Duration = Duration::from_secs(5);
/// Health is asked no more often. [30 s: real: seen in SDK source: MTSDK; limit of 2 a minute: SAFRI]
const HEALTH_EVERY: Duration = Duration::from_secs(30);

impl Driver {
    pub(in crate::engine::driver) fn session_asked(&mut self, key: ConversationKey, ask: SessionAsk, now: Moment) {
        if !self.cx.is_web(key) {
            return self
                .cx
                .notice("this conversation has no session: only those of the channel web-messaging have", now);
        }
        match ask {
            SessionAsk::Connect => self.web_event(key, SocketEvent::Want(Wanted::Ask), now),
            SessionAsk::StartNew => self.web_event(key, SocketEvent::StartNew, now),
            SessionAsk::NewGuest => self.web_event(key, SocketEvent::NewGuest, now),
            SessionAsk::Close => self.web_event(key, SocketEvent::Close, now),
            SessionAsk::Join => self.ask_by_frame(key, &Ours::Presence(Presence::Join), now),
            SessionAsk::Clear => self.ask_by_frame(key, &Ours::Presence(Presence::Clear), now),
            SessionAsk::Health => self.ask_health(key, now),
            SessionAsk::History => self.ask_history(key, now),
        }
    }

    /// A frame for which the session must be open.
    fn ask_by_frame(&mut self, key: ConversationKey, ours: &Ours, now: Moment) {
        if let Some(why) = self.not_open(key, now) {
            return self.cx.notice(&format!("{} was not sent: {why}", ours.words()), now);
        }
        self.write_frame(key, ours, now);
    }

    /// Why a frame cannot be written now.
    pub(super) fn not_open(&self, key: ConversationKey, now: Moment) -> Option<String> {
        if !self.webs.is_writable(key) {
            let why = if self.cx.tuning.send_log.read_only() {
                "another guestwire has this profile open, and this one only reads"
            } else {
                "the session is not open; connect first"
            };
            return Some(why.to_owned());
        }
        let (until, why) = self.webs.paced(key, now)?;
        Some(format!("{why}; it can be sent in {} s", until.left(now).as_secs() + 1))
    }

    fn ask_health(&mut self, key: ConversationKey, now: Moment) {
        let again = self.web(key).and_then(|web| web.pace.health_again).filter(|at| now.mono < at.mono);
        if let Some(at) = again {
            let seconds = at.left(now).as_secs() + 1;
            return self.cx.notice(&format!("a health check may be made every 30 s: the next in {seconds} s"), now);
        }
        if self.not_open(key, now).is_none()
            && let Some(web) = self.web(key)
        {
            web.pace.health_again = Some(now.after(HEALTH_EVERY));
        }
        self.ask_by_frame(key, &Ours::Health, now);
    }

    /// The guest types. What cannot be told is not told: it is no message.
    pub(in crate::engine::driver) fn guest_types(&mut self, key: ConversationKey, now: Moment) {
        if self.not_open(key, now).is_some() {
            return;
        }
        let Some(web) = self.web(key) else { return };
        if web.pace.typing_again.is_some_and(|at| now.mono < at.mono) {
            return;
        }
        web.pace.typing_again = Some(now.after(TYPING_EVERY));
        self.write_frame(key, &Ours::Typing, now);
    }

    /// A person looks at a conversation: one that has a session has it opened.
    pub(in crate::engine::driver) fn looked_at(&mut self, key: Option<ConversationKey>, now: Moment) {
        if let Some(key) = key.filter(|key| self.cx.is_web(*key)) {
            self.web_event(key, SocketEvent::Want(Wanted::Look), now);
        }
    }
}
