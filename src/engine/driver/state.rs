//! What all areas of the driver share: time, limits, tokens, secrets, the tasks, and the way to report.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::reporter::{Reporter, StatusRecording};
use super::task_output::{CapturedTry, ResponseMeta, TaskOutput};
use crate::clock::Clock;
use crate::config::{ConversationEntry, Credentials, Profile};
use crate::engine::client::Client;
use crate::engine::queue::Pace;
use crate::engine::redact::Redactor;
use crate::engine::token::{Availability, TokenMachine, Verification};
use crate::engine::{EngineOptions, Report};
use crate::genesys::{Call, conversations};
use crate::model::{
    Address, AsOf, Conversation, ConversationKey, DeliveryStatus, Exchange, ExchangeKind, Generation, MessageId,
    Moment, OpenGuest, Outcome, RepliesReadable, TokenFacts, Transport, Variation,
};

const RETIRED: usize = 4; // replaced tokens kept for their end to come
const SKEW_MAX: i64 = 60; // a server clock that differs by more is told, in seconds

pub struct EngineState {
    pub clock: Clock,
    pub now: Moment, // the moment of this turn of the loop
    pub profile: Arc<Profile>,
    pub options: EngineOptions,
    pub client: Client,
    redactor: Arc<Redactor>,
    pub shared: watch::Sender<Arc<Redactor>>, // the newest, for whoever writes what did not come from here
    pub pace: Pace,                           // what is known of the token's rate limit
    pub tokens: TokenMachine,
    pub token: Option<SecretString>,
    faulty: FaultyTokens,
    ids: BTreeMap<ConversationKey, String>, // where the address does not name it
    pub tasks: JoinSet<TaskOutput>,
    pub reporter: Reporter,
    skew: i64, // seconds that the server's clock is ahead (negative: behind), by the newest answer
}

#[derive(Default)]
struct FaultyTokens {
    /// Of this session, replaced by others: once its time is over, one serves as an expired one.
    retired: VecDeque<(SecretString, TokenFacts)>,
    spare: Option<(SecretString, Option<Moment>)>, // of another scope, and when it ends, where told
}

impl EngineState {
    pub fn new(
        profile: Arc<Profile>,
        clock: Clock,
        options: EngineOptions,
        reports: Sender<Report>,
        shared: watch::Sender<Arc<Redactor>>,
    ) -> Self {
        let (requested, pasted) = match &profile.credentials {
            Credentials::Client(client) => (client.scopes.clone(), false),
            other => (Vec::new(), matches!(other, Credentials::Pasted(_))),
        };
        let entries = &profile.conversations;
        let guest_api =
            entries.is_empty() || entries.iter().any(|c| c.conversation.channel().capabilities().scopes_decide);
        let required = if guest_api { profile.guest_api.required_scopes.clone() } else { Vec::new() };
        let redactor = Arc::clone(&shared.borrow());
        let rng = Rng::with_seed(options.seed.rotate_left(17));
        Self {
            clock,
            now: clock.now(),
            client: Client::new(&profile, clock, options.environment.clone()),
            redactor,
            shared,
            pace: Pace::default(),
            tokens: TokenMachine::new(pasted, requested, required, rng),
            token: None,
            faulty: FaultyTokens::default(),
            ids: BTreeMap::new(),
            tasks: JoinSet::new(),
            reporter: Reporter::new(options.metrics.as_ref(), &profile, reports),
            skew: 0,
            profile,
            options,
        }
    }

    pub fn report(&self, report: Report) {
        self.reporter.report(report);
    }

    pub fn report_exchange(&self, exchange: &Exchange) {
        self.report(Report::Exchange(Arc::new(exchange.clone())));
    }

    pub fn report_all(&self, reports: Vec<Report>) {
        for report in reports {
            self.report(report);
        }
    }

    pub fn notice(&self, text: &str) {
        self.report(Report::Notice(None, self.mask(text)));
    }

    pub fn notice_of(&self, key: ConversationKey, text: &str) {
        self.report(Report::Notice(Some(key), self.mask(text)));
    }

    pub fn report_readable(&self, key: ConversationKey, readable: RepliesReadable, began: Moment) {
        self.report(Report::RepliesReadable(key, readable, AsOf::ReadAt(began)));
    }

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

