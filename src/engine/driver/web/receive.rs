//! What a frame of theirs means beside being an answer: messages, typing, and the session's fate.

use std::time::Duration;

use crate::engine::Report;
use crate::engine::heard::Arrival;
use crate::engine::socket::session::SocketEvent;
use crate::genesys::web_messaging::{GuestSocketMessage, HEALTH_TRACING, NormalizedEvent, Structured, Theirs};
use crate::model::frame_codes::{self, Means};
use crate::model::{Author, ConversationKey, DeliveryStatus, Moment, Reason, RemoteMessage, SessionEnd};

use super::Driver;

/// How long somebody is taken to type where the event does not say. [the events of the published samples: 5 s]
const TYPES_FOR: Duration = Duration::from_secs(5);

impl Driver {
    pub(super) fn hear_frame(&mut self, key: ConversationKey, theirs: Theirs) {
        let Theirs { said, tracing, .. } = theirs;
        match said {
            GuestSocketMessage::Session(session) => {
                if let Some(web) = self.webs.of(key, &self.cx).filter(|_| session.connected) {
                    web.files.media = session.media.clone();
                }
                self.web_event(key, SocketEvent::Configured(session));
            }
            GuestSocketMessage::Message(message) if tracing.as_deref() == Some(HEALTH_TRACING) => {
                if let Some(expires) = message.expires {
                    self.web_event(key, SocketEvent::Expires(expires));
                }
            }
            GuestSocketMessage::Message(message) => {
                self.events(key, &message);
                self.hear_all(key, vec![(*message, tracing)], true);
            }
            GuestSocketMessage::ConnectionClosed(reason) => {
                let why = Reason::Session(SessionEnd::ConnectionClosed(reason));
                self.web_event(key, SocketEvent::Over(why));
            }
            GuestSocketMessage::Expired => self.over(key, SessionEnd::Expired),
            GuestSocketMessage::Cleared => self.over(key, SessionEnd::Cleared),
            GuestSocketMessage::Logout => self.over(key, SessionEnd::SignedOut),
            GuestSocketMessage::Error { code, message, .. } => {
                let why = Reason::Frame(code, message);
                match frame_codes::means(code) {
                    Means::SessionOver => self.web_event(key, SocketEvent::Over(why)),
                    Means::ReadOnly => self.web_event(key, SocketEvent::ReadOnly(why)),
                    Means::Slower | Means::Refused | Means::Failed => {}
                }
            }
            GuestSocketMessage::Jwt { jwt, exp } => self.jwt_came(key, jwt, exp),
            GuestSocketMessage::Presigned { attachment_id, url, headers } => {
                self.upload_place(key, &attachment_id, &url, &headers);
            }
            GuestSocketMessage::Uploaded { attachment_id } => self.upload_arrived(key, &attachment_id),
            GuestSocketMessage::UploadFailed { attachment_id, code, message } => {
                self.upload_refused(key, attachment_id.as_deref(), code, &message);
            }
            GuestSocketMessage::Deleted
            | GuestSocketMessage::Unasked
            | GuestSocketMessage::Text(_)
            | GuestSocketMessage::Other => {}
        }
    }

    fn over(&mut self, key: ConversationKey, end: SessionEnd) {
        self.web_event(key, SocketEvent::Over(Reason::Session(end)));
    }

    /// What happened, other than something said.
    fn events(&mut self, key: ConversationKey, message: &Structured) {
        for event in message.events.iter().filter(|_| !message.by_guest) {
            match event {
                NormalizedEvent::Typing { on: true, duration } => {
                    let until = self.cx.now.after(duration.unwrap_or(TYPES_FOR));
                    self.report_typing(key, Some((message.author, until)));
                }
                NormalizedEvent::Typing { on: false, .. } => self.report_typing(key, None),
                NormalizedEvent::Presence(what) if what == "Disconnect" => {
                    if message.read_only {
                        let why = Reason::Session(SessionEnd::EndedByOther);
                        self.web_event(key, SocketEvent::ReadOnly(why));
                    } else {
                        self.cx
                            .notice_of(key, "the other side ended the conversation; the next message begins another");
                    }
                }
                NormalizedEvent::Presence(what) if what == "SessionExpired" => {
                    self.over(key, SessionEnd::Expired);
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
        said: Vec<(Structured, Option<String>)>,
        live: bool,
    ) -> usize {
        let mut messages = Vec::new();
        for (structured, tracing) in said {
            let Some(mut message) = structured.message(self.cx.now.wall) else { continue };
            message.untimed = !live && structured.at.is_none();
            // The socket never tells the conversation's id; the platform does, where there is a token for it.
            if let Some(id) = structured.id.clone().filter(|_| live && self.cx.wants_token())
                && self.cx.conversation_id(key).is_none()
            {
                self.side_requests.learn_from_message(key, id, self.cx.now);
            }
            if structured.by_guest {
                self.recognise(key, &message, &[structured.own_id, tracing]);
            } else {
                self.report_typing(key, None);
            }
            messages.push(message);
        }
        let how = if live { Arrival::Pushed } else { Arrival::Read };
        let (fresh, settled) = self.reads.of(key).hear(messages, how, self.cx.skew());
        let count = fresh.len();
        if count > 0 {
            self.cx.report(Report::MessagesArrived { key, messages: fresh });
        }
        if count > 0 && live {
            self.web_event(key, SocketEvent::Spoken);
        }
        self.settle_seen(settled);
        count
    }

    /// A message of the guest that carries an id of ours is that message, and no other of the same text.
    fn recognise(&mut self, key: ConversationKey, message: &RemoteMessage, ids: &[Option<String>; 2]) {
        if ids.iter().all(Option::is_none) {
            return;
        }
        self.reads.of(key).known(&message.id);
        let found = self.sends.unknown_under(ids).into_iter().find(|(_, conversation)| *conversation == key);
        if let Some((unknown, _)) = found {
            self.settle_unknown(unknown, DeliveryStatus::Landed, Some(message.id.clone()));
        }
    }
}
