//! A message in the platform's normalized form, as the guest's socket and the webhook bring it live, and as a history or
//! a read of the conversation brings it later.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::model::{Attachment, Author, Choice, Place, RemoteMessage};

/// Something that happened, other than something said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody types.
    Typing {
        /// Or has stopped.
        on: bool,
        /// For how long, unless told again.
        duration: Option<Duration>,
    },
    /// `Join`, `Clear`, `Disconnect`, `SignIn`, `SessionExpired` and whatever else there may be.
    Presence(String),
    /// An event of another kind: its `eventType`.
    Other(String),
}

/// A message or event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structured {
    /// What the remote side knows it by: `id`.
    pub id: Option<String>,
    /// What doubles are told by: `channel.messageId`, else `id`. [live and history disagree on ids]
    pub key: Option<String>,
    /// `Text`, `Structured`, `Event`, `Receipt`, ….
    pub kind: String,
    /// Said by the guest (`Inbound`), maybe through another connection.
    pub by_guest: bool,
    /// Who said it.
    pub author: Author,
    /// What it says; what it is, where it says nothing.
    pub text: String,
    /// `channel.time`.
    pub at: Option<Timestamp>,
    /// What it offers to answer with.
    pub choices: Vec<Choice>,
    /// They stand on cards.
    pub on_cards: bool,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// What happened.
    pub events: Vec<Event>,
    /// `metadata.id`: our own id, where the echo gives it back.
    pub own_id: Option<String>,
    /// `metadata.readOnly`: with it the session became read-only.
    pub read_only: bool,
    /// `metadata.expirationDate`: when the session ends by itself.
    pub expires: Option<Timestamp>,
}

impl Structured {
    /// Reads one; `None` where it is not a JSON object.
    pub fn read(value: &Value) -> Option<Self> {
        value.as_object()?;
        let channel = value.get("channel").unwrap_or(&Value::Null);
        let metadata = value.get("metadata").unwrap_or(&Value::Null);
        let id = text(value, "id");
        let content = value.get("content").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let events: Vec<Event> =
            value.get("events").and_then(Value::as_array).into_iter().flatten().filter_map(event).collect();
        let by_guest = text(value, "direction").is_some_and(|d| d.eq_ignore_ascii_case("inbound"));
        let mut out = Self {
            key: text(channel, "messageId").or_else(|| id.clone()),
            id,
            kind: text(value, "type").unwrap_or_default(),
            by_guest,
            author: author(by_guest, text(value, "originatingEntity").as_deref()),
            text: String::new(),
            at: text(channel, "time").or_else(|| text(value, "time")).and_then(|t| t.parse().ok()),
            choices: Vec::new(),
            on_cards: false,
            attachments: Vec::new(),
            own_id: text(metadata, "id"),
            read_only: truth(metadata.get("readOnly")),
            expires: seconds(metadata.get("expirationDate")),
            events,
        };
        let mut unread = None;
        let mut titles = Vec::new();
        for part in content {
            if !out.part(part, &mut titles) {
                unread = unread.or_else(|| text(part, "contentType"));
            }
        }
        out.text = text(value, "text")
            .or_else(|| (!titles.is_empty()).then(|| titles.join("\n")))
            .or_else(|| unread.map(|kind| format!("[{kind}]")))
            .or_else(|| (!out.attachments.is_empty()).then(|| "[Attachment]".to_owned()))
            .or_else(|| (!out.choices.is_empty()).then(|| "[choices]".to_owned()))
            .unwrap_or_default();
        Some(out)
    }

