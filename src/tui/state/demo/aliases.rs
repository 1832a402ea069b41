//! Names in the place of names: the same for the same thing as long as a demo runs.

use std::borrow::Cow;

use crate::model::{Address, Conversation, ConversationKey, ids};

/// Letters of a UUID.
const UUID: usize = 36;

/// What stands for what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases {
    /// Text and what is shown instead, the longest text first.
    pairs: Vec<(String, String)>,
    guests: Vec<(ConversationKey, String)>,
}

impl Aliases {
    /// Aliases for the conversations in order, and for `others`: texts with what is shown instead.
    pub fn new<'c>(conversations: impl Iterator<Item = &'c Conversation>, others: &[(&str, &str)]) -> Self {
        let mut out = Self::default();
        for (number, conversation) in conversations.enumerate() {
            let guest = format!("guest {}", letters(number));
            match &conversation.address {
                Address::GuestApi { external_id, .. } => {
                    out.pair(external_id.as_deref().unwrap_or_default(), &guest);
                }
                Address::OpenMessaging { guest: from, .. } => {
                    out.pair(&from.id, &guest);
                    out.pair(from.nickname.as_deref().unwrap_or_default(), &guest);
                }
                Address::WebMessaging { origin, .. } => out.pair(origin, "the shop"),
            }
            out.guests.push((conversation.key, guest));
        }
        for (text, alias) in others {
            out.pair(text, alias);
        }
        out.pairs.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        out
    }

    fn pair(&mut self, text: &str, alias: &str) {
        // Shorter ones would destroy what is shown.
        if text.len() >= 3 && !self.pairs.iter().any(|(known, _)| known == text) {
            self.pairs.push((text.to_owned(), alias.to_owned()));
        }
    }

    /// `conversation 2`.
    pub fn conversation(&self, key: ConversationKey) -> String {
        match self.guests.iter().position(|(known, _)| *known == key) {
            Some(at) => format!("conversation {}", at + 1),
            None => "a conversation".to_owned(),
        }
    }

    /// `guest B`.
    pub fn guest(&self, key: ConversationKey) -> &str {
        self.guests.iter().find(|(known, _)| *known == key).map_or("guest", |(_, guest)| guest)
    }

    /// `text` with its names, hosts and ids replaced.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = Cow::Borrowed(text);
        for (name, alias) in &self.pairs {
            if out.contains(name.as_str()) {
                out = Cow::Owned(out.replace(name.as_str(), alias));
            }
        }
        while let Some(at) = uuid(&out) {
            let mut shorter = out.into_owned();
            shorter.replace_range(at..at + UUID, "an id");
            out = Cow::Owned(shorter);
        }
        out
    }
}

/// Where a UUID stands.
fn uuid(text: &str) -> Option<usize> {
    // Its first dash tells where it may begin.
    text.match_indices('-')
        .filter_map(|(dash, _)| dash.checked_sub(8))
        .find(|at| text.get(*at..*at + UUID).is_some_and(ids::is_uuid))
}

/// `A` to `Z`, then `AA`.
fn letters(number: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(number % 26).unwrap_or(0));
    if number < 26 { letter.to_string() } else { format!("{}{letter}", letters(number / 26 - 1)) }
}

#[cfg(test)]
#[path = "../../../../tests/unit/tui/state/demo/aliases.rs"]
mod tests;
