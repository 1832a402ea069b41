//! What a message carries beside its text: a choice taken, participant data, files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Something that the other side offers to answer with: a quick reply or a button. [GENESYS: `content[].quickReply`]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What stands on it.
    pub label: String,
    /// What is sent when it is taken; often the same.
    pub payload: String,
}

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// At an address that the platform can fetch.
    Url(String),
    /// On this machine, to be uploaded.
    File(PathBuf),
}

/// A file that comes with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Where it is.
    pub place: Place,
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
            (None, Place::Url(url)) => url.into(),
            (None, Place::File(path)) => path.to_string_lossy(),
        }
    }
}
