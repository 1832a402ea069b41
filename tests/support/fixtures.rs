//! The plainest value of each kind; a test changes what it is about: `TokenFacts { pasted: true, ..token_facts() }`.
//! Unit tests in `src` use this file too.

use std::sync::Arc;
use std::time::Duration;

use guestwire::model::{
    Address, Attempt, Body, BodyForm, Conversation, ConversationKey, Ending, Exchange, ExchangeId, ExchangeKind,
    ExchangeStep, Generation, Header, Moment, OpenGuest, Outcome, Request, Response, Timing, TokenAcceptance,
    TokenFacts,
};

/// The scope without which a guest cannot send.
pub const SCOPE: &str = "guest:messages:send";
/// What the service says where the scope or the grant is missing.
pub const DENIED: &str = r#"{"code":"unauthorized","message":"The request could not be fulfilled because the requestor is not authorized to perform the action."}"#;

/// So many seconds after the zero of time.
pub fn at_second(seconds: u64) -> Moment {
    Moment::ZERO.after(Duration::from_secs(seconds))
}

/// So many milliseconds after the zero of time.
pub fn at_millis(millis: u64) -> Moment {
    Moment::ZERO.after(Duration::from_millis(millis))
}

/// The first token, got at the zero of time for one hour. Which scopes it has is not known.
pub fn token_facts() -> TokenFacts {
    TokenFacts {
        generation: Generation(1),
        issued: Moment::ZERO,
        expires: Some(at_second(3600)),
        lifetime: Some(Duration::from_secs(3600)),
        requested: vec![SCOPE.to_owned()],
        granted: None,
        missing: Vec::new(),
        organization: None,
        client_name: None,
        pasted: false,
        acceptance: TokenAcceptance::NotAsked,
    }
}

/// A conversation of the guest API without a participant.
pub fn guest_conversation(key: u32, name: &str, conversation_id: &str) -> Conversation {
    Conversation {
        key: ConversationKey(key),
        name: name.to_owned(),
        address: Address::GuestApi {
            conversation_id: conversation_id.to_owned(),
            participant_id: None,
            external_id: None,
        },
    }
}

/// The open-messaging one of [`live_conversations`].
pub const OPEN: ConversationKey = ConversationKey(1);
/// The web-messaging one of [`live_conversations`].
pub const WEB: ConversationKey = ConversationKey(2);

/// One of each channel.
pub fn live_conversations() -> [Conversation; 3] {
    let guest = OpenGuest { id: "guest-42".to_owned(), id_type: "Opaque".to_owned(), nickname: None };
    let open = Address::OpenMessaging { integration_id: "1ad1aaaa-3f6e-4a98-ab8b-941167ea0001".to_owned(), guest };
    let web = Address::WebMessaging {
        deployment_id: "de91aaaa-3f6e-4a98-ab8b-941167ea0002".to_owned(),
        origin: "https://shop.example".to_owned(),
    };
    [
        guest_conversation(0, "Billing bot", "c0"),
        Conversation { key: OPEN, name: "Anna, open".to_owned(), address: open },
        Conversation { key: WEB, name: "Anna, web".to_owned(), address: web },
    ]
}

/// A body of JSON or text.
pub fn body(text: &str) -> Body {
    let json = serde_json::from_str::<serde_json::Value>(text).is_ok();
    let form = if text.is_empty() {
        BodyForm::Empty
    } else if json {
        BodyForm::Json
    } else {
        BodyForm::Text
    };
    Body { form, text: text.to_owned(), total: text.len() as u64, ..Body::default() }
}

/// Headers by name and value.
pub fn headers(all: &[(&str, &str)]) -> Vec<Header> {
    all.iter().map(|(name, value)| Header::new(*name, *value)).collect()
}

/// A request with a body as [`body`] makes it.
pub fn request(method: &str, url: impl Into<String>, headers: Vec<Header>, text: &str) -> Request {
    Request { method: method.to_owned(), url: url.into(), headers, body: body(text) }
}

/// An answer by HTTP/1.1 with a body as [`body`] makes it.
pub fn response(status: u16, headers: Vec<Header>, text: &str) -> Response {
    Response { status, version: "HTTP/1.1".to_owned(), headers, body: body(text), remote: None, phrase: None }
}

/// A first try, without a token.
pub fn attempt(started: Moment, request: Request, ending: Option<Ending>) -> Attempt {
    Attempt {
        number: 1,
        started,
        generation: None,
        token_age: None,
        request: Arc::new(request),
        ending,
        timing: Timing::default(),
    }
}

/// An exchange of no conversation. It begins with its first try, and took no time where it is over.
pub fn exchange(id: u64, kind: ExchangeKind, attempts: Vec<Attempt>, outcome: Outcome) -> Exchange {
    let started = attempts.first().map_or(Moment::ZERO, |attempt| attempt.started);
    Exchange {
        id: ExchangeId(id),
        kind,
        what: String::new(),
        conversation: None,
        message: None,
        sent_as: None,
        started,
        took: outcome.is_finished().then_some(Duration::ZERO),
        steps: attempts.into_iter().map(|attempt| ExchangeStep::Try(Arc::new(attempt))).collect(),
        outcome,
    }
}
