//! What all areas of the driver share: who asks and is told, what is known of time, limits, tokens and secrets, and the
//! tasks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::config::{ConversationEntry, Credentials, Profile};
use crate::engine::client::Client;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::jitter::Jitter;
use crate::engine::pace::Pace;
use crate::engine::redact::Redactor;
use crate::engine::token::{Outlook, TokenMachine, Verified};
use crate::engine::{EngineOptions, Report};
use crate::genesys::Call;
use crate::genesys::call::BadCall;
use crate::genesys::conversations;
use crate::model::{
    Address, AsOf, ConversationKey, Exchange, ExchangeId, ExchangeKind, Generation, Moment, OpenGuest, Outcome,
    RepliesReadable, Transport,
};

use super::reporter::Reporter;
use super::task_output::{CapturedTry, ResponseMeta, TaskOutput};

/// A server clock that differs by more is told, in seconds.
const SKEW_MAX: i64 = 60;

pub struct Context {
    pub clock: Clock,
    /// The moment of this turn of the loop.
    pub now: Moment,
    pub profile: Arc<Profile>,
    pub options: EngineOptions,
    pub client: Client,
    pub redactor: Arc<Redactor>,
    /// The newest redactor, for whoever writes what did not come from here.
    pub shared: watch::Sender<Arc<Redactor>>,
    /// What is known of the token's rate limit.
    pub pace: Pace,
    pub tokens: TokenMachine,
    pub token: Option<SecretString>,
    /// Ids on the remote side of conversations whose address does not name it.
    pub ids: BTreeMap<ConversationKey, String>,
    pub tasks: JoinSet<TaskOutput>,
    pub reporter: Reporter,
    /// Seconds that the server's clock is ahead, by the newest answer.
    skew: i64,
    exchanges: u64,
}

impl Context {
    pub fn new(
        profile: Arc<Profile>,
        clock: Clock,
        options: EngineOptions,
        reports: Sender<Report>,
        shared: watch::Sender<Arc<Redactor>>,
    ) -> Self {
        let requested = match &profile.credentials {
            Credentials::Client(client) => client.scopes.clone(),
            Credentials::Pasted(_) | Credentials::Missing(_) => Vec::new(),
        };
        let entries = &profile.conversations;
        let guest_api =
            entries.is_empty() || entries.iter().any(|c| c.conversation.channel().capabilities().scopes_decide);
        let required = if guest_api { profile.guest_api.required_scopes.clone() } else { Vec::new() };
        let pasted = matches!(profile.credentials, Credentials::Pasted(_));
        let redactor = Arc::clone(&shared.borrow());
        Self {
            clock,
            now: clock.now(),
            client: Client::new(&profile, clock, options.environment.clone()),
            redactor,
            shared,
            pace: Pace::default(),
            tokens: TokenMachine::new(pasted, requested, required, Jitter::new(options.seed.rotate_left(17))),
            token: None,
            ids: BTreeMap::new(),
            tasks: JoinSet::new(),
            reporter: Reporter::new(options.metrics.as_ref(), &profile, reports),
            skew: 0,
            exchanges: 0,
            profile,
            options,
        }
    }

    pub fn report(&self, report: Report) {
        self.reporter.report(report);
    }

    pub fn report_all(&self, reports: Vec<Report>) {
        for report in reports {
            self.report(report);
        }
    }

    /// Reports a sentence about guestwire itself.
    pub fn notice(&self, text: &str) {
        self.report(Report::Notice { at: self.now, conversation: None, text: self.mask(text) });
    }

    /// The same of one conversation.
    pub fn notice_of(&self, key: ConversationKey, text: &str) {
        self.report(Report::Notice { at: self.now, conversation: Some(key), text: self.mask(text) });
    }

    /// Reports whether replies can be read, as of a read that began at `began`.
    pub fn report_readable(&self, key: ConversationKey, readable: RepliesReadable, began: Moment) {
        self.report(Report::RepliesReadable { key, readable, as_of: AsOf::ReadAt(began) });
    }

    /// Reports where signing in stands, where that has changed.
    pub fn report_token(&mut self) {
        if let Some(status) = self.tokens.status_news(self.now) {
            self.report(Report::Token(status));
        }
    }

    /// A scope that is needed and not granted is announced before a message meets a 401, once.
    pub fn report_missing(&mut self) {
        if let Some(text) = self.tokens.missing_news() {
            self.report_token();
            self.notice(&text);
        }
    }

    /// `tokens/me` was asked about this generation.
    pub fn verified(&mut self, generation: Generation, verified: Verified) {
        self.tokens.verified(generation, verified);
        self.report_missing();
    }

    /// Whether anything of the profile may need a token: where guests only speak through sockets, nobody is asked for
    /// credentials that are not there.
    pub fn wants_token(&self) -> bool {
        let by_frames = |e: &ConversationEntry| e.conversation.channel().capabilities().transport == Transport::Frame;
        let entries = &self.profile.conversations;
        let only_sockets = !entries.is_empty() && entries.iter().all(by_frames);
        !(only_sockets && matches!(self.profile.credentials, Credentials::Missing(_)))
    }

    /// The session's token, for a request.
    pub fn usable_token(&self) -> Result<&SecretString, BadCall> {
        self.token.as_ref().ok_or_else(|| BadCall("there is no valid token".to_owned()))
    }

    /// What a request carries that is written now: the token's generation, and its age.
    pub fn carried(&self) -> Option<(Generation, Duration)> {
        self.tokens.facts().map(|facts| (facts.generation, self.now.since(facts.issued)))
    }

