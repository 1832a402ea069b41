//! The rows of a summary: cause, because, do, tries, id, keys; and what stands between it and everything that was sent and
//! received.

use super::detail::{DetailRows, LABEL};
use super::entry::{Density, LogEntry};
use super::row::{Line, LiveRow, LogCounts, RowKind, Tone};
use super::words::{clock_exact, ended, span, token_number, try_tone, waiting_until};
use crate::model::attempt::header;
use crate::model::{DeliveryStatus, Ending, Exchange, ExchangeKind, ExchangeStep, Outcome};
use crate::text::screen;

impl DetailRows<'_> {
    pub(super) fn summary(&mut self, entry: &LogEntry) {
        match entry.exchange() {
            None => {
                for line in screen::visible_lines(entry.what()) {
                    self.add(RowKind::Detail, Line::of(&line, Tone::Text), 0, true);
                }
            }
            Some(exchange) => {
                self.cause(entry, exchange);
                self.tries(exchange);
                self.ids(exchange);
            }
        }
        if let Some(comment) = entry.comment() {
            self.say("comment", comment, Tone::Text);
        }
        self.keys(entry);
    }

    pub(super) fn say(&mut self, label: &str, text: &str, tone: Tone) {
        let mut line = Self::labelled(label);
        line.push(&screen::visible(text), tone);
        self.add(RowKind::Detail, line, LABEL, true);
    }

    /// Why it was refused, and what to do; without a diagnosis, what was said.
    fn cause(&mut self, entry: &LogEntry, exchange: &Exchange) {
        if let Some(variation) = exchange.sent_as {
            self.say("purpose", &format!("sent on purpose as {variation}: {}", variation.about()), Tone::Warning);
        }
        let settled = match entry.kept.delivery {
            Some(DeliveryStatus::Received) => Some("received"),
            Some(DeliveryStatus::NotReceived) => Some("not received"),
            Some(DeliveryStatus::Answered) if matches!(exchange.outcome, Outcome::Unknown(_)) => {
                Some("received and answered")
            }
            _ => None,
        };
        if let Some(settled) = settled {
            self.say("settled", &format!("the message was {settled}; the outcome was unknown"), Tone::Text);
        }
        let Some(diagnosis) = entry.diagnosis() else { return self.reason(exchange) };
        let mut line = Self::labelled("cause");
        let tone = if diagnosis.healed || diagnosis.is_undecided() { Tone::Warning } else { Tone::Error };
        line.push(diagnosis.cause().name(), tone);
        if !diagnosis.suspects.is_empty() {
            line.push_all(&[(" ", Tone::Text), (diagnosis.confidence().name(), Tone::Strong)]);
        }
        self.add(RowKind::Detail, line, LABEL, false);
        // Where nothing was sent, no server said anything: the reason itself stands here.
        let unsent = diagnosis.suspects.is_empty() && exchange.last_attempt().is_none();
        self.say("because", &if unsent { diagnosis.said.clone() } else { diagnosis.sentence() }, Tone::Text);
        if let Some(action) = entry.advice().first().filter(|_| !diagnosis.healed) {
            self.say("do", &action.words, Tone::Text);
        }
    }

    fn reason(&mut self, exchange: &Exchange) {
        let label = match &exchange.outcome {
            Outcome::Refused(_) if exchange.kind == ExchangeKind::Hook => "refused",
            Outcome::Refused(_) if exchange.status().is_some() => "server",
            Outcome::Refused(_) if exchange.last_attempt().is_none() => "not sent",
            Outcome::Refused(_) => "refused",
            Outcome::Unknown(_) => "unknown",
            Outcome::Failed(_) => "failed",
            _ => "",
        };
        if let Some(why) = exchange.outcome.words() {
            self.say(label, &why, Tone::Text);
        }
    }

    /// `401 · new token #4 · 401`, where there was more than one try or anything between.
    fn tries(&mut self, exchange: &Exchange) {
        if exchange.steps.len() < 2
            && !matches!(exchange.steps.first(), Some(ExchangeStep::Wait { .. } | ExchangeStep::Renewal { .. }))
        {
            return;
        }
        let mut line = Self::labelled("tries");
        let mut live = None;
        let waits = waiting_until(exchange);
        for (index, step) in exchange.steps.iter().enumerate() {
            if index > 0 {
                line.push(self.dot(), Tone::Dim);
            }
            match step {
                ExchangeStep::Try(attempt) => {
                    let said = match &attempt.ending {
                        Some(Ending::Answered(response)) => response.status.to_string(),
                        _ => screen::visible(&ended(attempt)).into_owned(),
                    };
                    line.push(&said, if exchange.has_healed(attempt) { Tone::Warning } else { Tone::Text });
                }
                ExchangeStep::Wait { until, why, .. } if index + 1 == exchange.steps.len() && waits.is_some() => {
                    let column = self.gutter().cells + line.cells;
                    live = Some(LiveRow { column: column as u16, width: 4, counts: LogCounts::DownTo(*until) });
                    line.push(&format!("     left: {}", screen::visible(&why.to_string())), Tone::Warning);
                }
                ExchangeStep::Wait { at, until, why } => {
                    let waited = span(until.since(*at));
                    line.push(&format!("waited {waited}: {}", screen::visible(&why.to_string())), Tone::Text);
                }
                ExchangeStep::Renewal { generation, took, .. } => match (generation, took) {
                    (Some(generation), _) => line.push(&format!("new token #{generation}"), Tone::Text),
                    (None, None) => line.push("getting a new token", Tone::Info),
                    (None, Some(_)) => line.push("no new token", Tone::Warning),
                },
            }
        }
        let first = self.rows.len();
        self.add(RowKind::Detail, line, LABEL, live.is_none());
        if let Some(row) = self.rows.get_mut(first) {
            row.live = live;
        }
    }

    /// All request ids in full, and which of the usual ones did not come; on rows of their own where it is narrow.
    fn ids(&mut self, exchange: &Exchange) {
        let Some(response) = exchange.last_attempt().and_then(|a| a.response()) else { return };
        // A frame has no headers in which an id could come, and a webhook is answered here.
        if exchange.is_frame() || exchange.kind == ExchangeKind::Hook {
            return;
        }
        let ids = response.request_ids();
        let part = |(name, promised): (&'static str, bool)| match ids.iter().find(|(known, _)| *known == name) {
            Some((_, id)) => Some((name, screen::visible(id), Tone::Text)),
            None => promised.then_some((name, "not returned".into(), Tone::Dim)),
        };
        // Only the two that the endpoint's two descriptions promise are missed.
        let promised = [("x-request-id", true), ("inin-correlation-id", true)];
        let others = [("genesys-correlation-id", false), ("contextId", false)];
        let parts: Vec<_> = promised.into_iter().chain(others).filter_map(part).collect();
        let joined: usize = parts.iter().map(|(name, id, _)| name.len() + 1 + screen::width(id) + 3).sum();
        let room = self.page.width.saturating_sub(self.gutter().cells + LABEL);
        // Where it is narrow, an id stands at the left edge, so that it stays whole as long as it can.
        let hang = if self.page.width >= 60 { LABEL } else { 0 };
        let start = |label: &str| if hang > 0 { Self::labelled(label) } else { Line::default() };
        let mut line = start("id");
        for (index, (name, id, tone)) in parts.iter().enumerate() {
            if index > 0 && joined <= room + 3 {
                line.push(self.dot(), Tone::Dim);
            } else if index > 0 {
                self.add(RowKind::Detail, line, hang, true);
                line = start("");
            }
            line.push_all(&[(name, Tone::Dim), (" ", Tone::Text), (id, *tone)]);
        }
        self.add(RowKind::Detail, line, hang, true);
    }

    fn keys(&mut self, entry: &LogEntry) {
        let keys = self.page.keys;
        let mut line = Self::labelled("");
        if entry.diagnosis().is_some() {
            for (key, words) in [(&keys.why, "explain"), (&keys.ticket, "ticket"), (&keys.probe, "run checks")] {
                self.key_hint(&mut line, key, words);
            }
        }
        let explaining = if line.cells > LABEL { line.runs.len() } else { 0 };
        let all = if entry.density == Density::Summary { "all" } else { "close" };
        self.key_hint(&mut line, &keys.open, all);
        self.add(RowKind::Keys(explaining), line, 0, false);
    }

    /// Adds a key with what it does, where there is room for the whole of it.
    fn key_hint(&self, line: &mut Line, key: &str, words: &str) {
        let gap = if line.cells > LABEL { "   " } else { "" };
        let room = self.page.width.saturating_sub(self.gutter().cells + line.cells);
        if key.is_empty() || screen::width(gap) + screen::width(key) + 1 + screen::width(words) > room {
            return;
        }
        line.push_all(&[(gap, Tone::Text), (key, Tone::Key), (" ", Tone::Text), (words, Tone::Dim)]);
    }

    /// What a full entry says before the parts that fold: the server's words, each try, the token.
    pub(super) fn more(&mut self, entry: &LogEntry, exchange: &Exchange) {
        if entry.diagnosis().is_some() {
            self.reason(exchange);
        }
        let tries = exchange.attempts().filter(|_| exchange.attempts().count() > 1);
        for attempt in tries {
            let mut line = Self::labelled(&format!("try {}", attempt.number));
            line.push_all(&[(&clock_exact(attempt.started, self.page.zone), Tone::Dim), ("  ", Tone::Text)]);
            line.push_fitted(&screen::visible(&ended(attempt)), 30, self.page.ascii, try_tone(attempt, exchange));
            line.pad_to(LABEL + 14 + 18);
            if let Some(took) = attempt.timing.total {
                line.push(&format!("{:>8}", span(took)), Tone::Dim);
            }
            if let Some((_, id)) = attempt.response().and_then(|response| response.request_ids().into_iter().next()) {
                line.push_all(&[("  ", Tone::Text), (&screen::short_id(&id, self.page.ascii), Tone::Dim)]);
            }
            if let Some(generation) = attempt.generation {
                let token = format!("token {}", token_number(generation, attempt.token_age));
                line.push_all(&[("  ", Tone::Text), (&token, Tone::Dim)]);
            }
            if exchange.has_healed(attempt) {
                line.push("  fixed by a new token", Tone::Warning);
            }
            self.add(RowKind::Detail, line, LABEL, false);
        }
        self.token(exchange);
    }

    fn token(&mut self, exchange: &Exchange) {
        let mut line = Self::labelled("token");
        if let Some(attempt) = exchange.last_attempt() {
            let bearer = exchange.sent_as.is_some() && header(&attempt.request.headers, "authorization").is_some();
            let said = match attempt.generation {
                Some(generation) => token_number(generation, attempt.token_age),
                None if exchange.is_frame() => "the guest's token, in the frame".to_owned(),
                None if bearer => "not a token of this session".to_owned(),
                None => "no token".to_owned(),
            };
            line.push(&said, Tone::Text);
        }
        if let Some(name) = exchange.conversation.and_then(|key| self.page.names.get(&key)) {
            let dot = if line.cells > LABEL { self.dot() } else { "" };
            line.push_all(&[(dot, Tone::Dim), ("conversation ", Tone::Dim), (&screen::visible(name), Tone::Text)]);
        }
        if line.cells > LABEL {
            self.add(RowKind::Detail, line, LABEL, false);
        }
    }
}
