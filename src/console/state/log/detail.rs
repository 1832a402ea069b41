//! The rows under an entry's line: the summary (why, tries, ids), and everything that was sent and received.

use std::sync::Arc;
use std::time::Duration;

use super::Page;
use super::entry::{Density, Entry, ID_HEADERS, Later, context_id};
use super::line::{clock_exact, head, outcome_tone, size, waiting_until};
use super::pretty;
use super::rate::is_healed;
use super::row::{Line, Live, Row, RowKind, Section, Tone};
use crate::model::exchange::header;
use crate::model::{
    Attempt, Body, BodyForm, Ending, Exchange, Failure, FailureKind, Generation, Header, Outcome, Response, Step,
};
use crate::view::text;

/// Rows of one body at most; what does not fit is told, and can be copied.
const BODY_ROWS: usize = 10_000;
/// Cells of the labels in front of summary rows, a blank included.
const LABEL: usize = 9;

/// All rows of an entry at its density.
pub(super) fn rows(page: &Page<'_>, entry: &Entry) -> Vec<Row> {
    let mut sheet = Sheet { page, rows: vec![head(page, entry)] };
    if entry.density() != Density::Line {
        sheet.summary(entry);
    }
    if entry.density() == Density::Full
        && let Some(exchange) = entry.exchange()
    {
        sheet.full(entry, exchange);
    }
    if let Some(needle) = page.search {
        for row in &mut sheet.rows {
            for place in needle.places(&row.text, 16) {
                let before = text::width(row.text.get(..place.start).unwrap_or_default());
                let cells = text::width(row.text.get(place).unwrap_or_default());
                row.matches.push((before as u16, cells as u16));
            }
        }
    }
    sheet.rows
}

struct Sheet<'p> {
    page: &'p Page<'p>,
    rows: Vec<Row>,
}

