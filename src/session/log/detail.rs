//! The rows of an entry: its line, its summary (see [`super::summary`]), and everything that was sent and received.

use std::time::Duration;

use super::entry::{Density, LogEntry};
use super::line::{LogPage, head, reply};
use super::row::{Line, LogRow, RowKind, Section, Tone, json_lines};
use super::words::{body_facts, clock_exact, ended, exact, failure_word, size, status_line, timing, try_tone};
use crate::model::{Attempt, Body, BodyForm, Ending, Exchange, Failure, FailureKind, Header, Response, TlsFault};
use crate::text::{dates, screen};

/// Rows of one body at most; what does not fit is told, and can be copied.
const BODY_ROWS: usize = 10_000;
/// Cells of the labels in front of summary rows, a blank included.
pub(super) const LABEL: usize = 9;

pub(super) fn rows(page: &LogPage<'_>, entry: &LogEntry) -> Vec<LogRow> {
    let mut sheet = DetailRows { page, rows: vec![head(page, entry)] };
    if let Some(said) = &entry.reply {
        sheet.rows.push(reply(page, said));
    }
    if entry.density != Density::Line {
        sheet.summary(entry);
    }
    if entry.density == Density::Full
        && let Some(exchange) = entry.exchange()
    {
        sheet.more(entry, exchange);
        sheet.full(entry, exchange);
    }
    if let Some(day) = entry.day_after {
        let rule = if page.ascii { "--" } else { "──" };
        let text = format!("{rule}  {}  {rule}", dates::day(day, page.today));
        let mut line = Line::default();
        line.pad_to(page.width.saturating_sub(screen::width(&text)) / 2);
        line.push(&text, Tone::Dim);
        sheet.rows.push(line.fitted(page.width, page.ascii).row(RowKind::Day));
    }
    if let Some(needle) = page.search {
        for row in &mut sheet.rows {
            for place in needle.places(&row.text, 16) {
                let before = screen::width(row.text.get(..place.start).unwrap_or_default());
                let cells = screen::width(row.text.get(place).unwrap_or_default());
                row.matches.push((before as u16, cells as u16));
            }
        }
    }
    sheet.rows
}

pub(super) struct DetailRows<'p> {
    pub page: &'p LogPage<'p>,
    pub rows: Vec<LogRow>,
}