    /// Records what became of a message, then reports it, with its exchange: once its row is on the disk, in the order in
    /// which the statuses came, and where the row cannot be written yet, with the word that it is not. `on_disk`: the
    /// status that the next start is to find, where that is another.
    pub fn record_status(
        &mut self,
        (message, delivery): (MessageId, DeliveryStatus),
        on_disk: Option<DeliveryStatus>,
        record: Option<&Exchange>,
        remote_id: Option<String>,
    ) {
        let on_disk = on_disk.as_ref().unwrap_or(&delivery);
        let recording = self.options.send_log.outcome(message, on_disk, remote_id.as_deref());
        let status = Report::Message { id: message, delivery, exchange: record.map(|r| r.id), remote_id };
        let exchange = record.map(|record| Report::Exchange(Arc::new(record.clone())));
        let told = [exchange, Some(status)];
        let mut reports: StatusRecording = Box::pin(async move {
            let not_on_disk = recording.await.err().map(|e| Report::NotOnDisk(message, e.why()));
            [not_on_disk].into_iter().chain(told).flatten().collect()
        });
        // What needs no disk is reported at once, but never before an earlier status.
        match self.reporter.recordings.is_empty().then(|| (&mut reports).now_or_never()).flatten() {
            Some(reports) => self.report_all(reports),
            None => self.reporter.recordings.push_back(reports),
        }
    }

    pub fn verified(&mut self, generation: Generation, verified: Verification) {
        self.tokens.verified(generation, verified);
        self.report_missing();
    }

    /// Whether anything of the profile may need a token: guests who only speak through sockets need no credentials.
    pub fn wants_token(&self) -> bool {
        let by_frames = |e: &ConversationEntry| e.conversation.channel().capabilities().transport == Transport::Frame;
        let entries = &self.profile.conversations;
        let only_sockets = !entries.is_empty() && entries.iter().all(by_frames);
        !(only_sockets && matches!(self.profile.credentials, Credentials::Missing(_)))
    }

    pub fn usable_token(&self) -> Result<&SecretString, String> {
        Ok(self.token.as_ref().ok_or("there is no valid token")?)
    }

    /// The token of a message that is wrong in this way, and what it is of the session's. `None`: the session's own.
    pub fn token_with_fault(&self, sent_as: Variation) -> Option<(SecretString, Option<(Generation, Duration)>)> {
        match sent_as {
            Variation::ExpiredToken => {
                let over = |(_, old): &&(_, TokenFacts)| old.expires.is_some_and(|end| self.now.mono >= end.mono);
                let old = self.faulty.retired.iter().rev().find(over);
                let carried = old.map(|(_, old)| (old.generation, self.now.since(old.issued)));
                // Has the form of a token, and was never one: for a server it is as good as one that has ended.
                let invented = || SecretString::from(format!("guestwire-never-given-out-{}", "0".repeat(60)));
                Some((old.map_or_else(invented, |(token, _)| token.clone()), carried))
            }
            Variation::WrongScope => Some((self.spare_token().or(self.token.as_ref())?.clone(), None)),
            // Taken off again, whichever it is.
            Variation::NoToken => Some((self.token.clone()?, None)),
            _ => None,
        }
    }

    /// The session's token from now on. `before`: what is known of the one that it replaces.
    pub fn set_token(&mut self, token: SecretString, generation: Generation, before: Option<TokenFacts>) {
        self.set_redactor(self.redactor.with_token(&token, generation));
        let retired = &mut self.faulty.retired;
        retired.extend(self.token.replace(token).zip(before));
        retired.drain(..retired.len().saturating_sub(RETIRED));
    }

    pub fn set_spare_token(&mut self, token: SecretString, end: Option<Moment>) {
        self.learn_secret(&token, "token of another scope");
        self.faulty.spare = Some((token, end));
    }

    /// The token of another scope, until it ends.
    pub fn spare_token(&self) -> Option<&SecretString> {
        let (token, end) = self.faulty.spare.as_ref()?;
        end.is_none_or(|end| self.now.mono < end.mono).then_some(token)
    }

    /// What a request carries that is written now: the token's generation, and its age.
    pub fn carried(&self) -> Option<(Generation, Duration)> {
        self.tokens.facts().map(|facts| (facts.generation, self.now.since(facts.issued)))
    }

    /// Whether a request that carries the token may go out now; `refused`: for one that has met a 401 with that token.
    pub fn availability(&self, refused: Option<Generation>) -> Availability {
        self.tokens.availability(self.now, refused)
    }

    /// Whether a request beside the messages may go out now.
    pub fn may_ask(&self) -> bool {
        matches!(self.availability(None), Availability::Ready(_)) && self.pace.any_read_held(self.now).is_none()
    }

    pub const fn redactor(&self) -> &Arc<Redactor> {
        &self.redactor
    }

    pub fn mask(&self, text: &str) -> String {
        self.redactor.text(text).into_owned()
    }

    pub fn learn_secret(&mut self, secret: &SecretString, label: &str) {
        self.set_redactor(self.redactor.with_secret(secret, label));
    }

