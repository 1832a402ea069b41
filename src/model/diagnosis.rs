//! Why something was refused: causes, how sure one can be of them, and the evidence. Plain data; the rules that make it
//! are in [`crate::diagnosis`].
//!
//! ```text
//! Diagnosis ─┬─ said       the server's words, or what happened below HTTP
//!            ├─ suspects   causes still in question, best first, each with its confidence and evidence
//!            ├─ checked    what was looked at, and the exchange that shows it
//!            ├─ excluded   causes that the evidence rules out
//!            ├─ deciding   probes that would decide what is open
//!            └─ actions    what to do, in order
//! ```

use uuid::Uuid;

use super::{ConversationKey, ExchangeId, Variation};

macro_rules! causes {
    ($($cause:ident $name:literal $family:ident $words:literal $says:literal;)*) => {
        words! {
            /// A cause of a refusal, in the order of the pages. Config, metrics, scripts and pages rely on the names.
            pub enum Cause: name, words { $(#[doc = $says] $cause = $name, $words;)* }
        }

        impl Cause {
            /// One sentence without a full stop, for the card.
            pub(crate) const fn sentence(self) -> &'static str {
                match self { $(Self::$cause => $says,)* }
            }

            pub(crate) const fn family(self) -> Family {
                match self { $(Self::$cause => Family::$family,)* }
            }

            /// Its page as Markdown, with placeholders for what only a case knows.
            pub(crate) const fn page(self) -> &'static str {
                match self { $(Self::$cause => include_str!(concat!("../../assets/causes/", $name, ".md")),)* }
            }
        }
    };
}

causes! {
    TokenAbsent "token-absent" Token "no token sent" "the request arrived without a bearer token";
    TokenExpired "token-expired" Token "expired token" "the token had expired";
    TokenRevoked "token-revoked" Token "revoked token" "the token was revoked before it expired";
    TokenRotation "token-rotation" Token "old token" "an old token was used while a new one works";
    ClientRejected "client-rejected" Client "wrong id or secret" "the token endpoint does not accept the client's id or secret";
    ClientDisabled "client-disabled" Client "disabled client" "the OAuth client is switched off or may not use this grant";
    ScopeNotRequested "scope-not-requested" Scope "scope never asked for" "the token request did not ask for the scope that sending needs";
    ScopeStripped "scope-stripped" Scope "scope stripped" "the Guest API is switched off for the OAuth client, so the scope is not granted";
    ScopeWrong "scope-wrong" Scope "another scope" "the token has another messaging scope than the one needed";
    PermissionMissing "permission-missing" Scope "missing permission" "a permission is missing in the roles of the OAuth client";
    DivisionMismatch "division-mismatch" Scope "wrong division" "the client's role does not cover the division of the conversation";
    RegionMismatch "region-mismatch" Place "wrong region" "the token belongs to another region or organisation than the API host";
    ConversationMalformed "conversation-malformed" Ids "malformed conversation id" "the conversation id is not a UUID";
    ConversationUnknown "conversation-unknown" Ids "unknown conversation" "there is no such conversation in this organisation";
    ConversationEnded "conversation-ended" Ids "ended conversation" "the conversation has ended and accepts no more messages";
    ParticipantMismatch "participant-mismatch" Ids "wrong participant" "the message is addressed to someone who is not the guest of this conversation";
    IntegrationUnknown "integration-unknown" Ids "unknown integration" "there is no such open-messaging integration in this organisation";
    DeploymentUnknown "deployment-unknown" Place "unknown deployment" "there is no such web deployment, or it is not active";
    OriginRefused "origin-refused" Place "origin not allowed" "the deployment does not allow this origin";
    GuestAuthRequired "guest-auth-required" Place "sign-in required" "the web deployment accepts only guests who are signed in";
    GuestJwtExpired "guest-jwt-expired" Token "guest's own token" "the guest's own token (not the OAuth token) has expired, was revoked, or belongs to another deployment";
    FeatureOff "feature-off" Place "feature switched off" "the web deployment does not have this feature switched on";
    AddressRefused "address-refused" Place "address not allowed" "this machine's address is not on the organisation's allow-list";
    ClockSkew "clock-skew" Network "clock" "this machine's clock and the server's differ";
    RateLimited "rate-limited" Service "rate limit" "more requests were made than the platform allows";
    TextTooLong "text-too-long" Message "text too long" "the text is longer than a guest message may be";
    AttachmentRefused "attachment-refused" Message "file refused" "the service refuses the file of the message";
    BodyMalformed "body-malformed" Message "malformed body" "the server does not understand the body of the request";
    HeldBack "held-back" Message "held back" "guestwire itself did not send the message, for the reason that it names";
    RepliesUnreadable "replies-unreadable" Service "replies unreadable" "replies could not be read, so a missing reply proves nothing";
    ServiceFailure "service-failure" Service "service failure" "the service failed while it worked on the request";
    NetworkDns "network-dns" Network "name look-up" "the host's name has no address";
    NetworkConnect "network-connect" Network "connection" "the connection failed or was cut";
    NetworkTls "network-tls" Network "TLS" "the certificate or the TLS handshake was not accepted";
    NetworkTimeout "network-timeout" Network "timeout" "the answer took longer than the time limit";
    ProxyAnswered "proxy-answered" Network "a proxy" "something on the way answered instead of the service";
    Unknown "unknown" Unknown "no known cause" "no cause fits: here is what the server said";
}

