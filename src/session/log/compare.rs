//! What differs between two entries, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::words::span;
use super::{Log, LogEntry};
use crate::model::attempt::header;
use crate::model::{Attempt, Body, BodyForm, Generation, Header};
use crate::text::json;
use crate::text::screen;

/// One difference. Both sides are safe for a terminal; what a side does not have is called "none".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs: "status", "header content-type", "body code".
    pub what: String,
    /// As the first entry has it.
    pub left: String,
    /// As the second entry has it.
    pub right: String,
    /// It differs between any two entries: ids, times, lengths, counts. These come last.
    pub always: bool,
}

/// Headers that differ between any two exchanges.
const HEADERS_OF_ONE: [&str; 9] = [
    "date",
    "x-request-id",
    "inin-correlation-id",
    "genesys-correlation-id",
    "content-length",
    "inin-ratelimit-count",
    "inin-ratelimit-reset",
    "traceparent",
    "etag",
];

/// Fields of a body that differ between any two messages, wherever they stand.
const FIELDS_OF_ONE: [&str; 7] = ["id", "messageId", "contextId", "time", "timestamp", "tracingId", "selfUri"];

impl Log {
    /// What differs between the entries numbered `a` and `b`: scopes, token and target first, then outcome, headers and
    /// bodies, and last what always differs. `scopes`: those of a token. `None` where either is not kept any more.
    pub fn compare(&self, a: u64, b: u64, scopes: &dyn Fn(Generation) -> Option<String>) -> Option<Vec<Difference>> {
        let (left, right) = (self.entry(a)?, self.entry(b)?);
        let mut sheet = Differences::default();
        let generation = |e: &LogEntry| e.exchange()?.last_attempt()?.generation;
        let granted = |e: &LogEntry| scopes(generation(e)?);
        sheet.say("granted scopes", &[granted(left), granted(right)]);
        let token = |e: &LogEntry| generation(e).map(|g| format!("#{g}"));
        sheet.say("token", &[token(left), token(right)]);
        let target = |e: &LogEntry| Some(e.exchange()?.last_attempt()?.request.url.clone());
        sheet.say("target", &[target(left), target(right)]);
        sheet.entries(left, right, &|entry: &LogEntry| {
            let key = entry.exchange()?.conversation?;
            self.names.get(&key).cloned()
        });
        sheet.out.sort_by_key(|difference| difference.always);
        Some(sheet.out)
    }
}

#[derive(Default)]
struct Differences {
    out: Vec<Difference>,
}

impl Differences {
    fn say<T: AsRef<str> + PartialEq>(&mut self, what: &str, sides: &[Option<T>; 2]) {
        self.add(what, sides, false);
    }

    fn add<T: AsRef<str> + PartialEq>(&mut self, what: &str, sides: &[Option<T>; 2], always: bool) {
        let [left, right] = sides;
        if left != right {
            let side = |said: &Option<T>| {
                said.as_ref().map_or_else(|| "none".to_owned(), |s| screen::visible(s.as_ref()).into_owned())
            };
            self.out.push(Difference {
                what: screen::visible(what).into_owned(),
                left: side(left),
                right: side(right),
                always,
            });
        }
    }

    fn entries(&mut self, left: &LogEntry, right: &LogEntry, conversation: &dyn Fn(&LogEntry) -> Option<String>) {
        self.say("kind", &[Some(left.kind().word()), Some(right.kind().word())]);
        self.say("text", &[Some(left.what()), Some(right.what())]);
        let word = |e: &LogEntry| e.exchange().map(|x| x.outcome.word());
        self.say("outcome", &[word(left), word(right)]);
        let why = |e: &LogEntry| e.exchange().and_then(|x| x.outcome.words());
        self.say("reason", &[why(left), why(right)]);
        let purpose = |e: &LogEntry| e.exchange().and_then(|x| x.sent_as).map(crate::model::Variation::as_str);
        self.say("sent on purpose as", &[purpose(left), purpose(right)]);
        self.say("conversation", &[conversation(left), conversation(right)]);
        let tries = |e: &LogEntry| e.exchange().map(|_| e.tries().to_string());
        self.say("tries", &[tries(left), tries(right)]);
        let try_of = |e: &LogEntry| e.exchange().and_then(|x| x.last_attempt().cloned());
        let (left, right) = (try_of(left), try_of(right));
        self.attempts(left.as_deref(), right.as_deref());
    }

