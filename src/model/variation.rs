//! Sending a message wrongly on purpose, for negative tests. Each fault is made on our side, so that it works against
//! any organisation; what was sent so is marked wherever it is shown.

use serde::{Deserialize, Serialize};

use super::Channel;
use super::channel::GUEST_TEXT_MAX_BYTES;

words! {
    /// "Send the next message as …".
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum Variation: name, about {
        /// With a token that has ended or never was valid. On the guest socket: with a guest token that has no session.
        ExpiredToken = "expired-token", "with a token that is not valid any more";
        /// Without an `Authorization` header. On the guest socket: without the guest token.
        NoToken = "no-token", "without a token";
        WrongScope = "wrong-scope", "with a token of another scope (messaging:guest)";
        OtherParticipant = "other-participant", "to a participant who is nobody here";
        MalformedId = "malformed-id", "to a malformed conversation id";
        Oversize = "oversize", "with a text beyond the limit";
        EmojiBidi = "emoji-bidi", "with emoji, combining marks and bidi controls";
    }
}

/// The scope that [`Variation::WrongScope`] asks for. [the Guest API's description: a token with it gets a 401]
pub const OTHER_SCOPE: &str = "messaging:guest";
pub const OTHER_PARTICIPANT: &str = "00000000-0000-4000-8000-000000000000";
pub const MALFORMED_ID: &str = "not-a-conversation-id";
/// What [`Variation::EmojiBidi`] adds; the right-to-left override is closed again.
const EMOJI_BIDI: &str = " 👍🏽 👩‍🚀 🇳🇱 e\u{301} \u{202E}txet desrever\u{202C} עברית";

impl Variation {
    /// Why it makes no sense on `channel`; nothing where it does. Of the guest socket the token is the guest's own.
    pub(crate) const fn senseless(self, channel: Channel) -> Option<&'static str> {
        let can = channel.capabilities();
        match self {
            Self::WrongScope if can.scopes_decide => None,
            Self::WrongScope if channel.has_sessions() => Some("the guest socket knows no scopes"),
            Self::WrongScope => Some("roles decide there, not scopes"),
            Self::OtherParticipant if !can.names_participants => {
                Some("it names no participant that could be another one")
            }
            Self::MalformedId if channel.has_sessions() => {
                Some("its messages name no id, only the socket's address does")
            }
            _ => None,
        }
    }

    pub(crate) fn text(self, typed: &str) -> String {
        match self {
            Self::Oversize => {
                let missing = (GUEST_TEXT_MAX_BYTES + 1).saturating_sub(typed.len());
                format!("{typed}{}", "x".repeat(missing))
            }
            Self::EmojiBidi => format!("{typed}{EMOJI_BIDI}"),
            _ => typed.to_owned(),
        }
    }

    /// Whether it goes out with the session's own token, whose limits and refusals count.
    pub(crate) const fn carries_own_token(self) -> bool {
        !matches!(self, Self::ExpiredToken | Self::NoToken | Self::WrongScope)
    }

    /// Whether a 401 may be what was asked for. None of these is healed by a renewal, which would only disturb a good token;
    /// so a token that has ended by itself is not healed either.
    pub(crate) const fn wants_refusal(self) -> bool {
        !matches!(self, Self::EmojiBidi)
    }
}
