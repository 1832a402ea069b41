//! Webhooks that came in: each genuine one is a row of the log, and what is new goes to its conversation. What nobody
//! signed is one row for each reason to refuse it, with a count: no stranger fills the log.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::engine::Report;
use crate::engine::client::capture;
use crate::engine::reading::{Arrival, RecentSet, Settled};
use crate::genesys::open_messaging::{Outbound, WebhookContent, WebhookForm};
use crate::model::{ConversationKey, Ending, Exchange, ExchangeKind, Outcome, Reason, Response, Timing, WebhookState};

use super::context::Context;
use super::reads::Reads;
use super::side_requests::SideRequests;
use super::webhook_listener::{self, Delivery, WebhookAnswer, WebhookEvent};

const REMEMBERED: usize = 1024; // how many deliveries are remembered, to know a repeated delivery
const TYPES_FOR: Duration = Duration::from_secs(10); // how long somebody types who does not say how long

#[derive(Default)]
pub struct Webhooks {
    events: Option<mpsc::Receiver<WebhookEvent>>, // where the profile wants one
    listener: JoinSet<()>,                        // ends with the driver
    seen: RecentSet<(String, String), REMEMBERED>,
    refused: Vec<(WebhookAnswer, Exchange, u64)>, // the row of each way to refuse strangers, and its count
}

impl Webhooks {
    pub fn listen(&mut self, cx: &Context) {
        let Some(hook) = cx.profile.open_messaging.webhook.clone() else { return };
        let (sender, events) = mpsc::channel(webhook_listener::WAITING);
        self.listener.spawn(webhook_listener::listen(
            hook,
            cx.options.terminal,
            cx.clock,
            cx.shared.subscribe(),
            sender,
        ));
        self.events = Some(events);
    }

    pub async fn next(&mut self) -> Option<WebhookEvent> {
        self.events.as_mut()?.recv().await
    }

    /// So many more requests that nobody signed, all answered as `first` was.
    fn count_refused(&mut self, first: &Delivery, count: u64, cx: &mut Context) {
        let what = format!("webhook {} from {}", first.request.method, first.peer.ip());
        let known = self.refused.iter().position(|(answer, ..)| *answer == first.answer);
        let (answer, mut record, before) = match known {
            Some(at) => self.refused.swap_remove(at),
            None => (first.answer, row(first, &what, None, cx), 0),
        };
        let total = before.saturating_add(count);
        if total > 1 {
            record.what = format!("{what}, {total} so far");
        }
        cx.report(record.report());
        self.refused.push((answer, record, total));
    }

    /// Takes in what the listener told. Gives what it says of messages of ours.
    pub fn take(
        &mut self,
        event: WebhookEvent,
        cx: &mut Context,
        reads: &mut Reads,
        side_requests: &mut SideRequests,
    ) -> Vec<Settled> {
        let state = match event {
            WebhookEvent::Listening(address, secret) => {
                cx.learn_secret(&secret, "webhook secret");
                WebhookState::Listening(address.to_string())
            }
            WebhookEvent::Failed(why) => WebhookState::Failed(cx.mask(&why)),
            WebhookEvent::Refused(delivery, count) => {
                self.count_refused(&delivery, count, cx);
                return Vec::new();
            }
            WebhookEvent::Delivery(mut delivery) => {
                let outbound = delivery.outbound.take();
                let key = outbound.as_ref().and_then(|outbound| addressed(outbound, cx));
                let new = outbound.as_ref().is_some_and(|o| self.seen.insert(o.unique.clone()));
                let what = words(&delivery, outbound.as_ref(), key, new);
                let record = row(&delivery, &what, key, cx);
                cx.report(record.report());
                return match (outbound, key) {
                    (Some(outbound), Some(key)) if new => hear(outbound, key, cx, reads, side_requests),
                    _ => Vec::new(),
                };
            }
        };
        cx.notice(&state.words());
        cx.report(Report::Webhook(state));
        Vec::new()
    }
}

