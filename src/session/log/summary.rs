//! The rows of a summary: why, the tries and what was between them, the token, the ids.

use super::detail::{LABEL, Sheet};
use super::entry::{Entry, Later, context_id};
use super::line::{clock_exact, outcome_tone, waiting_until};
use super::rate::is_healed;
use super::row::{Counts, Line, Live, RowKind, Tone};
use super::words::{ended, request_id, span, token};
use crate::model::exchange::header;
use crate::model::{Attempt, Exchange, Outcome, Step};
use crate::text::screen;

impl Sheet<'_> {
    pub(super) fn summary(&mut self, entry: &Entry) {
        match entry.exchange() {
            None => {
                for line in screen::visible_lines(entry.what()) {
                    self.add(RowKind::Detail, Line::of(&line, Tone::Text), 0, true);
                }
            }
            Some(exchange) => {
                self.why(entry);
                self.reason(entry, exchange);
                self.steps(exchange);
                self.token(exchange);
                self.ids(exchange);
            }
        }
        if let Some(comment) = entry.comment() {
            let mut line = Self::labelled("comment");
            line.push(&screen::visible(comment), Tone::Text);
            self.add(RowKind::Detail, line, LABEL, true);
        }
    }

    fn reason(&mut self, entry: &Entry, exchange: &Exchange) {
        let label = match &exchange.outcome {
            Outcome::Refused(_) if exchange.status().is_some() => "server",
            Outcome::Refused(_) if exchange.last_attempt().is_none() => "not sent",
            Outcome::Refused(_) => "refused",
            Outcome::Unknown(_) => "unknown",
            Outcome::Failed(_) => "failed",
            _ => "",
        };
        if let Some(why) = exchange.outcome.reason() {
            let mut line = Self::labelled(label);
            line.push(&screen::visible(why), outcome_tone(&exchange.outcome));
            self.add(RowKind::Detail, line, LABEL, false);
        }
        let settled = match entry.later {
            Some(Later::Landed) => "as landed: the message was received",
            Some(Later::Lost) => "as lost: the message was not received",
            Some(Later::Answered) if matches!(exchange.outcome, Outcome::Unknown(_)) => {
                "as answered: the message was received"
            }
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
                    line.push(&screen::visible(why), if ends.is_some() { Tone::Warning } else { Tone::Text });
                    let first = self.rows.len();
                    self.add(RowKind::Detail, line, LABEL, false);
                    if let (Some(until), Some(row)) = (ends, self.rows.get_mut(first)) {
                        row.live = Some(Live { column: column as u16, width: 4, counts: Counts::DownTo(until) });
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
                    if let Some(number) = self.page.number_of(*renewal) {
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
        line.push_fitted(&screen::visible(&said), 30, self.page.ascii, tone);
        line.pad_to(LABEL + 14 + 18);
        if let Some(took) = attempt.timing.total {
            line.push(&format!("{:>8}", span(took)), Tone::Dim);
        }
        if let Some(id) = attempt.response().and_then(request_id) {
            line.push("  ", Tone::Text);
            line.push(&screen::short_id(&id, self.page.ascii), Tone::Dim);
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
        } else if is_frame(exchange) {
            line.push("the guest's, in the frame", Tone::Text);
        } else if exchange.last_attempt().is_some() {
            let sent = exchange.last_attempt().is_some_and(|a| header(&a.request.headers, "authorization").is_some());
            let bearer = sent && exchange.sent_as.is_some();
            line.push(if bearer { "not one of this session's" } else { "none used" }, Tone::Text);
        }
        if let Some(name) = exchange.conversation.and_then(|key| self.page.names.get(&key)) {
            if line.cells > from {
                line.push(self.dot(), Tone::Dim);
            }
            line.push("conversation ", Tone::Dim);
            line.push(&screen::visible(name), Tone::Text);
        }
        if line.cells > from {
            self.add(RowKind::Detail, line, LABEL, false);
        }
    }

    /// All request ids in full, each on a row of its own where they do not fit side by side; the usual ones that did not
    /// come are named.
    fn ids(&mut self, exchange: &Exchange) {
        let Some(response) = exchange.last_attempt().and_then(|a| a.response()) else { return };
        // A frame has no headers in which an id could come.
        if is_frame(exchange) {
            return;
        }
        let mut parts = Vec::new();
        for name in ["x-request-id", "inin-correlation-id", "genesys-correlation-id"] {
            match header(&response.headers, name) {
                Some(id) => parts.push((name, screen::visible(id).into_owned(), Tone::Text)),
                // Only the two that the endpoint's two descriptions promise are missed.
                None if name != "genesys-correlation-id" => parts.push((name, "not returned".to_owned(), Tone::Dim)),
                None => {}
            }
        }
        if let Some(id) = context_id(&response.body) {
            parts.push(("contextId", screen::visible(&id).into_owned(), Tone::Text));
        }
        let joined: usize = parts.iter().map(|(name, id, _)| name.len() + 1 + screen::width(id) + 3).sum();
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
}

/// Whether it was written as a frame of the guest's socket.
fn is_frame(exchange: &Exchange) -> bool {
    exchange.last_attempt().is_some_and(|a| matches!(a.request.method.as_str(), "FRAME" | "RECV"))
}