/// What kind of trouble a cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    Token,
    Client,
    /// What the token may do.
    Scope,
    /// Where it is used.
    Place,
    /// Whom it addresses.
    Ids,
    Message,
    Service,
    Network,
    Unknown,
}

words! {
    /// How sure one can be of a cause.
    pub enum Confidence: name {
        /// The pattern fits; so do others.
        Possible = "possible";
        /// The evidence fits, and alternatives are left.
        Likely = "likely";
        /// The server named it, or what was observed proves it and rules the alternatives out.
        Sure = "sure";
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    pub cause: Cause,
    pub confidence: Confidence,
    /// The evidence for it, one sentence without a full stop.
    pub because: String,
    pub probe: Option<Probe>,
}

words! {
    pub enum CheckAnswer: name {
        Yes = "yes";
        No = "no";
        Unknown = "?";
    }
}

impl From<bool> for CheckAnswer {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub holds: CheckAnswer,
    /// What should hold, and in brackets what was found: "token #2 not expired (59 min left)".
    pub what: String,
    /// The exchange that shows it, unless the diagnosed exchange does.
    pub shown_by: Option<ExchangeId>,
}

words! {
    /// Something that can be asked to decide between causes. Each is an exchange (or a connection) that changes nothing.
    pub enum Probe: name, words {
        Tls = "tls", "a TLS connection to the host";
        Token = "token", "asking for a token";
        /// `GET /api/v2/tokens/me`: whether the token is known here, and what it may do.
        Scopes = "scopes", "GET /api/v2/tokens/me with this token";
        /// Read the conversation: whether it exists, its state, and who its guest is.
        Conversation = "conversation", "reading the conversation";
        Clock = "clock", "comparing the clocks";
        Deployment = "deployment", "the deployment's public configuration";
        Integration = "integration", "looking up the integration";
        /// Nothing on the wire decides it: the administrator's audit view does.
        Audit = "audit", "the organisation's audit log";
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidingProbe {
    pub probe: Probe,
    pub causes: Vec<Cause>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    pub words: String,
    pub remedy: Option<Remedy>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    NewToken,
    NewSession,
    Resend,
    Read,
    Compare,
    Administrator,
}

/// Why something was refused, as far as the evidence goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The server's words in one line, or what happened below HTTP.
    pub said: String,
    /// Causes still in question, best first. Empty where no known cause fits.
    pub suspects: Vec<Suspect>,
    /// What was looked at.
    pub checked: Vec<Check>,
    /// What it is not. What was checked stands beside it.
    pub excluded: Vec<Cause>,
    /// What would decide what is open, the most useful first.
    pub deciding: Vec<DecidingProbe>,
    /// What to do, in order.
    pub actions: Vec<Advice>,
    /// The exchange succeeded all the same: a 401 was healed by a newer token.
    pub healed: bool,
    /// It was sent so on purpose.
    pub sent_as: Option<Variation>,
}

impl Diagnosis {
    /// The first cause; [`Cause::Unknown`] where none fits.
    pub fn cause(&self) -> Cause {
        self.suspects.first().map_or(Cause::Unknown, |s| s.cause)
    }

    /// How sure the first cause is; [`Confidence::Possible`] where none fits.
    pub fn confidence(&self) -> Confidence {
        self.suspects.first().map_or(Confidence::Possible, |s| s.confidence)
    }

    /// Whether the evidence does not decide: the first cause is one of several that fit alike.
    pub(crate) fn is_undecided(&self) -> bool {
        self.confidence() == Confidence::Possible
    }

    /// One sentence: the evidence for the first cause, or that it cannot be told yet and what would settle it.
    pub(crate) fn sentence(&self) -> String {
        match (self.suspects.first(), self.deciding.first()) {
            (None, _) => Cause::Unknown.sentence().to_owned(),
            (_, Some(deciding)) if self.is_undecided() => {
                format!("cannot tell yet; {} would settle it", deciding.probe.words())
            }
            (Some(first), _) => first.because.clone(),
        }
    }
}

/// A host of the profile. Only these can be asked, so that no question can carry a secret anywhere else. What is public (a
/// deployment, the opening of the guest socket) is asked without any secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    Token,
    Api,
}

/// What an id may name that can be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdTarget {
    /// A conversation: `GET /api/v2/conversations/messages/{id}`.
    Conversation,
    /// A message, whose id is 32 hexadecimal digits: `GET /api/v2/conversations/messages/{id}/details`.
    Message,
    /// An open-messaging integration: `GET /api/v2/conversations/messaging/integrations/open/{id}`.
    Integration,
    /// A web deployment: its public configuration, without a token.
    Deployment,
}