impl Sheet<'_> {
    fn gutter(&self, kind: RowKind) -> Line {
        let bar = match (kind, self.page.ascii) {
            (RowKind::Section(_), false) => "├ ",
            (RowKind::Section(_), true) => "+ ",
            (_, false) => "│ ",
            (_, true) => "| ",
        };
        let mut line = Line::default();
        if self.page.width >= 60 {
            line.push("  ", Tone::Text);
        }
        line.push(bar, Tone::Dim);
        line
    }

    /// Adds one line of content: cut, or wrapped where wrapping is on or `whole` asks for it.
    fn add(&mut self, kind: RowKind, content: Line, hang: usize, whole: bool) {
        let gutter = self.gutter(kind);
        let room = self.page.width.saturating_sub(gutter.cells).max(1);
        let pieces = if self.page.wrap || whole {
            content.wrapped(room, hang)
        } else {
            vec![content.fitted(room, self.page.ascii)]
        };
        for piece in pieces {
            let mut line = gutter.clone();
            line.append(&piece);
            self.rows.push(line.row(kind));
        }
    }

    fn labelled(label: &str) -> Line {
        let mut line = Line::of(label, Tone::Dim);
        line.pad_to(LABEL);
        line
    }

    fn dot(&self) -> &'static str {
        if self.page.ascii { " - " } else { " · " }
    }

    // ── summary ──────────────────────────────────────────────────────────────────────────────────────────────────

    fn summary(&mut self, entry: &Entry) {
        match entry.exchange() {
            None => {
                for line in text::visible_lines(entry.what()) {
                    self.add(RowKind::Detail, Line::of(&line, Tone::Text), 0, true);
                }
            }
            Some(exchange) => {
                self.reason(entry, exchange);
                self.steps(exchange);
                self.token(exchange);
                self.ids(exchange);
            }
        }
        if let Some(comment) = entry.comment() {
            let mut line = Self::labelled("comment");
            line.push(&text::visible(comment), Tone::Text);
            self.add(RowKind::Detail, line, LABEL, true);
        }
    }

    fn reason(&mut self, entry: &Entry, exchange: &Exchange) {
        let label = match &exchange.outcome {
            Outcome::Refused(_) if exchange.status().is_some() => "server",
            Outcome::Refused(_) => "refused",
            Outcome::Unknown(_) => "unknown",
            Outcome::Failed(_) => "failed",
            _ => "",
        };
        if let Some(why) = exchange.outcome.reason() {
            let mut line = Self::labelled(label);
            line.push(&text::visible(why), outcome_tone(&exchange.outcome));
            self.add(RowKind::Detail, line, LABEL, false);
        }
        let settled = match entry.later {
            Some(Later::Landed) => "as landed: the message was received",
            Some(Later::Lost) => "as lost: the message was not received",
            Some(Later::Answered) | None => return,
        };
        let mut line = Self::labelled("settled");
        line.push(settled, Tone::Text);
        self.add(RowKind::Detail, line, LABEL, false);
    }

    /// The tries, waits and renewals, where there was more than one try or anything between.
    fn steps(&mut self, exchange: &Exchange) {
        if exchange.steps.len() < 2 && !matches!(exchange.steps.first(), Some(Step::Wait { .. } | Step::Renewal { .. }))
        {
            return;
        }
        for (index, step) in exchange.steps.iter().enumerate() {
            let last = index + 1 == exchange.steps.len();
            match step {
                Step::Try(attempt) => self.try_row(exchange, attempt),
                Step::Wait { at, until, why } => {
                    let mut line = Self::labelled("wait");
                    line.push(&clock_exact(*at, self.page.zone), Tone::Dim);
                    line.push("  ", Tone::Text);
                    let ends = if last { waiting_until(exchange) } else { None };
                    let column = self.gutter(RowKind::Detail).cells + line.cells;
                    if ends.is_some() {
                        line.push("     left: ", Tone::Warning);
                    } else {
                        line.push(&format!("{}: ", span(until.since(*at))), Tone::Text);
                    }
                    line.push(&text::visible(why), if ends.is_some() { Tone::Warning } else { Tone::Text });
                    let first = self.rows.len();
                    self.add(RowKind::Detail, line, LABEL, false);
                    if let (Some(until), Some(row)) = (ends, self.rows.get_mut(first)) {
                        row.live = Some(Live { column: column as u16, width: 4, until });
                    }
                }
                Step::Renewal { exchange: renewal, at, generation, took, waiting } => {
                    let mut line = Self::labelled("token");
                    line.push(&clock_exact(*at, self.page.zone), Tone::Dim);
                    line.push("  ", Tone::Text);
                    match (generation, took) {
                        (Some(generation), _) => line.push(&format!("renewed #{generation}"), Tone::Ok),
                        (None, None) => line.push("renewing", Tone::Info),
                        (None, Some(_)) => line.push("not renewed", Tone::Error),
                    }
                    line.pad_to(LABEL + 14 + 18);
                    if let Some(took) = took {
                        line.push(&format!("{:>8}", span(*took)), Tone::Dim);
                    }
                    if let Some(number) = self.page.numbers.get(renewal) {
                        line.push(&format!("  entry {number}"), Tone::Dim);
                    }
                    if *waiting > 1 {
                        line.push(&format!("  one renewal, {waiting} waiting"), Tone::Dim);
                    }
                    self.add(RowKind::Detail, line, LABEL, false);
                }
            }
        }
    }

    fn try_row(&mut self, exchange: &Exchange, attempt: &Attempt) {
        let mut line = Self::labelled(&format!("try {}", attempt.number));
        line.push(&clock_exact(attempt.started, self.page.zone), Tone::Dim);
        line.push("  ", Tone::Text);
        let (said, tone) = ended(attempt);
        line.push_fitted(&text::visible(&said), 30, self.page.ascii, tone);
        line.pad_to(LABEL + 14 + 18);
        if let Some(took) = attempt.timing.total {
            line.push(&format!("{:>8}", span(took)), Tone::Dim);
        }
        if let Some(id) = attempt.response().and_then(request_id) {
            line.push("  ", Tone::Text);
            line.push(&text::short_id(&id, self.page.ascii), Tone::Dim);
        }
        if let Some(generation) = attempt.generation {
            line.push("  ", Tone::Text);
            line.push(&token(generation, attempt.token_age), Tone::Dim);
        }
        if is_healed(attempt, exchange) {
            line.push("  healed by a newer token", Tone::Warning);
        }
        self.add(RowKind::Detail, line, LABEL, false);
    }

    fn token(&mut self, exchange: &Exchange) {
        let mut line = Self::labelled("token");
        let from = line.cells;
        let token = exchange.last_attempt().and_then(|a| a.generation.map(|g| token(g, a.token_age)));
        if let Some(token) = token {
            line.push(token.strip_prefix("token ").unwrap_or(&token), Tone::Text);
        } else if exchange.last_attempt().is_some() {
            line.push("none used", Tone::Text);
        }
        if let Some(name) = exchange.conversation.and_then(|key| self.page.names.get(&key)) {
            if line.cells > from {
                line.push(self.dot(), Tone::Dim);
            }
            line.push("conversation ", Tone::Dim);
            line.push(&text::visible(name), Tone::Text);
        }
        if line.cells > from {
            self.add(RowKind::Detail, line, LABEL, false);
        }
    }

    /// All request ids in full, each on a row of its own where they do not fit side by side; the usual ones that did not
    /// come are named.
    fn ids(&mut self, exchange: &Exchange) {
        let Some(response) = exchange.last_attempt().and_then(|a| a.response()) else { return };
        let mut parts = Vec::new();
        for name in ["x-request-id", "inin-correlation-id", "genesys-correlation-id"] {
            match header(&response.headers, name) {
                Some(id) => parts.push((name, text::visible(id).into_owned(), Tone::Text)),
                // Only the two that the endpoint's two descriptions promise are missed.
                None if name != "genesys-correlation-id" => parts.push((name, "not returned".to_owned(), Tone::Dim)),
                None => {}
            }
        }
        if let Some(id) = context_id(&response.body) {
            parts.push(("contextId", text::visible(&id).into_owned(), Tone::Text));
        }
        let joined: usize = parts.iter().map(|(name, id, _)| name.len() + 1 + text::width(id) + 3).sum();
        let room = self.page.width.saturating_sub(self.gutter(RowKind::Detail).cells + LABEL);
        // Where it is narrow, an id stands at the left edge, so that it stays whole as long as it can.
        let hang = if self.page.width >= 60 { LABEL } else { 0 };
        let start = |label: &str| if hang > 0 { Self::labelled(label) } else { Line::default() };
        let mut line = start("ids");
        for (index, (name, id, tone)) in parts.iter().enumerate() {
            if index > 0 {
                if joined <= room + 3 {
                    line.push(self.dot(), Tone::Dim);
                } else {
                    self.add(RowKind::Detail, line, hang, true);
                    line = start("");
                }
            }
            line.push(name, Tone::Dim);
            line.push(" ", Tone::Text);
            line.push(id, *tone);
        }
        self.add(RowKind::Detail, line, hang, true);
    }

    // ── full ─────────────────────────────────────────────────────────────────────────────────────────────────────

    fn full(&mut self, entry: &Entry, exchange: &Exchange) {
        let Some(attempt) = exchange.last_attempt() else {
            self.add(RowKind::Detail, Line::of("nothing was sent", Tone::Dim), 0, false);
            return;
        };
        if let Some(response) = attempt.response() {
            self.response(entry, response);
        } else {
            let said = if attempt.ending.is_none() { "no response yet" } else { "no response came" };
            self.add(RowKind::Detail, Line::of(said, Tone::Dim), 0, false);
        }
        if let Some(Ending::Failed(failure)) = &attempt.ending {
            self.failure(failure);
        }
        let request = &attempt.request;
        let mut about = Line::of(&text::visible(&request.method), Tone::Strong);
        about.push(" ", Tone::Text);
        about.push(&text::visible(&request.url), Tone::Text);
        if self.section(entry, Section::Request, "Request", &about) {
            self.request(attempt);
        }
        if self.section(entry, Section::Timing, "Timing", &Line::of(&timing(attempt, self.dot()), Tone::Text)) {
            self.timing(attempt);
        }
        let earlier = exchange.attempts().count().saturating_sub(1);
        for (index, attempt) in exchange.attempts().take(earlier).enumerate() {
            let (said, tone) = ended(attempt);
            let about = Line::of(&text::visible(&said), tone);
            let section = Section::Try(u8::try_from(index).unwrap_or(u8::MAX));
            if self.section(entry, section, &format!("Try {}", attempt.number), &about) {
                self.earlier(attempt);
            }
        }
    }

    /// The title of a section; whether what is in it is to follow.
    fn section(&mut self, entry: &Entry, section: Section, title: &str, about: &Line) -> bool {
        let open = entry.is_open(section);
        let mut line = Line::of(if open { "v " } else { "> " }, Tone::Text);
        line.push(title, Tone::Strong);
        if about.cells > 0 {
            line.push("  ", Tone::Text);
            line.append(about);
        }
        // A title is one row, also while wrapping is on: a fold has one place to stand on.
        let gutter = self.gutter(RowKind::Section(section));
        let fitted = line.fitted(self.page.width.saturating_sub(gutter.cells).max(1), self.page.ascii);
        self.add(RowKind::Section(section), fitted, 0, false);
        open
    }

    fn response(&mut self, entry: &Entry, response: &Response) {
        let mut about = Line::of(&response.headers.len().to_string(), Tone::Text);
        about.push(self.dot(), Tone::Dim);
        about.push(&status_line(response), status_tone(response.status));
        if self.section(entry, Section::Response, "Response headers", &about) {
            self.headers(&response.headers);
        }
        let about = Line::of(&body_facts(&response.body, self.dot()), Tone::Text);
        if self.section(entry, Section::Body, "Response body", &about) {
            self.body(&response.body);
        }
    }

    fn failure(&mut self, failure: &Failure) {
        let mut line = Self::labelled("failed");
        line.push(&format!("{} while {}", failure_word(failure.kind), failure.phase.word()), Tone::Error);
        if !failure.detail.is_empty() {
            line.push(": ", Tone::Error);
            line.push(&text::visible(&failure.detail), Tone::Text);
        }
        self.add(RowKind::Detail, line, LABEL, true);
        let mut line = Self::labelled("sent");
        line.push(
            if failure.wrote {
                "some of the request may have left: the server may have acted on it"
            } else {
                "no byte of the request left"
            },
            Tone::Text,
        );
        self.add(RowKind::Detail, line, LABEL, true);
    }

    fn request(&mut self, attempt: &Attempt) {
        let request = &attempt.request;
        let mut line = Line::of("  ", Tone::Text);
        line.push(&text::visible(&request.method), Tone::Strong);
        line.push(" ", Tone::Text);
        line.push(&text::visible(&request.url), Tone::Text);
        self.add(RowKind::Detail, line, 4, true);
        self.headers(&request.headers);
        let mut line = Line::of("  body  ", Tone::Dim);
        line.push(&body_facts(&request.body, self.dot()), Tone::Text);
        self.add(RowKind::Detail, line, 4, false);
        self.body(&request.body);
    }

    fn timing(&mut self, attempt: &Attempt) {
        let timing = &attempt.timing;
        let began = clock_exact(attempt.started, self.page.zone);
        let mut say = |name: &str, value: String| {
            let mut line = Line::of("  ", Tone::Text);
            line.push(name, Tone::Dim);
            line.pad_to(16);
            line.push(&value, Tone::Text);
            self.add(RowKind::Detail, line, 16, false);
        };
        let measured = |d: Option<Duration>| d.map_or_else(|| "not measured".to_owned(), exact);
        if timing.reused {
            say("connection", "reused: no look-up, connect or TLS".to_owned());
        } else {
            say("name look-up", measured(timing.resolve));
            say("connect", measured(timing.connect));
            say("TLS", measured(timing.tls));
        }
        say("first byte", measured(timing.first_byte));
        say("total", measured(timing.total));
        if let Some(response) = attempt.response() {
            say("protocol", text::visible(&response.version).into_owned());
            say(
                "peer",
                response.remote.as_deref().map_or_else(|| "not known".to_owned(), |r| text::visible(r).into_owned()),
            );
        }
        say("began", began);
    }

    /// All of an earlier try, flat.
    fn earlier(&mut self, attempt: &Attempt) {
        self.request(attempt);
        if let Some(response) = attempt.response() {
            let mut line = Line::of("  ", Tone::Text);
            line.push(&status_line(response), status_tone(response.status));
            self.add(RowKind::Detail, line, 4, false);
            self.headers(&response.headers);
            let mut line = Line::of("  body  ", Tone::Dim);
            line.push(&body_facts(&response.body, self.dot()), Tone::Text);
            self.add(RowKind::Detail, line, 4, false);
            self.body(&response.body);
        }
        if let Some(Ending::Failed(failure)) = &attempt.ending {
            self.failure(failure);
        }
        self.timing(attempt);
    }

    fn headers(&mut self, headers: &[Header]) {
        for header in headers {
            let mut line = Line::of("  ", Tone::Text);
            line.push(&text::visible(&header.name), Tone::Name);
            line.push(": ", Tone::Dim);
            line.push(&text::visible(&header.value), Tone::Text);
            self.add(RowKind::Detail, line, 4, false);
        }
    }

    fn body(&mut self, body: &Body) {
        let until = self.rows.len() + BODY_ROWS;
        let mut cut = false;
        match body.form {
            BodyForm::Empty | BodyForm::Binary => return,
            BodyForm::Json => {
                let (lines, more) = pretty::lines(&body.text, BODY_ROWS);
                cut = more;
                for json in lines {
                    let mut line = Line::of("  ", Tone::Text);
                    line.push(&text::visible(&json), Tone::Json { inside: false });
                    self.add(RowKind::Detail, line, 4, false);
                    if self.rows.len() >= until {
                        cut = true;
                        break;
                    }
                }
            }
            BodyForm::Form | BodyForm::Text => {
                for said in text::visible_lines(&body.text) {
                    if self.rows.len() >= until {
                        cut = true;
                        break;
                    }
                    let mut line = Line::of("  ", Tone::Text);
                    line.push(&said, Tone::Text);
                    self.add(RowKind::Detail, line, 4, false);
                }
            }
        }
        self.rows.truncate(until);
        if cut {
            let said = format!("  only the first {BODY_ROWS} rows are shown here; y b copies all of it");
            self.add(RowKind::Detail, Line::of(&said, Tone::Warning), 4, true);
        } else if body.truncated {
            let said = format!(
                "  {} of {} were kept; the rest was only counted",
                size(body.text.len() as u64),
                size(body.total)
            );
            self.add(RowKind::Detail, Line::of(&said, Tone::Warning), 4, true);
        }
    }
}

