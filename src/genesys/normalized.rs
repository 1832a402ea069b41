//! A message in the platform's normalized form: live by socket or webhook, later by a history or a read.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{from_unix_seconds, list, text, time, truth};
use crate::model::{Attachment, Author, Choice, ChoiceKind, FileSource, RemoteMessage};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NormalizedEvent {
    Typing {
        on: bool,                   // or has stopped
        duration: Option<Duration>, // for how long, unless told again
    },
    /// `Join`, `Clear`, `Disconnect`, `SignIn`, `SessionExpired`, `Authenticate` and whatever else there may be.
    Presence(String),
    /// An event of another kind (`CoBrowse`, `Video`, `Reactions`): its `eventType`, and its own `type` where it has one.
    Other(String),
}

impl NormalizedEvent {
    /// Its name in a thread; `None` for what shows in another way, as typing does and the end of a session.
    fn shown(&self) -> Option<String> {
        match self {
            Self::Presence(what) if what.starts_with("Authenticate") => Some(format!("[Presence: {what}]")),
            Self::Other(what) => Some(format!("[{what}]")),
            Self::Typing { .. } | Self::Presence(_) => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageReceipt {
    pub status: String,  // `Sent`, `Delivered`, `Failed`, `Published`, `Removed`
    pub reasons: String, // why, where it says so: codes and sentences
}

impl MessageReceipt {
    fn read(value: &Value) -> Self {
        let reason = |reason: &Value| {
            let parts = [text(reason, "code"), text(reason, "message")];
            parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
        };
        let reasons = list(value, "reasons").iter().map(reason).filter(|r| !r.is_empty()).collect::<Vec<_>>();
        Self { status: text(value, "status").unwrap_or_default(), reasons: reasons.join(", ") }
    }

    pub fn words(&self) -> String {
        match (self.status.is_empty(), self.reasons.is_empty()) {
            (true, _) => "without a status".to_owned(),
            (false, true) => self.status.clone(),
            (false, false) => format!("{} ({})", self.status, self.reasons),
        }
    }
}

/// Content whose answer guestwire cannot write. [`ContentType` of WMJ's schema; the wheel picker stands in forms]
const UNANSWERABLE: [&str; 6] =
    ["Form", "WheelPicker", "PaymentRequest", "InteractiveApplication", "GenericTemplate", "ListTemplate"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structured {
    pub id: Option<String>,
    pub key: Option<String>, // tells doubles: `channel.messageId`, else `id` [live and history disagree]
    pub kind: String,        // `Text`, `Structured`, `NormalizedEvent`, `Receipt`, …
    pub by_guest: bool,      // said by the guest (`Inbound`), maybe through another connection
    pub author: Author,
    pub text: String, // its text, or the name of its kind where it has no text
    pub at: Option<Timestamp>,
    pub choices: Vec<Choice>,
    pub attachments: Vec<Attachment>,
    pub events: Vec<NormalizedEvent>,
    pub receipt: Option<MessageReceipt>,
    pub own_id: Option<String>,     // `metadata.id`: our own id, where the echo gives it back
    pub read_only: bool,            // `metadata.readOnly`: with it the session became read-only
    pub expires: Option<Timestamp>, // `metadata.expirationDate`: when the session ends by itself
}

impl Structured {
    /// Reads one; `None` where it is not a JSON object.
    pub fn read(value: &Value) -> Option<Self> {
        value.as_object()?;
        let channel = &value["channel"];
        let metadata = &value["metadata"];
        let id = text(value, "id");
        let by_guest = text(value, "direction").is_some_and(|d| d.eq_ignore_ascii_case("inbound"));
        let mut out = Self {
            key: text(channel, "messageId").or_else(|| id.clone()),
            id,
            kind: text(value, "type").unwrap_or_default(),
            by_guest,
            author: author(by_guest, text(value, "originatingEntity").as_deref()),
            text: String::new(),
            at: time(channel, "time").or_else(|| time(value, "time")),
            choices: Vec::new(),
            attachments: Vec::new(),
            own_id: text(metadata, "id"),
            read_only: truth(&metadata["readOnly"]),
            expires: from_unix_seconds(&metadata["expirationDate"]),
            events: list(value, "events").iter().filter_map(event).collect(),
            receipt: text(value, "type").filter(|kind| kind == "Receipt").map(|_| MessageReceipt::read(value)),
        };
        let (mut titles, mut unread) = (Vec::new(), Vec::new());
        for part in list(value, "content") {
            out.part(part, &mut titles, &mut unread);
        }
        let mut lines: Vec<String> = match text(value, "text") {
            Some(text) => vec![text],
            None => titles,
        };
        unread.dedup();
        lines.append(&mut unread);
        if lines.is_empty() && !out.attachments.is_empty() {
            lines.push("[Attachment]".to_owned());
        } else if lines.is_empty() && !out.choices.is_empty() {
            lines.push("[choices]".to_owned());
        }
        out.text = lines.join("\n");
        Some(out)
    }

    /// Takes in one part of the content: what it says into `titles`, what is only named into `unread`.
    fn part(&mut self, part: &Value, titles: &mut Vec<String>, unread: &mut Vec<String>) {
        let kind = text(part, "contentType").unwrap_or_default();
        let inside = |name: &str| &part[name];
        match kind.as_str() {
            "QuickReply" => self.choices.extend(choice(inside("quickReply"), "text", ChoiceKind::QuickReply)),
            "QuickReplyV2" => {
                titles.extend(text(inside("quickReplyV2"), "title"));
                let replies = list(inside("quickReplyV2"), "actions").iter();
                self.choices.extend(replies.filter_map(|a| choice(a, "text", ChoiceKind::QuickReply)));
            }
            "Card" => self.card(inside("card"), titles),
            "Carousel" => list(inside("carousel"), "cards").iter().for_each(|card| self.card(card, titles)),
            "ListPicker" => self.list_picker(inside("listPicker"), titles, unread),
            "DatePicker" => {
                let picker = inside("datePicker");
                titles.extend(text(picker, "title"));
                let before = self.choices.len();
                let times = list(picker, "availableTimes").iter();
                self.choices.extend(times.filter_map(|t| choice(t, "dateTime", ChoiceKind::DatePicker)));
                if self.choices.len() == before {
                    unread.push(unanswerable("DatePicker without times"));
                }
            }
            "ButtonResponse" => titles.extend(text(inside("buttonResponse"), "text")),
            "Text" => titles.extend(text(inside("text"), "body")),
            "Attachment" => self.attachments.extend(attachment(inside("attachment"))),
            "" => {}
            kind if UNANSWERABLE.contains(&kind) => unread.push(unanswerable(kind)),
            kind => unread.push(format!("[{kind}]")),
        }
    }

    fn card(&mut self, card: &Value, titles: &mut Vec<String>) {
        let lines = [text(card, "title"), text(card, "description")];
        titles
            .extend(Some(lines.into_iter().flatten().collect::<Vec<_>>().join(": ")).filter(|title| !title.is_empty()));
        // A link is opened, not answered.
        let answers = list(card, "actions").iter().filter(|a| text(a, "type").as_deref() != Some("Link"));
        self.choices.extend(answers.filter_map(|a| choice(a, "text", ChoiceKind::Button)));
    }

    fn list_picker(&mut self, picker: &Value, titles: &mut Vec<String>, unread: &mut Vec<String>) {
        titles.extend(text(&picker["receivedMessage"], "title"));
        let reply = &picker["replyMessage"];
        let words = text(reply, "subtitle").or_else(|| text(reply, "title"));
        let items = list(picker, "sections").iter().flat_map(|s| list(s, "items").iter());
        let items = items.filter_map(|item| choice(item, "title", ChoiceKind::ListPicker));
        self.choices.extend(items.map(|item| Choice { words: words.clone(), ..item }));
        if list(picker, "sections").iter().any(|s| truth(&s["multipleSelection"])) {
            unread.push("[ListPicker of several items: guestwire answers with one]".to_owned());
        }
    }

    pub fn is_said(&self) -> bool {
        matches!(self.kind.as_str(), "Text" | "Structured" | "Message") || self.events.is_empty()
    }

    /// As a message of the conversation; `fallback` where it tells no time. `None` for what is no message.
    pub fn message(&self, fallback: Timestamp) -> Option<RemoteMessage> {
        let at = self.at.unwrap_or(fallback);
        let said = self.is_said();
        if !said && !self.by_guest {
            // Nobody said it: it must not count as a reply.
            let events: Vec<String> = self.events.iter().filter_map(NormalizedEvent::shown).collect();
            let message = RemoteMessage::new(self.key.clone()?, Author::System, events.join("\n"), at);
            return (!events.is_empty()).then_some(message);
        }
        if !said || self.receipt.is_some() {
            return None;
        }
        let mut message = RemoteMessage::new(self.key.clone()?, self.author, self.text.clone(), at);
        message.choices.clone_from(&self.choices);
        message.attachments.clone_from(&self.attachments);
        Some(message)
    }
}

fn event(value: &Value) -> Option<NormalizedEvent> {
    let kind = text(value, "eventType")?;
    Some(match kind.as_str() {
        "Typing" => {
            let typing = &value["typing"];
            let on = text(typing, "type").is_none_or(|t| !t.eq_ignore_ascii_case("off"));
            let millis = typing["duration"].as_f64().filter(|d| (0.0..=600_000.0).contains(d));
            NormalizedEvent::Typing { on, duration: millis.map(|d| Duration::from_millis(d as u64)) }
        }
        "Presence" => NormalizedEvent::Presence(text(&value["presence"], "type").unwrap_or_default()),
        _ => {
            let of = |name: &str| text(&value[name], "type");
            let reactions = list(value, "reactions").iter().filter_map(|r| text(r, "reactionType")).collect::<Vec<_>>();
            let reactions = (!reactions.is_empty()).then(|| reactions.join(", "));
            match of("coBrowse").or_else(|| of("video")).or(reactions) {
                Some(what) => NormalizedEvent::Other(format!("{kind}: {what}")),
                None => NormalizedEvent::Other(kind),
            }
        }
    })
}

pub fn author(by_guest: bool, entity: Option<&str>) -> Author {
    match entity.map(str::to_ascii_lowercase).as_deref() {
        _ if by_guest => Author::Guest,
        Some("bot") => Author::Bot,
        Some("human") => Author::Agent,
        _ => Author::Somebody,
    }
}

fn choice(value: &Value, label: &str, kind: ChoiceKind) -> Option<Choice> {
    let label = text(value, label)?;
    let payload = text(value, "payload").or_else(|| text(value, "id")).unwrap_or_else(|| label.clone());
    Some(Choice::new(label, payload).of(kind))
}

fn unanswerable(kind: &str) -> String {
    format!("[{kind}: guestwire cannot answer it]")
}

fn attachment(value: &Value) -> Option<Attachment> {
    let url = text(value, "url")?;
    let mime = text(value, "mime").unwrap_or_else(|| "application/octet-stream".to_owned());
    Some(Attachment { place: FileSource::Url(url), mime, name: text(value, "filename") })
}