    fn attempts(&mut self, left: Option<&Attempt>, right: Option<&Attempt>) {
        let both = |f: &dyn Fn(&Attempt) -> Option<String>| (left.and_then(f), right.and_then(f));
        let mut field = |what: &str, f: &dyn Fn(&Attempt) -> Option<String>| {
            let (l, r) = both(f);
            self.say(what, &[l, r]);
        };
        field("status", &|a| a.status().map(|s| s.to_string()));
        field("method", &|a| Some(a.request.method.clone()));
        let empty: &[Header] = &[];
        let sent = |a: Option<&Attempt>| a.map_or_else(|| empty.to_vec(), |a| a.request.headers.clone());
        self.headers("request header", &sent(left), &sent(right));
        let came =
            |a: Option<&Attempt>| a.and_then(|a| a.response()).map_or_else(|| empty.to_vec(), |r| r.headers.clone());
        self.headers("response header", &came(left), &came(right));
        self.bodies("request body", left.map(|a| &a.request.body), right.map(|a| &a.request.body));
        let body = |a: Option<&'_ Attempt>| a.and_then(|a| a.response().map(|r| r.body.clone()));
        let (l, r) = (body(left), body(right));
        self.bodies("response body", l.as_ref(), r.as_ref());
        let mut time = |what: &str, f: &dyn Fn(&Attempt) -> Option<Duration>| {
            self.add(what, &[left.and_then(f).map(span), right.and_then(f).map(span)], true);
        };
        time("token age", &|a| a.token_age);
        time("time connect", &|a| a.timing.connect);
        time("time TLS", &|a| a.timing.tls);
        time("time first byte", &|a| a.timing.first_byte);
        time("time total", &|a| a.timing.total);
        let reused = |a: Option<&Attempt>| a.map(|a| if a.timing.reused { "reused" } else { "new" });
        self.add("connection", &[reused(left), reused(right)], true);
    }

    fn headers(&mut self, what: &str, left: &[Header], right: &[Header]) {
        let names: BTreeSet<String> = left.iter().chain(right).map(|h| h.name.to_ascii_lowercase()).collect();
        for name in names {
            let all = |headers: &[Header]| {
                let first = header(headers, &name)?;
                let rest = headers.iter().filter(|h| h.name.eq_ignore_ascii_case(&name)).skip(1);
                Some(rest.fold(first.to_owned(), |all, h| format!("{all}, {}", h.value)))
            };
            let always = HEADERS_OF_ONE.contains(&name.as_str());
            self.add(&format!("{what} {name}"), &[all(left), all(right)], always);
        }
    }

    /// Two bodies of JSON are compared field by field, however deep; anything else as a whole.
    fn bodies(&mut self, what: &str, left: Option<&Body>, right: Option<&Body>) {
        let fields = |body: Option<&Body>| -> Option<BTreeMap<String, String>> {
            let body = body.filter(|b| b.form == BodyForm::Json)?;
            let mut fields = BTreeMap::new();
            flatten(&json::read(body.text.as_bytes())?, "", &mut fields);
            Some(fields)
        };
        if let (Some(l), Some(r)) = (fields(left), fields(right)) {
            let names: BTreeSet<&String> = l.keys().chain(r.keys()).collect();
            for name in names {
                let leaf = name.rsplit('.').next().unwrap_or(name);
                self.add(&format!("{what} {name}"), &[l.get(name), r.get(name)], FIELDS_OF_ONE.contains(&leaf));
            }
            return;
        }
        let text = |body: Option<&Body>| body.filter(|b| b.total > 0 || !b.text.is_empty()).map(|b| b.text.clone());
        self.say(what, &[text(left), text(right)]);
        let total = |body: Option<&Body>| body.map(|b| b.total.to_string());
        self.add(&format!("{what} bytes"), &[total(left), total(right)], true);
    }
}

/// The values of `json` by their paths: `channel.from.id`, `content[0].contentType`.
fn flatten(json: &Value, path: &str, out: &mut BTreeMap<String, String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match json {
        Value::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(name, value)| flatten(value, &below(name), out));
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(at, item)| flatten(item, &format!("{path}[{at}]"), out));
        }
        leaf => {
            out.insert(path.to_owned(), leaf.as_str().map_or_else(|| leaf.to_string(), str::to_owned));
        }
    }
}
