//! What a frame of theirs means beside being an answer: messages, typing, and the session's fate. And the messages of
//! before, over HTTP: after a session was resumed (what was said while nobody listened), when a message is unknown, and
//! page by page further back when a person asks.
//!
//! ```text
//! wanted ─► JWT known? ─ no ─► getJwt ─► JwtResponse ─┐
//!               └─ yes ───────────────────────────────┴─► GET page ─► heard ─► paging ─► the next page, or rest
//! ```

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;

use super::Driver;
use super::history::{PageFor, SeenPages};
use crate::engine::Report;
use crate::engine::driver::task_output::{AnsweredTry, TaskPurpose};
use crate::engine::outcome::is_transient;
use crate::engine::reading::Arrival;
use crate::engine::web_session::{Opener, SocketEvent};
use crate::genesys::web_messaging::{
    GuestFrame, HEALTH_TRACING, HistoryOfSession, NormalizedEvent, ServerFrame, ServerFrameContent, Structured,
    history_request,
};
use crate::model::frame_codes::{self, FrameCodeClass};
use crate::model::{
    Author, ConversationKey, DeliveryStatus, ExchangeKind, Moment, Reason, RemoteMessage, SessionEnd, WebSession,
};

const TYPES_FOR: Duration = Duration::from_secs(5); // where the event does not say. [the published samples]

impl Driver {
    pub fn on_frame(&mut self, key: ConversationKey, theirs: ServerFrame) {
        let ServerFrame { content, tracing, .. } = theirs;
        match content {
            ServerFrameContent::Session(session) => {
                if session.connected {
                    self.webs.of(key).uploads.set_media(session.media.clone());
                }
                self.web_event(key, SocketEvent::Configured(session));
            }
            ServerFrameContent::Message(message) if tracing.as_deref() == Some(HEALTH_TRACING) => {
                if let Some(expires) = message.expires {
                    self.web_event(key, SocketEvent::Expires(expires));
                }
            }
            ServerFrameContent::Message(message) => {
                self.events(key, &message);
                self.on_messages(key, vec![(*message, tracing)], true);
            }
            ServerFrameContent::ConnectionClosed(reason) => self.over(key, SessionEnd::ConnectionClosed(reason)),
            ServerFrameContent::Expired => self.over(key, SessionEnd::Expired),
            ServerFrameContent::Cleared => self.over(key, SessionEnd::Cleared),
            ServerFrameContent::Logout => self.over(key, SessionEnd::SignedOut),
            ServerFrameContent::Error { code, message, .. } => {
                let why = Reason::Frame(code, message);
                match frame_codes::classify(code) {
                    FrameCodeClass::SessionOver => self.web_event(key, SocketEvent::Over(why)),
                    FrameCodeClass::ReadOnly => self.web_event(key, SocketEvent::ReadOnly(why)),
                    FrameCodeClass::Slower | FrameCodeClass::Refused | FrameCodeClass::Failed => {}
                }
            }
            ServerFrameContent::Jwt(jwt, exp) => self.jwt_came(key, jwt, exp),
            ServerFrameContent::Presigned { attachment_id, url, headers } => {
                self.upload_place(key, &attachment_id, &url, &headers);
            }
            ServerFrameContent::Uploaded(attachment_id) => self.upload_arrived(key, &attachment_id),
            ServerFrameContent::UploadFailed { attachment_id, code, message } => {
                self.upload_refused(key, attachment_id.as_deref(), code, &message);
            }
            ServerFrameContent::Deleted
            | ServerFrameContent::Unasked
            | ServerFrameContent::Text(_)
            | ServerFrameContent::Other => {}
        }
    }

    fn over(&mut self, key: ConversationKey, end: SessionEnd) {
        self.web_event(key, SocketEvent::Over(Reason::Session(end)));
    }

    fn events(&mut self, key: ConversationKey, message: &Structured) {
        for event in message.events.iter().filter(|_| !message.by_guest) {
            match event {
                NormalizedEvent::Typing { on: true, duration } => {
                    let until = self.cx.now.after(duration.unwrap_or(TYPES_FOR));
                    self.report_typing(key, Some((message.author, until)));
                }
                NormalizedEvent::Typing { on: false, .. } => self.report_typing(key, None),
                NormalizedEvent::Presence(what) if what == "Disconnect" && message.read_only => {
                    self.web_event(key, SocketEvent::ReadOnly(Reason::Session(SessionEnd::EndedByOther)));
                }
                NormalizedEvent::Presence(what) if what == "Disconnect" => {
                    self.cx.notice_of(key, "the other side ended the conversation; the next message begins another");
                }
                NormalizedEvent::Presence(what) if what == "SessionExpired" => self.over(key, SessionEnd::Expired),
                NormalizedEvent::Presence(_) | NormalizedEvent::Other(_) => {}
            }
        }
    }

    pub fn report_typing(&mut self, key: ConversationKey, who: Option<(Author, Moment)>) {
        let before = self.webs.of(key).set_typing(who.map(|(author, _)| author));
        if let Some(author) = who.map(|(author, _)| author).or(before) {
            self.cx.report(Report::Typing(key, author, who.map(|(_, until)| until)));
        }
    }

