//! What the sandbox received, counted: tests prove "once" with it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

/// What is counted of open messaging.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct OpenCounts {
    pub(crate) duplicates: u64,
    pub(crate) events: u64,
    pub(crate) receipts: u64,
    pub(crate) pushed: u64,
    pub(crate) push_failures: u64,
}

/// What is counted of the guest WebSocket.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct WebCounts {
    pub(crate) opened: u64,
    pub(crate) refused: u64,
    /// Messages with custom attributes at a place where the service does not read them.
    pub(crate) attributes_ignored: u64,
    pub(crate) frames_in: u64,
    pub(crate) frames_out: u64,
    /// By action.
    pub(crate) actions: BTreeMap<&'static str, u64>,
    /// Error frames, by code.
    pub(crate) errors: BTreeMap<String, u64>,
}

/// Counts since the start. Requests to the control API are not counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReceivedCounts {
    requests: u64,
    by_route: BTreeMap<&'static str, u64>,
    by_status: BTreeMap<u16, u64>,
    refused: BTreeMap<&'static str, u64>,
    resets: u64,
    pub(crate) open: OpenCounts,
    pub(crate) web: WebCounts,
}

impl ReceivedCounts {
    /// A request arrived.
    pub(crate) fn arrived(&mut self, route: &'static str) {
        self.requests += 1;
        *self.by_route.entry(route).or_default() += 1;
    }

    pub(crate) fn refused(&mut self, reason: &'static str) {
        *self.refused.entry(reason).or_default() += 1;
    }

    /// It gets an answer.
    pub(crate) fn answered(&mut self, status: u16) {
        *self.by_status.entry(status).or_default() += 1;
    }

    /// It gets none: its connection is reset before a byte of the answer.
    pub(crate) fn reset(&mut self) {
        self.resets += 1;
    }

    pub(crate) fn to_json(&self) -> (Value, Value) {
        let by_status: BTreeMap<String, u64> = self.by_status.iter().map(|(s, n)| (s.to_string(), *n)).collect();
        let requests = json!({
            "total": self.requests,
            "by_route": self.by_route,
            "by_status": by_status,
            "without_answer": self.resets,
        });
        (requests, json!(self.refused))
    }
}
