//! The loop: commands in, jobs done, moments due; the pure parts decide, this carries out and reports.

mod negative_tests;
mod outcome;
mod probes;
mod reads;
mod recorded;
mod requests;
mod sends;
mod side_requests;
mod sign_in;
mod tasks;
mod web;
mod webhooks;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::config::{ConversationEntry, Credentials, Profile};
use crate::model::{Channel, Conversation, ConversationKey, ExchangeId, Generation, MessageId, Moment, TokenStatus};

use super::channel::{self, Way};
use super::client::Client;
use super::exchange_builder::ExchangeBuilder;
use super::jitter::Jitter;
use super::metrics::Metrics;
use super::pace::{Pace, Rate};
use super::queue::Queue;
use super::reading::Reader;
use super::redact::Redactor;
use super::token::{Mark, Tokens};
use super::{Command, Report, Tuning};

use requests::Routes;
use sends::{Doubt, Sending};
use tasks::{TaskOutput, Work};

/// A server clock that differs by more is told.
const SKEW_MAX: i64 = 60;

/// See the module.
pub struct Driver {
    clock: Clock,
    /// When this began.
    began: Moment,
    profile: Arc<Profile>,
    tuning: Tuning,
    commands: UnboundedReceiver<Command>,
    reports: Reports,
    client: Client,
    redactor: Arc<Redactor>,
    /// The newest redactor, for whoever writes what did not come from here.
    shared: watch::Sender<Arc<Redactor>>,
    jitter: Jitter,
    jobs: JoinSet<TaskOutput>,
    /// What each job works for, should it die; and how it is stopped.
    working: HashMap<tokio::task::Id, Work>,
    exchanges: u64,
    skew_told: bool,
    /// Seconds that the server's clock is ahead, by the newest answer.
    skew: i64,
    stopping: bool,

    tokens: Tokens,
    token: Option<SecretString>,
    /// What negative tests are sent with.
    bench: negative_tests::NegativeTests,
    secret: Option<SecretString>,
    /// The token request under way, and when its request left.
    renewal: Option<sign_in::Renewal>,
    facts: BTreeMap<Generation, ExchangeBuilder>,
    status: TokenStatus,
    mark: Option<Mark>,
    missing_told: Vec<String>,

    queue: Queue,
    pace: Pace,
    /// Boxed, for a map moves what it holds.
    sends: BTreeMap<MessageId, Box<Sending>>,
    /// What is documented and never told: the pace of each conversation's session.
    rates: BTreeMap<ConversationKey, Rate>,
    routes: Routes,
    /// Those that wait for a newer token than the one that was refused.
    doubting: BTreeSet<MessageId>,
    unknown: BTreeMap<MessageId, Doubt>,
    /// Ids on the remote side of conversations whose address does not name it.
    places: BTreeMap<ConversationKey, String>,

    readers: BTreeMap<ConversationKey, Reader>,
    reads: BTreeMap<ConversationKey, reads::Reading>,
    /// A 429 asked not to read before then.
    reads_held: Option<Moment>,
    watched: Option<ConversationKey>,
    probing: probes::Probes,
    /// Conversations with a socket of their own.
    webs: web::Webs,
    side_requests: side_requests::SideRequests,
    hooks: Option<webhooks::Webhooks>,
    /// Statuses that are told once they are on the disk.
    recording: recorded::Recordings,
}

impl Driver {
    /// A driver that has not begun.
    pub fn new(
        profile: Arc<Profile>,
        clock: Clock,
        tuning: Tuning,
        commands: UnboundedReceiver<Command>,
        reports: UnboundedSender<Report>,
        shared: watch::Sender<Arc<Redactor>>,
    ) -> Self {
        let requested = match &profile.credentials {
            Credentials::Client(client) => client.scopes.clone(),
            Credentials::Pasted(_) | Credentials::Missing(_) => Vec::new(),
        };
        let entries = &profile.conversations;
        let guest_api = entries.is_empty() || entries.iter().any(|c| c.conversation.channel() == Channel::GuestApi);
        let required = if guest_api { profile.guest_api.required_scopes.clone() } else { Vec::new() };
        let pasted = matches!(profile.credentials, Credentials::Pasted(_));
        let redactor = Arc::clone(&shared.borrow());
        let metrics = tuning.metrics.as_ref().map(|m| RefCell::new(Metrics::new(m, &profile, reports.clone())));
        Self {
            clock,
            began: clock.now(),
            client: Client::new(&profile, clock, tuning.environment.clone()),
            redactor,
            shared,
            jitter: Jitter::new(tuning.seed),
            jobs: JoinSet::new(),
            working: HashMap::new(),
            exchanges: 0,
            skew_told: false,
            skew: 0,
            stopping: false,
            tokens: Tokens::new(pasted, requested, required, Jitter::new(tuning.seed.rotate_left(17))),
            token: None,
            bench: negative_tests::NegativeTests::default(),
            secret: None,
            renewal: None,
            facts: BTreeMap::new(),
            status: TokenStatus::SignedOut,
            mark: None,
            missing_told: Vec::new(),
            queue: Queue::new(profile.parallel),
            pace: Pace::default(),
            sends: BTreeMap::new(),
            rates: BTreeMap::new(),
            routes: Routes::default(),
            doubting: BTreeSet::new(),
            unknown: BTreeMap::new(),
            places: BTreeMap::new(),
            readers: BTreeMap::new(),
            reads: BTreeMap::new(),
            reads_held: None,
            watched: None,
            probing: probes::Probes::default(),
            webs: web::Webs::default(),
            side_requests: side_requests::SideRequests::default(),
            hooks: None,
            recording: recorded::Recordings::default(),
            profile,
            tuning,
            commands,
            reports: Reports { sender: reports, metrics },
        }
    }

