//! An engine with a profile that points at a test server, and everything it reported.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use guestwire::clock::Clock;
use guestwire::config::{
    ClientAuth, ConversationEntry, Credentials, GuestApi, Hosts, OAuthClient, Profile, SecretSource, TokenHost,
};
use guestwire::engine::{Command, EngineHandle, EngineOptions, Report};
use guestwire::model::{
    Address, Author, Conversation, ConversationKey, DeliveryStatus, Exchange, ExchangeKind, Extras, Message, MessageId,
    Moment, Outcome, OutgoingMessage, TokenStatus,
};
use jiff::Timestamp;
use tokio::sync::mpsc::Receiver;

use crate::support::http_server::{Act, Req, json};

/// The client secret of every engine; it must never be reported.
pub const SECRET: &str = "s3cr3t+value/that=stays";
/// How every token of these tests begins; neither may this.
pub const TOKEN: &str = "tkn9c1-";

/// A message of an earlier session into the first conversation, of which nobody knows whether it was received; and when
/// its first try began.
pub fn unknown_message(id: u64, text: &str, begun: Timestamp, extras: Extras) -> (Message, Timestamp) {
    let message = Message {
        id: MessageId(id),
        conversation: ConversationKey(0),
        author: Author::Guest,
        text: text.to_owned(),
        at: Moment::new(Duration::ZERO, begun),
        delivery: DeliveryStatus::Unknown("killed".into()),
        exchange: None,
        remote_id: None,
        resend_of: None,
        sent_as: None,
        extras,
    };
    (message, begun)
}

/// A profile with this many guest-api conversations, all at `base`.
pub fn profile(base: &str, conversations: u32) -> Profile {
    let entry = |key: u32| ConversationEntry {
        conversation: Conversation {
            key: ConversationKey(key),
            name: format!("c{key}"),
            address: Address::GuestApi {
                conversation_id: format!("5f0c91ce-0000-4000-8000-{key:012}"),
                participant_id: None,
                external_id: None,
            },
        },
        guest_token: None,
        attributes: std::collections::BTreeMap::new(),
    };
    Profile {
        name: "test".into(),
        region: "test".into(),
        production: false,
        sandbox: false,
        hosts: Hosts {
            login: base.into(),
            api: base.into(),
            webmessaging: "ws://127.0.0.1:1".into(),
            cdn: base.into(),
        },
        credentials: Credentials::Client(OAuthClient {
            id: "the-client".into(),
            secret: SecretSource::Literal(SECRET.into()),
            token_host: TokenHost::Login,
            client_auth: ClientAuth::Basic,
            scopes: vec!["guest:messages:send".into()],
        }),
        guest_api: GuestApi {
            path: "/api/v2/conversations/messaging/{conversationId}/messages".into(),
            required_scopes: vec!["guest:messages:send".into()],
        },
        open_messaging: guestwire::config::OpenMessaging::default(),
        conversations: (0..conversations).map(entry).collect(),
        redaction: guestwire::config::Redaction { names: vec!["x-tenant".into()], ..Default::default() },
        proxy: None,
        ca_files: Vec::new(),
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(10),
        parallel: 64,
    }
}

/// A token answer that names its scope.
pub fn granted(n: u64, lifetime: u64) -> Act {
    json(
        200,
        &format!(
            r#"{{"access_token":"{TOKEN}{n:04}","token_type":"bearer","expires_in":{lifetime},"scope":"guest:messages:send"}}"#
        ),
    )
}

/// The refusal of the Guest API's description.
pub fn unauthorized() -> Act {
    json(
        401,
        r#"{"code":"unauthorized","message":"The request could not be fulfilled because the requestor is not authorized to perform the action."}"#,
    )
}

/// Whether a request asks for a token.
pub fn is_token(req: &Req) -> bool {
    req.path == "/oauth/token"
}

/// Whether a request sends a message.
pub fn is_send(req: &Req) -> bool {
    req.method == "POST" && req.path.contains("/messaging/")
}

