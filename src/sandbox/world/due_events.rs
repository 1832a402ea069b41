//! Events that are due: the counterpart's answers, frames on their way, sessions whose time ends. In the order of their times.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::content::OfferedContent;
use super::conversation::GuestAccess;
use super::script::{self, ScriptedAct};
use super::web::frames;
use super::{
    ConversationEnd, DueEvent, Participant, ParticipantPurpose, SimulatedMessage, WebhookPush, World, signature,
};
use crate::genesys::time_text;
use crate::model::Moment;
use crate::model::fault::FaultTarget;
use crate::sandbox::scenario::ScenarioScript;
use crate::text::json::{dense, with};

impl World {
    /// Puts something on the list of what is due, behind everything that is due no later.
    pub(super) fn due(&mut self, at: Moment, what: DueEvent) {
        self.due.insert(self.due.partition_point(|(before, _)| *before <= at), (at, what));
    }

    pub(crate) fn next_due(&self) -> Option<Moment> {
        self.due.front().map(|(at, _)| *at)
    }

    /// Lets what is due take place, each at its own time.
    pub(crate) fn run_due(&mut self) {
        let now = self.now;
        while self.next_due().is_some_and(|at| at <= now)
            && let Some((at, what)) = self.due.pop_front()
        {
            self.now = at;
            match what {
                DueEvent::Counterpart(conversation, happening) => self.happen(conversation, happening),
                DueEvent::Frame(to, out) => self.release(to, out),
                DueEvent::Release(to) => self.release_held(to),
                DueEvent::Expires(token) => self.expire_session(&token),
            }
        }
        self.now = now;
    }

    fn happen(&mut self, n: usize, happening: ScriptedAct) {
        let conversation = &mut self.conversations[n];
        if conversation.ended.is_some() {
            return;
        }
        let person = conversation.participant(ParticipantPurpose::Agent).is_some();
        let by = if person { ParticipantPurpose::Agent } else { ParticipantPurpose::Workflow };
        match happening {
            ScriptedAct::Types => {
                let id = self.dice.messages.hex();
                let body = frames::event(&id, false, self.now.wall, frames::typing());
                let pushed = json!({"events": [frames::typing()]});
                self.announce(n, (&id, by, "Event"), pushed, FaultTarget::Answer, body);
            }
            ScriptedAct::Says(text, offer) => {
                let open = matches!(conversation.via, GuestAccess::Open(_));
                let mut said =
                    SimulatedMessage::words(self.dice.messages.hex(), by, text, conversation.stamp(self.now.wall));
                said.offer = if open { offer.for_open() } else { offer };
                let body = frames::structured(&self.conversations[n], &said, false);
                let pushed = dense(json!({"text": &*said.text, "content": said.content()}));
                self.announce(n, (&said.id, by, said.form()), pushed, FaultTarget::Reply, body);
                self.conversations[n].say(said);
            }
            ScriptedAct::Joins => {
                conversation.participants.push(Participant::agent(&mut self.dice.messages, self.now.wall));
            }
            ScriptedAct::Ends => self.end(n, false),
        }
    }

    /// Ends a conversation; its guest is told where they can be.
    pub(super) fn end(&mut self, n: usize, by_fault: bool) {
        let conversation = &mut self.conversations[n];
        if conversation.ended.is_none() {
            conversation.ended = Some(ConversationEnd { at: self.now.wall, by_fault });
            self.announce_end(n);
        }
    }

    /// Tells the guest what the other side does: `pushed` is what a push has beside what all have, `body` that of a frame.
    fn announce(
        &mut self,
        n: usize,
        what: (&str, ParticipantPurpose, &str),
        pushed: Value,
        kind: FaultTarget,
        body: Value,
    ) {
        match self.conversations[n].via.clone() {
            GuestAccess::GuestApi => {}
            GuestAccess::Open(from) => self.push(n, what, &from, pushed),
            GuestAccess::Web(token) => self.tell(&token, kind, "StructuredMessage", body),
        }
    }

    /// Sends an outbound message of open messaging to the webhook, signed, where there is one.
    /// [shape: real: documented; 3p: GCX test data]
    fn push(&mut self, n: usize, (id, by, form): (&str, ParticipantPurpose, &str), guest: &Value, rest: Value) {
        let Some(webhook) = &self.scenario.webhook else { return };
        let (c, integration) = (&self.conversations[n], &self.integration_id);
        let name = c.participant(by).map(|p| p.name.as_str());
        let to = json!({"id": guest.get("id"), "idType": guest.get("idType")});
        let body = json!({
            "id": id,
            "channel": {"id": integration, "platform": "Open", "type": "Private", "messageId": id, "to": to,
                "from": {"nickname": name, "id": integration}, "time": time_text(self.now.wall)},
            "conversationId": c.id,
            "type": form,
            "direction": "Outbound",
            "originatingEntity": if by == ParticipantPurpose::Agent { "Human" } else { "Bot" },
        });
        let body = with(body, rest).to_string();
        let signature = signature(webhook.secret.expose_secret(), body.as_bytes());
        self.pushes.push(WebhookPush { url: webhook.url.clone(), body, signature });
    }

    pub(super) fn provoke(&mut self, n: usize, text: &str) {
        let conversation = &mut self.conversations[n];
        let (happenings, stage) = if conversation.script == ScenarioScript::Repeat {
            let last = conversation.thread.iter().rev().find(|said| !said.is_guests());
            let text = last.map_or_else(String::new, |said| said.text.to_string());
            (vec![ScriptedAct::Says(text, OfferedContent::Nothing)], conversation.stage)
        } else {
            script::answer(conversation.script, conversation.stage, text)
        };
        conversation.stage = stage;
        self.plan_happenings(n, happenings);
    }

    /// Puts happenings on the list of what is due, each message after its time of writing.
    pub(super) fn plan_happenings(&mut self, conversation: usize, happenings: Vec<ScriptedAct>) {
        let seen = self.conversations[conversation].via != GuestAccess::GuestApi;
        let mut at = self.now;
        for happening in happenings {
            if matches!(happening, ScriptedAct::Says(..)) {
                if seen {
                    self.due(at, DueEvent::Counterpart(conversation, ScriptedAct::Types));
                }
                let [low, high] = self.scenario.reply_ms;
                at = at.after(Duration::from_millis(self.dice.timing.between(low, high)));
            }
            self.due(at, DueEvent::Counterpart(conversation, happening));
        }
    }
}
