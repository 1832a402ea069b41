//! A session as files: what was said, all of it as JSON, and what was sent as a pass file.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::Session;
use super::log::LogEntry;
use crate::export::transcript::{Transcript, TranscriptExchange, TranscriptLine};
use crate::model::{ConversationKey, ExchangeKind, MessageId, Moment};
use crate::pass::from_session::{PlayedMessage, toml};

impl Session {
    /// What was said in these conversations. `None` where nothing was. What `[redact]` names is masked.
    pub fn transcript(&self, keys: impl IntoIterator<Item = ConversationKey>, zone: &TimeZone) -> Option<Transcript> {
        let carried: BTreeMap<MessageId, TranscriptExchange> = self.log.entries().filter_map(carrier).collect();
        let carried = &carried;
        let said = keys.into_iter().filter_map(|key| Some((key, self.conversations.get(key)?.name().to_owned())));
        let said = said.flat_map(|(key, name)| {
            self.threads.messages(key).iter().map(move |entry| {
                let message = entry.message();
                let line = TranscriptLine {
                    at: entry.at(),
                    author: entry.author(),
                    text: entry.text().to_owned(),
                    delivery: entry.delivery().cloned(),
                    sent_as: message.and_then(|m| m.sent_as).map(|v| v.to_string()),
                    again: message.is_some_and(|m| m.resend_of.is_some()),
                    choices: entry.choices().iter().map(|choice| choice.label.clone()).collect(),
                    carried: message.and_then(|m| carried.get(&m.id).cloned()),
                };
                (name.clone(), line)
            })
        });
        let mask = |text: &str| self.profile.masks.text(text).into_owned();
        let transcript = Transcript::of(&self.profile.facts.name, zone.clone(), said, &mask);
        Some(transcript).filter(|transcript| !transcript.conversations.is_empty())
    }

    pub(crate) fn as_json(&self) -> Option<serde_json::Value> {
        let said = self.transcript(self.conversations.keys(), &TimeZone::UTC)?.to_json();
        Some(crate::text::json::with(said, serde_json::json!({ "har": self.log.har() })))
    }

    /// What was sent in this session and has come to an end, in the order of the log, as a pass file. `None`
    /// where nothing was.
    pub fn as_pass(&self, now: Moment, zone: &TimeZone) -> Option<String> {
        let sends = self.log.entries().filter_map(|entry| {
            let exchange = entry.exchange().filter(|x| x.kind == ExchangeKind::Send && x.outcome.is_finished())?;
            let message = self.threads.message(exchange.message?).filter(|message| message.delivery.is_finished())?;
            let conversation = self.conversations.get(message.conversation);
            let said = self.threads.messages(message.conversation).iter();
            let mut said = said.skip_while(|entry| entry.message().is_none_or(|m| m.id != message.id));
            let why = self.log.why_of(exchange.id).filter(|d| !d.is_undecided() && !d.healed);
            Some(PlayedMessage {
                conversation: conversation.map_or_else(String::new, |item| item.conversation.name.clone()),
                text: message.text.clone(),
                sent_as: message.sent_as,
                delivery: message.delivery.clone(),
                status: exchange.status(),
                cause: why.map(|d| d.cause()),
                reply: said.nth(1).filter(|next| next.author().replies()).map(|next| next.text().to_owned()),
            })
        });
        let played: Vec<PlayedMessage> = sends.collect();
        let day = now.wall.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M");
        (!played.is_empty()).then(|| toml(&format!("Session of {day}"), &played))
    }
}

fn carrier(entry: &LogEntry) -> Option<(MessageId, TranscriptExchange)> {
    let exchange = entry.exchange()?;
    let facts = TranscriptExchange {
        number: entry.number(),
        status: exchange.status(),
        took_ms: exchange.took_ms(),
        request_id: exchange.request_id().map(|(_, id)| id),
        marked: entry.kept.marked,
        comment: entry.comment().map(str::to_owned),
    };
    Some((exchange.message?, facts))
}
