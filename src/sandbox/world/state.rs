//! What the control API tells of the world.

use std::time::Duration;

use serde_json::{Value, json};

use super::content::GuestContent;
use super::{SimulatedConversation, World};
use crate::model::Moment;
use crate::sandbox::scenario::ScenarioRules;

impl World {
    /// What was received, counted, and how the sandbox is set: see [`crate::sandbox::Sandbox::state`].
    pub(crate) fn state(&mut self, now: Moment, advanced: Duration) -> Value {
        self.settle(now);
        let conversation = |c: &SimulatedConversation| {
            let received = c.thread.iter().filter_map(|said| {
                let request_id = said.request.as_deref()?;
                let mut one = json!({"id": said.id, "text": &*said.text, "at": said.at, "request_id": request_id});
                if let Some(own_id) = said.own_id.as_deref() {
                    one["message_id"] = json!(own_id);
                }
                if !said.pieces.is_empty() {
                    one["content"] = said.pieces.iter().map(GuestContent::json).collect();
                }
                Some(one)
            });
            json!({
                "id": c.id,
                "name": c.name,
                "channel": c.channel().as_str(),
                "participant_id": c.guest().map(|guest| guest.id.as_str()),
                "ended": c.ended.is_some(),
                "attributes": c.attributes,
                "received": c.received,
                "messages": received.collect::<Vec<_>>(),
            })
        };
        let (connections, sessions) = self.web.size();
        let mut open = json!(self.tally.open);
        open["webhook"] = json!(self.scenario.webhook.as_ref().map(|webhook| webhook.url.as_str()));
        let mut web = json!(self.tally.web);
        (web["connections"], web["sessions"]) = (json!(connections), json!(sessions));
        json!({
            "scenario": self.scenario.name,
            "seed": self.scenario.seed,
            "world": if self.rules() == ScenarioRules::Described { "described" } else { "published" },
            "clock": {"now": now.wall, "advanced_seconds": advanced.as_secs()},
            "tokens": {
                "issued": self.tokens.issued,
                "renewals": self.tokens.issued.saturating_sub(1),
                "valid": self.tokens.valid(now),
                "revoked": self.tokens.revoked,
            },
            "requests": self.tally.requests,
            "refused": self.tally.refused,
            "received": self.conversations.iter().map(|c| c.received).sum::<u64>(),
            "conversations": self.conversations.iter().map(conversation).collect::<Vec<_>>(),
            "open": open,
            "web": web,
            "faults": self.faults(),
        })
    }
}