impl DetailRows<'_> {
    /// The blanks in front of details: they begin under the time.
    pub(super) fn gutter(&self) -> Line {
        let mut line = Line::default();
        line.pad_to(if self.page.width >= 60 { self.page.columns.before_time() } else { 2 });
        line
    }

    /// Adds one line of content: cut, or wrapped where wrapping is on or `whole` asks for it.
    pub(super) fn add(&mut self, kind: RowKind, content: Line, hang: usize, whole: bool) {
        let gutter = self.gutter();
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

    pub(super) fn labelled(label: &str) -> Line {
        let mut line = Line::of(label, Tone::Dim);
        line.pad_to(LABEL);
        line
    }

    pub(super) fn dot(&self) -> &'static str {
        if self.page.ascii { " - " } else { " · " }
    }

    fn full(&mut self, entry: &LogEntry, exchange: &Exchange) {
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
        if self.section(entry, Section::Request, "Request", &request_line(attempt)) {
            self.request(attempt);
        }
        if self.section(entry, Section::Timing, "Timing", &Line::of(&timing(attempt, self.dot()), Tone::Text)) {
            self.timing(attempt);
        }
        if !entry.datagrams.is_empty() {
            let about = Line::of(&entry.datagrams.len().to_string(), Tone::Text);
            if self.section(entry, Section::Metrics, "Metrics", &about) {
                for datagram in &entry.datagrams {
                    self.inner(&Line::of(&screen::visible(datagram), Tone::Text), false);
                }
            }
        }
        let earlier = exchange.attempts().count().saturating_sub(1);
        for (index, attempt) in exchange.attempts().take(earlier).enumerate() {
            let about = Line::of(&screen::visible(&ended(attempt)), Tone::Warning);
            if self.section(entry, Section::Try(index), &format!("Try {}", attempt.number), &about) {
                self.earlier(attempt);
            }
        }
    }

    /// The title of a section; whether what is in it is to follow.
    fn section(&mut self, entry: &LogEntry, section: Section, title: &str, about: &Line) -> bool {
        let open = self.page.unfold || entry.is_open(section);
        let mut line = Line::of(if open { "v " } else { "> " }, Tone::Text);
        line.push(title, Tone::Strong);
        if about.cells > 0 {
            line.push("  ", Tone::Text);
            line.append(about);
        }
        // A title is one row, also while wrapping is on: a fold has one place to stand on.
        let gutter = self.gutter();
        let fitted = line.fitted(self.page.width.saturating_sub(gutter.cells).max(1), self.page.ascii);
        self.add(RowKind::Section(section), fitted, 0, false);
        open
    }

    fn inner(&mut self, content: &Line, whole: bool) {
        let mut line = Line::of("  ", Tone::Text);
        line.append(content);
        self.add(RowKind::Detail, line, 4, whole);
    }

    fn response(&mut self, entry: &LogEntry, response: &Response) {
        let tone = entry.exchange().and_then(|x| Some(try_tone(x.last_attempt()?, x))).unwrap_or(Tone::Text);
        let about = Line::of_parts(&[
            (&response.headers.len().to_string(), Tone::Text),
            (self.dot(), Tone::Dim),
            (&status_line(response), tone),
        ]);
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
        line.push(&format!("{} {}", failure_word(failure.kind), failure.during()), Tone::Error);
        if !failure.detail.is_empty() {
            line.push_all(&[(": ", Tone::Error), (&screen::visible(&failure.detail), Tone::Text)]);
        }
        self.add(RowKind::Detail, line, LABEL, true);
        let sent = match failure.kind {
            _ if failure.wrote => "a part of the request may have been sent: the server may have acted on it",
            FailureKind::Unprocessed | FailureKind::Tls(TlsFault::ClientCertificate) => {
                "the server has refused the request before it looked at it"
            }
            _ => "no byte of the request was sent",
        };
        self.say("sent", sent, Tone::Text);
    }

    fn request(&mut self, attempt: &Attempt) {
        self.inner(&request_line(attempt), true);
        self.headers(&attempt.request.headers);
        self.named_body(&attempt.request.body);
    }

    fn timing(&mut self, attempt: &Attempt) {
        let timing = &attempt.timing;
        let measured = |d: Option<Duration>| d.map_or_else(|| "not measured".to_owned(), exact);
        let mut facts = if timing.reused {
            vec![("connection", "reused: no look-up, connect or TLS".to_owned())]
        } else {
            let steps = [("name look-up", timing.resolve), ("connect", timing.connect), ("TLS", timing.tls)];
            steps.map(|(name, took)| (name, measured(took))).to_vec()
        };
        facts.extend([("first byte", measured(timing.first_byte)), ("total", measured(timing.total))]);
        if let Some(response) = attempt.response() {
            facts.push(("protocol", screen::visible(&response.version).into_owned()));
            facts.push(("peer", screen::visible(response.remote.as_deref().unwrap_or("not known")).into_owned()));
        }
        facts.push(("began", clock_exact(attempt.started, self.page.zone)));
        for (name, value) in facts {
            let mut line = Line::of_parts(&[("  ", Tone::Text), (name, Tone::Dim)]);
            line.pad_to(16);
            line.push(&value, Tone::Text);
            self.add(RowKind::Detail, line, 16, false);
        }
    }

    fn earlier(&mut self, attempt: &Attempt) {
        self.request(attempt);
        if let Some(response) = attempt.response() {
            self.inner(&Line::of(&status_line(response), Tone::Warning), false);
            self.headers(&response.headers);
            self.named_body(&response.body);
        }
        if let Some(Ending::Failed(failure)) = &attempt.ending {
            self.failure(failure);
        }
        self.timing(attempt);
    }

    fn headers(&mut self, headers: &[Header]) {
        for header in headers {
            let (name, value) = (screen::visible(&header.name), screen::visible(&header.value));
            self.inner(&Line::of_parts(&[(&name, Tone::Name), (": ", Tone::Dim), (&value, Tone::Text)]), false);
        }
    }

    fn named_body(&mut self, body: &Body) {
        let facts = Line::of_parts(&[("  body  ", Tone::Dim), (&body_facts(body, self.dot()), Tone::Text)]);
        self.add(RowKind::Detail, facts, 4, false);
        self.body(body);
    }

    fn body(&mut self, body: &Body) {
        let until = self.rows.len() + BODY_ROWS;
        let (lines, mut cut) = match body.form {
            BodyForm::Empty | BodyForm::Binary => return,
            BodyForm::Json => json_lines(&body.text, BODY_ROWS),
            BodyForm::Form | BodyForm::Text => {
                let lines = screen::visible_lines(&body.text).take(BODY_ROWS + 1);
                (lines.map(|line| Line::of(&line, Tone::Text)).collect(), false)
            }
        };
        for line in lines {
            if self.rows.len() >= until {
                cut = true;
                break;
            }
            self.inner(&line, false);
        }
        cut |= self.rows.len() > until;
        self.rows.truncate(until);
        if cut {
            let key = &self.page.keys.copy_body;
            let said = format!("  only the first {BODY_ROWS} rows are shown here; {key} copies the newest body");
            self.add(RowKind::Detail, Line::of(&said, Tone::Warning), 4, true);
        }
        if body.truncated {
            let (kept, total) = (size(body.text.len() as u64), size(body.total));
            let said = format!("  {kept} of {total} were kept; the rest was only counted");
            self.add(RowKind::Detail, Line::of(&said, Tone::Warning), 4, true);
        }
    }
}

fn request_line(attempt: &Attempt) -> Line {
    let (method, url) = (screen::visible(&attempt.request.method), screen::visible(&attempt.request.url));
    Line::of_parts(&[(&method, Tone::Strong), (" ", Tone::Text), (&url, Tone::Text)])
}
