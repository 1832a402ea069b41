//! What a transcript holds.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::model::{Author, DeliveryStatus};

/// What was said in some conversations.
#[derive(Clone, Debug)]
pub struct Transcript {
    /// The profile's name.
    pub profile: String,
    /// The zone of the second time of each message.
    pub zone: TimeZone,
    /// The conversations, in order.
    pub conversations: Vec<ConversationText>,
}

/// What was said in one conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationText {
    /// Its name.
    pub name: String,
    /// The messages, oldest first.
    pub lines: Vec<TranscriptLine>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscriptLine {
    /// When.
    pub at: Timestamp,
    /// Who said it.
    pub author: Author,
    /// What it says.
    pub text: String,
    /// Where it stands, if it is ours.
    pub delivery: Option<DeliveryStatus>,
    /// It was sent wrongly on purpose, in this way.
    pub sent_as: Option<String>,
    /// It sends an earlier one again.
    pub again: bool,
    /// The choices that it offers.
    pub choices: Vec<String>,
    /// The exchange that carried it, if it is ours and known.
    pub carried: Option<TranscriptExchange>,
}

/// What is known of the exchange that carried a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TranscriptExchange {
    /// Its number in the log.
    pub number: u64,
    /// HTTP status.
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub took_ms: Option<u64>,
    /// The request id.
    pub request_id: Option<String>,
    /// A person marked it.
    pub marked: bool,
    /// What a person said about it.
    pub comment: Option<String>,
}

impl Transcript {
    /// What was said in a profile, each message with the name of its conversation, those of one conversation beside each
    /// other, and `mask` over every text.
    pub fn of(
        profile: &str,
        zone: TimeZone,
        said: impl IntoIterator<Item = (String, TranscriptLine)>,
        mask: &dyn Fn(&str) -> String,
    ) -> Self {
        let mut conversations: Vec<ConversationText> = Vec::new();
        for (name, line) in said {
            match conversations.last_mut().filter(|talk| talk.name == name) {
                Some(talk) => talk.lines.push(line),
                None => conversations.push(ConversationText { name, lines: vec![line] }),
            }
        }
        Self { profile: profile.to_owned(), zone, conversations }.masked(mask)
    }

    fn masked(mut self, mask: &dyn Fn(&str) -> String) -> Self {
        self.profile = mask(&self.profile);
        for talk in &mut self.conversations {
            talk.name = mask(&talk.name);
            for line in &mut talk.lines {
                line.text = mask(&line.text);
                line.choices.iter_mut().for_each(|choice| *choice = mask(choice));
                if let Some(DeliveryStatus::Refused(why) | DeliveryStatus::Unknown(why)) = &mut line.delivery {
                    *why = mask(&why.to_string()).into();
                }
                if let Some(comment) = line.carried.as_mut().and_then(|c| c.comment.as_mut()) {
                    *comment = mask(comment);
                }
            }
        }
        self
    }

    /// The profile and all messages, as JSON.
    pub fn to_json(&self) -> Value {
        let lines = self.conversations.iter().flat_map(|talk| talk.lines.iter().map(move |line| (talk, line)));
        let messages: Vec<Value> = lines
            .map(|(talk, line)| {
                json!({
                    "conversation": talk.name,
                    "at": line.at.to_string(),
                    "author": line.author.word(),
                    "text": line.text,
                    "life": line.delivery.as_ref().map(DeliveryStatus::word),
                    "why": line.why(),
                    "choices": line.choices,
                    "sent_as": line.sent_as,
                    "request_id": line.carried.as_ref().and_then(|c| c.request_id.as_ref()),
                })
            })
            .collect();
        json!({ "guestwire": env!("CARGO_PKG_VERSION"), "profile": self.profile, "messages": messages })
    }

    /// `2026-11-23 14:03:20 UTC (15:03:20 +01)`.
    pub(super) fn time(&self, at: Timestamp) -> String {
        let utc = at.strftime("%F %T UTC");
        let local = at.to_zoned(self.zone.clone());
        if local.offset().is_zero() {
            return utc.to_string();
        }
        let day = if local.strftime("%F").to_string() == at.strftime("%F").to_string() { "" } else { "%F " };
        format!("{utc} ({})", local.strftime(&format!("{day}%T %Z")))
    }
}

impl ConversationText {
    /// Its lines, each with the day in words where that is another than of the line before.
    pub(super) fn by_day(&self, zone: &TimeZone) -> impl Iterator<Item = (Option<String>, &TranscriptLine)> {
        let mut before = None;
        self.lines.iter().map(move |line| {
            let day = line.at.to_zoned(zone.clone()).date();
            let heading = (before.replace(day) != Some(day)).then(|| day.strftime("%a %-d %b %Y").to_string());
            (heading, line)
        })
    }
}

impl TranscriptLine {
    /// What it says, and below that what it offers to answer with: `[1 Yes | 2 No]`.
    pub(super) fn said(&self) -> String {
        let offered: Vec<String> = (1..).zip(&self.choices).map(|(n, choice)| format!("{n} {choice}")).collect();
        let offered = if offered.is_empty() { String::new() } else { format!("[{}]", offered.join(" | ")) };
        let parts = [self.text.as_str(), offered.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// Why it was refused, or is not known.
    fn why(&self) -> Option<String> {
        self.delivery.as_ref()?.reason().map(ToString::to_string).filter(|why| !why.is_empty())
    }

    /// The facts beside author and text: delivery status with its reason, purpose. True: the fact is a warning.
    pub(super) fn facts(&self) -> Vec<(String, bool)> {
        let mut facts = Vec::new();
        facts.extend(self.delivery.as_ref().map(|delivery| {
            let warns = matches!(delivery, DeliveryStatus::Refused(_) | DeliveryStatus::Unknown(_));
            match self.why() {
                Some(why) => (format!("{}: {why}", delivery.word()), warns),
                None => (delivery.word().to_owned(), warns),
            }
        }));
        if self.again {
            facts.push(("sent again".to_owned(), false));
        }
        facts.extend(self.sent_as.as_ref().map(|how| (format!("wrongly on purpose: {how}"), true)));
        facts
    }
}

impl TranscriptExchange {
    /// `#42 · 200 · 182 ms · request id e42c…`.
    pub(super) fn words(&self) -> String {
        let mut parts = vec![format!("#{}", self.number)];
        parts.extend(self.status.map(|s| s.to_string()));
        parts.extend(self.took_ms.map(|ms| format!("{ms} ms")));
        parts.extend(self.request_id.as_ref().map(|id| format!("request id {id}")));
        parts.join(" · ")
    }
}
