//! `POST …/inbound/open/…`: reading what a provider sends in, and the shapes of its answers.
//! [shapes: real: documented, JS and PY]

use serde_json::{Value, json};

use super::Context;
use super::answer::HttpAnswer;
use crate::genesys::open_messaging::Endpoint;
use crate::genesys::time_text;
use crate::sandbox::world::open::{Inbound, OpenReason, OpenRequest};
use crate::sandbox::world::{Bearer, ServiceRefusal, World};
use crate::text::json::dense;

impl Context<'_> {
    /// Receives what a provider sends in.
    pub(super) fn open(
        &self,
        world: &mut World,
        bearer: &Bearer,
        kind: Endpoint,
        integration: Option<&str>,
    ) -> Result<HttpAnswer, ServiceRefusal> {
        world.may_open(bearer, self.plan)?;
        let inbound: Inbound = self.json()?;
        let to = || inbound.channel.to.as_ref().and_then(|to| to.get("id")).and_then(Value::as_str);
        let integration = integration.or_else(to).ok_or(ServiceRefusal::BodyMalformed)?.to_owned();
        let asked = OpenRequest { kind, integration: &integration, request_id: self.request_id };
        let heard = world.open(asked, &inbound, self.now)?;
        let mut body = normalized(&inbound, &integration);
        let form = match kind {
            Endpoint::Message => "Text",
            Endpoint::Response => "Structured",
            Endpoint::Event => "Event",
            Endpoint::Receipt => "Receipt",
        };
        body["type"] = json!(form);
        if let Some((n, id)) = heard {
            let conversation = world.conversations.get(n).ok_or(ServiceRefusal::ConversationUnknown)?;
            let said = conversation.said(&id).ok_or(ServiceRefusal::MessageUnknown)?;
            body["id"] = json!(id);
            if kind == Endpoint::Message {
                body["text"] = json!(&*said.text);
            } else {
                body["direction"] = json!("Inbound");
            }
            if let Some(content) = said.content() {
                body["content"] = json!(content);
            }
            // [real: documented: only where it is asked for, and only for messages]
            if kind == Endpoint::Message && self.query("prefetchConversationId") == Some("true") {
                body["conversationId"] = json!(conversation.id);
            }
        } else if kind == Endpoint::Event {
            let typing = json!({"eventType": "Typing", "typing": {"type": "On"}});
            body["id"] = json!(world.event_id());
            body["events"] = json!([typing]);
        } else {
            let reason = |r: &OpenReason| dense(json!({"code": r.code, "message": r.message}));
            body["id"] = json!(inbound.id);
            body["status"] = json!(inbound.status);
            if !inbound.reasons.is_empty() {
                body["reasons"] = inbound.reasons.iter().map(reason).collect();
            }
            body["isFinalReceipt"] = json!(inbound.is_final_receipt.unwrap_or(true));
            body["direction"] = json!("Inbound");
        }
        Ok(HttpAnswer::json(200, &body))
    }
}

/// `channel` and `metadata`, which all four have.
fn normalized(inbound: &Inbound, integration: &str) -> Value {
    let channel = &inbound.channel;
    let here = json!({"id": integration, "idType": "Opaque"});
    let (from, to) = match (&channel.from, &channel.to) {
        (Some(from), _) => (json!(from), json!({"id": integration})),
        (None, to) => (here, json!(to)),
    };
    let parsed = channel.time.parse().map_or_else(|_| channel.time.clone(), time_text);
    let channel = json!({"id": integration, "platform": "Open", "type": "Private", "messageId": channel.message_id,
        "to": to, "from": from, "time": parsed});
    let metadata = (!inbound.metadata.is_empty()).then_some(&inbound.metadata);
    dense(json!({"id": null, "channel": dense(channel), "metadata": metadata}))
}
