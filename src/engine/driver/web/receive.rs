//! What a frame of theirs means beside being an answer: messages, typing, and the session's fate.

use std::time::Duration;

use crate::engine::Report;
use crate::engine::heard::Arrival;
use crate::engine::socket::session;
use crate::genesys::web_messaging::{GuestSocketMessage, NormalizedEvent, Structured, Theirs};
use crate::model::frame_codes::{self, Means};
use crate::model::{Author, ConversationKey, DeliveryStatus, Moment, Reason, RemoteMessage, SessionEnd};

use super::Driver;

/// How long somebody is taken to type where the event does not say. [the events of the published samples: 5 s]
const TYPES_FOR: Duration = Duration::from_secs(5);

impl Driver {
    pub(super) fn hear_frame(&mut self, key: ConversationKey, theirs: Theirs, now: Moment) {
        let Theirs { said, tracing, .. } = theirs;
        match said {
            GuestSocketMessage::Session(session) => {
                if let Some(web) = self.web(key).filter(|_| session.connected) {
                    web.files.media = session.media.clone();
                }
                self.web_event(key, session::SocketEvent::Configured(session), now);
            }
            GuestSocketMessage::Message(message)
                if tracing.as_deref() == Some(crate::genesys::web_messaging::HEALTH_TRACING) =>
            {
                if let Some(expires) = message.expires {
                    self.web_event(key, session::SocketEvent::Expires(expires), now);
                }
            }
            GuestSocketMessage::Message(message) => {
                self.events(key, &message, now);
                self.hear_all(key, vec![(*message, tracing)], true, now);
            }
            GuestSocketMessage::ConnectionClosed(reason) => {
                let why = Reason::Session(SessionEnd::ConnectionClosed(reason));
                self.web_event(key, session::SocketEvent::ConnectionClosed(why), now);
            }
            GuestSocketMessage::Expired => self.over(key, SessionEnd::Expired, now),
            GuestSocketMessage::Cleared => self.over(key, SessionEnd::Cleared, now),
            GuestSocketMessage::Logout => self.over(key, SessionEnd::SignedOut, now),
            GuestSocketMessage::Error { code, message, .. } => {
                let why = Reason::Frame(code, message);
                match frame_codes::means(code) {
                    Means::SessionOver => self.web_event(key, session::SocketEvent::Over(why), now),
                    Means::ReadOnly => self.web_event(key, session::SocketEvent::ReadOnly(why), now),
                    Means::Slower | Means::Refused | Means::Failed => {}
                }
            }
            GuestSocketMessage::Jwt { jwt, exp } => self.jwt_came(key, jwt, exp, now),
            GuestSocketMessage::Presigned { attachment_id, url, headers } => {
                self.upload_place(key, &attachment_id, &url, &headers, now);
            }
            GuestSocketMessage::Uploaded { attachment_id } => self.upload_arrived(key, &attachment_id, now),
            GuestSocketMessage::UploadFailed { attachment_id, code, message } => {
                self.upload_refused(key, attachment_id.as_deref(), code, &message, now);
            }
            GuestSocketMessage::Deleted | GuestSocketMessage::Unasked | GuestSocketMessage::Other => {}
        }
    }

    fn over(&mut self, key: ConversationKey, end: SessionEnd, now: Moment) {
        self.web_event(key, session::SocketEvent::Over(Reason::Session(end)), now);
    }

    /// What happened, other than something said.
    fn events(&mut self, key: ConversationKey, message: &Structured, now: Moment) {
        for event in message.events.iter().filter(|_| !message.by_guest) {
            match event {
                NormalizedEvent::Typing { on: true, duration } => {
                    let until = now.after(duration.unwrap_or(TYPES_FOR));
                    self.report_typing(key, Some((message.author, until)));
                }
                NormalizedEvent::Typing { on: false, .. } => self.report_typing(key, None),
                NormalizedEvent::Presence(what) if what == "Disconnect" => {
                    if message.read_only {
                        let why = Reason::Session(SessionEnd::EndedByOther);
                        self.web_event(key, session::SocketEvent::ReadOnly(why), now);
                    } else {
                        self.cx.notice("the other side ended the conversation; the next message begins another", now);
                    }
                }
                NormalizedEvent::Presence(what) if what == "SessionExpired" => {
                    self.over(key, SessionEnd::Expired, now);
                }
                NormalizedEvent::Presence(_) | NormalizedEvent::Other(_) => {}
            }
        }
    }

    /// Somebody of the other side types, or nobody any more.
    pub(super) fn report_typing(&mut self, key: ConversationKey, who: Option<(Author, Moment)>) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let before = std::mem::replace(&mut web.typing, who.map(|(author, _)| author));
        match (who, before) {
            (Some((author, until)), _) => self.cx.report(Report::Typing { key, author, until: Some(until) }),
            (None, Some(author)) => self.cx.report(Report::Typing { key, author, until: None }),
            (None, None) => {}
        }
    }

    /// Messages came, live or from the history; with the tracing id of each, where it has one. Says how many are new.
    pub(super) fn hear_all(
        &mut self,
        key: ConversationKey,
        came: Vec<(Structured, Option<String>)>,
        live: bool,
        now: Moment,
    ) -> usize {
        let mut messages = Vec::new();
        for (structured, tracing) in came {
            let Some(message) = structured.message(now.wall) else { continue };
            // The socket never tells the conversation's id; the platform does, where there is a token for it.
            if let Some(id) = structured.id.clone().filter(|_| live && self.wants_token())
                && self.reads.conversation_id(key, &self.cx).is_none()
            {
                self.side_requests.learn_from_message(key, id, now);
            }
            if structured.by_guest {
                self.recognise(key, &message, &[structured.own_id, tracing]);
            } else {
                self.report_typing(key, None);
            }
            messages.push(message);
        }
        let how = if live { Arrival::Pushed } else { Arrival::Read };
        let (fresh, settled) = self.reads.hear(key, messages, how, &self.cx);
        let count = fresh.len();
        if count > 0 {
            self.cx.report(Report::MessagesArrived { key, messages: fresh });
        }
        if count > 0 && live {
            self.web_event(key, session::SocketEvent::Spoken, now);
        }
        self.settle_seen(settled);
        count
    }

    /// A message of the guest that carries an id of ours is that message, and no other of the same text.
    fn recognise(&mut self, key: ConversationKey, message: &RemoteMessage, ids: &[Option<String>; 2]) {
        if ids.iter().all(Option::is_none) {
            return;
        }
        self.reads.known(key, &message.id);
        let found = self.sends.unknown_under(ids).into_iter().find(|(_, conversation)| *conversation == key);
        if let Some((unknown, _)) = found {
            self.settle_unknown(unknown, DeliveryStatus::Landed, Some(message.id.clone()));
        }
    }
}
