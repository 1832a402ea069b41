//! `--choice N`: which choice that is, among messages that offer some.

use crate::model::{Author, Choice, RemoteMessage};

/// A choice by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedChoice {
    /// From 1.
    pub number: usize,
    /// The message that offers it, by the remote side's id; the newest that offers any where none is named.
    pub of: Option<String>,
}

/// What a message offers to answer with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub id: String,
    pub choices: Vec<Choice>,
}

impl NumberedChoice {
    /// The offer that is meant, among messages in their order.
    pub(super) fn offer(&self, messages: &[RemoteMessage]) -> Option<Offer> {
        let offers = |m: &&RemoteMessage| m.author != Author::Guest && !m.choices.is_empty();
        let meant = |m: &&RemoteMessage| self.of.as_ref().is_none_or(|id| *id == m.id);
        let message = messages.iter().rev().find(|m| offers(m) && meant(m))?;
        Some(Offer { id: message.id.clone(), choices: message.choices.clone() })
    }
}
