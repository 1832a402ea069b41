//! What is counted: what the sandbox received, so that tests prove "once" with it, and requests in windows of one minute,
//! as `inin-ratelimit-*` tells them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::Moment;

#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct OpenCounts {
    pub(crate) duplicates: u64,
    pub(crate) events: u64,
    pub(crate) receipts: u64,
    pub(crate) pushed: u64,
    pub(crate) push_failures: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum SocketAction {
    ConfigureSession,
    ConfigureAuthenticatedSession,
    OnMessage,
    Echo,
    GetJwt,
    OnAttachment,
    GetAttachment,
    DeleteAttachment,
    CloseSession,
    GetConfiguration,
    DisconnectCustomer,
    ResumeToken,
    #[default]
    #[serde(other)]
    Other,
}

#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct WebCounts {
    pub(crate) opened: u64,
    pub(crate) refused: u64,
    /// Messages with custom attributes at a place where the service does not read them.
    pub(crate) attributes_ignored: u64,
    pub(crate) frames_in: u64,
    pub(crate) frames_out: u64,
    pub(crate) actions: BTreeMap<SocketAction, u64>,
    pub(crate) errors: BTreeMap<String, u64>,
}

/// Requests, but for those to the control API.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct RequestCounts {
    total: u64,
    by_route: BTreeMap<&'static str, u64>,
    by_status: BTreeMap<u16, u64>,
    /// Those whose connection was reset before a byte of the answer.
    without_answer: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct ReceivedCounts {
    pub(crate) requests: RequestCounts,
    pub(crate) refused: BTreeMap<&'static str, u64>,
    pub(crate) open: OpenCounts,
    pub(crate) web: WebCounts,
}

impl ReceivedCounts {
    pub(crate) fn arrived(&mut self, route: &'static str) {
        self.requests.total += 1;
        *self.requests.by_route.entry(route).or_default() += 1;
    }

    pub(crate) fn refused(&mut self, reason: &'static str) {
        *self.refused.entry(reason).or_default() += 1;
    }

    /// It gets an answer with this status; `None`: none at all.
    pub(crate) fn answered(&mut self, status: Option<u16>) {
        match status {
            Some(status) => *self.requests.by_status.entry(status).or_default() += 1,
            None => self.requests.without_answer += 1,
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    began: Moment,
    count: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gauge {
    /// Requests of this window, this one included.
    pub(crate) count: u32,
    pub(crate) allowed: u32,
    /// Whole seconds until the window starts anew, rounded up.
    pub(crate) reset: u64,
    /// Whether this request was one too many (then it is not counted).
    pub(crate) exceeded: bool,
}

impl Window {
    pub(crate) const fn new(now: Moment) -> Self {
        Self { began: now, count: 0 }
    }

    pub(crate) fn count(&mut self, allowed: u32, now: Moment) -> Gauge {
        if now.since(self.began) >= MINUTE {
            *self = Self::new(now);
        }
        let exceeded = self.count >= allowed;
        self.count += u32::from(!exceeded);
        let left = self.began.after(MINUTE).left(now);
        let reset = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        Gauge { count: self.count, allowed, reset, exceeded }
    }
}
