//! The messages of before, over HTTP: after a session was resumed (what was said while nobody listened), when a message
//! is unknown, and page by page further back when a person asks.
//!
//! ```text
//! wanted ─► JWT known? ─ no ─► getJwt ─► JwtResponse ─┐
//!               └─ yes ───────────────────────────────┴─► GET page ─► heard ─► paging ─► the next page, or rest
//! ```

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use crate::engine::driver::tasks::{CapturedTry, TaskPurpose};
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::pace::Rate;
use crate::engine::socket::flight::Awaits;
use crate::engine::socket::paging::{Paging, SeenPages, Why};
use crate::engine::socket::session::{SocketEvent, Wanted};
use crate::genesys::web_messaging::{Ours, history};
use crate::model::{ConversationKey, ExchangeKind, Moment, Outcome, Reason, WebSession};

use super::Driver;

/// Reads in a minute. [SAFRI, `get.history.rate.per.minute`]
const READS_PER_MINUTE: u32 = 10;
/// A JWT that ends sooner is not used. [real: seen in SDK source: MTSDK]
const JWT_MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// The history of one guest.
pub struct WebHistory {
    jwt: Option<(SecretString, Option<Timestamp>)>,
    paging: Paging,
    /// The page that is being read.
    reading: Option<(u32, Why)>,
    rate: Rate,
    /// A JWT was refused just now.
    refused: bool,
}

impl Default for WebHistory {
    fn default() -> Self {
        Self {
            jwt: None,
            paging: Paging::default(),
            reading: None,
            rate: Rate::new(READS_PER_MINUTE, Duration::from_secs(60)),
            refused: false,
        }
    }
}

impl WebHistory {
    /// When a page that is held back by the limit, or by a failure, may be read.
    pub fn due(&self, now: Moment) -> Option<Moment> {
        self.paging.wanted().filter(|_| self.reading.is_none())?;
        [self.paging.held(now), self.rate.may(now).err()].into_iter().flatten().max_by_key(|until| until.mono)
    }

    /// Whether a page is to be read.
    pub fn is_wanted(&self) -> bool {
        self.paging.wanted().is_some()
    }

    /// Whether pages are read by themselves, from the newest on.
    fn looks_back(&self) -> bool {
        self.paging.page_back().is_some() || matches!(self.reading, Some((_, Why::Back)))
    }

    /// Nobody knows this guest yet: there is nothing of before.
    pub const fn begins(&mut self) {
        self.paging.stop();
    }

    /// Another guest has another history, and no other limit.
    pub fn forget(&mut self) {
        let rate = self.rate.clone();
        *self = Self { rate, ..Self::default() };
    }

    fn jwt(&self, now: Timestamp) -> Option<&SecretString> {
        let (jwt, end) = self.jwt.as_ref()?;
        end.is_none_or(|end| end.duration_since(now) > JWT_MARGIN).then_some(jwt)
    }
}

impl Driver {
    /// What was said while nobody listened is read, and what is unknown is looked for.
    pub(in crate::engine::driver) fn catch_up(&mut self, key: ConversationKey, now: Moment) {
        if let Some(web) = self.web(key) {
            web.history.paging.catch_up();
        }
        self.read_history(key, now);
    }

    /// A message is unknown: it is looked for from the newest page on, which needs the session open.
    pub(in crate::engine::driver) fn look_for_doubted(&mut self, key: ConversationKey, now: Moment) {
        let Some(web) = self.web(key) else { return };
        match web.machine.session() {
            WebSession::Open { .. } | WebSession::ReadOnly { .. } if web.history.looks_back() => {}
            WebSession::Open { .. } | WebSession::ReadOnly { .. } => self.catch_up(key, now),
            WebSession::Closed => self.web_event(key, SocketEvent::Want(Wanted::Look), now),
            // Once it is open, it is looked for.
            WebSession::Connecting | WebSession::Reconnecting { .. } => {}
            WebSession::Unreachable { .. } | WebSession::Ended { .. } => {
                self.cx.notice("what is unknown was not looked for: the session is not open; connect first", now);
            }
        }
    }

