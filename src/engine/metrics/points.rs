//! What is counted, and with which tags. Pure. Never an id and never a text: the tags are words from fixed lists, the
//! HTTP status, and the profile's name and region.

use std::collections::BTreeMap;

use crate::config::Profile;
use crate::diagnosis::{Case, PastExchanges, ProfileFacts, diagnose};
use crate::engine::Report;
use crate::genesys::oauth;
use crate::model::exchange::header;
use crate::model::{Cause, Channel, ConversationKey, Exchange, ExchangeId, ExchangeKind, Outcome};

pub struct Point {
    /// The names are fixed.
    pub name: &'static str,
    pub value: u64,
    /// As DogStatsD names it: `c`, so many more; `d`, one of many; `g`, how it stands.
    pub kind: &'static str,
    pub tags: Vec<(&'static str, String)>,
}

/// Makes points from reports.
#[derive(Debug)]
pub struct Meter {
    facts: ProfileFacts,
    channels: BTreeMap<ConversationKey, Channel>,
    history: PastExchanges,
}

impl Meter {
    pub fn new(profile: &Profile) -> Self {
        let conversations = profile.conversations.iter().map(|e| &e.conversation);
        Self {
            facts: ProfileFacts::of(profile),
            channels: conversations.map(|c| (c.key, c.channel())).collect(),
            history: PastExchanges::default(),
        }
    }

    /// The points that a report makes, and the exchange behind them.
    pub fn report(&mut self, report: &Report) -> Option<(ExchangeId, Vec<Point>)> {
        match report {
            Report::Token(status) => {
                if let Some(facts) = status.facts() {
                    self.history.token(facts);
                }
                None
            }
            Report::ClockSkew(seconds) => {
                self.history.skew_told(*seconds);
                None
            }
            Report::Exchange(exchange) => {
                self.history.exchange(exchange);
                exchange.outcome.is_settled().then(|| (exchange.id, self.points(exchange)))
            }
            _ => None,
        }
    }

    fn points(&self, exchange: &Exchange) -> Vec<Point> {
        let mut points = Vec::new();
        // A message that guestwire held back is no send.
        let Some(attempt) = exchange.last_attempt() else { return points };
        if exchange.kind == ExchangeKind::Send {
            self.send(exchange, &mut points);
        }
        let asked = attempt.request.url.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        let token = asked.is_some_and(|(_, path)| format!("/{path}") == oauth::TOKEN_PATH);
        // A token for a negative test is none of the session's.
        if token && exchange.sent_as.is_none() {
            let mut tags = vec![("outcome", exchange.outcome.kept_name().to_owned())];
            tags.extend(self.tags(exchange, None));
            points.push(Point { name: "genesys.guest.token.renewal", value: 1, kind: "c", tags });
        }
        let number = |name: &str| header(&attempt.response()?.headers, name)?.trim().parse::<u64>().ok();
        if let (Some(count), Some(allowed)) = (number("inin-ratelimit-count"), number("inin-ratelimit-allowed")) {
            let tags = self.place();
            let value = allowed.saturating_sub(count);
            points.push(Point { name: "genesys.guest.ratelimit.remaining", value, kind: "g", tags });
        }
        points
    }

    fn send(&self, exchange: &Exchange, points: &mut Vec<Point>) {
        let channel =
            exchange.conversation.and_then(|key| self.channels.get(&key)).copied().unwrap_or(Channel::GuestApi);
        let tags = self.tags(exchange, Some(channel));
        let mut add = |name, value, kind| points.push(Point { name, value, kind, tags: tags.clone() });
        add("genesys.guest.message.send.count", 1, "c");
        match exchange.outcome {
            Outcome::Refused(_) | Outcome::Failed(_) => add("genesys.guest.message.send.error", 1, "c"),
            Outcome::Unknown(_) => add("genesys.guest.message.send.unknown", 1, "c"),
            _ => {}
        }
        if let Some(took) = exchange.took {
            let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            add("genesys.guest.message.send.duration", ms, "d");
        }
    }

    fn tags(&self, exchange: &Exchange, channel: Option<Channel>) -> Vec<(&'static str, String)> {
        let status = exchange.status().map_or_else(|| "none".to_owned(), |s| s.to_string());
        let refusal = Case { exchange, channel, profile: &self.facts, history: &self.history };
        // A 401 that a newer token healed is no error and still has its cause: that is what tells a rotation from a scope.
        // What cannot be told yet is counted as unknown and not as the first guess.
        let cause = diagnose(&refusal)
            .map_or("none", |d| if d.is_undecided() { Cause::Unknown.as_str() } else { d.cause().as_str() });
        let mut tags = vec![("status", status), ("cause", cause.to_owned())];
        tags.extend(channel.map(|c| ("channel", c.as_str().to_owned())));
        tags.extend(exchange.sent_as.map(|v| ("sent_as", v.as_str().to_owned())));
        tags.extend(self.place());
        tags
    }

    fn place(&self) -> Vec<(&'static str, String)> {
        vec![("region", self.facts.region.clone()), ("profile", self.facts.name.clone())]
    }
}
