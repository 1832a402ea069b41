//! The loop: commands in, tasks done, moments due. Each area is a type of its own, which decides and carries out what is
//! its own; the driver wires them.
//!
//! ```text
//!                      ┌ sign_in ── negative_tests     how requests are let in
//! Command ──► Driver ──┤ sends ── recorded ── messages what is said
//! TaskOutput ─►        ├ reads ── side_requests        what is answered
//! moment due ─►        ├ web ── webhooks               what comes by itself
//!                      └ probes                        what a person wants to know
//! ```

mod context;
mod messages;
mod negative_tests;
mod probes;
mod reads;
mod recorded;
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
use crate::model::{Conversation, ConversationKey, Moment, SessionAsk, Transport};

use super::redact::Redactor;
use super::token::TokenRequest;
use super::{Command, Report, Tuning};

use context::Context;
use negative_tests::NegativeTests;
use probes::Probes;
use reads::Reads;
use recorded::Recordings;
use sends::{Clearance, Sends};
use side_requests::SideRequests;
use sign_in::{RenewalEnd, SignInArea};
use tasks::{Finished, TaskOutput, TaskPurpose};
use web::Webs;
use webhooks::Webhooks;

/// See the module.
pub struct Driver {
    cx: Context,
    commands: UnboundedReceiver<Command>,
    stopping: bool,
    sign_in: SignInArea,
    sends: Sends,
    reads: Reads,
    probes: Probes,
    negative_tests: NegativeTests,
    side_requests: SideRequests,
    /// Conversations with a socket of their own.
    webs: Webs,
    webhooks: Webhooks,
    /// Statuses that are reported once they are on the disk.
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
            sign_in: SignInArea::new(&profile, tuning.seed),
            sends: Sends::new(profile.parallel),
            cx: Context::new(profile, clock, tuning, reports, shared),
            commands,
            stopping: false,
            reads: Reads::default(),
            probes: Probes::default(),
            negative_tests: NegativeTests::default(),
            side_requests: SideRequests::default(),
            webs: Webs::default(),
            webhooks: Webhooks::default(),
            recordings: Recordings::default(),
        }
    }

    /// Runs to the end.
    pub async fn run(mut self) {
        if self.cx.tuning.sign_in && self.wants_token() {
            self.sign_in.sign_in(self.cx.clock.now());
        }
        self.webhooks.listen(&self.cx);
        while !self.stopping {
            let due = self.pump();
            if !Arc::ptr_eq(&self.cx.shared.borrow(), &self.cx.redactor) {
                self.cx.shared.send_replace(Arc::clone(&self.cx.redactor));
            }
            let timer = tokio::time::sleep_until(due.unwrap_or_else(Instant::now));
            tokio::select! {
                command = self.commands.recv() => self.command(command.unwrap_or(Command::Shutdown)),
                Some(came) = self.webs.next() => self.web_came(came),
                Some(done) = self.cx.tasks.join_next(), if !self.cx.tasks.is_empty() => self.done(done),
                Some(recorded) = self.recordings.next() => recorded.report(&self.cx),
                Some(event) = self.webhooks.next() => self.webhook_came(event, self.cx.clock.now()),
                () = timer, if due.is_some() => {}
            }
        }
        self.finish().await;
        if let Some(last) = self.cx.last_metrics() {
            last.await;
        }
        self.cx.report(Report::Stopped);
    }

    /// Whether anything of the profile may need a token: where guests only speak through sockets, nobody is asked for
    /// credentials that are not there.
    fn wants_token(&self) -> bool {
        let by_frames = |e: &ConversationEntry| e.conversation.channel().capabilities().transport == Transport::Frame;
        let entries = &self.cx.profile.conversations;
        let only_sockets = !entries.is_empty() && entries.iter().all(by_frames);
        !(only_sockets && matches!(self.cx.profile.credentials, Credentials::Missing(_)))
    }

    /// Starts all that may start, and says when something is due next.
    fn pump(&mut self) -> Option<Instant> {
        let now = self.cx.clock.now();
        while let Some(ask) = self.sign_in.next_ask(now) {
            match ask {
                TokenRequest::Token => {
                    let end = self.sign_in.ask_token(self.probes.token_kind(), &mut self.cx, now);
                    if let Some(renewal) = self.sign_in.renewal() {
                        self.sends.name_renewal(renewal, &self.cx, now);
                    }
                    self.renewal_ended(end, now);
                }
                TokenRequest::Facts(generation) => {
                    let kind = self.probes.facts_kind(generation);
                    self.sign_in.ask_facts(generation, kind, &mut self.cx, now);
                }
            }
        }
        self.pump_webs(now);
        self.pump_sends(now);
        self.reads.pump(&mut self.cx, &self.sign_in, now);
        self.side_requests.pump(&mut self.cx, &self.sign_in, &self.reads, now);
        self.sign_in.report_status(&self.cx, now);
        let Self { cx, sign_in, negative_tests, webs, sends, .. } = &*self;
        let dues = [
            sign_in.due(now),
            sends.due(&Clearance { cx, sign_in, negative_tests, webs, now }),
            self.reads.due(cx, now),
            self.side_requests.due(cx, now),
            webs.due(now),
        ];
        // What is due and could not start waits for something else to happen: only the future is a reason to wake.
        let next = dues.into_iter().flatten().filter(|m| m.mono > now.mono).min_by_key(|m| m.mono);
        next.map(|m| Instant::from_std(self.cx.clock.instant(m)))
    }

    /// Keys are places in the list, so only the next free one can be taken; another is a late or doubled command.
    fn add(&mut self, conversation: Conversation) {
        if conversation.key.0 as usize == self.cx.profile.conversations.len() {
            let entry = ConversationEntry { conversation, guest_token: None, attributes: BTreeMap::new() };
            Arc::make_mut(&mut self.cx.profile).conversations.push(entry);
        }
    }

    fn command(&mut self, command: Command) {
        let now = self.cx.clock.now();
        match command {
            Command::SignIn => self.sign_in.sign_in(now),
            Command::Renew => self.sign_in.renew(),
            Command::Send(request) => self.accept(request, now),
            Command::Cancel(message) => self.cancel(message, now),
            Command::Settle { message, landed } => self.settle_by_hand(message, landed),
            Command::Learn { key, conversation_id } => self.reads.learn(key, conversation_id, &self.cx),
            Command::Recall(recalled) => self.recall(recalled, now),
            Command::Read(key) => self.read_asked(key, now),
            Command::Probe(asked) => self.probes.ask(asked, &mut self.cx, &mut self.sign_in, &self.reads, now),
            Command::Watch(key) => {
                self.reads.watch(key);
                self.looked_at(key, now);
            }
            Command::Typing(key) if self.cx.is_web(key) => self.guest_types(key, now),
            Command::Typing(key) => {
                self.side_requests.typing(key, &mut self.cx, &self.sign_in, &self.reads, now);
            }
            Command::Session { key, ask } => self.session_asked(key, ask, now),
            Command::Discover { page } => self.side_requests.discover(page),
            Command::Add(conversation) => self.add(conversation),
            Command::Shutdown => self.stopping = true,
        }
    }

    fn read_asked(&mut self, key: ConversationKey, now: Moment) {
        if !self.cx.is_web(key) {
            self.reads.ask(key, &self.cx, &self.sign_in, now);
        } else if self.reads.doubt_since(key, &self.cx).is_some() {
            self.look_for_doubted(key, now);
        } else {
            self.session_asked(key, SessionAsk::History, now);
        }
    }

    fn done(&mut self, done: Result<TaskOutput, tokio::task::JoinError>) {
        let now = self.cx.clock.now();
        let Ok(done) = done else { return };
        match done {
            TaskOutput::Answered(finished) => self.answered(*finished, now),
            TaskOutput::Secret(secret) => {
                let end = self.sign_in.secret_read(secret, &mut self.cx, now);
                self.renewal_ended(end, now);
            }
            TaskOutput::Token(done) => {
                self.cx.take_meta(&done.shown.meta, None);
                let end = self.sign_in.token_answered(*done, &mut self.cx, now);
                self.renewal_ended(end, now);
            }
            TaskOutput::Spare(done) => {
                self.cx.take_meta(&done.shown.meta, None);
                let brought = self.negative_tests.spare_answered(*done, &mut self.cx, now);
                self.refuse_wrong_scope(brought, now);
            }
            TaskOutput::Send(done) => self.send_answered(*done, now),
            TaskOutput::GuestToken(done) => self.guest_token_read(*done, now),
            TaskOutput::Opened(done) => self.web_opened(*done, now),
            TaskOutput::Recorded(message, recorded) => self.intent_recorded(message, recorded, now),
            TaskOutput::File(key, message, read) => self.file_read(key, message, read, now),
        }
    }

    /// A request beside the messages is over: its area takes the answer.
    fn answered(&mut self, finished: Finished, now: Moment) {
        let Finished { purpose, mut record, shown } = finished;
        // The storage of files has a clock of its own.
        if !matches!(purpose, TaskPurpose::Upload(..)) {
            let uncounted = record.generation().map(|_| self.sends.in_flight());
            self.cx.take_meta(&shown.meta, uncounted);
        }
        match purpose {
            TaskPurpose::Facts(generation) => {
                self.sign_in.facts_answered(generation, &mut record, shown, &self.cx, now);
                self.probes.facts_answered(generation, record.id(), &self.cx, &mut self.sign_in, now);
            }
            TaskPurpose::Probe(asked) => {
                self.probes.answered(asked, record, shown, &mut self.cx, &mut self.sign_in, &self.reads, now);
            }
            TaskPurpose::Read(key) => {
                let read = self.reads.answered(key, record, shown, &mut self.cx, &mut self.sign_in, now);
                let Some((fresh, settled)) = read else { return };
                self.side_requests.acknowledge(key, &fresh, &self.cx);
                self.settle_seen(settled);
            }
            TaskPurpose::History(key) => self.history_read(key, record, shown, now),
            TaskPurpose::Side(request) => {
                self.side_requests.answered(request, record, shown, &mut self.cx, &mut self.reads, now);
            }
            TaskPurpose::Upload(key, id) => self.file_put(key, &id, record, shown, now),
        }
    }

    /// Asking for a token is over: who waited for it goes on.
    fn renewal_ended(&mut self, end: Option<RenewalEnd>, now: Moment) {
        let Some(RenewalEnd { exchange, brought, replaced }) = end else { return };
        self.probes.token_answered(exchange, brought, &self.cx, &mut self.sign_in, now);
        self.sends.renewal_ended(brought, &self.cx, now);
        if let Some(replaced) = replaced {
            self.negative_tests.retire(replaced);
        }
        if brought.is_some() {
            self.reads.new_token();
            self.side_requests.new_token();
            self.sign_in.report_missing(&self.cx, now);
        }
    }

    /// Lets what is on the wire finish, bounded; then takes it back, so that each message is told how it ended.
    async fn finish(&mut self) {
        let waiting = self.sends.waiting().map(|send| send.request.message).collect();
        self.leave_queued(waiting);
        self.drain(self.cx.tuning.grace).await;
        let left = self.sends.all().map(|send| send.request.message).collect();
        self.leave_queued(left);
        self.drain(Duration::from_millis(500)).await;
        let end = Instant::now() + self.cx.tuning.grace;
        while let Ok(Some(recorded)) = tokio::time::timeout_at(end, self.recordings.next()).await {
            recorded.report(&self.cx);
        }
        self.close_webs().await;
        self.cx.tasks.abort_all();
    }

    async fn drain(&mut self, bound: Duration) {
        let end = Instant::now() + bound;
        while self.sends.in_flight() > 0 {
            tokio::select! {
                Some(came) = self.webs.next() => self.web_came(came),
                Some(done) = self.cx.tasks.join_next(), if !self.cx.tasks.is_empty() => self.done(done),
                () = tokio::time::sleep_until(end) => return,
            }
            // What goes back into the queue goes no further.
            let back = self.sends.waiting().map(|send| send.request.message).collect();
            self.leave_queued(back);
        }
    }
}
