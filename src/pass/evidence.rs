//! What shows how a step went: the exchanges behind it, what was said, the screen as text. Made from what was captured,
//! so secrets are out of it already; bodies are bounded, since a run of fifty steps is kept whole.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Attempt, Author, Body, DeliveryStatus, Diagnosis, Ending, Exchange, ExchangeStep, RemoteMessage};
use crate::text::screen::head;

/// Bytes of a body that evidence keeps.
pub const BODY_KEPT: usize = 16 << 10;

/// What shows how a step went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEvidence {
    /// The exchanges, in the order in which they began.
    pub exchanges: Vec<ExchangeEvidence>,
    /// The messages of both sides, in the order in which they became known.
    pub said: Vec<SaidMessage>,
    /// The conversation as the screen showed it when the step was judged. `None` without a screen.
    pub screen: Option<String>,
}

/// One message, as far as a report goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidMessage {
    /// `guest`, `bot`, `agent` or `system`.
    pub author: String,
    /// What it says.
    pub text: String,
    /// When: ours by this machine's clock, theirs by the remote side's.
    pub at: Timestamp,
    /// Where ours stands (`accepted`, `refused` …); `None` for theirs.
    #[serde(rename = "life")]
    pub delivery: Option<String>,
    /// The remote side's id.
    pub remote_id: Option<String>,
    /// The labels that it offered to answer with.
    pub choices: Vec<String>,
    /// How it was sent wrongly on purpose.
    pub sent_as: Option<String>,
}

impl SaidMessage {
    /// One of theirs.
    pub fn heard(message: &RemoteMessage) -> Self {
        Self {
            author: message.author.word().to_owned(),
            text: message.text.clone(),
            at: message.at,
            delivery: None,
            remote_id: Some(message.id.clone()),
            choices: message.choices.iter().map(|c| c.label.clone()).collect(),
            sent_as: None,
        }
    }

    /// Whether the guest said it.
    pub fn is_ours(&self) -> bool {
        self.author == Author::Guest.word()
    }

    /// Where ours stands now.
    pub fn now(&mut self, delivery: &DeliveryStatus) {
        self.delivery = Some(delivery.word().to_owned());
    }
}

/// An exchange, with its conversation's name and its cause, which the exchange itself does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeEvidence {
    /// What happened, with bodies of at most [`BODY_KEPT`].
    pub exchange: Exchange,
    /// The conversation, by name.
    pub conversation: Option<String>,
    /// Why, as far as could be told.
    pub cause: Option<CauseRecord>,
}

/// What was diagnosed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseRecord {
    /// The cause's fixed name.
    pub cause: String,
    /// `sure`, `likely` or `possible`.
    pub confidence: String,
    /// The evidence for it, one sentence.
    pub because: String,
}

impl ExchangeEvidence {
    /// The exchange as it stands. `conversation` is the name of the one it belongs to.
    pub fn of(exchange: &Exchange, conversation: Option<String>, diagnosis: Option<&Diagnosis>) -> Self {
        // What is kept means the same to another process.
        let mut exchange = Exchange { conversation: None, message: None, ..exchange.clone() };
        for step in &mut exchange.steps {
            if let ExchangeStep::Try(attempt) = step {
                bound(attempt);
            }
        }
        let cause = diagnosis.map(|diagnosis| CauseRecord {
            cause: diagnosis.cause().as_str().to_owned(),
            confidence: diagnosis.confidence().word().to_owned(),
            because: diagnosis.sentence(),
        });
        Self { exchange, conversation, cause }
    }
}

/// Cuts the bodies of a try to what evidence keeps.
fn bound(attempt: &mut Arc<Attempt>) {
    let long = |body: &Body| body.text.len() > BODY_KEPT;
    if long(&attempt.request.body) || attempt.response().is_some_and(|response| long(&response.body)) {
        let attempt = Arc::make_mut(attempt);
        let request = &mut Arc::make_mut(&mut attempt.request).body;
        let response = match &mut attempt.ending {
            Some(Ending::Answered(response)) => Some(response),
            Some(Ending::Failed(failure)) => failure.partial.as_deref_mut(),
            None => None,
        };
        for body in std::iter::once(request).chain(response.map(|response| &mut response.body)) {
            body.truncated |= long(body);
            body.text.truncate(head(&body.text, BODY_KEPT).len());
        }
    }
}
