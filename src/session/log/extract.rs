//! What is taken out of the log: texts to copy and to save, and what differs between two entries. Secrets were taken out at
//! capture, so all of it is masked.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::detail::rows;
use super::entry::Density;
use super::line::{Columns, LogPage};
use super::words::span;
use super::{Log, LogEntry};
use crate::export;
use crate::model::{Attempt, Body, BodyForm, Generation, Header, Response};
use crate::text::{json, screen};

impl LogEntry {
    /// The request ids of the newest answer, one a line, as `name: id`.
    pub fn copy_ids(&self) -> Option<String> {
        let response = self.newest_try()?.response()?;
        let ids = response.request_ids().into_iter();
        let lines: Vec<String> = ids.map(|(name, id)| format!("{name}: {}", screen::visible(&id))).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// Request line and headers, then (after a blank line) status line and headers, of the newest try.
    pub fn copy_headers(&self) -> Option<String> {
        let attempt = self.newest_try()?;
        let mut out = format!("{} {}\n", attempt.request.method, attempt.request.url);
        push_headers(&mut out, &attempt.request.headers);
        if let Some(Response { status, version, headers, .. }) = attempt.response() {
            out.push_str(&format!("\n{version} {status}\n"));
            push_headers(&mut out, headers);
        }
        Some(screen::visible_lines(out.trim_end()).collect::<Vec<_>>().join("\n"))
    }

    /// The body of the newest answer as it came; without one, that of the request. Control characters other than line
    /// ends and tabs are made visible: a paste into a terminal must not be able to end itself and go on as keys.
    pub fn copy_body(&self) -> Option<String> {
        let attempt = self.newest_try()?;
        let answer = attempt.response().map(|r| &r.body).filter(|body| !body.text.is_empty());
        let body = answer.or(Some(&attempt.request.body)).filter(|body| !body.text.is_empty())?;
        let mut out = String::with_capacity(body.text.len());
        for c in body.text.chars() {
            if !c.is_control() || matches!(c, '\n' | '\r' | '\t') {
                out.push(c);
            } else {
                out.push_str(&screen::visible(c.encode_utf8(&mut [0; 4])));
            }
        }
        Some(out)
    }

    /// The newest try as a curl command; see [`export::curl`]. Empty for a frame, which curl cannot write.
    pub fn copy_curl(&self) -> Option<String> {
        let frame = self.exchange().is_some_and(|exchange| exchange.is_frame());
        self.newest_try().map(|attempt| if frame { String::new() } else { export::curl(attempt) })
    }
}

impl Log {
    /// The selected entry's own line as it would stand in a wide pane; a note in full.
    pub fn copy_line(&self) -> Option<String> {
        self.text_rows(self.selected()?, Density::Line).into_iter().next()
    }

    /// The marked entries (without a mark, all) as HAR 1.2; see [`export::har`].
    pub fn har(&self) -> serde_json::Value {
        let any_marked = self.entries().any(|entry| entry.kept.marked);
        let entries = self.entries().filter(|entry| entry.kept.marked || !any_marked);
        export::har(entries.filter_map(|entry| {
            Some(export::HarEntry {
                number: entry.number(),
                exchange: entry.exchange()?,
                marked: entry.kept.marked,
                comment: entry.comment(),
                diagnosis: entry.diagnosis(),
            })
        }))
    }

    /// Everything about the selected entry as lines of text that are safe for a terminal, for a pager.
    pub fn page_text(&self) -> Option<String> {
        Some(self.text_rows(self.selected()?, Density::Full).join("\n") + "\n")
    }

    fn text_rows(&self, entry: &LogEntry, density: Density) -> Vec<String> {
        if let (Density::Line, None) = (density, entry.exchange()) {
            return vec![screen::visible(entry.what()).into_owned()];
        }
        let entry = LogEntry { density, ..entry.clone() };
        let width = 150;
        let columns = Columns::new(width, self.view.digits, self.options.ascii);
        let page = LogPage { width, wrap: true, search: None, columns, unfold: true, ..self.page() };
        rows(&page, &entry).iter().map(|row| row.text.trim_end().trim_start_matches(' ').to_owned()).collect()
    }
}

fn push_headers(out: &mut String, headers: &[Header]) {
    for header in headers {
        // A header cannot hold a line break on the wire; one that claims to is shown on one line.
        out.push_str(&format!("{}: {}\n", header.name, screen::visible(&header.value)));
    }
}

/// What differs between two entries. All of it is safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs: "status", "header content-type", "body code".
    pub what: String,
    pub left: String,
    pub right: String,
    /// It differs between any two entries: ids, times, lengths, counts. These come last.
    pub volatile: bool,
}

