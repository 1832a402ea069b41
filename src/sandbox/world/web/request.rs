//! What a client says over the guest WebSocket: read, counted, passed on.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{ConnectionId, Outgoing, frames};
use crate::model::channel::ATTRIBUTES_MAX_BYTES;
use crate::model::fault::FaultTarget;
use crate::sandbox::scenario::BLOCKED_EXTENSIONS;
use crate::sandbox::world::World;
use crate::sandbox::world::content::{ChannelMetadata, TakenChoice};
use crate::sandbox::world::tally::{Gauge, SocketAction};

/// Every action's fields in one; what an action needs is checked where it is carried out.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Request {
    action: SocketAction,
    pub(super) token: String,
    pub(super) tracing_id: Option<String>,
    pub(super) deployment_id: Option<String>,
    pub(super) start_new: bool,
    pub(super) close_all_connections: bool,
    pub(super) message: Option<Message>,
    /// Where WMJ and TESTER put the custom attributes. The service reads those of the message alone. [3p]
    pub(super) channel: Channel,
    pub(super) attachment_id: Option<String>,
    pub(super) file_name: Option<String>,
    pub(super) file_type: Option<String>,
    pub(super) file_size: Option<u64>,
    pub(super) errors_as_json: bool,
}

/// `message` of `onMessage` and `echo`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Message {
    #[serde(rename = "type")]
    pub(super) form: String,
    pub(super) text: Option<String>,
    pub(super) metadata: std::collections::BTreeMap<String, String>,
    pub(super) channel: Channel,
    pub(super) content: Vec<Content>,
    pub(super) events: Vec<Event>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Channel {
    pub(super) message_id: Option<String>,
    pub(super) metadata: ChannelMetadata,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Content {
    #[serde(rename = "contentType")]
    pub(super) kind: String,
    pub(super) button_response: Option<TakenChoice>,
    pub(super) attachment: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    pub(super) event_type: String,
    #[serde(default)]
    pub(super) presence: Value,
}

/// The refusal for a guest who had to sign in and did not. [MTSDK]
pub(super) const SIGN_IN: &str = "Session authentication failed";

pub(super) enum FrameRefusal {
    Error(u16, String),
    /// One too many; in so many seconds another is welcome.
    TooMany(u64),
}
/// What becomes of a request: the class and body of its answer, where the connection gets one of its own.
pub(super) type Done = Result<Option<(&'static str, Value)>, FrameRefusal>;

pub(super) fn trouble(code: u16, text: impl Into<String>) -> FrameRefusal {
    FrameRefusal::Error(code, text.into())
}

/// What the platform says to anything that it cannot read or does not know. [MTSDK fixture]
pub(super) fn failed() -> FrameRefusal {
    trouble(400, "Request failed.")
}

pub(super) const fn limited(gauge: Gauge) -> Result<(), FrameRefusal> {
    if gauge.exceeded { Err(FrameRefusal::TooMany(gauge.reset)) } else { Ok(()) }
}

impl World {
    /// A frame came; `None`: one that is not text, which is nothing that the platform understands.
    pub(crate) fn frame(&mut self, from: ConnectionId, text: Option<&str>) {
        self.run_due();
        self.tally.web.frames_in += 1;
        let value: Option<Value> = text.and_then(|text| serde_json::from_str(text).ok());
        let tracing = value.as_ref().and_then(|v| v.get("tracingId")).and_then(Value::as_str).map(str::to_owned);
        let tracing = tracing.as_deref();
        let limit = self.scenario.limits.frames_per_minute;
        let Some(connection) = self.web.connections.get_mut(&from) else { return };
        let counted = text.map_or(Ok(()), |_| limited(connection.frames.count(limit, self.now)));
        let request = value.and_then(|value| serde_json::from_value::<Request>(value).ok());
        let done = counted.and_then(|()| request.ok_or_else(failed)).and_then(|request| {
            *self.tally.web.actions.entry(request.action).or_default() += 1;
            self.carry_out(from, request)
        });
        match done {
            Ok(None) => {}
            Ok(Some((class, body))) => {
                self.emit(from, FaultTarget::Answer, &frames::frame("response", class, 200, body, tracing));
            }
            Err(trouble) => self.refuse(from, &trouble, tracing),
        }
        self.run_due();
    }

    fn carry_out(&mut self, from: ConnectionId, request: Request) -> Done {
        match request.action {
            SocketAction::ConfigureSession => return self.configure(from, &request),
            SocketAction::ConfigureAuthenticatedSession => return Err(trouble(403, SIGN_IN)),
            SocketAction::GetConfiguration => return Ok(Some(("GetConfigurationResponse", self.configuration()))),
            SocketAction::DisconnectCustomer | SocketAction::ResumeToken | SocketAction::Other => return Err(failed()),
            _ => self.check_session(from, &request.token)?,
        }
        match request.action {
            SocketAction::OnMessage => self.on_message(from, request),
            SocketAction::Echo => self.health(from, &request),
            SocketAction::GetJwt => self.give_jwt(&request),
            SocketAction::OnAttachment => self.presign(from, &request),
            SocketAction::GetAttachment => self.download_address(&request),
            SocketAction::DeleteAttachment => self.delete_attachment(from, &request),
            _ => Ok(Some(("SessionResponse", self.close_session(from, &request)))),
        }
    }

    pub(super) fn refuse(&mut self, to: ConnectionId, trouble: &FrameRefusal, tracing: Option<&str>) {
        let (code, frame) = match trouble {
            FrameRefusal::Error(code, text) => {
                (*code, frames::frame("response", "string", *code, json!(text), tracing))
            }
            FrameRefusal::TooMany(retry_after) => (4029, frames::too_many(*retry_after, tracing)),
        };
        *self.tally.web.errors.entry(code.to_string()).or_default() += 1;
        self.emit(to, FaultTarget::Answer, &frame);
    }

    /// `echo`: says the text back, with how long the session lives.
    fn health(&mut self, from: ConnectionId, request: &Request) -> Done {
        let Some(connection) = self.web.connections.get_mut(&from) else { return Ok(None) };
        limited(connection.health.count(self.scenario.limits.health_checks_per_minute, self.now))?;
        let id = self.dice.messages.hex();
        let duration = self.scenario.deployment.session_seconds;
        let (_, session) = self.web.session_of(from).ok_or_else(failed)?;
        let body = json!({
            "text": request.message.as_ref().and_then(|m| m.text.as_deref()).unwrap_or_default(),
            "type": "Text",
            "direction": "Inbound",
            "id": id,
            "metadata": {"durationSeconds": duration.to_string(), "expirationDate": session.expires.wall.as_second().to_string()},
        });
        Ok(Some(("StructuredMessage", body)))
    }

    fn configuration(&self) -> Value {
        json!({
            "allowedMedia": frames::allowed_media(),
            "blockedExtensions": BLOCKED_EXTENSIONS,
            "maxCustomDataBytes": ATTRIBUTES_MAX_BYTES,
            "messageRoutingEnabled": true,
            "sessionDurationSeconds": self.scenario.deployment.session_seconds,
        })
    }

    /// Closes a connection in an orderly way, telling why before.
    pub(super) fn dismiss(&mut self, to: ConnectionId, reason: &'static str) {
        // The field is `reason` in MTSDK and `reasonCode` in WMJ.
        let body = json!({"reason": reason, "reasonCode": reason});
        self.emit(to, FaultTarget::Answer, &frames::message("ConnectionClosedEvent", body, None));
        self.web.detach(to);
        self.end_connection(to, Outgoing::Close { code: 1000, reason });
    }
}