/// `token #3, 59:58 old`.
fn token(generation: Generation, age: Option<Duration>) -> String {
    match age {
        Some(age) => format!("token #{generation}, {} old", minutes(age)),
        None => format!("token #{generation}"),
    }
}

fn minutes(duration: Duration) -> String {
    let secs = duration.as_secs();
    if secs < 3_600 {
        format!("{}:{:02}", secs / 60, secs % 60)
    } else {
        format!("{}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60)
    }
}

/// A duration for a person: `71 ms`, `12.3 s`, `2:05`.
pub(super) fn span(duration: Duration) -> String {
    match duration.as_millis() {
        ms @ 0..=9_999 if ms % 1_000 != 0 || ms == 0 => format!("{ms} ms"),
        ms @ 0..=119_999 if ms % 1_000 == 0 => format!("{} s", ms / 1_000),
        0..=119_999 => format!("{:.1} s", duration.as_secs_f64()),
        _ => minutes(duration),
    }
}

fn exact(duration: Duration) -> String {
    let micros = duration.as_micros();
    format!("{}.{:03} ms", micros / 1_000, micros % 1_000)
}

/// How a try ended, in a few words.
fn ended(attempt: &Attempt) -> (String, Tone) {
    match &attempt.ending {
        None => ("under way".to_owned(), Tone::Info),
        Some(Ending::Answered(response)) => {
            let code = code(&response.body);
            let tone = status_tone(response.status);
            match code {
                Some(code) => (format!("{} {code}", response.status), tone),
                None => (response.status.to_string(), tone),
            }
        }
        Some(Ending::Failed(failure)) => {
            let status = failure.partial.as_ref().map_or_else(String::new, |r| format!("{} then ", r.status));
            (format!("{status}{}, {}", failure_word(failure.kind), failure.phase.word()), Tone::Error)
        }
    }
}

/// The refusal's code: `code` of an ErrorBody, `error` of the token endpoint. [real: documented]
fn code(body: &Body) -> Option<String> {
    if body.form != BodyForm::Json {
        return None;
    }
    let json: serde_json::Value = serde_json::from_str(&body.text).ok()?;
    Some(json.get("code").or_else(|| json.get("error"))?.as_str()?.to_owned())
}

const fn failure_word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Dns => "no such host",
        FailureKind::Connect => "no connection",
        FailureKind::Tls => "TLS refused",
        FailureKind::Timeout => "timeout",
        FailureKind::Reset => "connection closed",
        FailureKind::Protocol => "broken answer",
        FailureKind::Cancelled => "cancelled",
        FailureKind::Invalid => "request could not be built",
    }
}

