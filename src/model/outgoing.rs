//! A message that is to be sent, before it has an id.

use super::{Choice, ConversationKey, Extras, Message, MessageId, Variation};

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

    /// The same, sent wrongly on purpose if `how` says so.
    #[must_use]
    pub fn varied(self, how: Option<Variation>) -> Self {
        let text = how.map(|how| how.text(&self.text));
        Self { sent_as: how, text: text.unwrap_or(self.text), ..self }
    }

    /// A message once more: a new one, linked to the old.
    pub fn again(message: &Message) -> Self {
        let extras = message.extras.for_another();
        Self { resend_of: Some(message.id), extras, ..Self::text(message.conversation, message.text.clone()) }
    }

    /// A choice that the other side offered in the message `answers`.
    pub fn answer(conversation: ConversationKey, choice: Choice, answers: impl Into<String>) -> Self {
        let text = choice.words_or_payload().to_owned();
        let extras = Extras { choice: Some(choice), answers: Some(answers.into()), ..Extras::default() };
        Self { extras, ..Self::text(conversation, text) }
    }
}