fn row(delivery: &Delivery, what: &str, key: Option<ConversationKey>, cx: &mut Context) -> Exchange {
    let mut record = cx.record(ExchangeKind::Hook, what, key);
    record.started = delivery.at;
    record.begin(delivery.request.clone(), None, delivery.at);
    let (headers, (status, body, refusal)) = (delivery.answer.headers(), delivery.answer.said());
    let (status, body) = (status.as_u16(), body.as_bytes());
    let answered = Ending::Answered(Response {
        status,
        version: "HTTP/1.1".to_owned(),
        headers: cx.redactor.headers(&headers),
        body: capture::body(body, body.len() as u64, &headers, &cx.redactor, false),
        remote: Some(delivery.peer.to_string()),
        phrase: None,
    });
    record.end((answered, Timing { total: Some(delivery.took), ..Timing::default() }));
    let refused = refusal.map(|why| Outcome::Refused(Reason::HookRefused(status, why.to_owned())));
    record.settle(refused.unwrap_or(Outcome::Accepted), cx.now);
    record
}

/// The conversation that an outbound message belongs to: by integration and guest, else by the conversation's id.
fn addressed(outbound: &Outbound, cx: &Context) -> Option<ConversationKey> {
    let keys = || cx.profile.conversations.iter().map(|e| e.conversation.key);
    let by_guest = keys().find(|key| {
        cx.open_guest(*key).is_some_and(|(integration_id, guest)| {
            outbound.guest_id.as_ref() == Some(&guest.id)
                && outbound.integration_id.as_ref().is_none_or(|id| id == integration_id)
        })
    });
    by_guest.or_else(|| {
        let id = outbound.conversation_id.as_deref()?;
        keys().find(|key| cx.conversation_id(*key) == Some(id))
    })
}

fn hear(
    outbound: Outbound,
    key: ConversationKey,
    cx: &mut Context,
    reads: &mut Reads,
    side_requests: &mut SideRequests,
) -> Vec<Settled> {
    let author = outbound.author;
    match outbound.what {
        WebhookContent::Message(message) => {
            if let Some(id) = outbound.conversation_id {
                cx.learn(key, id);
            }
            cx.report(Report::Typing(key, author, None));
            let (fresh, settled) = reads.of(key).hear(vec![message], Arrival::Pushed, cx.skew());
            if !fresh.is_empty() {
                side_requests.acknowledge(key, &fresh, cx);
                cx.report(Report::MessagesArrived(key, fresh));
            }
            return settled;
        }
        WebhookContent::Typing(on, duration) => {
            let until = on.then(|| cx.now.after(duration.unwrap_or(TYPES_FOR)));
            cx.report(Report::Typing(key, author, until));
        }
        WebhookContent::Receipt(receipt) if receipt.is_failure() => {
            let name = cx.entry(key).map(|entry| entry.conversation.name.clone()).unwrap_or_default();
            cx.notice(&format!(
                "the platform accepted a message in \u{201c}{name}\u{201d} and then did not deliver it: {}",
                receipt.words()
            ));
        }
        WebhookContent::Receipt(_) | WebhookContent::Other(_) => {}
    }
    Vec::new()
}

/// The row's words: what was said, so that nobody has to open the entry to follow a conversation.
fn words(delivery: &Delivery, outbound: Option<&Outbound>, key: Option<ConversationKey>, new: bool) -> String {
    let Some(outbound) = outbound else {
        return format!("webhook {} from {}", delivery.request.method, delivery.peer.ip());
    };
    let said = match &outbound.what {
        WebhookContent::Message(message) => format!("{}: {}", message.author.word(), message.text),
        WebhookContent::Typing(true, _) => format!("{} is typing", outbound.author.word()),
        WebhookContent::Typing(false, _) => format!("{} has stopped typing", outbound.author.word()),
        WebhookContent::Receipt(receipt) => format!("receipt: {}", receipt.words()),
        WebhookContent::Other(kind) => format!("[{kind}]"),
    };
    let in_hex = delivery.answer == WebhookAnswer::Taken(WebhookForm::Hex);
    let notes = [(!new, "came before"), (key.is_none(), "for nobody in the picker"), (in_hex, "signed in hex")];
    let notes: Vec<_> = notes.into_iter().filter(|(holds, _)| *holds).map(|(_, note)| note).collect();
    if notes.is_empty() { said } else { format!("{said} ({})", notes.join(", ")) }
}