const VOLATILE_HEADERS: &str = "date x-request-id inin-correlation-id genesys-correlation-id content-length etag traceparent \
                              inin-ratelimit-count inin-ratelimit-reset";

/// Fields of a body that differ between any two messages, wherever they stand.
const VOLATILE_FIELDS: [&str; 7] = ["id", "messageId", "contextId", "time", "timestamp", "tracingId", "selfUri"];

impl Log {
    /// What differs between the entries numbered `a` and `b`: scopes, token and target first, then outcome, headers and
    /// bodies, and last what always differs. `scopes`: those of a token. `None` where either is not kept any more.
    pub fn compare(&self, a: u64, b: u64, scopes: &dyn Fn(Generation) -> Option<String>) -> Option<Vec<Difference>> {
        let mut sheet = Differences { sides: [self.entry(a)?, self.entry(b)?], found: Vec::new() };
        sheet.say("granted scopes", |e| scopes(e.newest_try()?.generation?));
        sheet.say("token", |e| Some(format!("#{}", e.newest_try()?.generation?)));
        sheet.say("target", |e| Some(e.newest_try()?.request.url.clone()));
        sheet.say("kind", |e| Some(e.kind().name().to_owned()));
        sheet.say("text", |e| Some(e.what().to_owned()));
        sheet.say("outcome", |e| Some(e.exchange()?.outcome.word().to_owned()));
        sheet.say("reason", |e| e.exchange()?.outcome.words());
        sheet.say("sent on purpose as", |e| Some(e.exchange()?.sent_as?.name().to_owned()));
        sheet.say("conversation", |e| self.names.get(&e.exchange()?.conversation?).cloned());
        sheet.say("tries", |e| e.exchange().map(|_| e.tries().to_string()));
        sheet.say("status", |e| Some(e.newest_try()?.status()?.to_string()));
        sheet.say("method", |e| Some(e.newest_try()?.request.method.clone()));
        sheet.headers("request header", |attempt| &attempt.request.headers);
        sheet.headers("response header", |attempt| attempt.response().map_or(&[], |response| &response.headers));
        sheet.bodies("request body", |attempt| Some(&attempt.request.body));
        sheet.bodies("response body", |attempt| Some(&attempt.response()?.body));
        sheet.add("token age", true, |e| e.newest_try()?.token_age.map(span));
        sheet.add("time connect", true, |e| e.newest_try()?.timing.connect.map(span));
        sheet.add("time TLS", true, |e| e.newest_try()?.timing.tls.map(span));
        sheet.add("time first byte", true, |e| e.newest_try()?.timing.first_byte.map(span));
        sheet.add("time total", true, |e| e.newest_try()?.timing.total.map(span));
        sheet
            .add("connection", true, |e| Some(if e.newest_try()?.timing.reused { "reused" } else { "new" }.to_owned()));
        sheet.found.sort_by_key(|difference| difference.volatile);
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

    fn add(&mut self, what: &str, volatile: bool, of: impl Fn(&LogEntry) -> Option<String>) {
        self.differ(what, volatile, self.sides.map(of));
    }

    fn differ(&mut self, what: &str, volatile: bool, [left, right]: [Option<String>; 2]) {
        if left != right {
            let side = |said: Option<String>| screen::visible(said.as_deref().unwrap_or("none")).into_owned();
            let what = screen::visible(what).into_owned();
            self.found.push(Difference { what, left: side(left), right: side(right), volatile });
        }
    }

    fn headers(&mut self, what: &str, of: fn(&Attempt) -> &[Header]) {
        let of = |entry: &LogEntry| entry.newest_try().map_or_else(Vec::new, |attempt| of(attempt).to_vec());
        let names = self.sides.into_iter().flat_map(of).map(|header| header.name.to_ascii_lowercase());
        for name in names.collect::<BTreeSet<String>>() {
            let volatile = VOLATILE_HEADERS.split(' ').any(|of_one| of_one == name);
            self.add(&format!("{what} {name}"), volatile, |entry| {
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
                self.differ(&format!("{what} {name}"), VOLATILE_FIELDS.contains(&leaf), sides);
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