    /// Runs to the end.
    pub async fn run(mut self) {
        if self.tuning.sign_in && self.wants_token() {
            self.tokens.sign_in(self.clock.now());
        }
        self.start_hooks();
        while !self.stopping {
            let due = self.pump();
            if !Arc::ptr_eq(&self.shared.borrow(), &self.redactor) {
                self.shared.send_replace(Arc::clone(&self.redactor));
            }
            let timer = tokio::time::sleep_until(due.unwrap_or_else(Instant::now));
            tokio::select! {
                command = self.commands.recv() => self.command(command.unwrap_or(Command::Shutdown)),
                Some(came) = self.webs.inbox.recv() => self.web_came(came),
                Some(done) = self.jobs.join_next_with_id(), if !self.jobs.is_empty() => self.done(done),
                Some(recorded) = self.recording.next() => self.recorded(recorded),
                Some(event) = webhooks::Webhooks::next(&mut self.hooks), if self.hooks.is_some() => {
                    self.hooked(event, self.clock.now());
                }
                () = timer, if due.is_some() => {}
            }
        }
        self.finish().await;
        if let Some(leaving) = self.reports.leaving() {
            leaving.await;
        }
        self.tell(Report::Stopped);
    }

    /// Whether anything of the profile may need a token: where guests only speak through sockets, nobody is asked for
    /// credentials that are not there.
    pub(in crate::engine::driver) fn wants_token(&self) -> bool {
        let socket = |e: &ConversationEntry| channel::way(e.conversation.channel()) == Way::Socket;
        let only_sockets = !self.profile.conversations.is_empty() && self.profile.conversations.iter().all(socket);
        !(only_sockets && matches!(self.profile.credentials, Credentials::Missing(_)))
    }

    /// Starts all that may start, and says when something is due next.
    fn pump(&mut self) -> Option<Instant> {
        let now = self.clock.now();
        self.pump_tokens(now);
        self.pump_webs(now);
        self.pump_sends(now);
        self.pump_reads(now);
        self.pump_side_requests(now);
        self.tell_status(now);
        let dues = [
            self.tokens.next_due(now),
            self.queue.next_due(),
            self.pace_due(now),
            self.reads_due(now),
            self.webs_due(now),
        ];
        // What is due and could not start waits for something else to happen: only the future is a reason to wake.
        let next = dues.into_iter().flatten().filter(|m| m.mono > now.mono).min_by_key(|m| m.mono);
        next.map(|m| Instant::from_std(self.clock.instant(m)))
    }

    /// Keys are places in the list, so only the next free one can be taken; another is a late or doubled command.
    fn add(&mut self, conversation: Conversation) {
        if conversation.key.0 as usize == self.profile.conversations.len() {
            let entry = ConversationEntry { conversation, guest_token: None, attributes: BTreeMap::new() };
            Arc::make_mut(&mut self.profile).conversations.push(entry);
        }
    }

    fn command(&mut self, command: Command) {
        let now = self.clock.now();
        match command {
            Command::SignIn => self.sign_in(now),
            Command::Renew => self.renew(),
            Command::Send(request) => self.accept(request, now),
            Command::Cancel(message) => self.cancel(message, now),
            Command::Settle { message, landed } => self.settle_by_hand(message, landed),
            Command::Learn { key, conversation_id } => self.learn(key, conversation_id),
            Command::Recall(recalled) => self.recall(recalled, now),
            Command::Read(key) => self.read_asked(key),
            Command::Probe(asked) => self.probe(asked, now),
            Command::Watch(key) => {
                self.watched = key;
                self.looked_at(key, now);
            }
            Command::Typing(key) => self.typing(key, now),
            Command::Session { key, ask } => self.session_asked(key, ask, now),
            Command::Discover { page } => self.discover(page),
            Command::Add(conversation) => self.add(conversation),
            Command::Shutdown => self.stopping = true,
        }
    }