    fn set_redactor(&mut self, redactor: Redactor) {
        self.redactor = Arc::new(redactor);
        self.shared.send_replace(Arc::clone(&self.redactor));
    }

    /// An exchange that begins. `what` may hold secrets: it is masked here.
    pub fn record(&mut self, kind: ExchangeKind, what: &str, of: Option<ConversationKey>) -> Exchange {
        Exchange {
            id: self.reporter.next_exchange(),
            kind,
            what: self.mask(what),
            conversation: of,
            message: None,
            sent_as: None,
            started: self.now,
            took: None,
            steps: Vec::new(),
            outcome: Outcome::Open,
        }
    }

    pub fn finish(&self, record: &mut Exchange, outcome: Outcome) {
        record.finish(outcome, self.now);
        self.report_exchange(record);
    }

    /// The same, where it asked something. `understood`: the answer is what was asked for.
    pub fn finish_question(&self, record: &mut Exchange, shown: CapturedTry, understood: bool) -> Outcome {
        let outcome = shown.outcome(understood);
        self.finish_try(record, shown, outcome.clone());
        outcome
    }

    pub fn finish_try(&self, record: &mut Exchange, shown: CapturedTry, outcome: Outcome) {
        record.end(shown.ended());
        self.finish(record, outcome);
    }

    pub fn entry(&self, key: ConversationKey) -> Option<&ConversationEntry> {
        self.profile.conversations.get(key.0 as usize)
    }

    /// Keys are places in the list: another than the next free one is of a late or doubled command.
    pub fn add(&mut self, conversation: Conversation) {
        let conversations = &mut Arc::make_mut(&mut self.profile).conversations;
        if conversation.key.0 as usize == conversations.len() {
            conversations.push(ConversationEntry { conversation, guest_token: None, attributes: BTreeMap::new() });
        }
    }

    fn address(&self, key: ConversationKey) -> Option<&Address> {
        Some(&self.entry(key)?.conversation.address)
    }

    pub fn web_address(&self, key: ConversationKey) -> Option<(&str, &str)> {
        let Address::WebMessaging { deployment_id, origin } = self.address(key)? else { return None };
        Some((deployment_id, origin))
    }

    pub fn open_guest(&self, key: ConversationKey) -> Option<(&str, &OpenGuest)> {
        let Address::OpenMessaging { integration_id, guest } = self.address(key)? else { return None };
        Some((integration_id, guest))
    }

    pub fn is_web(&self, key: ConversationKey) -> bool {
        self.web_address(key).is_some()
    }

    /// The remote side's id of a conversation: its address names it, or it was learned.
    pub fn conversation_id(&self, key: ConversationKey) -> Option<&str> {
        self.address(key)?.conversation_id().or_else(|| self.ids.get(&key).map(String::as_str))
    }

    /// Another conversation begins, whose id is not known yet.
    pub fn forget_id(&mut self, key: ConversationKey) {
        self.ids.remove(&key);
    }

    /// Another id than before means another conversation: the messages that were read in the old one stay.
    pub fn learn(&mut self, key: ConversationKey, conversation_id: String) {
        if self.conversation_id(key) == Some(conversation_id.as_str()) {
            return;
        }
        self.ids.insert(key, conversation_id.clone());
        if !self.is_web(key) {
            self.report_readable(key, RepliesReadable::NotYetKnown, self.now);
        }
        self.report(Report::ConversationIdKnown(key, conversation_id));
    }

    pub fn read_call(&self, key: ConversationKey, ids: &[String]) -> Result<Call, String> {
        let token = self.usable_token()?;
        let id = self.conversation_id(key).ok_or("the id of the conversation is not known")?;
        conversations::request(&self.profile.hosts.api, id, ids, token)
    }

    /// By how much the server's clock is ahead, in whole seconds; negative where it is behind.
    pub const fn skew(&self) -> SignedDuration {
        SignedDuration::from_secs(self.skew)
    }

    pub fn server_time(&self, at: Timestamp) -> Timestamp {
        at.saturating_add(self.skew()).unwrap_or(at)
    }

    /// Takes in the server's clock, and the limit of the session's token, which may not count `uncounted` requests.
    pub fn take_meta(&mut self, meta: &ResponseMeta, uncounted: Option<usize>) {
        if let (Some(limit), Some(uncounted)) = (meta.limit, uncounted) {
            self.pace.observe(limit, uncounted);
            self.report(Report::RateLimit(limit));
        }
        self.skew = meta.skew.unwrap_or(self.skew);
        if let Some(skew) = meta.skew.filter(|skew| skew.saturating_abs() > SKEW_MAX) {
            self.reporter.report_skew(skew);
        }
    }
}
