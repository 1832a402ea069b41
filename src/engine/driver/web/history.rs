//! The messages of before, over HTTP: after a session was resumed (what was said while nobody listened), when a message
//! is unknown, and page by page further back when a person asks.
//!
//! ```text
//! wanted ─► JWT known? ─ no ─► getJwt ─► JwtResponse ─┐
//!               └─ yes ───────────────────────────────┴─► GET page ─► heard ─► all of it new? ─► the next page
//! ```

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use crate::engine::client::capture;
use crate::engine::driver::jobs::HistoryDone;
use crate::engine::pace::Rate;
use crate::engine::record::Record;
use crate::genesys::web_messaging::{Ours, history};
use crate::model::{ConversationKey, Kind, Moment, Outcome, Session};

use super::Driver;

/// Reads in a minute. [SAFRI, `get.history.rate.per.minute`]
const READS_PER_MINUTE: u32 = 10;
/// A JWT that ends sooner is not used. [real: seen in SDK source: MTSDK]
const JWT_MARGIN: SignedDuration = SignedDuration::from_secs(5);
/// How many pages are read by themselves to close a gap.
const GAP_PAGES: u32 = 8;

/// Why a page is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// What was said while nobody listened.
    Gap,
    /// A person asked for older ones.
    Asked,
}

/// The history of one guest.
pub struct History {
    jwt: Option<(SecretString, Option<Timestamp>)>,
    /// The page that is to be read.
    wanted: Option<(u32, Why)>,
    reading: Option<(u32, Why, Record)>,
    /// The next page further back.
    next: u32,
    pages: Option<u32>,
    rate: Rate,
    /// A JWT was refused just now.
    refused: bool,
}

impl Default for History {
    fn default() -> Self {
        Self {
            jwt: None,
            wanted: None,
            reading: None,
            next: 1,
            pages: None,
            rate: Rate::new(READS_PER_MINUTE, Duration::from_secs(60)),
            refused: false,
        }
    }
}

impl History {
    /// When a page that is held back by the limit may be read.
    pub fn due(&self, now: Moment) -> Option<Moment> {
        self.wanted.filter(|_| self.reading.is_none()).and_then(|_| self.rate.may(now).err())
    }

    /// Whether a page is to be read.
    pub const fn is_wanted(&self) -> bool {
        self.wanted.is_some()
    }

    /// Nobody knows this guest yet: there is nothing of before.
    pub const fn begins(&mut self) {
        self.wanted = None;
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

    /// What was said while nobody listened is read.
    pub(super) fn catch_up(&mut self, key: ConversationKey, now: Moment) {
        if let Some(web) = self.web(key) {
            web.history.wanted = Some((1, Why::Gap));
        }
        self.read_history(key, now);
    }

    /// A person wants to see older messages.
    pub(super) fn ask_history(&mut self, key: ConversationKey, now: Moment) {
        let Some(web) = self.web(key) else { return };
        // A session that is about to be open is waited for.
        if matches!(web.machine.session(), Session::Closed | Session::Ended { .. }) {
            return self.notice("older messages were not asked for: the session is not open; connect first", now);
        }
        if web.history.pages.is_some_and(|pages| web.history.next > pages) {
            return self.notice("there are no older messages", now);
        }
        web.history.wanted = Some((web.history.next, Why::Asked));
        self.read_history(key, now);
    }

    /// Reads what is wanted, as soon as the limits and the JWT allow.
    pub(super) fn read_history(&mut self, key: ConversationKey, now: Moment) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let Some((page, why)) = web.history.wanted.filter(|_| web.history.reading.is_none()) else { return };
        if web.history.rate.may(now).is_err() {
            return;
        }
        let Some(jwt) = web.history.jwt(now.wall).cloned() else {
            let asked = web.flight.iter().any(|w| w.awaits == crate::engine::socket::flight::Awaits::Jwt);
            if !asked && web.machine.is_writable() && web.paced(now).is_none() {
                self.write_frame(key, &Ours::Jwt, now);
            }
            return;
        };
        web.history.wanted = None;
        web.history.rate.spend(now);
        let origin = self.web_place(key).map(|(_, origin)| origin.to_owned()).unwrap_or_default();
        let mut record =
            Record::new(self.next_exchange(), Kind::Read, format!("history, page {page}"), now).of(key, None);
        let call = match history::request(&self.profile.hosts.api, &origin, &jwt, page) {
            Ok(call) => call,
            Err(bad) => {
                record.settle(Outcome::Refused(bad.0), now);
                return self.tell(record.report());
            }
        };
        record.begin(capture::request(&call, &self.redactor), None, now);
        self.tell(record.report());
        if let Some(web) = self.webs.all.get_mut(&key) {
            web.history.reading = Some((page, why, record));
        }
        self.spawn_history(call, key);
    }

