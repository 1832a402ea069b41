//! Webhooks that came in: each genuine one is a row of the log, and what is new goes to its conversation. What nobody
//! signed is one row for each reason to refuse it, with a count: no stranger fills the log.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::engine::Report;
use crate::engine::client::capture;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::heard::Came;
use crate::engine::recent_set::Recent;
use crate::engine::webhook::{self, Answer, Delivery, Event};
use crate::genesys::webhook::{Form, Outbound, What};
use crate::model::{
    Address, ConversationKey, Ending, Kind, Moment, Outcome, RemoteMessage, Response, Timing, WebhookState,
};

use super::Driver;

/// Deliveries that are remembered, so that a repeated one is known.
const REMEMBERED: usize = 1024;
/// How long somebody types who does not say how long.
const TYPES_FOR: Duration = Duration::from_secs(10);

/// The listener, and what came through it.
pub struct Webhooks {
    events: mpsc::Receiver<Event>,
    /// Ends with the driver.
    _listener: JoinSet<()>,
    seen: Recent<(String, String)>,
    /// The row of each way in which strangers were refused, and how many it counts.
    refused: Vec<(Answer, ExchangeBuilder, u64)>,
}

impl Webhooks {
    /// What the listener tells next; nothing more once it has ended.
    pub async fn next(hooks: &mut Option<Self>) -> Option<Event> {
        match hooks {
            Some(hooks) => hooks.events.recv().await,
            None => None,
        }
    }
}

impl Driver {
    /// Begins to listen, where the profile says so.
    pub(super) fn start_hooks(&mut self) {
        let Some(hook) = self.context.profile.open_messaging.webhook.clone() else { return };
        let (tell, events) = mpsc::channel(webhook::WAITING);
        let mut listener = JoinSet::new();
        listener.spawn(webhook::listen(
            hook,
            self.context.tuning.terminal,
            self.context.clock,
            self.context.shared.subscribe(),
            tell,
        ));
        self.webhooks =
            Some(Webhooks { events, _listener: listener, seen: Recent::new(REMEMBERED), refused: Vec::new() });
    }

    pub(super) fn hooked(&mut self, event: Event, now: Moment) {
        match event {
            Event::Listening(address, secret) => {
                self.context.redactor = Arc::new(self.context.redactor.with_secret(&secret, "webhook secret"));
                self.hook_stands(WebhookState::Listening(address.to_string()), now);
            }
            Event::Failed(why) => {
                let why = self.context.redactor.text(&why).into_owned();
                self.hook_stands(WebhookState::Failed(why), now);
            }
            Event::Delivery(delivery) => self.delivered(*delivery, now),
            Event::Refused(delivery, count) => self.refused(&delivery, count, now),
        }
    }

    fn hook_stands(&self, state: WebhookState, now: Moment) {
        self.context.notice(&state.words(), now);
        self.context.tell(Report::Webhook(state));
    }

    fn delivered(&mut self, mut delivery: Delivery, now: Moment) {
        let outbound = delivery.outbound.take();
        let key = outbound.as_ref().and_then(|outbound| self.home_of(outbound));
        let new =
            outbound.as_ref().is_some_and(|o| self.webhooks.as_mut().is_none_or(|h| h.seen.insert(o.unique.clone())));
        let what = words(&delivery, outbound.as_ref(), key, new);
        let record = self.hook_row(&delivery, what, key, now);
        self.context.tell(record.report());
        if let (Some(outbound), Some(key), true) = (outbound, key, new) {
            self.take_in(outbound, key, now);
        }
    }

    /// So many more requests that nobody signed, all answered as `first` was.
    fn refused(&mut self, first: &Delivery, count: u64, now: Moment) {
        let what = format!("webhook {} from {}", first.request.method, first.peer.ip());
        let known = self.webhooks.as_mut().and_then(|hooks| {
            let at = hooks.refused.iter().position(|(answer, ..)| *answer == first.answer)?;
            Some(hooks.refused.swap_remove(at))
        });
        let (answer, mut record, before) =
            known.unwrap_or_else(|| (first.answer, self.hook_row(first, what.clone(), None, now), 0));
        let total = before.saturating_add(count);
        if total > 1 {
            record.call_it(format!("{what}, {total} so far"));
        }
        self.context.tell(record.report());
        if let Some(hooks) = &mut self.webhooks {
            hooks.refused.push((answer, record, total));
        }
    }