    /// Whether a request that carries the token may go out now; `refuted`: for one that has met a 401 with that token.
    pub fn outlook(&self, refuted: Option<Generation>) -> Outlook {
        self.tokens.outlook(self.now, refuted)
    }

    /// Whether a request beside the messages may go out now.
    pub fn may_ask(&self) -> bool {
        matches!(self.outlook(None), Outlook::Ready(_)) && self.pace.may_read(self.now).is_ok()
    }

    pub fn mask(&self, text: &str) -> String {
        self.redactor.text(text).into_owned()
    }

    pub fn learn_secret(&mut self, secret: &SecretString, label: &str) {
        self.redactor = Arc::new(self.redactor.with_secret(secret, label));
    }

    /// A new exchange, possibly of a conversation. `what` may hold secrets.
    pub fn record(&mut self, kind: ExchangeKind, what: &str, of: Option<ConversationKey>) -> ExchangeBuilder {
        self.exchanges += 1;
        let exchange = Exchange {
            id: ExchangeId(self.exchanges),
            kind,
            what: self.mask(what),
            conversation: of,
            message: None,
            sent_as: None,
            started: self.now,
            took: None,
            steps: Vec::new(),
            outcome: Outcome::Open,
        };
        ExchangeBuilder { exchange }
    }

    /// An exchange is over: reported as a whole.
    pub fn settle(&self, record: &mut ExchangeBuilder, outcome: Outcome) {
        record.settle(outcome, self.now);
        self.report(record.report());
    }

    /// The same, where it asked something. `understood`: the answer is what was asked for.
    pub fn settle_question(&self, record: &mut ExchangeBuilder, shown: CapturedTry, understood: bool) -> Outcome {
        let outcome = shown.outcome(understood);
        self.settle_try(record, shown, outcome.clone());
        outcome
    }

    /// The same with the try that ended it.
    pub fn settle_try(&self, record: &mut ExchangeBuilder, shown: CapturedTry, outcome: Outcome) {
        let (ending, timing) = shown.ended();
        record.end(ending, timing);
        self.settle(record, outcome);
    }

    pub fn entry(&self, key: ConversationKey) -> Option<&ConversationEntry> {
        self.profile.conversations.get(key.0 as usize)
    }

    pub fn address(&self, key: ConversationKey) -> Option<&Address> {
        self.entry(key).map(|entry| &entry.conversation.address)
    }

    /// Deployment and origin of a web conversation.
    pub fn web_address(&self, key: ConversationKey) -> Option<(&str, &str)> {
        let Address::WebMessaging { deployment_id, origin } = self.address(key)? else { return None };
        Some((deployment_id, origin))
    }

    /// The integration and the guest of a conversation of open messaging.
    pub fn open_guest(&self, key: ConversationKey) -> Option<(&str, &OpenGuest)> {
        let Address::OpenMessaging { integration_id, guest } = self.address(key)? else { return None };
        Some((integration_id, guest))
    }

    /// Whether a conversation has a session of its own.
    pub fn is_web(&self, key: ConversationKey) -> bool {
        self.web_address(key).is_some()
    }

    /// The remote side's id of a conversation: its address names it, or it was learned.
    pub fn conversation_id(&self, key: ConversationKey) -> Option<&str> {
        self.address(key)?.conversation_id().or_else(|| self.ids.get(&key).map(String::as_str))
    }

    /// The remote side's id of a conversation became known. Another id than before means another conversation: the
    /// messages that were read in the old one stay.
    pub fn learn(&mut self, key: ConversationKey, conversation_id: String) {
        if self.conversation_id(key) == Some(conversation_id.as_str()) {
            return;
        }
        self.ids.insert(key, conversation_id.clone());
        if !self.is_web(key) {
            self.report_readable(key, RepliesReadable::NotYetKnown, self.now);
        }
        self.report(Report::ConversationIdKnown { key, conversation_id });
    }

    /// The request that reads a conversation, or these of its messages.
    pub fn read_call(&self, key: ConversationKey, ids: &[String]) -> Result<Call, BadCall> {
        let token = self.usable_token()?;
        let none = || BadCall("the id of the conversation is not known".to_owned());
        let id = self.conversation_id(key).ok_or_else(none)?;
        let api = &self.profile.hosts.api;
        if ids.is_empty() {
            conversations::request(api, id, token)
        } else {
            conversations::bulk_request(api, id, ids, token)
        }
    }

    /// By how much the server's clock is ahead, by the newest answer.
    pub const fn skew(&self) -> SignedDuration {
        SignedDuration::from_secs(self.skew)
    }

    /// A time of this machine's clock as the server's clock has it.
    pub fn server_time(&self, at: Timestamp) -> Timestamp {
        at.saturating_add(self.skew()).unwrap_or(at)
    }

    /// Takes in what every answer says beside its own matter: the server's clock, and the rate limit, where the request
    /// carried the session's token: `uncounted` other requests may not be in that count.
    pub fn take_meta(&mut self, meta: &ResponseMeta, uncounted: Option<usize>) {
        if let (Some(limit), Some(uncounted)) = (meta.limit, uncounted) {
            self.pace.observe(limit, uncounted);
            self.report(Report::RateLimit(limit));
        }
        self.skew = meta.skew.unwrap_or(self.skew);
        if let Some(skew) = meta.skew.filter(|skew| skew.saturating_abs() > SKEW_MAX && !self.reporter.skew_told) {
            self.reporter.skew_told = true;
            self.report(Report::ClockSkew(skew));
        }
    }
}
