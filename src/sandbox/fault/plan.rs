//! What the faults make of one request.

use std::time::Duration;

use super::Kind;

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
    pub(crate) client: Option<Kind>,
    /// Permissions gone from the client's roles.
    pub(crate) permissions_gone: Vec<String>,
    /// Sockets are refused for their origin.
    pub(crate) origin_refused: bool,
    /// The deployment is gone.
    pub(crate) deployment_unknown: bool,
    /// How the answer is spoilt on its way out: the fault that was set first wins.
    pub(crate) spoil: Option<Kind>,
    /// How late the headers come.
    pub(crate) headers_late: Duration,
    /// How late the second half of the body comes.
    pub(crate) body_late: Duration,
}

impl Plan {
    /// Adds what `kind` does to a request. Acts change the world, not the request, and add nothing.
    pub(super) fn add(&mut self, kind: &Kind) {
        match kind {
            kind if kind.is_act() => {}
            Kind::OriginRefused => self.origin_refused = true,
            Kind::DeploymentUnknown => self.deployment_unknown = true,
            Kind::ScopeStripped { scope } => self.stripped.push(scope.clone()),
            Kind::ScopeWrong { scope } => self.instead = Some(scope.clone()),
            Kind::FeatureOff => self.feature_off = true,
            Kind::PermissionMissing { permission } => self.permissions_gone.push(permission.clone()),
            Kind::ClientRejected | Kind::ClientDisabled => self.client = Some(kind.clone()),
            Kind::ClockSkew { seconds } => self.skew = *seconds,
            Kind::SlowHeaders { delay_ms } | Kind::SlowEcho { delay_ms } => {
                self.headers_late = Duration::from_millis(*delay_ms);
            }
            Kind::SlowBody { delay_ms } => self.body_late = Duration::from_millis(*delay_ms),
            spoil => {
                self.spoil.get_or_insert_with(|| spoil.clone());
            }
        }
    }

    /// Whether `kind` would be lost beside what is already planned: only one fault can spoil an answer.
    pub(super) fn is_taken(&self, kind: &Kind) -> bool {
        let mut probe = Self::default();
        probe.add(kind);
        self.spoil.is_some() && probe.spoil.is_some()
    }
}
