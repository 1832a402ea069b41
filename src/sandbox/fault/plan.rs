//! What the faults make of one request.

use std::time::Duration;

use super::{Kind, RetryForm};

/// What is wrong with the client, as the token endpoint sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientTrouble {
    /// Its secret is not accepted.
    Rejected,
    /// It is switched off.
    Disabled,
}

/// How an answer is spoilt on its way out. The request was carried out before, except for [`Spoil::ResetBefore`],
/// [`Spoil::RateLimited`], [`Spoil::Proxy`] and a [`Spoil::Failure`] that was not received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoil {
    RateLimited {
        retry_after: u64,
        form: RetryForm,
    },
    Failure {
        status: u16,
        retry_after: Option<u64>,
        received: bool,
    },
    Proxy {
        status: u16,
    },
    ResetBefore,
    ResetDuring,
    ResetAfter,
    Stale,
    Truncated,
    Malformed,
    WrongType,
    /// Frames: the socket closes.
    Closed {
        received: bool,
        code: u16,
    },
    /// Frames: what goes out is lost, sent twice, sent late, overtaken by the next, or led by a stranger.
    Lost,
    Doubled,
    Late {
        delay_ms: u64,
    },
    Overtaken,
    Stranger,
}

impl Spoil {
    /// Whether the request is carried out at all.
    pub(crate) const fn reaches_the_world(self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::Proxy { .. } | Self::ResetBefore => false,
            Self::Failure { received, .. } | Self::Closed { received, .. } => received,
            Self::ResetDuring
            | Self::ResetAfter
            | Self::Stale
            | Self::Truncated
            | Self::Malformed
            | Self::WrongType
            | Self::Lost
            | Self::Doubled
            | Self::Late { .. }
            | Self::Overtaken
            | Self::Stranger => true,
        }
    }
}

/// What the faults make of one request. The default: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Seconds by which `Date` is off.
    pub(crate) skew: i64,
    /// The client's Guest API switch is off.
    pub(crate) feature_off: bool,
    /// Scopes that are not granted.
    pub(crate) stripped: Vec<String>,
    /// The scope that is granted in place of what was asked.
    pub(crate) instead: Option<String>,
    /// What is wrong with the client.
    pub(crate) client: Option<ClientTrouble>,
    /// Permissions gone from the client's roles.
    pub(crate) permissions_gone: Vec<String>,
    /// Sockets are refused for their origin.
    pub(crate) origin_refused: bool,
    /// The deployment is gone.
    pub(crate) deployment_unknown: bool,
    /// How the answer is spoilt: the fault that was set first wins.
    pub(crate) spoil: Option<Spoil>,
    /// How late the headers come.
    pub(crate) headers_late: Duration,
    /// How late the second half of the body comes.
    pub(crate) body_late: Duration,
}

impl Plan {
    /// Adds what `kind` does to a request. Acts change the world, not the request, and add nothing.
    pub(super) fn add(&mut self, kind: &Kind) {
        let spoil = match kind {
            Kind::TokenExpired
            | Kind::TokenRevoked
            | Kind::ConversationEnded
            | Kind::ParticipantMismatch
            | Kind::SessionReadOnly
            | Kind::SessionExpired
            | Kind::SessionCleared
            | Kind::LoggedOut => return,
            Kind::OriginRefused => return self.origin_refused = true,
            Kind::DeploymentUnknown => return self.deployment_unknown = true,
            Kind::ScopeStripped { scope } => return self.stripped.push(scope.clone()),
            Kind::ScopeWrong { scope } => return self.instead = Some(scope.clone()),
            Kind::FeatureOff => return self.feature_off = true,
            Kind::PermissionMissing { permission } => return self.permissions_gone.push(permission.clone()),
            Kind::ClientRejected => return self.client = Some(ClientTrouble::Rejected),
            Kind::ClientDisabled => return self.client = Some(ClientTrouble::Disabled),
            Kind::ClockSkew { seconds } => return self.skew = *seconds,
            Kind::SlowHeaders { delay_ms } | Kind::SlowEcho { delay_ms } => {
                return self.headers_late = Duration::from_millis(*delay_ms);
            }
            Kind::SlowBody { delay_ms } => return self.body_late = Duration::from_millis(*delay_ms),
            Kind::RateLimited { retry_after, form } => Spoil::RateLimited { retry_after: *retry_after, form: *form },
            Kind::ServiceFailure { status, retry_after, received } => {
                Spoil::Failure { status: *status, retry_after: *retry_after, received: *received }
            }
            Kind::ProxyAnswered { status } => Spoil::Proxy { status: *status },
            Kind::ResetBefore => Spoil::ResetBefore,
            Kind::ResetDuring => Spoil::ResetDuring,
            Kind::ResetAfter => Spoil::ResetAfter,
            Kind::StaleConnection => Spoil::Stale,
            Kind::TruncatedBody => Spoil::Truncated,
            Kind::MalformedBody => Spoil::Malformed,
            Kind::WrongContentType => Spoil::WrongType,
            Kind::SocketClosed { received, code } => Spoil::Closed { received: *received, code: *code },
            Kind::FrameLost => Spoil::Lost,
            Kind::FrameDoubled => Spoil::Doubled,
            Kind::FrameLate { delay_ms } => Spoil::Late { delay_ms: *delay_ms },
            Kind::FrameReordered => Spoil::Overtaken,
            Kind::FrameMalformed => Spoil::Malformed,
            Kind::FrameUnknown => Spoil::Stranger,
        };
        self.spoil.get_or_insert(spoil);
    }

    /// Whether `kind` would be lost beside what is already planned: only one fault can spoil an answer.
    pub(super) fn is_taken(&self, kind: &Kind) -> bool {
        let mut probe = Self::default();
        probe.add(kind);
        self.spoil.is_some() && probe.spoil.is_some()
    }
}