    /// A JWT came.
    pub(super) fn jwt_came(&mut self, key: ConversationKey, jwt: String, end: Option<Timestamp>, now: Moment) {
        let jwt = SecretString::from(jwt);
        self.redactor = std::sync::Arc::new(self.redactor.with_secret(&jwt, "jwt"));
        if let Some(web) = self.web(key) {
            web.history.jwt = Some((jwt, end));
        }
        self.read_history(key, now);
    }

    /// No JWT came, or it was refused.
    pub(super) fn history_failed(&mut self, key: ConversationKey, why: &str, now: Moment) {
        let Some(web) = self.web(key) else { return };
        if let Some((_, Why::Asked)) = web.history.wanted.take() {
            self.notice(&format!("older messages could not be read: {why}"), now);
        }
    }

    pub(in crate::engine::driver) fn history_job_died(&mut self, key: ConversationKey, now: Moment) {
        let reading = self.webs.all.get_mut(&key).and_then(|web| web.history.reading.take());
        if let Some((_, _, mut record)) = reading {
            record.settle(Outcome::Failed("guestwire failed inside".to_owned()), now);
            self.tell(record.report());
        }
    }

    pub(in crate::engine::driver) fn history_read(&mut self, done: HistoryDone, now: Moment) {
        let HistoryDone { key, shown, body } = done;
        self.overhear(&crate::engine::driver::jobs::Heard { limit: None, ..shown.heard }, 0);
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let Some((page, why, mut record)) = web.history.reading.take() else { return };
        let status = shown.answer.as_ref().map_or(0, |(status, _, _)| *status);
        let reason = shown.why();
        record.end(shown.ending, shown.timing);
        let read = body.as_deref().and_then(history::read);
        let outcome = match (&read, status) {
            (Some(_), _) => Outcome::Accepted,
            (None, 0) => Outcome::Failed(reason),
            (None, 200..=299) => Outcome::Refused("the answer is no history".to_owned()),
            (None, _) => Outcome::Refused(reason),
        };
        record.settle(outcome, now);
        self.tell(record.report());
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let Some(read) = read else {
            // A JWT that ended early is had anew, once.
            let again = status == 401 && !std::mem::replace(&mut web.history.refused, status == 401);
            if again {
                web.history.jwt = None;
                web.history.wanted = Some((page, why));
                self.read_history(key, now);
            }
            return;
        };
        web.history.refused = false;
        web.history.pages = read.pages.or(web.history.pages);
        web.history.next = web.history.next.max(page + 1);
        let knew = !web.hearing.is_empty();
        let count = read.messages.len();
        let fresh = self.hear_all(key, read.messages.into_iter().map(|m| (m, None)).collect(), false, now);
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        // The gap reaches further back than this page.
        let more = why == Why::Gap && knew && count > 0 && fresh == count && page < GAP_PAGES;
        if more && web.history.pages.is_none_or(|pages| page < pages) && web.history.wanted.is_none() {
            web.history.wanted = Some((page + 1, Why::Gap));
        }
        self.read_history(key, now);
    }
}