    /// Messages came, live or from the history; with the tracing id of each, where it has one. Says how many are new.
    pub fn on_messages(&mut self, key: ConversationKey, said: Vec<(Structured, Option<String>)>, live: bool) -> usize {
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
        let (fresh, found) = self.reads.of(key).arrived(messages, how, self.cx.skew());
        let count = fresh.len();
        if count > 0 {
            self.cx.report(Report::MessagesArrived(key, fresh));
            if live {
                self.web_event(key, SocketEvent::Spoken);
            }
        }
        self.record_found(found);
        count
    }

    /// A message of the guest that carries an id of ours is that message, and no other of the same text.
    fn recognise(&mut self, key: ConversationKey, message: &RemoteMessage, ids: &[Option<String>; 2]) {
        if ids.iter().all(Option::is_none) {
            return;
        }
        self.reads.of(key).mark_known(&message.id);
        let found = self.sends.unknown_with_keys(ids).into_iter().find(|(_, conversation)| *conversation == key);
        if let Some((unknown, _)) = found {
            self.settle_unknown(unknown, DeliveryStatus::Received, Some(message.id.clone()));
        }
    }

    /// A message is unknown: it is looked for from the newest page on, which needs the session open.
    pub fn look_for_doubted(&mut self, key: ConversationKey) {
        let web = self.webs.of(key);
        match web.machine.session() {
            session if session.is_open() => {
                if !web.history.looks_back() {
                    web.history.catch_up();
                }
            }
            WebSession::Closed => self.web_event(key, SocketEvent::Want(Opener::Look)),
            WebSession::Unreachable(_) | WebSession::Ended(_) => {
                self.cx.notice_of(key, "what is unknown was not looked for: the session is not open; connect first");
            }
            // The session is about to open, and looks for the message then.
            _ => {}
        }
    }

    pub fn ask_history(&mut self, key: ConversationKey) {
        let web = self.webs.of(key);
        // A session that is about to be open is waited for.
        if matches!(web.machine.session(), WebSession::Closed | WebSession::Unreachable(_) | WebSession::Ended(_)) {
            return self.cx.notice_of(key, "older messages were not asked for: the session is not open; connect first");
        }
        if !web.history.ask() {
            self.cx.notice_of(key, "there are no older messages");
        }
    }

    pub fn read_history(&mut self, key: ConversationKey) {
        let web = self.webs.of(key);
        let next = web.history.next_page().filter(|_| web.page_held_until(self.cx.now).is_none());
        let Some((page, why)) = next else { return };
        let Some(jwt) = web.history.usable_jwt(self.cx.now.wall).cloned() else {
            if !web.in_flight.waits_for(&GuestFrame::Jwt)
                && web.machine.is_writable()
                && web.paced(self.cx.now).is_none()
            {
                self.write_frame(key, GuestFrame::Jwt);
            }
            return;
        };
        web.history.begin(page, why);
        web.pace.pages.spend(self.cx.now);
        let origin = self.cx.web_address(key).map(|(_, origin)| origin.to_owned()).unwrap_or_default();
        let record = self.cx.record(ExchangeKind::Read, &format!("history, page {page}"), Some(key));
        let call = history_request(&self.cx.profile.hosts.api, &origin, &jwt, page);
        if let Err(not_built) = self.cx.request(TaskPurpose::History(key), record, call, None) {
            web.history.end_page();
            if why == PageFor::Asked {
                self.not_read(key, &not_built);
            }
        }
    }

    pub fn jwt_came(&mut self, key: ConversationKey, jwt: String, end: Option<Timestamp>) {
        let jwt = SecretString::from(jwt);
        self.cx.learn_secret(&jwt, "jwt");
        self.webs.of(key).history.set_jwt(jwt, end);
    }

    pub fn history_failed(&mut self, key: ConversationKey, why: &str) {
        let web = self.webs.of(key);
        let (back, asked) = web.history.stop();
        // A socket that is lost reads back anew once it is open again.
        if let Some(page) = back.filter(|_| web.machine.is_writable()) {
            web.history.failed(page, None, self.cx.now);
        }
        if asked {
            self.not_read(key, why);
        }
    }

    fn not_read(&self, key: ConversationKey, why: &str) {
        self.cx.notice_of(key, &format!("older messages could not be read: {why}"));
    }

    pub fn history_read(&mut self, key: ConversationKey, (mut record, shown): AnsweredTry) {
        let (status, wait, said) = (shown.status(), shown.wait(), shown.why());
        let read = shown.body().and_then(HistoryOfSession::read);
        self.cx.finish_question(&mut record, shown, read.is_some());
        let web = self.webs.of(key);
        let Some((page, why)) = web.history.end_page() else { return };
        let Some(read) = read else {
            if status == 401 && web.history.renews_jwt(page, why) {
                return;
            }
            if why == PageFor::Asked {
                self.not_read(key, &said.to_string());
            } else if is_transient(status) {
                web.history.failed(page, wait, self.cx.now);
            }
            return;
        };
        let seen = SeenPages {
            pages: read.pages,
            count: read.messages.len(),
            knew: self.reads.of(key).knows_messages(),
            oldest: read.messages.iter().filter_map(|m| m.at).min(),
            ..SeenPages::default()
        };
        let fresh = self.on_messages(key, read.messages.into_iter().map(|m| (m, None)).collect(), false);
        // What this page settled is not looked for any more.
        let doubt = self.reads.of(key).doubt_since(self.cx.skew());
        self.webs.of(key).history.read(page, why, SeenPages { fresh, doubt, ..seen });
    }
}
