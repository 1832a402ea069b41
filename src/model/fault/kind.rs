//! The table of faults.

use serde_json::{Map, Value, json};

use super::parameter::{FaultError, FaultParameter, FaultTarget, ParameterShape, RetryForm};

words! {
    /// What of the service a fault is about: its heading in a menu.
    pub enum FaultGroup: name {
        /// Tokens, and the client that gets them.
        Token = "Token";
        Answers = "Answers";
        Conversation = "Conversation";
        Web = "Web";
    }
}

/// How a fault changes the requests that it is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultEffect {
    /// It changes the world (tokens, conversations, sessions), and not a request.
    Acts,
    /// A condition or a delay, whatever else happens to the request.
    Holds,
    /// The request or its answer goes wrong. No two of these hit the same request.
    Spoils,
}

#[derive(Debug, PartialEq, Eq)]
pub struct FaultRow {
    /// Its name in the control API, in scenario files and in pass files.
    pub name: &'static str,
    pub about: &'static str,
    pub group: FaultGroup,
    /// The parameters that it has beside those of every fault.
    pub parameters: &'static [FaultParameter],
    pub effect: FaultEffect,
    /// The requests that it is for where nothing else is asked for.
    pub target: FaultTarget,
    /// The requests to which it can make a difference at all.
    pub reaches: &'static [FaultTarget],
    /// It holds until it is cleared, where nothing else is asked for.
    pub lasts: bool,
    /// Its lines in a menu: the label, and the fault in the form of the control API.
    pub menu: &'static [(&'static str, &'static str)],
}

impl FaultRow {
    /// Whether it can be meant for one conversation alone.
    pub fn names_a_conversation(&self) -> bool {
        let of_all_tokens = self.effect == FaultEffect::Acts && self.group == FaultGroup::Token;
        !of_all_tokens && !matches!(self.target, FaultTarget::Token | FaultTarget::Any)
    }
}

/// Every request, and every message that a guest sends over a socket.
const REQUESTS: &[FaultTarget] =
    &[FaultTarget::Send, FaultTarget::Token, FaultTarget::Read, FaultTarget::Upgrade, FaultTarget::Frame];
/// Requests that get an answer of HTTP.
const HTTP: &[FaultTarget] = &[FaultTarget::Send, FaultTarget::Token, FaultTarget::Read, FaultTarget::Upgrade];
/// Requests whose answer has a body.
const BODIES: &[FaultTarget] = &[FaultTarget::Send, FaultTarget::Token, FaultTarget::Read];
const FRAMES: &[FaultTarget] = &[FaultTarget::Echo, FaultTarget::Reply, FaultTarget::Answer];

/// How long a fault holds where nothing else is asked for: until it is cleared, or for one request.
const LASTS: bool = true;
const ONCE: bool = false;