    /// A row about something that came.
    fn hook_row(
        &mut self,
        delivery: &Delivery,
        what: String,
        key: Option<ConversationKey>,
        now: Moment,
    ) -> ExchangeBuilder {
        let mut record = ExchangeBuilder::new(self.context.next_exchange(), Kind::Hook, what, delivery.at);
        if let Some(key) = key {
            record = record.of(key, None);
        }
        let answered = Ending::Answered(self.as_answered(delivery));
        record.begin(delivery.request.clone(), None, delivery.at);
        record.end(answered, Timing { total: Some(delivery.took), ..Timing::default() });
        let outcome = match delivery.answer.refusal() {
            Some(why) => Outcome::Refused(format!("answered with {}: {why}", delivery.answer.status().as_u16())),
            None => Outcome::Accepted,
        };
        record.settle(outcome, now);
        record
    }

    fn as_answered(&self, delivery: &Delivery) -> Response {
        let (answer, headers) = (delivery.answer, delivery.answer.headers());
        let body = answer.body().as_bytes();
        Response {
            status: answer.status().as_u16(),
            version: "HTTP/1.1".to_owned(),
            headers: self.context.redactor.headers(&headers),
            body: capture::body(body, body.len() as u64, &headers, &self.context.redactor, false),
            remote: Some(delivery.peer.to_string()),
        }
    }

    /// The conversation that an outbound message belongs to: by integration and guest, else by the conversation's id.
    fn home_of(&self, outbound: &Outbound) -> Option<ConversationKey> {
        let addressed = |address: &Address| match address {
            Address::OpenMessaging { integration_id, guest } => {
                outbound.guest_id.as_ref() == Some(&guest.id)
                    && outbound.integration_id.as_ref().is_none_or(|id| id == integration_id)
            }
            Address::GuestApi { .. } | Address::WebMessaging { .. } => false,
        };
        let entries = || self.context.profile.conversations.iter().map(|e| &e.conversation);
        entries().find(|c| addressed(&c.address)).map(|c| c.key).or_else(|| {
            let id = outbound.conversation_id.as_deref()?;
            entries().map(|c| c.key).find(|key| self.conversation_id(*key) == Some(id))
        })
    }

    fn take_in(&mut self, outbound: Outbound, key: ConversationKey, now: Moment) {
        let author = outbound.author;
        match outbound.what {
            What::Message(message) => {
                if let Some(id) = outbound.conversation_id {
                    self.learn(key, id);
                }
                self.context.tell(Report::Typing { key, author, until: None });
                self.hear(key, vec![message]);
            }
            What::Typing(on, duration) => {
                let until = on.then(|| now.after(duration.unwrap_or(TYPES_FOR)));
                self.context.tell(Report::Typing { key, author, until });
            }
            What::Other(_) => {}
        }
    }

    /// Messages came by themselves: the new ones are told, acknowledged, and may settle messages of ours.
    pub(super) fn hear(&mut self, key: ConversationKey, messages: Vec<RemoteMessage>) {
        let skew = self.skew();
        let (fresh, settled) = self.reads.readers.entry(key).or_default().hear(messages, Came::Pushed, skew);
        if fresh.is_empty() {
            return;
        }
        self.acknowledge(key, &fresh);
        self.context.tell(Report::MessagesArrived { key, messages: fresh });
        self.tell_settled(settled);
    }
}

/// The row's words: what was said, so that nobody has to open the entry to follow a conversation.
fn words(delivery: &Delivery, outbound: Option<&Outbound>, key: Option<ConversationKey>, new: bool) -> String {
    let Some(outbound) = outbound else {
        return format!("webhook {} from {}", delivery.request.method, delivery.peer.ip());
    };
    let said = match &outbound.what {
        What::Message(message) => format!("{}: {}", message.author.word(), message.text),
        What::Typing(true, _) => format!("{} is typing", outbound.author.word()),
        What::Typing(false, _) => format!("{} has stopped typing", outbound.author.word()),
        What::Other(kind) => format!("[{kind}]"),
    };
    let mut notes = Vec::new();
    if !new {
        notes.push("came before");
    }
    if key.is_none() {
        notes.push("for nobody in the picker");
    }
    if delivery.answer == Answer::Taken(Form::Hex) {
        notes.push("signed in hex");
    }
    if notes.is_empty() { said } else { format!("{said} ({})", notes.join(", ")) }
}
