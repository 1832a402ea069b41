//! What is due: the counterpart's answers, frames on their way, sessions whose time ends. In the order of their times.

use std::time::Duration;

use serde_json::{Value, json};

use super::content::OfferedContent;
use super::conversation::GuestAccess;
use super::outgoing::{Due, DueEvent, WebhookPush, signature};
use super::script::{self, ScriptedAct};
use super::web::frames;
use super::{ConversationEnd, Participant, ParticipantPurpose, SimulatedConversation, SimulatedMessage, World};
use crate::genesys::time_text;
use crate::model::Moment;
use crate::model::fault::FaultTarget;
use crate::sandbox::scenario::ScenarioScript;

impl World {
    /// When the next of it comes.
    pub(crate) fn next_due(&self) -> Option<Moment> {
        self.due.front().map(|due| due.at)
    }

    /// Lets what is due take place.
    pub(crate) fn settle(&mut self, now: Moment) {
        while self.due.front().is_some_and(|due| due.at <= now) {
            let Some(Due { at, what }) = self.due.pop_front() else { return };
            match what {
                DueEvent::Counterpart { conversation, happening } => self.happen(conversation, happening, at),
                DueEvent::Frame { to, out } => self.release(to, out),
                DueEvent::Release(to) => self.release_held(to),
                DueEvent::Expires(token) => self.expire_session(&token, at),
            }
        }
    }

    fn happen(&mut self, n: usize, happening: ScriptedAct, at: Moment) {
        let Some(conversation) = self.conversations.get_mut(n) else { return };
        if conversation.ended.is_some() {
            return;
        }
        let person = conversation.participant(ParticipantPurpose::Agent).is_some();
        let by = if person { ParticipantPurpose::Agent } else { ParticipantPurpose::Workflow };
        match happening {
            ScriptedAct::Types => self.announce_typing(n, by, at),
            ScriptedAct::Says { text, offer } => {
                let open = matches!(conversation.via, GuestAccess::Open { .. });
                let mut said = SimulatedMessage::words(self.dice.messages.hex(), by, text, conversation.stamp(at.wall));
                said.offer = if open { offer.for_open() } else { offer };
                self.announce_message(n, &said, at);
                self.keep(n, said);
            }
            ScriptedAct::Joins => conversation.participants.push(Participant {
                id: self.dice.messages.uuid(),
                purpose: ParticipantPurpose::Agent,
                name: "Robin Vale".to_owned(),
                communication: self.dice.messages.uuid(),
                joined: at.wall,
            }),
            ScriptedAct::Ends => self.end(n, at, false),
        }
    }

    /// Ends a conversation; its guest is told where they can be.
    pub(super) fn end(&mut self, n: usize, now: Moment, by_fault: bool) {
        let Some(conversation) = self.conversations.get_mut(n) else { return };
        if conversation.ended.is_none() {
            conversation.ended = Some(ConversationEnd { at: now.wall, by_fault });
            self.announce_end(n, now);
        }
    }

    fn announce_typing(&mut self, n: usize, by: ParticipantPurpose, at: Moment) {
        let id = self.dice.messages.hex();
        let Some(conversation) = self.conversations.get(n) else { return };
        match &conversation.via {
            GuestAccess::GuestApi => {}
            GuestAccess::Open { .. } => {
                let mut body = self.outbound(conversation, &id, by, "Event", at);
                body["events"] = json!([frames::typing()]);
                self.push(&body);
            }
            GuestAccess::Web { token } => {
                let token = token.clone();
                let body = frames::event(&id, false, at.wall, frames::typing());
                self.emit_all(&token, FaultTarget::Answer, &frames::message("StructuredMessage", body, None), at);
            }
        }
    }

