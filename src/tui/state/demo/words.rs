//! What a demo says: what happened on the wire in plain words, calm, whatever it was, without an id, a host or a code;
//! and names in the place of names, the same for the same thing as long as the demo runs.

use std::borrow::Cow;
use std::time::Duration;

use crate::model::{
    Address, Author, Cause, Conversation, ConversationKey, DeliveryStatus, TokenFacts, TokenStatus, ids,
};

/// Letters of a UUID.
const UUID: usize = 36;

/// A new token is there. `first`: none was before.
pub fn token(facts: &TokenFacts, first: bool) -> String {
    let lasts = facts.lifetime.map(|l| format!(": access for {}", span(l))).unwrap_or_default();
    if !facts.missing.is_empty() {
        return "The program may sign in, but one permission that it needs is missing.".to_owned();
    }
    if facts.pasted {
        return "The program signs in with the access that it was given.".to_owned();
    }
    if first {
        format!("The program has signed in{lasts}.")
    } else {
        format!("The program has renewed its access, and nobody noticed{lasts}.")
    }
}

/// There is no token, or none any more; `None` where nobody needs to know.
pub fn no_token(status: &TokenStatus) -> Option<&'static str> {
    match status {
        TokenStatus::Getting => Some("The program signs in."),
        TokenStatus::BadClient(_) | TokenStatus::Refused(..) => {
            Some("The platform refuses to let the program sign in.")
        }
        TokenStatus::Expired(None, _) => Some("Access has run out."),
        TokenStatus::Expired(Some(_), _) => Some("There is no access right now; the program tries again."),
        TokenStatus::Limited(..) => Some("The platform asks the program to wait a moment."),
        TokenStatus::NoSecret(_) => Some("The program has no credentials to sign in with."),
        TokenStatus::SignedOut | TokenStatus::Valid(_) | TokenStatus::Renewing(_) | TokenStatus::RenewFailed(..) => {
            None
        }
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
        DeliveryStatus::Sending { attempt: ..=1 } => "The message is being sent.".to_owned(),
        DeliveryStatus::Sending { .. } => "The message is being sent again.".to_owned(),
        DeliveryStatus::Accepted => match took {
            Some(took) => format!("The platform accepted the message in {}.", quick(took)),
            None => "The platform accepted the message.".to_owned(),
        },
        DeliveryStatus::Refused(_) if purpose => {
            "The platform refused the message, as it should: it was made wrong on purpose.".to_owned()
        }
        DeliveryStatus::Refused(_) => match cause.and_then(because) {
            Some(why) => format!("The platform refused the message: {why}."),
            None => "The platform refused the message.".to_owned(),
        },
        DeliveryStatus::Unknown(_) => "No answer came: the program checks whether the message arrived.".to_owned(),
        DeliveryStatus::Landed => "It did arrive: the message is in the conversation.".to_owned(),
        DeliveryStatus::Waiting { .. } => "The message waits a moment and is then sent by itself.".to_owned(),
        DeliveryStatus::Cancelled => "The message was cancelled before it was sent.".to_owned(),
        DeliveryStatus::Lost => "The message did not arrive.".to_owned(),
        DeliveryStatus::Queued | DeliveryStatus::Answered => return None,
    };
    Some(said)
}

/// A cause in plain words.
const fn because(cause: Cause) -> Option<&'static str> {
    Some(match cause {
        Cause::TokenExpired | Cause::TokenRevoked | Cause::TokenRotation => "access had run out",
        Cause::ScopeNotRequested | Cause::ScopeStripped | Cause::ScopeWrong | Cause::PermissionMissing => {
            "this program is not allowed to send messages for guests. An administrator can allow it"
        }
        Cause::ClientRejected | Cause::ClientDisabled => "the platform does not know this program",
        Cause::ConversationEnded => "the conversation has ended",
        Cause::ConversationUnknown | Cause::ConversationMalformed => "there is no such conversation",
        Cause::ParticipantMismatch => "this guest is not part of the conversation",
        Cause::RateLimited => "too many messages were sent in a short time",
        Cause::TextTooLong | Cause::BodyMalformed => "the message does not have the right form",
        Cause::ServiceFailure => "the platform itself has a problem at the moment",
        Cause::NetworkDns
        | Cause::NetworkConnect
        | Cause::NetworkTls
        | Cause::NetworkTimeout
        | Cause::ProxyAnswered => "the connection to the platform is broken",
        _ => return None,
    })
}

/// Somebody of the other side said something.
pub const fn heard(author: Author) -> &'static str {
    match author {
        Author::Bot => "The bot answers.",
        Author::Agent => "A person answers.",
        Author::Somebody => "The other side answers.",
        Author::System => "The platform adds a message.",
        Author::Guest => "The guest writes.",
    }
}

/// A refusal for the token's sake was healed before anybody noticed.
pub const HEALED: &str = "Access had just run out: the program renewed it by itself, and the message was accepted.";

/// A line of a tape about a message of ours. `delivery`: the word that was kept.
pub fn kept(delivery: Option<&str>) -> &'static str {
    match delivery {
        Some("accepted" | "answered" | "landed") => "The platform accepted the message.",
        Some("refused") => "The platform refused the message.",
        Some("unknown") => "No answer came: it was not known whether the message arrived.",
        Some("cancelled") => "The message was cancelled before it was sent.",
        Some("lost") => "The message did not arrive.",
        _ => "The guest writes.",
    }
}

/// `an hour`, `20 minutes`.
fn span(time: Duration) -> String {
    // A second or two are gone when it is told.
    let seconds = time.as_secs() + 2;
    match (seconds / 86_400, seconds / 3_600, seconds / 60) {
        (1, ..) => "a day".to_owned(),
        (2.., ..) => format!("{} days", seconds / 86_400),
        (0, 1, _) => "an hour".to_owned(),
        (0, 2.., _) => format!("{} hours", seconds / 3_600),
        (0, 0, 2..) => format!("{} minutes", seconds / 60),
        (0, 0, _) => "a moment".to_owned(),
    }
}

/// `0.2 seconds`, `a blink`.
fn quick(time: Duration) -> String {
    if time < Duration::from_millis(50) {
        "a blink".to_owned()
    } else {
        format!("{:.1} seconds", time.as_secs_f64().max(0.1))
    }
}

/// What stands for what.
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
#[path = "../../../../tests/unit/tui/state/demo/words.rs"]
mod tests;
