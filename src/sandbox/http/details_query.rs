//! `POST /api/v2/analytics/conversations/details/query`: the list of conversations, also the active ones.
//! [real: documented, PY: the `GET /conversations` lists are for a user, so a client has to ask analytics]
//!
//! Understood: `interval`, `order` by `conversationStart`, `paging`, and filters on `conversationEnd` (exists,
//! notExists), `conversationId`, `mediaType` and `purpose` (matches). Another field or dimension is refused rather than
//! ignored: a filter that does nothing would lie.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::sandbox::world::{Participant, RequestedPage, Served, ServiceRefusal, SimulatedConversation};
use crate::text::json::dense;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DetailsQuery {
    interval: String,
    #[serde(default)]
    order: Order,
    order_by: Option<String>,
    #[serde(default)]
    paging: RequestedPage,
    #[serde(default)]
    conversation_filters: Vec<Filter>,
    #[serde(default)]
    segment_filters: Vec<Filter>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    #[default]
    Asc,
    Desc,
}

#[derive(Deserialize)]
struct Filter {
    #[serde(rename = "type", default)]
    combine: Combine,
    #[serde(default)]
    predicates: Vec<Predicate>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Combine {
    #[default]
    And,
    Or,
}

#[derive(Deserialize)]
struct Predicate {
    dimension: String,
    #[serde(default)]
    operator: Operator,
    value: Option<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Operator {
    #[default]
    Matches,
    Exists,
    NotExists,
}

impl Predicate {
    fn holds(&self, c: &SimulatedConversation) -> Served<bool> {
        let value = self.value.as_deref();
        Ok(match (self.dimension.as_str(), self.operator) {
            ("conversationEnd", Operator::Exists) => c.ended.is_some(),
            ("conversationEnd", Operator::NotExists) => c.ended.is_none(),
            ("conversationId", Operator::Matches) => value == Some(&c.id),
            ("mediaType", Operator::Matches) => value == Some("message"),
            ("purpose", Operator::Matches) => c.participants.iter().any(|p| Some(p.purpose.name()) == value),
            _ => {
                let allowed = "conversationEnd, conversationId, mediaType, purpose";
                return Err(ServiceRefusal::value(&self.dimension, "dimension", allowed));
            }
        })
    }
}

impl Filter {
    fn holds(&self, c: &SimulatedConversation) -> Served<bool> {
        let mut held = self.predicates.iter().map(|p| p.holds(c)).collect::<Result<Vec<_>, _>>()?.into_iter();
        Ok(if self.combine == Combine::And { held.all(|h| h) } else { held.any(|h| h) })
    }
}

pub(crate) fn answer(conversations: &[SimulatedConversation], query: DetailsQuery) -> Served<Value> {
    let times = query.interval.split_once('/');
    let times = times.and_then(|(from, to)| Some((from.parse::<Timestamp>().ok()?, to.parse::<Timestamp>().ok()?)));
    let wrong = || ServiceRefusal::value(&query.interval, "interval", "two ISO 8601 times with a slash between");
    let (from, to) = times.ok_or_else(wrong)?;
    if let Some(by) = query.order_by.as_deref().filter(|by| *by != "conversationStart") {
        return Err(ServiceRefusal::value(by, "orderBy", "conversationStart"));
    }
    query.paging.check()?;
    let mut found = Vec::new();
    for c in conversations {
        let mut wanted = c.started < to && c.ended.is_none_or(|end| end.at >= from);
        for filter in query.conversation_filters.iter().chain(&query.segment_filters) {
            wanted &= filter.holds(c)?;
        }
        if wanted {
            found.push(c);
        }
    }
    found.sort_by_key(|c| c.started);
    if query.order == Order::Desc {
        found.reverse();
    }
    let page: Vec<Value> = query.paging.of(found.iter()).map(|c| one(c)).collect();
    Ok(json!({ "conversations": page, "totalHits": found.len() }))
}

fn one(c: &SimulatedConversation) -> Value {
    let participant = |p: &Participant| {
        json!({
            "participantId": p.id,
            "participantName": p.name,
            "purpose": p.purpose.name(),
            "sessions": [{"sessionId": p.communication, "mediaType": "message", "messageType": c.messenger(),
                "direction": "inbound", "segments": []}],
        })
    };
    dense(json!({
        "conversationId": c.id,
        "conversationStart": c.started,
        "originatingDirection": "inbound",
        "participants": c.participants.iter().map(participant).collect::<Vec<_>>(),
        "conversationEnd": c.ended.map(|end| end.at),
    }))
}
