//! What may be known and shown of a token: everything but the token.

use std::time::Duration;

use super::{Generation, Moment};

/// Whether the API took a token when it was asked what the token may do (`GET /api/v2/tokens/me`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TokenAcceptance {
    /// It was not asked, or has not answered.
    #[default]
    NotAsked,
    /// It took the token.
    Taken,
    /// It refused a token that was granted a moment ago: what it answered, one line.
    Refused(String),
    /// It was asked, and nothing is known all the same: what was answered instead, one line.
    Unclear(String),
}

/// Facts about one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFacts {
    /// Which token of this session.
    pub generation: Generation,
    /// When it was received.
    pub issued: Moment,
    /// When it ends, on both clocks. `None` for a pasted token whose end is not known.
    pub expires: Option<Moment>,
    /// `expires_in` as the server said it.
    pub lifetime: Option<Duration>,
    /// The scopes that were asked for.
    pub requested: Vec<String>,
    /// The scopes that were granted, in the server's order; `None`: neither the token answer nor `tokens/me` named them.
    pub granted: Option<Vec<String>>,
    /// Scopes that a configured channel needs and that are known not to be granted.
    pub missing: Vec<String>,
    /// The organisation's name, from `tokens/me`.
    pub organization: Option<String>,
    /// The OAuth client's name, from `tokens/me`.
    pub client_name: Option<String>,
    /// A pasted token: it cannot be renewed.
    pub pasted: bool,
    /// Whether the API took it.
    pub acceptance: TokenAcceptance,
}

/// Where signing in stands: what the token chip shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TokenStatus {
    /// No token, and none asked for yet.
    #[default]
    SignedOut,
    /// The first token is being asked for.
    Getting,
    /// A token works.
    Valid(TokenFacts),
    /// A token works, and its successor is being asked for.
    Renewing(TokenFacts),
    /// A token works still, renewing it failed, and the next try comes then; what went wrong, one line.
    RenewFailed(TokenFacts, Moment, String),
    /// No valid token: the last ended, or the first could not be had; what went wrong, one line. Sends wait for the next
    /// try, which comes then; `None` for a token that cannot be renewed.
    Expired(Option<Moment>, String),
    /// The token endpoint refused with an error of OAuth, or the API did not take a pasted token: no retry heals it. The
    /// HTTP status, and what the server said: one line that names the status.
    Refused(u16, String),
    /// The client id or secret is wrong: no retry. What the server said, one line.
    BadClient(String),
    /// The token endpoint answered 429, and the next try comes then. The token that still works, if there is one.
    Limited(Moment, Option<TokenFacts>),
    /// The profile has no usable secret. The sentence says which and how to mend it.
    NoSecret(String),
}

impl TokenStatus {
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::SignedOut => "signed-out",
            Self::Getting => "getting",
            Self::Valid(_) => "valid",
            Self::Renewing(_) => "renewing",
            Self::RenewFailed(..) => "renew-failed",
            Self::Expired(None, _) => "expired",
            // The last one ended, or there never was one.
            Self::Expired(Some(_), _) => "no-token",
            Self::Refused(..) => "refused",
            Self::BadClient(_) => "bad-client",
            Self::Limited(..) => "limited",
            Self::NoSecret(_) => "no-secret",
        }
    }

    /// The facts of the token in use, if one works.
    pub const fn facts(&self) -> Option<&TokenFacts> {
        match self {
            Self::Valid(facts) | Self::Renewing(facts) | Self::RenewFailed(facts, ..) => Some(facts),
            Self::Limited(_, facts) => facts.as_ref(),
            _ => None,
        }
    }
}