    fn done(&mut self, done: Result<(tokio::task::Id, TaskOutput), tokio::task::JoinError>) {
        let now = self.clock.now();
        match done {
            Ok((id, done)) => {
                self.working.remove(&id);
                match done {
                    TaskOutput::Secret(secret) => self.secret_read(secret, now),
                    TaskOutput::Token(done) => self.token_answered(*done, now),
                    TaskOutput::Spare(done) => self.spare_answered(*done, now),
                    TaskOutput::Facts(done) => self.facts_answered(*done, now),
                    TaskOutput::Send(done) => self.send_answered(*done, now),
                    TaskOutput::Probe(done) => self.probe_answered(*done, now),
                    TaskOutput::Read(done) => self.read_answered(*done, now),
                    TaskOutput::GuestToken(done) => self.guest_token_read(*done, now),
                    TaskOutput::Opened(done) => self.web_opened(*done, now),
                    TaskOutput::Recorded(message, recorded) => self.intent_recorded(message, recorded, now),
                    TaskOutput::History(done) => self.history_read(*done, now),
                    TaskOutput::File(key, message, read) => self.file_read(key, message, read, now),
                    TaskOutput::Put(done) => self.file_put(*done, now),
                    TaskOutput::SideRequest(done) => self.side_request_answered(*done, now),
                }
            }
            Err(error) => {
                let Some(Work { job, .. }) = self.working.remove(&error.id()) else { return };
                if error.is_panic() {
                    let text = format!("guestwire failed inside while {}; please report it", job.words());
                    tracing::error!("{text}");
                    self.notice(&text, now);
                }
                self.job_died(job, now);
            }
        }
    }

    /// Lets what is on the wire finish, bounded; then takes it back, so that each message is told how it ended.
    async fn finish(&mut self) {
        let waiting: Vec<_> = self.queue.waiting().collect();
        let now = self.clock.now();
        for (_, message) in waiting {
            self.let_go(message, now);
        }
        self.drain(self.tuning.grace).await;
        let flying: Vec<_> = self.sends.keys().copied().collect();
        let now = self.clock.now();
        for message in flying {
            self.let_go(message, now);
        }
        self.drain(Duration::from_millis(500)).await;
        self.drain_recordings(self.tuning.grace).await;
        self.close_webs().await;
        self.jobs.abort_all();
    }

    async fn drain(&mut self, bound: Duration) {
        let end = Instant::now() + bound;
        while self.queue.flying() > 0 {
            let next = async {
                tokio::select! {
                    Some(came) = self.webs.inbox.recv() => Next::Web(came),
                    Some(done) = self.jobs.join_next_with_id(), if !self.jobs.is_empty() => Next::Job(done),
                }
            };
            match tokio::time::timeout_at(end, next).await {
                Ok(next) => {
                    match next {
                        Next::Web(came) => self.web_came(came),
                        Next::Job(done) => self.done(done),
                    }
                    // What goes back into the queue goes no further.
                    let back: Vec<_> = self.queue.waiting().collect();
                    let now = self.clock.now();
                    for (_, message) in back {
                        self.let_go(message, now);
                    }
                }
                Err(_) => return,
            }
        }
    }

    fn tell(&self, report: Report) {
        self.reports.send(report);
    }

    fn notice(&self, text: &str, now: Moment) {
        self.tell(Report::Notice { at: now, text: self.redactor.text(text).into_owned() });
    }

    fn tell_status(&mut self, now: Moment) {
        // Why it is dead may differ while the mark does not.
        let mark = self.tokens.mark(now);
        if self.mark == Some(mark) && !mark.is_dead() {
            return;
        }
        self.mark = Some(mark);
        let status = self.tokens.status(now);
        if status != self.status {
            self.status = status.clone();
            self.tell(Report::Token(status));
        }
    }

    fn next_exchange(&mut self) -> ExchangeId {
        self.exchanges += 1;
        ExchangeId(self.exchanges)
    }

    /// What every answer tells beside its own matter: the rate limit and the server's clock. `uncounted` other requests
    /// may not be in that count.
    fn overhear(&mut self, heard: &tasks::ResponseMeta, uncounted: usize) {
        if let Some(limit) = heard.limit {
            self.pace.observe(limit, uncounted);
            self.tell(Report::RateLimit(limit));
        }
        self.skew = heard.skew.unwrap_or(self.skew);
        if let Some(skew) = heard.skew
            && skew.saturating_abs() > SKEW_MAX
            && !self.skew_told
        {
            self.skew_told = true;
            self.tell(Report::ClockSkew(skew));
        }
    }
}

/// What ends a wait while the engine stops.
enum Next {
    Web(web::Came),
    Job(Result<(tokio::task::Id, TaskOutput), tokio::task::JoinError>),
}

/// Where reports go, and the metrics that are made of them.
struct Reports {
    sender: UnboundedSender<Report>,
    metrics: Option<RefCell<Metrics>>,
}

impl Reports {
    /// Resolves when the last metrics have gone out, within a bound.
    fn leaving(&self) -> Option<impl Future<Output = ()> + use<>> {
        self.metrics.as_ref().map(|m| m.borrow().last())
    }

    fn send(&self, report: Report) {
        let caused = self.metrics.as_ref().and_then(|m| m.borrow_mut().report(&report));
        // Where nobody listens, the handles are going too, and the loop ends by that.
        for report in [Some(report), caused].into_iter().flatten() {
            let _ = self.sender.send(report);
        }
    }
}
