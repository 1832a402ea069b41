//! What differs between two entries, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::words::span;
use super::{Log, LogEntry};
use crate::model::{Attempt, Body, BodyForm, Generation, Header};
use crate::text::{json, screen};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs: "status", "header content-type", "body code".
    pub what: String,
    pub left: String,
    pub right: String,
    /// It differs between any two entries: ids, times, lengths, counts. These come last.
    pub always: bool,
}

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

type TimeOf = fn(&Attempt) -> Option<Duration>;

impl Log {
    /// What differs between the entries numbered `a` and `b`: scopes, token and target first, then outcome, headers and
    /// bodies, and last what always differs. `scopes`: those of a token. `None` where either is not kept any more.
    pub fn compare(&self, a: u64, b: u64, scopes: &dyn Fn(Generation) -> Option<String>) -> Option<Vec<Difference>> {
        let mut sheet = Differences { sides: [self.entry(a)?, self.entry(b)?], found: Vec::new() };
        sheet.say("granted scopes", |e| scopes(e.newest_try()?.generation?));
        sheet.say("token", |e| Some(format!("#{}", e.newest_try()?.generation?)));
        sheet.say("target", |e| Some(e.newest_try()?.request.url.clone()));
        sheet.say("kind", |e| Some(e.kind().word().to_owned()));
        sheet.say("text", |e| Some(e.what().to_owned()));
        sheet.say("outcome", |e| Some(e.exchange()?.outcome.word().to_owned()));
        sheet.say("reason", |e| e.exchange()?.outcome.words());
        sheet.say("sent on purpose as", |e| Some(e.exchange()?.sent_as?.as_str().to_owned()));
        sheet.say("conversation", |e| self.names.get(&e.exchange()?.conversation?).cloned());
        sheet.say("tries", |e| e.exchange().map(|_| e.tries().to_string()));
        sheet.say("status", |e| Some(e.newest_try()?.status()?.to_string()));
        sheet.say("method", |e| Some(e.newest_try()?.request.method.clone()));
        sheet.headers("request header", |attempt| &attempt.request.headers);
        sheet.headers("response header", |attempt| attempt.response().map_or(&[], |response| &response.headers));
        sheet.bodies("request body", |attempt| Some(&attempt.request.body));
        sheet.bodies("response body", |attempt| Some(&attempt.response()?.body));
        let times: [(&str, TimeOf); 5] = [
            ("token age", |attempt| attempt.token_age),
            ("time connect", |attempt| attempt.timing.connect),
            ("time TLS", |attempt| attempt.timing.tls),
            ("time first byte", |attempt| attempt.timing.first_byte),
            ("time total", |attempt| attempt.timing.total),
        ];
        for (what, time) in times {
            sheet.add(what, true, |e| time(e.newest_try()?).map(span));
        }
        sheet
            .add("connection", true, |e| Some(if e.newest_try()?.timing.reused { "reused" } else { "new" }.to_owned()));
        sheet.found.sort_by_key(|difference| difference.always);
        Some(sheet.found)
    }
}

struct Differences<'l> {
    sides: [&'l LogEntry; 2],
    found: Vec<Difference>,
}

impl Differences<'_> {
    fn say(&mut self, what: &str, of: impl Fn(&LogEntry) -> Option<String>) {
        self.add(what, false, of);
    }

    fn add(&mut self, what: &str, always: bool, of: impl Fn(&LogEntry) -> Option<String>) {
        self.differ(what, always, self.sides.map(of));
    }

    fn differ(&mut self, what: &str, always: bool, [left, right]: [Option<String>; 2]) {
        if left != right {
            let side = |said: Option<String>| screen::visible(said.as_deref().unwrap_or("none")).into_owned();
            let what = screen::visible(what).into_owned();
            self.found.push(Difference { what, left: side(left), right: side(right), always });
        }
    }

    fn headers(&mut self, what: &str, of: fn(&Attempt) -> &[Header]) {
        let of = |entry: &LogEntry| entry.newest_try().map_or_else(Vec::new, |attempt| of(attempt).to_vec());
        let names = self.sides.into_iter().flat_map(of).map(|header| header.name.to_ascii_lowercase());
        for name in names.collect::<BTreeSet<String>>() {
            let always = HEADERS_OF_ONE.contains(&name.as_str());
            self.add(&format!("{what} {name}"), always, |entry| {
                let own = of(entry).into_iter().filter(|header| header.name.eq_ignore_ascii_case(&name));
                own.map(|header| header.value).reduce(|all, value| format!("{all}, {value}"))
            });
        }
    }

    /// Two bodies of JSON are compared field by field, however deep; anything else as a whole.
    fn bodies(&mut self, what: &str, of: fn(&Attempt) -> Option<&Body>) {
        let fields = self.sides.map(|entry| {
            let body = of(entry.newest_try()?).filter(|body| body.form == BodyForm::Json)?;
            let mut fields = BTreeMap::new();
            flatten(&json::read(body.text.as_bytes())?, "", &mut fields);
            Some(fields)
        });
        if let [Some(left), Some(right)] = &fields {
            for name in left.keys().chain(right.keys()).collect::<BTreeSet<_>>() {
                let leaf = name.rsplit('.').next().unwrap_or(name);
                let sides = [left.get(name).cloned(), right.get(name).cloned()];
                self.differ(&format!("{what} {name}"), FIELDS_OF_ONE.contains(&leaf), sides);
            }
            return;
        }
        let kept = |body: &&Body| body.total > 0 || !body.text.is_empty();
        self.say(what, |e| Some(of(e.newest_try()?).filter(kept)?.text.clone()));
        self.add(&format!("{what} bytes"), true, |e| Some(of(e.newest_try()?)?.total.to_string()));
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