const fn status_tone(status: u16) -> Tone {
    match status {
        200..=299 => Tone::Ok,
        100..=399 => Tone::Warning,
        _ => Tone::Error,
    }
}

fn status_line(response: &Response) -> String {
    format!("{} {}", text::visible(&response.version), response.status)
}

/// The id of one answer, by the order of [`Exchange::request_id`].
pub(super) fn request_id(response: &Response) -> Option<String> {
    ID_HEADERS
        .iter()
        .find_map(|name| header(&response.headers, name))
        .map(str::to_owned)
        .or_else(|| context_id(&response.body))
}

/// Size and form of a body, and what is not shown of it.
fn body_facts(body: &Body, dot: &str) -> String {
    let mut out = match body.form {
        BodyForm::Empty if body.total == 0 => return "none".to_owned(),
        BodyForm::Empty => format!("{} not kept", size(body.total)),
        BodyForm::Json => format!("{} json", size(body.total)),
        BodyForm::Form => format!("{} form", size(body.total)),
        BodyForm::Text => format!("{} text", size(body.total)),
        BodyForm::Binary => format!("{} binary, not shown", size(body.total)),
    };
    if let Some(mime) =
        body.mime.as_deref().filter(|mime| !(body.form == BodyForm::Json && *mime == "application/json"))
    {
        out.push_str(dot);
        out.push_str(&text::visible(mime));
    }
    if let Some(encoding) = &body.encoding {
        out.push_str(dot);
        out.push_str(&text::visible(encoding));
    }
    if body.truncated && body.form != BodyForm::Binary {
        out.push_str(dot);
        out.push_str("cut short");
    }
    out
}

/// The durations of a try on one line; what was not measured is left out.
fn timing(attempt: &Attempt, dot: &str) -> String {
    let timing = &attempt.timing;
    let mut parts = Vec::new();
    if timing.reused {
        parts.push("reused connection".to_owned());
    }
    let measured = [
        ("look-up", timing.resolve),
        ("connect", timing.connect),
        ("TLS", timing.tls),
        ("first byte", timing.first_byte),
        ("total", timing.total),
    ];
    parts.extend(measured.iter().filter_map(|(name, d)| d.map(|d| format!("{name} {}", span(d)))));
    if parts.is_empty() { "not measured yet".to_owned() } else { parts.join(dot) }
}

/// The newest try of an exchange, as what copies are made of.
pub(super) fn newest(entry: &Entry) -> Option<&Arc<Attempt>> {
    entry.exchange()?.last_attempt()
}