/// Grants long-lived tokens, and does `send` about messages; other requests are not found.
pub fn with_tokens(send: impl Fn(&Req) -> Act + Send + Sync + 'static) -> impl Fn(&Req) -> Act + Send + Sync + 'static {
    let minted = AtomicU64::new(0);
    move |req| match () {
        () if is_token(req) => granted(minted.fetch_add(1, Ordering::SeqCst) + 1, 3600),
        () if is_send(req) => send(req),
        () => json(404, r#"{"code":"not.found"}"#),
    }
}

/// An engine, and everything that it reported.
pub struct TestEngine {
    pub handle: EngineHandle,
    reports: Receiver<Report>,
    pub seen: Vec<Report>,
    next: u64,
}

impl TestEngine {
    pub fn start(profile: Profile) -> Self {
        Self::start_with(profile, Clock::start(), vec![])
    }

    /// `pauses`: when conversations are read after a send; none: never.
    pub fn start_with(profile: Profile, clock: Clock, pauses: Vec<Duration>) -> Self {
        Self::with_options(profile, clock, EngineOptions { seed: 7, read_pauses: pauses, ..EngineOptions::default() })
    }

    pub fn with_options(profile: Profile, clock: Clock, options: EngineOptions) -> Self {
        let (handle, reports) = EngineHandle::start(Arc::new(profile), clock, options);
        Self { handle, reports, seen: Vec::new(), next: 0 }
    }

    /// Sends a text; gives its id.
    pub fn send(&mut self, conversation: u32, text: &str) -> MessageId {
        self.send_with(conversation, text, guestwire::model::Extras::default())
    }

    /// Sends a text with what it carries; gives its id.
    pub fn send_with(&mut self, conversation: u32, text: &str, extras: guestwire::model::Extras) -> MessageId {
        self.next += 1;
        let message = MessageId(self.next);
        let conversation = ConversationKey(conversation);
        self.handle.ask(Command::Send(
            message,
            OutgoingMessage { conversation, text: text.into(), resend_of: None, sent_as: None, extras },
        ));
        message
    }

    /// Takes reports until one pleases; everything before is kept.
    pub async fn until(&mut self, pleases: impl Fn(&Report) -> bool) -> Report {
        loop {
            let report = self.next().await;
            if pleases(&report) {
                return report;
            }
        }
    }

    /// The next report.
    pub async fn next(&mut self) -> Report {
        let next = tokio::time::timeout(Duration::from_secs(30), self.reports.recv()).await;
        let Ok(Some(report)) = next else {
            panic!("no report came; the last were {:#?}", self.seen.iter().rev().take(6).collect::<Vec<_>>())
        };
        self.seen.push(report.clone());
        report
    }

    /// How a message ends.
    pub async fn end_of(&mut self, message: MessageId) -> DeliveryStatus {
        if let Some(delivery) = self.delivery(message)
            && delivery.is_finished()
        {
            return delivery;
        }
        let report = self
            .until(|r| matches!(r, Report::Message { id, delivery, .. } if *id == message && delivery.is_finished()))
            .await;
        let Report::Message { delivery, .. } = report else { unreachable!() };
        delivery
    }

    /// Where a message stands, as far as reported.
    pub fn delivery(&self, message: MessageId) -> Option<DeliveryStatus> {
        self.seen.iter().rev().find_map(|r| match r {
            Report::Message { id, delivery, .. } if *id == message => Some(delivery.clone()),
            _ => None,
        })
    }

    pub async fn signed_in(&mut self) {
        self.until(|r| matches!(r, Report::Token(TokenStatus::Valid(_)))).await;
    }

    /// The newest state of each exchange of a kind, in order.
    pub fn exchanges(&self, kind: ExchangeKind) -> Vec<Arc<Exchange>> {
        let mut out: Vec<Arc<Exchange>> = Vec::new();
        for report in &self.seen {
            if let Report::Exchange(exchange) = report
                && exchange.kind == kind
            {
                match out.iter_mut().find(|e| e.id == exchange.id) {
                    Some(old) => *old = Arc::clone(exchange),
                    None => out.push(Arc::clone(exchange)),
                }
            }
        }
        out
    }

    /// The exchange of a message.
    pub fn exchange_of(&self, message: MessageId) -> Arc<Exchange> {
        self.exchanges(ExchangeKind::Send).into_iter().find(|e| e.message == Some(message)).unwrap()
    }

    /// Stops the engine and checks what holds for every run: no secret in anything reported, and everything settled.
    pub async fn stop(mut self) -> Vec<Report> {
        self.handle.ask(Command::Shutdown);
        self.until(|r| *r == Report::Stopped).await;
        assert!(self.reports.recv().await.is_none(), "nothing follows Stopped");
        let all = format!("{:?}", self.seen);
        for secret in [SECRET, TOKEN, "dGhlLWNsaWVudDp", "s3cr3t%2Bvalue"] {
            assert!(!all.contains(secret), "{secret} was reported: …{}…", around(&all, secret));
        }
        for exchange in self.exchanges(ExchangeKind::Send) {
            assert!(exchange.outcome.is_finished(), "left open: {exchange:#?}");
            assert!(exchange.outcome != Outcome::Open);
        }
        self.seen
    }
}

fn around(all: &str, part: &str) -> String {
    let at = all.find(part).unwrap();
    all.chars().skip(at.saturating_sub(200)).take(400).collect()
}
