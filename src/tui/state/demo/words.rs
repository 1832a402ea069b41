//! What a demo says in plain words, without an id, a host or a code; and names in the place of names.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use crate::model::{Address, Author, Cause, Conversation, ConversationKey, DeliveryStatus, TokenFacts, ids};

const UUID: usize = 36;

static WORDS: LazyLock<BTreeMap<String, BTreeMap<String, String>>> =
    LazyLock::new(|| toml::from_str(include_str!("../../../../assets/demo-words.toml")).unwrap_or_default());

/// What `assets/demo-words.toml` has for a name; `None` where nobody needs to know.
pub fn word(group: &str, name: &str) -> Option<&'static str> {
    WORDS.get(group)?.get(name).map(String::as_str)
}

/// A message of this author came.
pub fn arrived(author: Author) -> &'static str {
    word("arrived", author.name()).unwrap_or_default()
}

/// A new token is there. `first`: none was before.
pub fn token(facts: &TokenFacts, first: bool) -> String {
    let lasts = facts.lifetime.map(|l| format!(": access for {}", span(l))).unwrap_or_default();
    match (facts.missing.is_empty(), facts.pasted, first) {
        (false, ..) => "The program may sign in, but one permission that it needs is missing.".to_owned(),
        (true, true, _) => "The program signs in with the access that it was given.".to_owned(),
        (true, false, true) => format!("The program has signed in{lasts}."),
        (true, false, false) => format!("The program has renewed its access, and nobody noticed{lasts}."),
    }
}

/// A message of ours went on. `took`: from sending to its end. `purpose`: it was sent wrongly on purpose.
pub fn message(
    delivery: &DeliveryStatus,
    cause: Option<Cause>,
    took: Option<Duration>,
    purpose: bool,
) -> Option<String> {
    let said = match delivery {
        DeliveryStatus::Sending { attempt: 2.. } => word("message", "sending-again"),
        DeliveryStatus::Refused(_) if purpose => word("message", "refused-on-purpose"),
        delivery => word("message", delivery.word()),
    }?;
    let more = match delivery {
        DeliveryStatus::Accepted => took.map(|took| format!(" in {}", quick(took))),
        DeliveryStatus::Refused(_) if !purpose => {
            cause.and_then(|cause| word("because", cause.name())).map(|why| format!(": {why}"))
        }
        _ => None,
    };
    Some(more.map_or_else(|| said.to_owned(), |more| format!("{}{more}.", said.trim_end_matches('.'))))
}

/// `an hour`, `20 minutes`.
fn span(time: Duration) -> String {
    // A second or two are gone when it is told.
    let seconds = time.as_secs() + 2;
    match (seconds / 86_400, seconds / 3_600, seconds / 60) {
        (1, ..) => "a day".to_owned(),
        (0, 1, _) => "an hour".to_owned(),
        (0, 0, ..=1) => "a moment".to_owned(),
        (0, 0, minutes) => format!("{minutes} minutes"),
        (0, hours, _) => format!("{hours} hours"),
        (days, ..) => format!("{days} days"),
    }
}

/// `0.2 seconds`, `a blink`.
fn quick(time: Duration) -> String {
    let seconds = format!("{:.1} seconds", time.as_secs_f64().max(0.1));
    if time < Duration::from_millis(50) { "a blink".to_owned() } else { seconds }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases {
    /// Text and what is shown instead, the longest text first.
    pairs: Vec<(String, String)>,
    guests: Vec<(ConversationKey, String)>,
}

impl Aliases {
    /// Aliases for the conversations in order, and for `others`: texts with what is shown instead.
    pub fn new<'c>(conversations: impl Iterator<Item = &'c Conversation>, others: &[(String, &str)]) -> Self {
        let mut out = Self::default();
        for (number, conversation) in conversations.enumerate() {
            let guest = format!("guest {}", letters(number));
            match &conversation.address {
                Address::GuestApi { external_id, .. } => out.pair(external_id.as_deref().unwrap_or_default(), &guest),
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
        let place = self.guests.iter().position(|(known, _)| *known == key);
        place.map_or_else(|| "a conversation".to_owned(), |at| format!("conversation {}", at + 1))
    }

    /// `guest B`.
    pub fn guest(&self, key: ConversationKey) -> &str {
        self.guests.iter().find(|(known, _)| *known == key).map_or("guest", |(_, guest)| guest)
    }

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
#[path = "../../../../tests/unit/tui/state/demo/words.rs"]
mod tests;
