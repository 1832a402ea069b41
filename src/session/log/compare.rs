//! What differs between two entries, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::words::span;
use super::{Entry, Log};
use crate::model::exchange::header;
use crate::model::{Attempt, Body, BodyForm, Header};
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
}

impl Log {
    /// What differs between the entries numbered `a` and `b`: outcome, target, token, headers, bodies, timing.
    /// `None` where either is not kept any more.
    pub fn compare(&self, a: u64, b: u64) -> Option<Vec<Difference>> {
        let (left, right) = (self.entry(a)?, self.entry(b)?);
        let mut sheet = Sheet::default();
        sheet.entries(left, right, &|entry: &Entry| {
            let key = entry.exchange()?.conversation?;
            self.names.get(&key).cloned()
        });
        Some(sheet.out)
    }
}

#[derive(Default)]
struct Sheet {
    out: Vec<Difference>,
}

impl Sheet {
    fn say<T: AsRef<str> + PartialEq>(&mut self, what: &str, sides: &[Option<T>; 2]) {
        let [left, right] = sides;
        if left != right {
            let side = |said: &Option<T>| {
                said.as_ref().map_or_else(|| "none".to_owned(), |s| screen::visible(s.as_ref()).into_owned())
            };
            self.out.push(Difference {
                what: screen::visible(what).into_owned(),
                left: side(left),
                right: side(right),
            });
        }
    }

    fn entries(&mut self, left: &Entry, right: &Entry, conversation: &dyn Fn(&Entry) -> Option<String>) {
        self.say("kind", &[Some(left.kind().word()), Some(right.kind().word())]);
        self.say("text", &[Some(left.what()), Some(right.what())]);
        let word = |e: &Entry| e.exchange().map(|x| x.outcome.word());
        self.say("outcome", &[word(left), word(right)]);
        let why = |e: &Entry| e.exchange().and_then(|x| x.outcome.reason().map(str::to_owned));
        self.say("reason", &[why(left), why(right)]);
        let purpose = |e: &Entry| e.exchange().and_then(|x| x.sent_as).map(crate::model::Variation::as_str);
        self.say("sent on purpose as", &[purpose(left), purpose(right)]);
        self.say("conversation", &[conversation(left), conversation(right)]);
        let tries = |e: &Entry| e.exchange().map(|_| e.tries().to_string());
        self.say("tries", &[tries(left), tries(right)]);
        let try_of = |e: &Entry| e.exchange().and_then(|x| x.last_attempt().cloned());
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
        field("target", &|a| Some(a.request.url.clone()));
        field("token", &|a| a.generation.map(|g| format!("#{g}")));
        field("token age", &|a| a.token_age.map(span));
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
            self.say(what, &[left.and_then(f).map(span), right.and_then(f).map(span)]);
        };
        time("time connect", &|a| a.timing.connect);
        time("time TLS", &|a| a.timing.tls);
        time("time first byte", &|a| a.timing.first_byte);
        time("time total", &|a| a.timing.total);
        let reused = |a: Option<&Attempt>| a.map(|a| if a.timing.reused { "reused" } else { "new" });
        self.say("connection", &[reused(left), reused(right)]);
    }

    fn headers(&mut self, what: &str, left: &[Header], right: &[Header]) {
        let names: BTreeSet<String> = left.iter().chain(right).map(|h| h.name.to_ascii_lowercase()).collect();
        for name in names {
            let all = |headers: &[Header]| {
                let first = header(headers, &name)?;
                let rest = headers.iter().filter(|h| h.name.eq_ignore_ascii_case(&name)).skip(1);
                Some(rest.fold(first.to_owned(), |all, h| format!("{all}, {}", h.value)))
            };
            self.say(&format!("{what} {name}"), &[all(left), all(right)]);
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
                self.say(&format!("{what} {name}"), &[l.get(name), r.get(name)]);
            }
            return;
        }
        let text = |body: Option<&Body>| body.filter(|b| b.total > 0 || !b.text.is_empty()).map(|b| b.text.clone());
        self.say(what, &[text(left), text(right)]);
        let total = |body: Option<&Body>| body.map(|b| b.total.to_string());
        self.say(&format!("{what} bytes"), &[total(left), total(right)]);
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
