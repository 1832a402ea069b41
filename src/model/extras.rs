//! What a message carries beside its text: a choice taken, participant data, files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// What offers a choice, and so the `type` of the answer that takes it.
    /// [real: seen in SDK source: `ButtonResponseType` of WMJ's schema of the guest frames; `Form` is not answered here]
    #[derive(Default, Serialize, Deserialize)]
    pub enum ChoiceKind: as_str {
        /// A quick reply.
        #[default]
        QuickReply = "QuickReply";
        /// A button of a card.
        Button = "Button";
        /// A time of a date picker.
        DatePicker = "DatePicker";
        /// An item of a list picker.
        ListPicker = "ListPicker";
    }
}

/// Something that the other side offers to answer with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What stands on it.
    pub label: String,
    /// What is sent when it is taken; often the same.
    pub payload: String,
    /// What offers it. Rows that were written before kinds were kept are quick replies.
    #[serde(default)]
    pub kind: ChoiceKind,
    /// The words that the offer itself gives to whoever takes it (a list picker's `replyMessage`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

impl Choice {
    /// What a person reads of it: its label, or its payload where that is blank.
    pub fn words_or_payload(&self) -> &str {
        if self.label.trim().is_empty() { &self.payload } else { &self.label }
    }

    /// A quick reply.
    pub fn new(label: impl Into<String>, payload: impl Into<String>) -> Self {
        Self { label: label.into(), payload: payload.into(), ..Self::default() }
    }

    /// The same, offered by something else.
    #[must_use]
    pub fn of(self, kind: ChoiceKind) -> Self {
        Self { kind, ..self }
    }
}

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileSource {
    /// At an address that the platform can fetch.
    Url(String),
    /// On this machine, to be uploaded.
    File(PathBuf),
}

/// A file that comes with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Where it is.
    pub place: FileSource,
    /// Its media type, `image/png`.
    pub mime: String,
    /// What it is called.
    pub name: Option<String>,
}

/// What a message of ours carries beside its text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extras {
    /// It answers with this choice.
    pub choice: Option<Choice>,
    /// The remote side's id of the message that offered the choice.
    pub answers: Option<String>,
    /// Participant data for Architect, beside the conversation's own (these win).
    pub attributes: BTreeMap<String, String>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// The name by which a channel with idempotency knows the message again, given when it is first sent and kept with
    /// it. A resend of a message of which nobody knows whether it was received bears the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Extras {
    /// The same for another message: the name is the engine's to give.
    #[must_use]
    pub fn for_another(&self) -> Self {
        Self { key: None, ..self.clone() }
    }

    /// Whether there is nothing beside the text that a person would see.
    pub fn is_empty(&self) -> bool {
        self.choice.is_none() && self.answers.is_none() && self.attributes.is_empty() && self.attachments.is_empty()
    }
}

impl Attachment {
    /// What it is called on screen: its name, or where it is.
    pub fn label(&self) -> std::borrow::Cow<'_, str> {
        match (&self.name, &self.place) {
            (Some(name), _) => name.into(),
            (None, FileSource::Url(url)) => url.into(),
            (None, FileSource::File(path)) => path.to_string_lossy(),
        }
    }
}

#[cfg(test)]
#[path = "../../tests/unit/model/extras.rs"]
mod tests;