    fn announce_message(&mut self, n: usize, said: &SimulatedMessage, at: Moment) {
        let Some(conversation) = self.conversations.get(n) else { return };
        match &conversation.via {
            GuestAccess::GuestApi => {}
            GuestAccess::Open { .. } => {
                let mut body = self.outbound(conversation, &said.id, said.by, said.form(), at);
                body["text"] = json!(&*said.text);
                if let Some(content) = said.content() {
                    body["content"] = json!(content);
                }
                self.push(&body);
            }
            GuestAccess::Web { token } => {
                let token = token.clone();
                let body = frames::structured(conversation, said, false);
                self.emit_all(&token, FaultTarget::Reply, &frames::message("StructuredMessage", body, None), at);
            }
        }
    }

    /// What every outbound message of open messaging has. [shape: real: documented; 3p: GCX test data]
    fn outbound(&self, c: &SimulatedConversation, id: &str, by: ParticipantPurpose, form: &str, at: Moment) -> Value {
        let name = c.participant(by).map(|p| p.name.as_str());
        let to = match &c.via {
            GuestAccess::Open { from } => json!({"id": from.get("id"), "idType": from.get("idType")}),
            GuestAccess::GuestApi | GuestAccess::Web { .. } => Value::Null,
        };
        json!({
            "id": id,
            "channel": {"id": self.integration_id, "platform": "Open", "type": "Private", "messageId": id, "to": to,
                "from": {"nickname": name, "id": self.integration_id}, "time": time_text(at.wall)},
            "conversationId": c.id,
            "type": form,
            "direction": "Outbound",
            "originatingEntity": if by == ParticipantPurpose::Agent { "Human" } else { "Bot" },
        })
    }

    /// Adds to a thread and to the indexes of messages.
    pub(super) fn keep(&mut self, n: usize, said: SimulatedMessage) {
        self.index.messages.insert(said.id.clone(), n);
        let Some(conversation) = self.conversations.get_mut(n) else { return };
        let Some(forgotten) = conversation.say(said) else { return };
        self.index.messages.remove(&forgotten.id);
        if let (GuestAccess::Open { from }, Some(own_id)) = (&conversation.via, &forgotten.own_id) {
            let guest = from.get("id").and_then(Value::as_str).unwrap_or_default();
            self.index.own_ids.remove(&super::open::own_key(guest, own_id));
        }
    }

    /// Plans the counterpart's answer to `text`.
    pub(super) fn provoke(&mut self, n: usize, text: &str, now: Moment) {
        let Some(conversation) = self.conversations.get_mut(n) else { return };
        let (happenings, stage) = if conversation.script == ScenarioScript::Repeat {
            let ours = |said: &&SimulatedMessage| said.by != ParticipantPurpose::Customer;
            let last =
                conversation.thread.iter().rev().find(ours).map_or_else(String::new, |said| said.text.to_string());
            (vec![ScriptedAct::Says { text: last, offer: OfferedContent::Nothing }], conversation.stage)
        } else {
            script::answer(conversation.script, conversation.stage, text)
        };
        conversation.stage = stage;
        self.plan_happenings(n, happenings, now);
    }

    /// Puts happenings on the list of what is due, each message after its time of writing.
    pub(super) fn plan_happenings(&mut self, conversation: usize, happenings: Vec<ScriptedAct>, now: Moment) {
        let seen = self.conversations.get(conversation).is_some_and(|c| c.via != GuestAccess::GuestApi);
        let mut at = now;
        for happening in happenings {
            if matches!(happening, ScriptedAct::Says { .. }) {
                if seen {
                    self.due(at, DueEvent::Counterpart { conversation, happening: ScriptedAct::Types });
                }
                let [low, high] = self.scenario.reply_ms;
                at = at.after(Duration::from_millis(self.dice.timing.between(low, high)));
            }
            self.due(at, DueEvent::Counterpart { conversation, happening });
        }
    }

    /// Signs a message for the webhook, where there is one.
    pub(super) fn push(&mut self, body: &Value) {
        let Some(webhook) = &self.scenario.webhook else { return };
        let body = body.to_string();
        let signature = signature(&webhook.secret, body.as_bytes());
        self.pushes.push(WebhookPush { url: webhook.url.clone(), body, signature });
    }
}
