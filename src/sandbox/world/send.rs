//! The Guest API: who may speak, what is refused, what is received.
//!
//! The order of the checks is the description's: the permission check runs first (token, scope or role, the
//! conversation's and the participant's id), then what is wrong with the body's form, then the text.

use std::sync::Arc;

use serde::Deserialize;

use super::token::has_any;
use super::{ParticipantPurpose, Served, ServiceRefusal, SimulatedConversation, SimulatedMessage, World};
use crate::genesys::guest_api::SCOPE;
use crate::model::fault::FaultKind;
use crate::model::ids::is_uuid;
use crate::sandbox::fault::Plan;
use crate::sandbox::scenario::ScenarioRules;

/// Both bodies of the description in one: `{"text","type"}` and `{"to":{"id","externalId"},"text"}`.
#[derive(Deserialize)]
pub(crate) struct GuestText {
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
    /// `request_id` is the `x-request-id` that the answer will have.
    pub(crate) fn send(
        &mut self,
        granted: &[String],
        plan: &Plan,
        conversation: &str,
        body: impl FnOnce() -> Served<GuestText>,
        request_id: &str,
    ) -> Served<(&SimulatedConversation, &SimulatedMessage)> {
        self.may_send(granted, plan)?;
        let n = self.find(conversation)?;
        let conversation = &self.conversations[n];
        let body = body()?;
        if let Some(to) = &body.to {
            addressed(conversation, to)?;
        }
        if body.text.trim().is_empty() {
            return Err(ServiceRefusal::BODY_MALFORMED);
        }
        if let Some(form) = body.form.filter(|form| !form.eq_ignore_ascii_case("text")) {
            return Err(ServiceRefusal::value(&form, "type", "text"));
        }
        ServiceRefusal::check_length(&body.text)?;
        if conversation.ended.is_some() {
            return Err(ServiceRefusal::CONVERSATION_ENDED);
        }
        let text: Arc<str> = body.text.into();
        let id = self.dice.messages.hex();
        let mut said = SimulatedMessage::words(id, ParticipantPurpose::Customer, text.clone(), self.now.wall);
        said.request = Some(request_id.into());
        self.keep(n, said);
        self.provoke(n, &text);
        let conversation = &self.conversations[n];
        Ok((conversation, conversation.thread.back().ok_or(ServiceRefusal::MESSAGE_UNKNOWN)?))
    }

    fn may_send(&self, granted: &[String], plan: &Plan) -> Served<()> {
        match self.scenario.world {
            ScenarioRules::Published => self.check_permission(plan, &["conversation:message:receive"]),
            ScenarioRules::Described if has_any(granted, &[SCOPE]) => {
                let on = self.scenario.client.guest_api && !plan.has(&FaultKind::FeatureOff);
                if on { Ok(()) } else { Err(ServiceRefusal::FEATURE_OFF) }
            }
            ScenarioRules::Described if has_any(granted, &["messaging:send"]) => Err(ServiceRefusal::SCOPE_FORBIDDEN),
            ScenarioRules::Described if has_any(granted, &["messaging:guest"]) => Err(ServiceRefusal::SCOPE_WRONG),
            ScenarioRules::Described => Err(ServiceRefusal::SCOPE_MISSING),
        }
    }
}

fn addressed(conversation: &SimulatedConversation, to: &Recipient) -> Served<()> {
    let (id, external_id) = (to.id.as_deref(), to.external_id.as_deref());
    if id.is_none() && external_id.is_none() {
        return Err(ServiceRefusal::BODY_MALFORMED);
    }
    if let Some(id) = id.filter(|id| !is_uuid(id)) {
        return Err(ServiceRefusal::participant_malformed(id));
    }
    let fits = id.is_none_or(|id| conversation.guest().id == id)
        && external_id.is_none_or(|id| conversation.external_id.as_deref() == Some(id));
    if fits { Ok(()) } else { Err(ServiceRefusal::PARTICIPANT_MISMATCH) }
}
