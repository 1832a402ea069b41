//! The Guest API: who may speak, what is refused, what is received.
//!
//! The order of the checks is the description's: the permission check runs first (token, scope or role, the
//! conversation's and the participant's id), then what is wrong with the body's form, then the text.

use std::sync::Arc;

use serde::Deserialize;

use super::token::GUEST_SCOPE;
use super::{BODY_MAX_BYTES, Bearer, Conversation, Purpose, Refusal, Said, World};
use crate::model::Moment;
use crate::model::ids::is_uuid;
use crate::model::limits::GUEST_TEXT_MAX_BYTES;
use crate::sandbox::fault::Plan;
use crate::sandbox::scenario::Rules;

/// What comes in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming<'r> {
    /// Of the path.
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
    to: Option<To>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct To {
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
    ) -> Result<(&Conversation, &Said), Refusal> {
        self.may_send(bearer, plan)?;
        let conversation = self.conversation(incoming.conversation)?;
        let body = read(incoming)?;
        if let Some(to) = &body.to {
            addressed(conversation, to)?;
        }
        if body.text.trim().is_empty() {
            return Err(Refusal::BodyMalformed);
        }
        if let Some(form) = body.form.filter(|form| !form.eq_ignore_ascii_case("text")) {
            return Err(Refusal::Value { value: form, field: "type", allowed: "text" });
        }
        if body.text.len() > GUEST_TEXT_MAX_BYTES {
            return Err(Refusal::TextTooLong(body.text.len()));
        }
        if conversation.ended.is_some() {
            return Err(Refusal::ConversationEnded);
        }
        let n = self.by_id.get(incoming.conversation).copied().ok_or(Refusal::ConversationUnknown)?;
        let text: Arc<str> = body.text.into();
        let mut said = Said::words(self.messages.hex(), Purpose::Customer, text.clone(), now.wall);
        said.request = Some(incoming.request_id.into());
        self.keep(n, said);
        self.provoke(n, &text, now);
        let conversation = self.conversations.get(n).ok_or(Refusal::ConversationUnknown)?;
        Ok((conversation, conversation.thread.back().ok_or(Refusal::MessageUnknown)?))
    }

    fn may_send(&self, bearer: &Bearer, plan: &Plan) -> Result<(), Refusal> {
        match self.rules {
            Rules::Published => {
                let needed: &'static [&'static str] = &["conversation:message:receive"];
                if self.has_permission(plan, needed) { Ok(()) } else { Err(Refusal::PermissionMissing(needed)) }
            }
            Rules::Described if bearer.has_any(&[GUEST_SCOPE]) => {
                if self.client.guest_api && !plan.feature_off {
                    Ok(())
                } else {
                    Err(Refusal::FeatureOff)
                }
            }
            Rules::Described if bearer.has_any(&["messaging:send"]) => Err(Refusal::ScopeForbidden),
            Rules::Described if bearer.has_any(&["messaging:guest"]) => Err(Refusal::ScopeWrong),
            Rules::Described => Err(Refusal::ScopeMissing),
        }
    }
}

fn read(incoming: Incoming<'_>) -> Result<Body, Refusal> {
    if incoming.body.len() > BODY_MAX_BYTES {
        return Err(Refusal::BodyTooLarge);
    }
    if !is_json(incoming.content_type) {
        return Err(Refusal::MediaType);
    }
    serde_json::from_slice(incoming.body).map_err(|_| Refusal::BodyMalformed)
}

/// Whether a `Content-Type` says JSON.
pub(crate) fn is_json(content_type: Option<&str>) -> bool {
    let mime = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    mime.trim().eq_ignore_ascii_case("application/json")
}

/// Whether `to` is the guest of this conversation, exactly.
fn addressed(conversation: &Conversation, to: &To) -> Result<(), Refusal> {
    if to.id.is_none() && to.external_id.is_none() {
        return Err(Refusal::BodyMalformed);
    }
    if let Some(id) = to.id.as_deref() {
        if !is_uuid(id) {
            return Err(Refusal::ParticipantMalformed(id.to_owned()));
        }
        if conversation.guest().is_none_or(|guest| guest.id != id) {
            return Err(Refusal::ParticipantMismatch);
        }
    }
    match to.external_id.as_deref() {
        Some(id) if conversation.external_id.as_deref() != Some(id) => Err(Refusal::ParticipantMismatch),
        _ => Ok(()),
    }
}
