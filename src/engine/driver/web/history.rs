//! The messages of before, over HTTP: after a session was resumed (what was said while nobody listened), when a message
//! is unknown, and page by page further back when a person asks.
//!
//! ```text
//! wanted ─► JWT known? ─ no ─► getJwt ─► JwtResponse ─┐
//!               └─ yes ───────────────────────────────┴─► GET page ─► heard ─► paging ─► the next page, or rest
//! ```

use jiff::Timestamp;
use secrecy::SecretString;

use crate::engine::driver::task_output::{CapturedTry, TaskPurpose};
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::socket::paging::{SeenPages, Why};
use crate::engine::socket::session::{SocketEvent, Wanted};
use crate::genesys::web_messaging::{HistoryOfSession, Ours, history_request};
use crate::model::{ConversationKey, ExchangeKind, WebSession};

use super::Driver;

impl Driver {
    /// Reads the messages that were missed, and looks for unknown ones.
    pub(in crate::engine::driver) fn catch_up(&mut self, key: ConversationKey) {
        if let Some(web) = self.webs.of(key, &self.cx) {
            web.history.paging.catch_up();
        }
        self.read_history(key);
    }

    /// A message is unknown: it is looked for from the newest page on, which needs the session open.
    pub(in crate::engine::driver) fn look_for_doubted(&mut self, key: ConversationKey) {
        let Some(web) = self.webs.of(key, &self.cx) else { return };
        match web.machine.session() {
            session if session.is_open() && web.history.looks_back() => {}
            session if session.is_open() => self.catch_up(key),
            WebSession::Closed => self.web_event(key, SocketEvent::Want(Wanted::Look)),
            WebSession::Unreachable { .. } | WebSession::Ended { .. } => {
                self.cx.notice_of(key, "what is unknown was not looked for: the session is not open; connect first");
            }
            // The session is about to open, and looks for the message then.
            _ => {}
        }
    }

    /// A person wants to see older messages.
    pub(super) fn ask_history(&mut self, key: ConversationKey) {
        let Some(web) = self.webs.of(key, &self.cx) else { return };
        // A session that is about to be open is waited for.
        if matches!(
            web.machine.session(),
            WebSession::Closed | WebSession::Unreachable { .. } | WebSession::Ended { .. }
        ) {
            return self.cx.notice_of(key, "older messages were not asked for: the session is not open; connect first");
        }
        if !web.history.paging.ask() {
            return self.cx.notice_of(key, "there are no older messages");
        }
        self.read_history(key);
    }

    /// Reads what is wanted, as soon as the limits and the JWT allow.
    pub(super) fn read_history(&mut self, key: ConversationKey) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let wanted = web.history.paging.wanted().filter(|_| web.history.reading.is_none());
        let Some((page, why)) = wanted.filter(|_| web.page_held_until(self.cx.now).is_none()) else { return };
        let Some(jwt) = web.history.jwt(self.cx.now.wall).cloned() else {
            let asked = web.flight.0.iter().any(|w| w.ours == Ours::Jwt);
            if !asked && web.machine.is_writable() && web.paced(self.cx.now).is_none() {
                self.write_frame(key, Ours::Jwt);
            }
            return;
        };
        web.history.paging.begin(why);
        web.pace.pages.spend(self.cx.now);
        let origin = self.cx.web_address(key).map(|(_, origin)| origin.to_owned()).unwrap_or_default();
        let record = self.cx.record(ExchangeKind::Read, &format!("history, page {page}"), Some(key));
        let call = history_request(&self.cx.profile.hosts.api, &origin, &jwt, page);
        let begun = self.cx.request(TaskPurpose::History(key), record, call, None);
        web.history.reading = begun.is_ok().then_some((page, why));
    }

    pub(super) fn jwt_came(&mut self, key: ConversationKey, jwt: String, end: Option<Timestamp>) {
        let jwt = SecretString::from(jwt);
        self.cx.learn_secret(&jwt, "jwt");
        if let Some(web) = self.webs.of(key, &self.cx) {
            web.history.jwt = Some((jwt, end));
        }
        self.read_history(key);
    }

    /// No JWT came, or it was refused.
    pub(super) fn history_failed(&mut self, key: ConversationKey, why: &str) {
        let Some(web) = self.webs.of(key, &self.cx) else { return };
        let back = web.history.paging.page_back();
        let asked = web.history.paging.stop();
        // A socket that is lost reads back anew once it is open again.
        if let Some(page) = back.filter(|_| web.machine.is_writable()) {
            web.history.paging.failed(page, Why::Back, None, self.cx.now);
        }
        if asked {
            self.cx.notice_of(key, &format!("older messages could not be read: {why}"));
        }
    }

    /// A page of the history was read, or was not.
    pub(in crate::engine::driver) fn history_read(
        &mut self,
        key: ConversationKey,
        mut record: ExchangeBuilder,
        shown: CapturedTry,
    ) {
        let (status, wait) = (shown.status(), shown.wait());
        let read = shown.body().and_then(HistoryOfSession::read);
        self.cx.settle_question(&mut record, shown, read.is_some());
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let Some((page, why)) = web.history.reading.take() else { return };
        let Some(read) = read else {
            // A JWT that ended early is had anew, once.
            if status == 401 && !std::mem::replace(&mut web.history.refused, true) {
                web.history.jwt = None;
                web.history.paging.again(page, why);
                self.read_history(key);
            } else if matches!(status, 0 | 408 | 429 | 500..=599) {
                web.history.paging.failed(page, why, wait, self.cx.now);
            }
            return;
        };
        web.history.refused = false;
        let seen = SeenPages {
            pages: read.pages,
            count: read.messages.len(),
            knew: self.reads.of(key).has_heard(),
            oldest: read.messages.iter().filter_map(|m| m.at).min(),
            ..SeenPages::default()
        };
        let fresh = self.hear_all(key, read.messages.into_iter().map(|m| (m, None)).collect(), false);
        // What this page settled is not looked for any more.
        let doubt = self.reads.of(key).doubt_since(self.cx.skew());
        if let Some(web) = self.webs.all.get_mut(&key) {
            web.history.paging.read(page, why, SeenPages { fresh, doubt, ..seen });
        }
        self.read_history(key);
    }
}