    /// A person wants to see older messages.
    pub(super) fn ask_history(&mut self, key: ConversationKey, now: Moment) {
        let Some(web) = self.web(key) else { return };
        // A session that is about to be open is waited for.
        if matches!(
            web.machine.session(),
            WebSession::Closed | WebSession::Unreachable { .. } | WebSession::Ended { .. }
        ) {
            return self.cx.notice("older messages were not asked for: the session is not open; connect first", now);
        }
        if !web.history.paging.ask() {
            return self.cx.notice("there are no older messages", now);
        }
        self.read_history(key, now);
    }

    /// Reads what is wanted, as soon as the limits and the JWT allow.
    pub(super) fn read_history(&mut self, key: ConversationKey, now: Moment) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let wanted = web.history.paging.wanted().filter(|_| web.history.reading.is_none());
        let Some((page, why)) = wanted.filter(|_| web.history.due(now).is_none()) else { return };
        let Some(jwt) = web.history.jwt(now.wall).cloned() else {
            let asked = web.flight.iter().any(|w| w.awaits == Awaits::Jwt);
            if !asked && web.machine.is_writable() && web.paced(now).is_none() {
                self.write_frame(key, &Ours::Jwt, now);
            }
            return;
        };
        web.history.paging.begin(why);
        web.history.rate.spend(now);
        let origin = self.cx.web_address(key).map(|(_, origin)| origin.to_owned()).unwrap_or_default();
        let mut record = self.cx.record(ExchangeKind::Read, &format!("history, page {page}"), Some(key), now);
        match history::request(&self.cx.profile.hosts.api, &origin, &jwt, page) {
            Ok(call) => {
                web.history.reading = Some((page, why));
                self.cx.request(TaskPurpose::History(key), record, call, None, now);
            }
            Err(bad) => self.cx.settle(&mut record, Outcome::Refused(Reason::NotBuilt(bad.0)), now),
        }
    }

    /// A JWT came.
    pub(super) fn jwt_came(&mut self, key: ConversationKey, jwt: String, end: Option<Timestamp>, now: Moment) {
        let jwt = SecretString::from(jwt);
        self.cx.learn_secret(&jwt, "jwt");
        if let Some(web) = self.web(key) {
            web.history.jwt = Some((jwt, end));
        }
        self.read_history(key, now);
    }

    /// No JWT came, or it was refused.
    pub(super) fn history_failed(&mut self, key: ConversationKey, why: &str, now: Moment) {
        let Some(web) = self.web(key) else { return };
        let back = web.history.paging.page_back();
        let asked = web.history.paging.stop();
        // A socket that is lost reads back anew once it is open again.
        if let Some(page) = back.filter(|_| web.machine.is_writable()) {
            web.history.paging.failed(page, Why::Back, None, now);
        }
        if asked {
            self.cx.notice(&format!("older messages could not be read: {why}"), now);
        }
    }

    /// A page of the history was read, or was not.
    pub(in crate::engine::driver) fn history_read(
        &mut self,
        key: ConversationKey,
        mut record: ExchangeBuilder,
        shown: CapturedTry,
        now: Moment,
    ) {
        let (status, wait) = (shown.status(), shown.wait());
        let read = shown.body().and_then(history::read);
        let outcome = shown.outcome(read.is_some());
        self.cx.settle_try(&mut record, shown, outcome, now);
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let Some((page, why)) = web.history.reading.take() else { return };
        let Some(read) = read else {
            // A JWT that ended early is had anew, once.
            let again = status == 401 && !std::mem::replace(&mut web.history.refused, status == 401);
            if again {
                web.history.jwt = None;
                web.history.paging.again(page, why);
                self.read_history(key, now);
            } else if matches!(status, 0 | 408 | 429 | 500..=599) {
                web.history.paging.failed(page, why, wait, now);
            }
            return;
        };
        web.history.refused = false;
        let seen = SeenPages {
            pages: read.pages,
            count: read.messages.len(),
            knew: self.reads.has_heard(key),
            oldest: read.messages.iter().filter_map(|m| m.at).min(),
            ..SeenPages::default()
        };
        let fresh = self.hear_all(key, read.messages.into_iter().map(|m| (m, None)).collect(), false, now);
        // What this page settled is not looked for any more.
        let doubt = self.reads.doubt_since(key, &self.cx);
        if let Some(web) = self.webs.all.get_mut(&key) {
            web.history.paging.read(page, why, SeenPages { fresh, doubt, ..seen });
        }
        self.read_history(key, now);
    }
}