/// One row a fault: what it does; its name, group and effect, whether it [`LASTS`] or hits [`ONCE`], the requests that it is
/// for and those that it can reach; its own parameters; its lines in a menu, each with the parameters that differ from
/// what they are by themselves.
macro_rules! faults {
    ($(
        #[doc = $about:literal]
        $kind:ident = $name:literal, $group:ident, $effect:ident $length:ident, $target:ident of $reaches:expr
        $(, with { $(#[doc = $says:literal] $field:ident: $type:ty = $default:expr, $shape:expr;)+ })?
        , menu { $($label:literal $($with:literal)?;)+ }
    )*) => {
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum FaultKind {
            $(
                #[doc = $about]
                $kind $({ $(#[doc = $says] $field: $type,)+ })?,
            )*
        }

        #[expect(non_upper_case_globals, reason = "a constant is called as its kind")]
        mod rows {
            use super::*;

            $(pub(super) const $kind: &FaultRow = &FaultRow {
                name: $name,
                about: $about.trim_ascii(),
                group: FaultGroup::$group,
                parameters: &[$($(
                    FaultParameter { name: stringify!($field), shape: $shape, about: $says.trim_ascii() },
                )+)?],
                effect: FaultEffect::$effect,
                target: FaultTarget::$target,
                reaches: $reaches,
                lasts: $length,
                menu: &[$(($label, concat!("{\"fault\":\"", $name, "\"", $(",", $with,)? "}")),)+],
            };)*
        }

        /// All faults.
        pub const FAULTS: &[&FaultRow] = &[$(rows::$kind,)*];

        impl FaultKind {
            pub const fn row(&self) -> &'static FaultRow {
                match self {
                    $(Self::$kind { .. } => rows::$kind,)*
                }
            }

            pub(super) fn parameters(&self) -> Vec<(&'static str, Value)> {
                match self {
                    $(Self::$kind $({ $($field,)+ })? => vec![$($((stringify!($field), json!($field)),)+)?],)*
                }
            }

            /// The fault called `name` with the parameters of `given`; `None` where none is called so.
            pub(super) fn read(name: &str, given: &Map<String, Value>) -> Result<Option<Self>, FaultError> {
                Ok(Some(match name {
                    $($name => Self::$kind $({
                        $($field: $shape.read(given, stringify!($field))?.unwrap_or_else(|| $default),)+
                    })?,)*
                    _ => return Ok(None),
                }))
            }
        }
    };
}

faults! {
    /// Every token expires now.
    TokenExpired = "token-expired", Token, Acts ONCE, Send of REQUESTS, menu { "expire the token"; }
    /// Every token is revoked now.
    TokenRevoked = "token-revoked", Token, Acts ONCE, Send of REQUESTS, menu { "revoke the token"; }
    /// New tokens are granted everything but this scope, silently.
    ScopeStripped = "scope-stripped", Token, Holds LASTS, Token of &[FaultTarget::Token], with {
        /// Which scope is not granted.
        scope: String = "guest:messages:send".to_owned(), ParameterShape::Text;
    }, menu { "strip the scope from new tokens"; }
    /// New tokens are granted this scope in place of those that were asked for.
    ScopeWrong = "scope-wrong", Token, Holds LASTS, Token of &[FaultTarget::Token], with {
        /// Which scope is granted.
        scope: String = "messaging:guest".to_owned(), ParameterShape::Text;
    }, menu { "grant another scope instead"; }
    /// The client's Guest API switch is off: new tokens lose the scope, and tokens that have it are refused.
    FeatureOff = "feature-off", Token, Holds LASTS, Any of &[FaultTarget::Send, FaultTarget::Token],
        menu { "switch the Guest API off for the client"; }
    /// A permission is missing in the client's roles (this matters in the published world).
    PermissionMissing = "permission-missing", Token, Holds LASTS, Any of &[FaultTarget::Send, FaultTarget::Read], with {
        /// Which permission is missing.
        permission: String = "conversation:message:receive".to_owned(), ParameterShape::Text;
    }, menu { "take a permission from the client"; }
    /// The token endpoint no longer accepts the client's secret.
    ClientRejected = "client-rejected", Token, Holds LASTS, Token of &[FaultTarget::Token],
        menu { "refuse the client's secret"; }
    /// The client is disabled.
    ClientDisabled = "client-disabled", Token, Holds LASTS, Token of &[FaultTarget::Token],
        menu { "disable the client"; }

    /// 429.
    RateLimited = "rate-limited", Answers, Spoils ONCE, Send of REQUESTS, with {
        /// Seconds until the next try is welcome.
        retry_after: u64 = 5, ParameterShape::Count;
        /// How the answer says so.
        form: RetryForm = RetryForm::Seconds, ParameterShape::Words(&RetryForm::WORDS);
    }, menu {
        "429 once, Retry-After in seconds";
        "429 once, Retry-After as a date" r#""form":"date""#;
    }
    /// 500, 502, 503 or 504.
    ServiceFailure = "service-failure", Answers, Spoils ONCE, Send of REQUESTS, with {
        /// Which of them.
        status: u16 = 500, ParameterShape::Status(&[500, 502, 503, 504]);
        /// Seconds in `Retry-After`; without a number the header is left out.
        retry_after: Option<u64> = None, ParameterShape::Count;
        /// Whether the request was carried out all the same.
        received: bool = false, ParameterShape::Flag;
    }, menu {
        "500 once, the message received all the same" r#""status":500,"received":true"#;
        "503 once, with Retry-After" r#""status":503,"retry_after":3"#;
    }
    /// A proxy answers with a page of its own; the request never arrives.
    ProxyAnswered = "proxy-answered", Answers, Spoils ONCE, Send of HTTP, with {
        /// The status of its page.
        status: u16 = 502, ParameterShape::Status(&[200, 403, 407, 502, 503, 504]);
    }, menu { "a proxy answers with a page of its own"; }
    /// The answer's headers come late.
    SlowHeaders = "slow-headers", Answers, Holds LASTS, Send of REQUESTS, with {
        /// By so many milliseconds.
        delay_ms: u64 = 3000, ParameterShape::Count;
    }, menu { "slow headers, once" r#""times":1"#; }
    /// The answer's headers and half its body come at once, the rest late.
    SlowBody = "slow-body", Answers, Holds LASTS, Send of BODIES, with {
        /// By so many milliseconds.
        delay_ms: u64 = 3000, ParameterShape::Count;
    }, menu { "slow body, once" r#""times":1"#; }
    /// The connection is reset before the request is looked at: nothing is received.
    ResetBefore = "reset-before", Answers, Spoils ONCE, Send of REQUESTS, menu { "reset before the request is read"; }
    /// The request is carried out, and the connection is reset in the middle of the answer.
    ResetDuring = "reset-during", Answers, Spoils ONCE, Send of BODIES, menu { "reset in the middle of the answer"; }
    /// The request is carried out, and the connection is reset before a byte of the answer is written.
    ResetAfter = "reset-after", Answers, Spoils ONCE, Send of REQUESTS, menu { "reset after the message was received"; }
    /// The answer is whole; the next request on the same connection is reset unread.
    StaleConnection = "stale-connection", Answers, Spoils ONCE, Send of BODIES,
        menu { "reset the next request on the same connection"; }
    /// The request is carried out; the connection closes in the middle of the body.
    TruncatedBody = "truncated-body", Answers, Spoils ONCE, Send of BODIES, menu { "truncated body"; }
    /// The request is carried out; the body is called JSON and is not.
    MalformedBody = "malformed-body", Answers, Spoils ONCE, Send of BODIES, menu { "malformed body"; }
    /// The request is carried out; the body is JSON and is called something else.
    WrongContentType = "wrong-content-type", Answers, Spoils ONCE, Send of BODIES, menu { "wrong content type"; }
    /// The `Date` header is off by so many seconds.
    ClockSkew = "clock-skew", Answers, Holds LASTS, Any of HTTP, with {
        /// Positive: the server is ahead.
        seconds: i64 = 300, ParameterShape::Whole;
    }, menu { "server clock ten minutes ahead" r#""seconds":600"#; }

    /// A conversation ends (all of them where none is named).
    ConversationEnded = "conversation-ended", Conversation, Acts ONCE, Send of REQUESTS,
        menu { "end the conversations"; }
    /// A guest comes back under another participant id (all guests where no conversation is named).
    ParticipantMismatch = "participant-mismatch", Conversation, Acts ONCE, Send of REQUESTS,
        menu { "guests come back as other participants"; }

    /// Sockets are refused as if the deployment did not allow the origin.
    OriginRefused = "origin-refused", Web, Holds LASTS, Upgrade of &[FaultTarget::Upgrade],
        menu { "refuse sockets for their origin"; }
    /// The deployment is gone: sockets are refused, and its public configuration is a 404.
    DeploymentUnknown = "deployment-unknown", Web, Holds LASTS, Any of &[FaultTarget::Upgrade, FaultTarget::Read],
        menu { "no such deployment"; }
    /// Sessions become read-only without a word: the next message is refused with 409.
    SessionReadOnly = "session-read-only", Web, Acts ONCE, Frame of REQUESTS,
        menu { "sessions read-only without a word"; }
    /// Sessions end now, with `SessionExpiredEvent`; then 4006.
    SessionExpired = "session-expired", Web, Acts ONCE, Frame of REQUESTS, menu { "sessions expire"; }
    /// Sessions are erased now, with `SessionClearedEvent`; then 4007.
    SessionCleared = "session-cleared", Web, Acts ONCE, Frame of REQUESTS, menu { "sessions are cleared"; }
    /// Guests are logged out now, with `LogoutEvent`; then 4006.
    LoggedOut = "logged-out", Web, Acts ONCE, Frame of REQUESTS, menu { "guests are logged out"; }
    /// The socket is closed in an orderly way when a guest message comes.
    SocketClosed = "socket-closed", Web, Spoils ONCE, Frame of &[FaultTarget::Frame], with {
        /// Whether the message was received before.
        received: bool = false, ParameterShape::Flag;
        /// The WebSocket's close code.
        code: u16 = 1001, ParameterShape::CloseCode;
    }, menu {
        "socket closed before the message is received";
        "socket closed after the message was received" r#""received":true"#;
    }
    /// A frame that should go out does not.
    FrameLost = "frame-lost", Web, Spoils ONCE, Echo of FRAMES, menu {
        "an echo is lost";
        "a reply is lost" r#""target":"reply""#;
    }
    /// A frame goes out twice.
    FrameDoubled = "frame-doubled", Web, Spoils ONCE, Echo of FRAMES, menu {
        "an echo comes twice";
        "a reply comes twice" r#""target":"reply""#;
    }
    /// A frame goes out late; others overtake it.
    FrameLate = "frame-late", Web, Spoils ONCE, Echo of FRAMES, with {
        /// By so many milliseconds.
        delay_ms: u64 = 3000, ParameterShape::Count;
    }, menu { "a reply comes late" r#""target":"reply""#; }
    /// A frame goes out after the one that should follow it.
    FrameReordered = "frame-reordered", Web, Spoils ONCE, Echo of FRAMES,
        menu { "an echo is overtaken by the next frame"; }
    /// A frame goes out cut in half: no JSON.
    FrameMalformed = "frame-malformed", Web, Spoils ONCE, Echo of FRAMES,
        menu { "a malformed frame in place of an echo"; }
    /// A frame of a class that no client knows goes out before another.
    FrameUnknown = "frame-unknown", Web, Spoils ONCE, Echo of FRAMES, menu { "a frame of an unknown class"; }
    /// Echoes come late, in their order.
    SlowEcho = "slow-echo", Web, Holds LASTS, Echo of &[FaultTarget::Echo], with {
        /// By so many milliseconds.
        delay_ms: u64 = 3000, ParameterShape::Count;
    }, menu { "slow echo, once" r#""times":1"#; }
}
