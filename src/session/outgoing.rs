//! A message that is to be sent, before it has an id.

use crate::model::{ConversationKey, Extras, MessageId, Variation};

/// A message that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMessage {
    /// Into which conversation.
    pub conversation: ConversationKey,
    /// What it says.
    pub text: String,
    /// The message that it sends again.
    pub resend_of: Option<MessageId>,
    /// How it is sent wrongly on purpose.
    pub sent_as: Option<Variation>,
    /// What it carries beside its text.
    pub extras: Extras,
}

impl OutgoingMessage {
    /// A plain text.
    pub fn text(conversation: ConversationKey, text: impl Into<String>) -> Self {
        Self { conversation, text: text.into(), resend_of: None, sent_as: None, extras: Extras::default() }
    }
}
