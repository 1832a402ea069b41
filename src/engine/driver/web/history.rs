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

use crate::engine::client::capture;
use crate::engine::driver::tasks::HistoryDone;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::pace::Rate;
use crate::engine::reading::Reader;
use crate::engine::socket::paging::{Paging, Seen, Why};
use crate::engine::socket::session::{Event, Wanted};
use crate::genesys::web_messaging::{Ours, history};
use crate::model::{ConversationKey, Kind, Moment, Outcome, WebSession};

use super::Driver;

/// Reads in a minute. [SAFRI, `get.history.rate.per.minute`]
const READS_PER_MINUTE: u32 = 10;
/// A JWT that ends sooner is not used. [real: seen in SDK source: MTSDK]
const JWT_MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// The history of one guest.
pub struct History {
    jwt: Option<(SecretString, Option<Timestamp>)>,
    paging: Paging,
    reading: Option<(u32, Why, ExchangeBuilder)>,
    rate: Rate,
    /// A JWT was refused just now.
    refused: bool,
}

impl Default for History {
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

impl History {
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
        self.paging.page_back().is_some() || matches!(self.reading, Some((_, Why::Back, _)))
    }

    /// Nobody knows this guest yet: there is nothing of before.
    pub const fn begins(&mut self) {
        self.paging.stop();
    }

    fn jwt(&self, now: Timestamp) -> Option<&SecretString> {
        let (jwt, end) = self.jwt.as_ref()?;
        end.is_none_or(|end| end.duration_since(now) > JWT_MARGIN).then_some(jwt)
    }
}

impl Driver {
    /// Another guest has another history.
    pub(super) fn forget_history(&mut self, key: ConversationKey) {
        if let Some(web) = self.web(key) {
            web.history = History { rate: web.history.rate.clone(), ..History::default() };
        }
    }

    /// What was said while nobody listened is read, and what is unknown is looked for.
    pub(super) fn catch_up(&mut self, key: ConversationKey, now: Moment) {
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
            WebSession::Closed => self.web_event(key, Event::Want(Wanted::Look), now),
            // Once it is open, it is looked for.
            WebSession::Connecting | WebSession::Reconnecting { .. } => {}
            WebSession::Unreachable { .. } | WebSession::Ended { .. } => {
                self.context.notice("what is unknown was not looked for: the session is not open; connect first", now);
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
            return self
                .context
                .notice("older messages were not asked for: the session is not open; connect first", now);
        }
        if !web.history.paging.ask() {
            return self.context.notice("there are no older messages", now);
        }
        self.read_history(key, now);
    }

    /// Reads what is wanted, as soon as the limits and the JWT allow.
    pub(super) fn read_history(&mut self, key: ConversationKey, now: Moment) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let wanted = web.history.paging.wanted().filter(|_| web.history.reading.is_none());
        let Some((page, why)) = wanted.filter(|_| web.history.due(now).is_none()) else { return };
        let Some(jwt) = web.history.jwt(now.wall).cloned() else {
            let asked = web.flight.iter().any(|w| w.awaits == crate::engine::socket::flight::Awaits::Jwt);
            if !asked && web.machine.is_writable() && web.paced(now).is_none() {
                self.write_frame(key, &Ours::Jwt, now);
            }
            return;
        };
        web.history.paging.begin(why);
        web.history.rate.spend(now);
        let origin = self.web_place(key).map(|(_, origin)| origin.to_owned()).unwrap_or_default();
        let mut record =
            ExchangeBuilder::new(self.context.next_exchange(), Kind::Read, format!("history, page {page}"), now)
                .of(key, None);
        let call = match history::request(&self.context.profile.hosts.api, &origin, &jwt, page) {
            Ok(call) => call,
            Err(bad) => {
                record.settle(Outcome::Refused(bad.0), now);
                return self.context.tell(record.report());
            }
        };
        record.begin(capture::request(&call, &self.context.redactor), None, now);
        self.context.tell(record.report());
        if let Some(web) = self.webs.all.get_mut(&key) {
            web.history.reading = Some((page, why, record));
        }
        self.context.spawn_history(call, key);
    }

    /// A JWT came.
    pub(super) fn jwt_came(&mut self, key: ConversationKey, jwt: String, end: Option<Timestamp>, now: Moment) {
        let jwt = SecretString::from(jwt);
        self.context.redactor = std::sync::Arc::new(self.context.redactor.with_secret(&jwt, "jwt"));
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
            self.context.notice(&format!("older messages could not be read: {why}"), now);
        }
    }

    pub(in crate::engine::driver) fn history_job_died(&mut self, key: ConversationKey, now: Moment) {
        let reading = self.webs.all.get_mut(&key).and_then(|web| web.history.reading.take());
        if let Some((_, _, mut record)) = reading {
            record.settle(Outcome::Failed("guestwire failed inside".to_owned()), now);
            self.context.tell(record.report());
        }
    }

    pub(in crate::engine::driver) fn history_read(&mut self, done: HistoryDone, now: Moment) {
        let HistoryDone { key, shown, body } = done;
        self.context.overhear(&crate::engine::driver::tasks::ResponseMeta { limit: None, ..shown.heard }, 0);
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let Some((page, why, mut record)) = web.history.reading.take() else { return };
        let status = shown.status();
        let reason = shown.why();
        let wait = shown.wait();
        record.end(shown.ending, shown.timing);
        let read = body.as_deref().and_then(history::read);
        let outcome = match (&read, status) {
            (Some(_), _) => Outcome::Accepted,
            (None, 0) => Outcome::Failed(reason),
            (None, 200..=299) => Outcome::Refused("the answer is no history".to_owned()),
            (None, _) => Outcome::Refused(reason),
        };
        record.settle(outcome, now);
        self.context.tell(record.report());
        let Some(web) = self.webs.all.get_mut(&key) else { return };
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
        let seen = Seen {
            pages: read.pages,
            count: read.messages.len(),
            knew: self.reads.readers.get(&key).is_some_and(Reader::has_heard),
            oldest: read.messages.iter().filter_map(|m| m.at).min(),
            ..Seen::default()
        };
        let fresh = self.hear_all(key, read.messages.into_iter().map(|m| (m, None)).collect(), false, now);
        // What this page settled is not looked for any more.
        let doubt = self.doubt_since(key);
        if let Some(web) = self.webs.all.get_mut(&key) {
            web.history.paging.read(page, why, Seen { fresh, doubt, ..seen });
        }
        self.read_history(key, now);
    }

    /// Since when, by the remote side's clock, an unknown message may be there.
    fn doubt_since(&self, key: ConversationKey) -> Option<Timestamp> {
        self.reads.readers.get(&key)?.doubt_since(self.skew())
    }
}