/// A question that finds something out and changes nothing. Each becomes an exchange of [`super::ExchangeKind::Probe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProbeQuestion {
    /// `GET /` without any credentials: whether the name has an address, the certificate is good, and anything answers.
    Reach(Host),
    /// Ask for a token, also where one works. The answer takes the old one's place, as a renewal does.
    Token,
    /// `GET /api/v2/tokens/me` with the token in use.
    Scopes,
    /// Read the conversation, but not its messages.
    Conversation(ConversationKey),
    /// Read messages of the conversation; where none is known an invented one, which shows the right to read too.
    Messages(ConversationKey),
    /// Look up the integration of an open-messaging conversation.
    Integration(ConversationKey),
    /// The public configuration of a web conversation's deployment, without a token.
    Deployment(ConversationKey),
    /// The domains from which that deployment lets guests speak, without a token.
    Domains(ConversationKey),
    /// Open the guest socket with the configured origin and close it at once: nothing is configured or sent.
    Origin(ConversationKey),
    /// Whether there is such a thing.
    Id(IdTarget, Uuid),
}

impl ProbeQuestion {
    pub(crate) const fn conversation(self) -> Option<ConversationKey> {
        match self {
            Self::Conversation(key)
            | Self::Messages(key)
            | Self::Integration(key)
            | Self::Deployment(key)
            | Self::Domains(key)
            | Self::Origin(key) => Some(key),
            Self::Reach(_) | Self::Token | Self::Scopes | Self::Id(..) => None,
        }
    }
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probed {
    /// It was asked: the exchange, which is finished, and was told before.
    Asked(ExchangeId),
    /// It could not be asked, for this reason.
    NotAsked(String),
}