    /// Takes in one part of the content. False: of a kind that is not read here.
    fn part(&mut self, part: &Value, titles: &mut Vec<String>) -> bool {
        match part.get("contentType").and_then(Value::as_str) {
            Some("QuickReply") => self.choices.extend(part.get("quickReply").and_then(|q| choice(q, "text"))),
            Some("QuickReplyV2") => {
                let replies = part.get("quickReplyV2").unwrap_or(&Value::Null);
                titles.extend(text(replies, "title"));
                self.choices.extend(each(replies, "actions").filter_map(|a| choice(a, "text")));
            }
            Some("Card") => self.card(part.get("card").unwrap_or(&Value::Null), titles),
            Some("Carousel") => {
                let carousel = part.get("carousel").unwrap_or(&Value::Null);
                each(carousel, "cards").for_each(|card| self.card(card, titles));
            }
            Some("ListPicker") => {
                let picker = part.get("listPicker").unwrap_or(&Value::Null);
                titles.extend(picker.get("receivedMessage").and_then(|m| text(m, "title")));
                let items = each(picker, "sections").flat_map(|s| each(s, "items"));
                self.choices.extend(items.filter_map(|i| choice(i, "title")));
            }
            Some("DatePicker") => {
                let picker = part.get("datePicker").unwrap_or(&Value::Null);
                titles.extend(text(picker, "title"));
                self.choices.extend(each(picker, "availableTimes").filter_map(|t| choice(t, "dateTime")));
            }
            Some("ButtonResponse") => titles.extend(part.get("buttonResponse").and_then(|b| text(b, "text"))),
            Some("Attachment") => self.attachments.extend(part.get("attachment").and_then(attachment)),
            _ => return false,
        }
        true
    }

    fn card(&mut self, card: &Value, titles: &mut Vec<String>) {
        let lines = [text(card, "title"), text(card, "description")];
        titles.push(lines.into_iter().flatten().collect::<Vec<_>>().join(": "));
        // A link is opened, not answered.
        let answers = each(card, "actions").filter(|a| text(a, "type").as_deref() != Some("Link"));
        self.choices.extend(answers.filter_map(|a| choice(a, "text")));
        self.on_cards = true;
    }

    /// As a message of the conversation; `fallback` where it tells no time. `None` for what is no message.
    pub fn message(&self, fallback: Timestamp) -> Option<RemoteMessage> {
        let said = matches!(self.kind.as_str(), "Text" | "Structured" | "Message") || self.events.is_empty();
        if !said || self.kind == "Receipt" {
            return None;
        }
        let mut message =
            RemoteMessage::new(self.key.clone()?, self.author, self.text.clone(), self.at.unwrap_or(fallback));
        message.choices.clone_from(&self.choices);
        message.attachments.clone_from(&self.attachments);
        Some(message)
    }
}

fn event(value: &Value) -> Option<Event> {
    let kind = text(value, "eventType")?;
    Some(match kind.as_str() {
        "Typing" => {
            let typing = value.get("typing").unwrap_or(&Value::Null);
            let on = text(typing, "type").is_none_or(|t| !t.eq_ignore_ascii_case("off"));
            let millis = typing.get("duration").and_then(Value::as_f64).filter(|d| (0.0..=600_000.0).contains(d));
            Event::Typing { on, duration: millis.map(|d| Duration::from_millis(d as u64)) }
        }
        "Presence" => Event::Presence(value.get("presence").and_then(|p| text(p, "type")).unwrap_or_default()),
        _ => Event::Other(kind),
    })
}

fn author(by_guest: bool, entity: Option<&str>) -> Author {
    match entity {
        _ if by_guest => Author::Guest,
        Some("Bot") => Author::Bot,
        Some("Human") => Author::Agent,
        _ => Author::System,
    }
}

fn choice(value: &Value, label: &str) -> Option<Choice> {
    let label = text(value, label)?;
    let payload = text(value, "payload").or_else(|| text(value, "id")).unwrap_or_else(|| label.clone());
    Some(Choice { label, payload })
}

fn attachment(value: &Value) -> Option<Attachment> {
    let url = text(value, "url")?;
    let mime = text(value, "mime").unwrap_or_else(|| "application/octet-stream".to_owned());
    Some(Attachment { place: Place::Url(url), mime, name: text(value, "filename") })
}

fn each<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// A field that is text and says something.
pub fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().filter(|s| !s.is_empty()).map(str::to_owned)
}

/// `true` or `"true"`: metadata holds only texts.
pub fn truth(value: Option<&Value>) -> bool {
    value.is_some_and(|v| v.as_bool().unwrap_or_else(|| v.as_str() == Some("true")))
}

/// Seconds since 1970, as a number or a text.
pub fn seconds(value: Option<&Value>) -> Option<Timestamp> {
    let value = value?;
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|f| f as i64));
    Timestamp::from_second(seconds.or_else(|| value.as_str()?.trim().parse().ok())?).ok()
}
