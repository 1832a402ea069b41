//! The loop: commands in, jobs done, moments due; the pure parts decide, this carries out and reports.

mod context;
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

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::config::{ConversationEntry, Credentials, Profile};
use crate::model::{Conversation, Moment};

use super::channel::{self, Way};
use super::redact::Redactor;
use super::{Command, Report, Tuning};

use context::Context;
use negative_tests::NegativeTests;
use probes::Probes;
use reads::Reads;
use recorded::Recordings;
use sends::Sends;
use side_requests::SideRequests;
use sign_in::SignIn;
use tasks::TaskOutput;
use web::Webs;
use webhooks::Webhooks;

/// See the module.
pub struct Driver {
    context: Context,
    commands: UnboundedReceiver<Command>,
    stopping: bool,
    sign_in: SignIn,
    sends: Sends,
    reads: Reads,
    probes: Probes,
    negative_tests: NegativeTests,
    side_requests: SideRequests,
    /// Conversations with a socket of their own.
    webs: Webs,
    webhooks: Option<Webhooks>,
    /// Statuses that are told once they are on the disk.
    recordings: Recordings,
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
        Self {
            sign_in: SignIn::new(&profile, tuning.seed),
            sends: Sends::new(profile.parallel),
            context: Context::new(profile, clock, tuning, reports, shared),
            commands,
            stopping: false,
            reads: Reads::default(),
            probes: Probes::default(),
            negative_tests: NegativeTests::default(),
            side_requests: SideRequests::default(),
            webs: Webs::default(),
            webhooks: None,
            recordings: Recordings::default(),
        }
    }

    /// Runs to the end.
    pub async fn run(mut self) {
        if self.context.tuning.sign_in && self.wants_token() {
            self.sign_in.tokens.sign_in(self.context.clock.now());
        }
        self.start_hooks();
        while !self.stopping {
            let due = self.pump();
            if !Arc::ptr_eq(&self.context.shared.borrow(), &self.context.redactor) {
                self.context.shared.send_replace(Arc::clone(&self.context.redactor));
            }
            let timer = tokio::time::sleep_until(due.unwrap_or_else(Instant::now));
            tokio::select! {
                command = self.commands.recv() => self.command(command.unwrap_or(Command::Shutdown)),
                Some(came) = self.webs.inbox.recv() => self.web_came(came),
                Some(done) = self.context.tasks.join_next(), if !self.context.tasks.is_empty() => self.done(done),
                Some(recorded) = self.recordings.next() => self.recorded(recorded),
                Some(event) = Webhooks::next(&mut self.webhooks), if self.webhooks.is_some() => {
                    self.hooked(event, self.context.clock.now());
                }
                () = timer, if due.is_some() => {}
            }
        }
        self.finish().await;
        if let Some(leaving) = self.context.reports.leaving() {
            leaving.await;
        }
        self.context.tell(Report::Stopped);
    }

    /// Whether anything of the profile may need a token: where guests only speak through sockets, nobody is asked for
    /// credentials that are not there.
    pub(in crate::engine::driver) fn wants_token(&self) -> bool {
        let socket = |e: &ConversationEntry| channel::way(e.conversation.channel()) == Way::Socket;
        let only_sockets =
            !self.context.profile.conversations.is_empty() && self.context.profile.conversations.iter().all(socket);
        !(only_sockets && matches!(self.context.profile.credentials, Credentials::Missing(_)))
    }

    /// Starts all that may start, and says when something is due next.
    fn pump(&mut self) -> Option<Instant> {
        let now = self.context.clock.now();
        self.pump_tokens(now);
        self.pump_webs(now);
        self.pump_sends(now);
        self.pump_reads(now);
        self.pump_side_requests(now);
        self.tell_status(now);
        let dues = [
            self.sign_in.tokens.next_due(now),
            self.sends.queue.next_due(),
            self.pace_due(now),
            self.reads_due(now),
            self.webs_due(now),
        ];
        // What is due and could not start waits for something else to happen: only the future is a reason to wake.
        let next = dues.into_iter().flatten().filter(|m| m.mono > now.mono).min_by_key(|m| m.mono);
        next.map(|m| Instant::from_std(self.context.clock.instant(m)))
    }

    /// Keys are places in the list, so only the next free one can be taken; another is a late or doubled command.
    fn add(&mut self, conversation: Conversation) {
        if conversation.key.0 as usize == self.context.profile.conversations.len() {
            let entry = ConversationEntry { conversation, guest_token: None, attributes: BTreeMap::new() };
            Arc::make_mut(&mut self.context.profile).conversations.push(entry);
        }
    }

    fn command(&mut self, command: Command) {
        let now = self.context.clock.now();
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
                self.reads.watched = key;
                self.looked_at(key, now);
            }
            Command::Typing(key) => self.typing(key, now),
            Command::Session { key, ask } => self.session_asked(key, ask, now),
            Command::Discover { page } => self.discover(page),
            Command::Add(conversation) => self.add(conversation),
            Command::Shutdown => self.stopping = true,
        }
    }

    fn done(&mut self, done: Result<TaskOutput, tokio::task::JoinError>) {
        let now = self.context.clock.now();
        let Ok(done) = done else { return };
        match done {
            TaskOutput::Died(job) => {
                let text = format!("guestwire failed inside while {}; please report it", job.words());
                tracing::error!("{text}");
                self.context.notice(&text, now);
                self.job_died(job, now);
            }
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

    /// Lets what is on the wire finish, bounded; then takes it back, so that each message is told how it ended.
    async fn finish(&mut self) {
        let waiting: Vec<_> = self.sends.queue.waiting().collect();
        let now = self.context.clock.now();
        for (_, message) in waiting {
            self.let_go(message, now);
        }
        self.drain(self.context.tuning.grace).await;
        let flying: Vec<_> = self.sends.all.keys().copied().collect();
        let now = self.context.clock.now();
        for message in flying {
            self.let_go(message, now);
        }
        self.drain(Duration::from_millis(500)).await;
        self.drain_recordings(self.context.tuning.grace).await;
        self.close_webs().await;
        self.context.tasks.abort_all();
    }

    async fn drain(&mut self, bound: Duration) {
        let end = Instant::now() + bound;
        while self.sends.queue.flying() > 0 {
            let next = async {
                tokio::select! {
                    Some(came) = self.webs.inbox.recv() => Next::Web(came),
                    Some(done) = self.context.tasks.join_next(), if !self.context.tasks.is_empty() => Next::Job(done),
                }
            };
            match tokio::time::timeout_at(end, next).await {
                Ok(next) => {
                    match next {
                        Next::Web(came) => self.web_came(came),
                        Next::Job(done) => self.done(done),
                    }
                    // What goes back into the queue goes no further.
                    let back: Vec<_> = self.sends.queue.waiting().collect();
                    let now = self.context.clock.now();
                    for (_, message) in back {
                        self.let_go(message, now);
                    }
                }
                Err(_) => return,
            }
        }
    }

    fn tell_status(&mut self, now: Moment) {
        // Why it is dead may differ while the mark does not.
        let mark = self.sign_in.tokens.mark(now);
        if self.sign_in.mark == Some(mark) && !mark.is_dead() {
            return;
        }
        self.sign_in.mark = Some(mark);
        let status = self.sign_in.tokens.status(now);
        if status != self.sign_in.status {
            self.sign_in.status = status.clone();
            self.context.tell(Report::Token(status));
        }
    }
}

/// What ends a wait while the engine stops.
enum Next {
    Web(web::Came),
    Job(Result<TaskOutput, tokio::task::JoinError>),
}
