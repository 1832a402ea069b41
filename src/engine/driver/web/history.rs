//! How far a history is read back, page by page. Pure.
//!
//! ```text
//! catch up ─► page 1 ─► all of it new, or it ends before the oldest unknown message? ─► page 2 ─► …
//! a person asks ─► the next page that was not read yet
//! ```
//! What was missed is read within a bound; what is unknown is looked for until it is found, or the pages are older.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use crate::model::Moment;

const JWT_MARGIN: SignedDuration = SignedDuration::from_secs(5); // one that ends sooner is not used [real: seen in SDK source: MTSDK]
const GAP_PAGES: u32 = 8; // how many pages are read by themselves to close a gap
/// No history has more. [72 hours of a session; a server that gives the same page again is not asked for ever]
pub const PAGES_MAX: u32 = 1_000;
const TRIES: u32 = 4; // how often reading a page is tried
const AGAIN_FIRST: Duration = Duration::from_secs(5);

/// Why a page is read: to hear messages that were missed and find unknown ones, or since a person asked for older ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageFor {
    Back,
    Asked,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct SeenPages {
    pub pages: Option<u32>,
    pub count: usize,              // how many messages it has
    pub fresh: usize,              // how many of them are new
    pub knew: bool,                // whether anything was known before
    pub oldest: Option<Timestamp>, // when the oldest of them was said, where told
    pub doubt: Option<Timestamp>,  // since when an unknown message may be there
}

#[derive(Clone, Debug, Default)]
pub struct WebHistory {
    jwt: Option<(SecretString, Option<Timestamp>)>,
    refused: bool,                       // a JWT was refused just now
    reading: Option<(u32, PageFor)>,     // the page that is being read
    asked: bool,                         // a person asked for the next page further back
    back: Option<(u32, Option<Moment>)>, // the page that is to be read by itself, and no earlier than when
    last: u32,                           // the page that was read furthest back
    pages: Option<u32>,
    gap: bool,   // every page so far was new, and something older is known
    failed: u32, // how often reading by itself failed in a row
}

impl WebHistory {
    pub fn usable_jwt(&self, now: Timestamp) -> Option<&SecretString> {
        let (jwt, end) = self.jwt.as_ref()?;
        end.is_none_or(|end| end.duration_since(now) > JWT_MARGIN).then_some(jwt)
    }

    pub fn looks_back(&self) -> bool {
        self.back.is_some() || matches!(self.reading, Some((_, PageFor::Back)))
    }

    pub const fn catch_up(&mut self) {
        self.back = Some((1, None));
        self.failed = 0;
    }

    /// A person asks for an older page. False: there is none.
    pub fn ask(&mut self) -> bool {
        self.asked = self.pages.is_none_or(|pages| self.last < pages);
        self.asked
    }

    /// Nothing is to be read; says which page was to be read by itself, and whether a person waits for one.
    pub fn stop(&mut self) -> (Option<u32>, bool) {
        (self.back.take().map(|(page, _)| page), std::mem::take(&mut self.asked))
    }

    pub fn wanted(&self) -> Option<(u32, PageFor)> {
        if self.asked {
            Some((self.last + 1, PageFor::Asked))
        } else {
            self.back.map(|(page, _)| (page, PageFor::Back))
        }
    }

    pub fn held(&self, now: Moment) -> Option<Moment> {
        self.back.filter(|_| !self.asked).and_then(|(_, until)| until).filter(|until| now.mono < until.mono)
    }

    /// The page that is to be read now, and why: one at a time.
    pub fn next_page(&self) -> Option<(u32, PageFor)> {
        self.wanted().filter(|_| self.reading.is_none())
    }

    pub const fn begin(&mut self, page: u32, why: PageFor) {
        self.reading = Some((page, why));
        match why {
            PageFor::Asked => self.asked = false,
            PageFor::Back => self.back = None,
        }
    }

    /// Gives the page that was being read, and why.
    pub const fn end_page(&mut self) -> Option<(u32, PageFor)> {
        self.reading.take()
    }

    pub fn set_jwt(&mut self, jwt: SecretString, end: Option<Timestamp>) {
        self.jwt = Some((jwt, end));
    }

    /// A JWT was refused: one that ended early is had anew, once, and the page is read with it.
    /// `false`: it was had anew already.
    pub fn renews_jwt(&mut self, page: u32, why: PageFor) -> bool {
        if std::mem::replace(&mut self.refused, true) {
            return false;
        }
        self.jwt = None;
        match why {
            PageFor::Asked => self.asked = true,
            PageFor::Back => self.back = Some((page, None)),
        }
        true
    }

    /// Reading a page by itself failed in a way that may pass: it is tried again, no earlier than after `wait`.
    pub fn failed(&mut self, page: u32, wait: Option<Duration>, now: Moment) {
        // Somebody began anew meanwhile.
        if self.back.is_some() {
            return;
        }
        self.failed += 1;
        if self.failed < TRIES {
            let pause = AGAIN_FIRST.saturating_mul(1 << (self.failed - 1)).max(wait.unwrap_or_default());
            self.back = Some((page, Some(now.after(pause))));
        }
    }

    pub fn read(&mut self, page: u32, why: PageFor, seen: SeenPages) {
        self.refused = false;
        self.pages = seen.pages.or(self.pages);
        self.last = self.last.max(page);
        if why == PageFor::Asked {
            return;
        }
        self.failed = 0;
        // What the first page brought is no reason to read the second.
        self.gap = (seen.knew && page == 1 || self.gap && page > 1) && seen.fresh == seen.count && page < GAP_PAGES;
        // A page that does not tell its times may lie on either side.
        let doubt = seen.doubt.is_some_and(|since| seen.oldest.is_none_or(|oldest| oldest >= since));
        let more = seen.count > 0 && page < self.pages.unwrap_or(PAGES_MAX).min(PAGES_MAX);
        if more && (self.gap || doubt) && self.back.is_none() {
            self.back = Some((page + 1, None));
        }
    }
}
