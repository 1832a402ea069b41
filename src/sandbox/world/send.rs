//! The Guest API: who may speak, what is refused, what is received.
//!
//! The order of the checks is the description's: the permission check runs first (token, scope or role, the
//! conversation's and the participant's id), then what is wrong with the body's form, then the text.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{
    BODY_MAX_BYTES, Bearer, ParticipantPurpose, ServiceRefusal, SimulatedConversation, SimulatedMessage, World,
};
use crate::genesys::guest_api::SCOPE;
use crate::model::Moment;
use crate::model::fault::FaultKind;
use crate::model::ids::is_uuid;
use crate::model::limits::GUEST_TEXT_MAX_BYTES;
use crate::sandbox::fault::Plan;
use crate::sandbox::scenario::ScenarioRules;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming<'r> {
    pub(crate) conversation: &'r str,
    pub(crate) content_type: Option<&'r str>,
    pub(crate) body: &'r [u8],
    /// The `x-request-id` that the answer will have.
    pub(crate) request_id: &'r str,
}

/// Both bodies of the description in one: `{"text","type"}` and `{"to":{"id","externalId"},"text"}`.
#[derive(Deserialize)]
struct Body {
    text: String,
    #[serde(rename = "type")]
    form: Option<String>,
    to: Option<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    id: Option<String>,
    external_id: Option<String>,
}

impl World {
    /// Receives a guest message, or says why not. What is received is in the conversation when this returns.
    pub(crate) fn send(
        &mut self,
        bearer: &Bearer,
        plan: &Plan,
        incoming: Incoming<'_>,
        now: Moment,
    ) -> Result<(&SimulatedConversation, &SimulatedMessage), ServiceRefusal> {
        self.may_send(bearer, plan)?;
        let conversation = self.conversation(incoming.conversation)?;
        let body: Body = json_of(incoming.body, incoming.content_type)?;
        if let Some(to) = &body.to {
            addressed(conversation, to)?;
        }
        if body.text.trim().is_empty() {
            return Err(ServiceRefusal::BodyMalformed);
        }
        if let Some(form) = body.form.filter(|form| !form.eq_ignore_ascii_case("text")) {
            return Err(ServiceRefusal::Value { value: form, field: "type", allowed: "text" });
        }
        if body.text.len() > GUEST_TEXT_MAX_BYTES {
            return Err(ServiceRefusal::TextTooLong(body.text.len()));
        }
        if conversation.ended.is_some() {
            return Err(ServiceRefusal::ConversationEnded);
        }
        let n =
            self.index.conversations.get(incoming.conversation).copied().ok_or(ServiceRefusal::ConversationUnknown)?;
        let text: Arc<str> = body.text.into();
        let mut said =
            SimulatedMessage::words(self.dice.messages.hex(), ParticipantPurpose::Customer, text.clone(), now.wall);
        said.request = Some(incoming.request_id.into());
        self.keep(n, said);
        self.provoke(n, &text, now);
        let conversation = self.conversations.get(n).ok_or(ServiceRefusal::ConversationUnknown)?;
        Ok((conversation, conversation.thread.back().ok_or(ServiceRefusal::MessageUnknown)?))
    }

    fn may_send(&self, bearer: &Bearer, plan: &Plan) -> Result<(), ServiceRefusal> {
        match self.rules() {
            ScenarioRules::Published => {
                let needed: &'static [&'static str] = &["conversation:message:receive"];
                if self.has_permission(plan, needed) { Ok(()) } else { Err(ServiceRefusal::PermissionMissing(needed)) }
            }
            ScenarioRules::Described if bearer.has_any(&[SCOPE]) => {
                if self.scenario.client.guest_api && !plan.has(&FaultKind::FeatureOff) {
                    Ok(())
                } else {
                    Err(ServiceRefusal::FeatureOff)
                }
            }
            ScenarioRules::Described if bearer.has_any(&["messaging:send"]) => Err(ServiceRefusal::ScopeForbidden),
            ScenarioRules::Described if bearer.has_any(&["messaging:guest"]) => Err(ServiceRefusal::ScopeWrong),
            ScenarioRules::Described => Err(ServiceRefusal::ScopeMissing),
        }
    }
}

/// A body that has to be JSON of this form, and not too large.
pub(crate) fn json_of<T: DeserializeOwned>(body: &[u8], content_type: Option<&str>) -> Result<T, ServiceRefusal> {
    if body.len() > BODY_MAX_BYTES {
        return Err(ServiceRefusal::BodyTooLarge);
    }
    let mime = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    if !mime.trim().eq_ignore_ascii_case("application/json") {
        return Err(ServiceRefusal::MediaType);
    }
    serde_json::from_slice(body).map_err(|_| ServiceRefusal::BodyMalformed)
}

/// Whether `to` is the guest of this conversation, exactly.
fn addressed(conversation: &SimulatedConversation, to: &Recipient) -> Result<(), ServiceRefusal> {
    if to.id.is_none() && to.external_id.is_none() {
        return Err(ServiceRefusal::BodyMalformed);
    }
    if let Some(id) = to.id.as_deref() {
        if !is_uuid(id) {
            return Err(ServiceRefusal::ParticipantMalformed(id.to_owned()));
        }
        if conversation.guest().is_none_or(|guest| guest.id != id) {
            return Err(ServiceRefusal::ParticipantMismatch);
        }
    }
    match to.external_id.as_deref() {
        Some(id) if conversation.external_id.as_deref() != Some(id) => Err(ServiceRefusal::ParticipantMismatch),
        _ => Ok(()),
    }
}
