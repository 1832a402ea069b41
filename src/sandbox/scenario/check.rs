//! What the types of a scenario cannot say.

use super::error::Trouble;
use super::{Scenario, ScenarioConversation};
use crate::model::Channel;
use crate::model::fault::Fault;
use crate::sandbox::loopback::check_webhook;
use crate::text::suggest::suggestion;

impl Scenario {
    /// Refuses ranges that go down, lifetimes of nothing, and names that stand twice.
    pub(super) fn check_ranges(&self) -> Result<(), Trouble> {
        for (key, [low, high]) in [("latency_ms", self.latency_ms), ("reply_ms", self.reply_ms)] {
            if low > high {
                let what = format!("{key} goes from {low} down to {high}; write the smaller one first");
                return Err(Trouble { key, value: String::new(), what });
            }
        }
        let limits = &self.limits;
        let nothing = "nothing could be asked at all";
        for (key, is_zero, why) in [
            ("lifetime_seconds", self.token.lifetime_seconds == 0, "a token lives at least 1 second"),
            ("requests_per_minute", limits.requests_per_minute == 0, nothing),
            ("messages_per_second", limits.messages_per_second == 0, nothing),
            ("frames_per_minute", limits.frames_per_minute == 0, nothing),
            ("health_checks_per_minute", limits.health_checks_per_minute == 0, nothing),
            ("configures_per_minute", limits.configures_per_minute == 0, nothing),
            ("histories_per_minute", limits.histories_per_minute == 0, nothing),
            ("session_connections", limits.session_connections == 0, nothing),
            ("session_seconds", self.deployment.session_seconds == 0, "a session lives at least 1 second"),
        ] {
            if is_zero {
                return Err(Trouble { key, value: String::new(), what: format!("{key} is 0; {why}") });
            }
        }
        if let Some(webhook) = &self.webhook {
            check_webhook(&webhook.url).map_err(|what| Trouble { key: "url", value: webhook.url.clone(), what })?;
        }
        for (at, conversation) in self.conversations.iter().enumerate() {
            let earlier = || self.conversations.iter().take(at);
            if earlier().any(|c| c.name == conversation.name) {
                let what = format!("two conversations have the name \"{}\"; give each its own", conversation.name);
                return Err(Trouble { key: "name", value: conversation.name.clone(), what });
            }
            if let Some((key, what)) = misplaced(conversation) {
                return Err(Trouble { key, value: String::new(), what });
            }
            if let Some(id) = &conversation.id
                && earlier().any(|c| c.id.as_ref() == Some(id))
            {
                let what = format!("two conversations have the id {id}; give each its own");
                return Err(Trouble { key: "id", value: id.clone(), what });
            }
        }
        Ok(())
    }

    /// Refuses a fault for a conversation that is not there.
    pub(in crate::sandbox) fn check_fault(&self, fault: Fault) -> Result<Fault, String> {
        let Some(wanted) = fault.conversation.as_deref() else { return Ok(fault) };
        if self.conversations.iter().any(|c| c.name == wanted || c.id.as_deref() == Some(wanted)) {
            return Ok(fault);
        }
        let hint = match self.conversations.as_slice() {
            [] => "; this scenario has none".to_owned(),
            known => suggestion(wanted, known.iter().map(|c| c.name.as_str())),
        };
        Err(format!("no conversation is called `{wanted}`{hint}"))
    }
}

/// A field that the conversation's channel does not have.
fn misplaced(c: &ScenarioConversation) -> Option<(&'static str, String)> {
    let by_id = c.channel == Channel::GuestApi;
    let fields = [
        ("id", c.id.is_some(), by_id),
        ("participant_id", c.participant_id.is_some(), by_id),
        ("external_id", c.external_id.is_some(), by_id),
        ("ended", c.ended, by_id),
        ("guest_id", c.guest_id.is_some(), c.channel == Channel::OpenMessaging),
        ("origin", c.origin.is_some(), c.channel == Channel::WebMessaging),
    ];
    let (key, ..) = fields.into_iter().find(|(_, given, fits)| *given && !fits)?;
    Some((key, format!("\"{}\" has `{key}`, which is not for its channel; leave it out", c.name)))
}
