//! The loop: commands in, tasks done, moments due. Each area decides and carries out its own; the driver wires them.
//!
//! ```text
//!                      ┌ sign_in                how requests are let in
//! Command ──► Driver ──┤ sends                  what is said
//! TaskOutput ─►        ├ reads ── side_requests what is answered
//! moment due ─►        ├ web ── webhooks        what comes by itself
//!                      └ probes                 what a person wants to know
//! ```

pub mod metrics;
mod probes;
mod reads;
pub mod reporter;
mod sends;
mod side_requests;
mod sign_in;
pub mod state;
mod task_output;
mod tasks;
pub mod web;
mod webhooks;

use std::time::Duration;

use futures_util::StreamExt as _;
use probes::Probes;
use reads::Reads;
use sends::Sends;
use side_requests::SideRequests;
use sign_in::{RenewalEnd, SignInArea, ask_facts, facts_answered};
use state::EngineState;
use task_output::{Finished, TaskOutput, TaskPurpose};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;
use web::conversation::Webs;
use webhooks::{WebhookEvent, Webhooks};

use super::Command;
use super::reading::Arrival;
use super::token::TokenRequest;
use crate::model::{ConversationKey, SessionAsk};

pub struct Driver {
    cx: EngineState,
    commands: UnboundedReceiver<Command>,
    stopping: bool,
    sign_in: SignInArea,
    sends: Sends,
    reads: Reads,
    probes: Probes,
    side_requests: SideRequests,
    webs: Webs, // conversations with a socket of their own
    webhooks: Webhooks,
}

impl Driver {
    pub fn new(cx: EngineState, commands: UnboundedReceiver<Command>) -> Self {
        Self {
            commands,
            stopping: false,
            sign_in: SignInArea::default(),
            sends: Sends::new(cx.profile.parallel, cx.options.seed),
            reads: Reads::default(),
            probes: Probes::default(),
            side_requests: SideRequests::new(cx.clock.now()),
            webs: Webs::new(&cx.options),
            webhooks: Webhooks::default(),
            cx,
        }
    }

    pub async fn run(mut self) {
        if self.cx.options.sign_in && self.cx.wants_token() {
            self.sign_in.sign_in(&mut self.cx);
        }
        self.webhooks.listen(&self.cx);
        while !self.stopping {
            let due = self.start_due();
            let (behind, caught_up) = (self.cx.reporter.is_behind(), self.cx.reporter.caught_up());
            let timer = tokio::time::sleep_until(due.unwrap_or_else(Instant::now));
            tokio::select! {
                command = self.commands.recv() => self.obey(command.unwrap_or(Command::Shutdown)),
                Some(event) = self.webs.next(), if !behind => self.take_link_event(event),
                Some(output) = self.cx.tasks.join_next(), if !self.cx.tasks.is_empty() => self.take_output(output),
                Some(reports) = self.cx.reporter.recordings.next() => self.cx.report_all(reports),
                Some(event) = self.webhooks.next(), if !behind => self.take_webhook(event),
                () = caught_up, if behind => {}
                () = timer, if due.is_some() => {}
            }
        }
        self.finish().await;
        self.cx.reporter.finish().await;
    }

    fn start_due(&mut self) -> Option<Instant> {
        self.cx.now = self.cx.clock.now();
        while let Some(ask) = self.cx.tokens.due(self.cx.now) {
            match ask {
                TokenRequest::Token => {
                    let end = self.sign_in.ask_token(self.probes.token_kind(), &mut self.cx);
                    self.renewal_ended(end);
                }
                TokenRequest::Facts(generation) => {
                    ask_facts(generation, self.probes.facts_kind(generation), &mut self.cx);
                }
            }
        }
        if let Some(renewal) = self.sign_in.renewal() {
            self.sends.name_renewal(renewal, &self.cx);
        }
        self.follow_web_moments();
        self.start_sends();
        self.reads.begin_due(&mut self.cx);
        self.side_requests.begin_waiting(&mut self.cx);
        self.cx.report_token();
        let cx = &self.cx;
        let dues = [
            cx.tokens.next_due(cx.now),
            self.sends.due(cx, &self.webs),
            self.reads.due(cx),
            self.side_requests.due(cx),
            self.webs.due(cx.now),
        ];
        // What is due and could not start waits for something else to happen: only the future is a reason to wake.
        let next = dues.into_iter().flatten().filter(|m| m.mono > cx.now.mono).min();
        next.map(|m| Instant::from_std(cx.clock.instant(m)))
    }

    fn obey(&mut self, command: Command) {
        self.cx.now = self.cx.clock.now();
        match command {
            Command::SignIn => self.sign_in.sign_in(&mut self.cx),
            Command::Renew => self.sign_in.renew(&mut self.cx),
            Command::Send(message, request) => self.accept(message, request),
            Command::Cancel(message) => self.cancel(message),
            Command::Settle { message, received } => self.settle_by_hand(message, received),
            Command::Learn(key, conversation_id) => self.cx.learn(key, conversation_id),
            Command::Recall(recalled) => self.recall(recalled),
            Command::RecallRemote(key, messages) => {
                let (_, found) = self.reads.of(key).arrived(messages, Arrival::Pushed, self.cx.skew());
                self.record_found(found);
            }
            Command::Read(key) => self.read_asked(key),
            Command::Probe(asked) => self.probes.ask(asked, &mut self.cx, &mut self.sign_in),
            Command::Watch(key) => {
                self.reads.watch(key);
                self.looked_at(key);
            }
            Command::Typing(key) if self.cx.is_web(key) => self.guest_types(key),
            Command::Typing(key) => self.side_requests.typing(key, &mut self.cx),
            Command::Session(key, ask) => self.session_asked(key, ask),
            Command::Discover(page) => self.side_requests.discover(page),
            Command::Add(conversation) => self.cx.add(conversation),
            Command::Shutdown => self.stopping = true,
        }
    }

    fn read_asked(&mut self, key: ConversationKey) {
        if !self.cx.is_web(key) {
            self.reads.ask(key, &self.cx);
        } else if self.reads.of(key).doubt_since(self.cx.skew()).is_some() {
            self.look_for_doubted(key);
        } else {
            self.session_asked(key, SessionAsk::History);
        }
    }

    fn take_webhook(&mut self, event: WebhookEvent) {
        self.cx.now = self.cx.clock.now();
        let found = self.webhooks.take(event, &mut self.cx, &mut self.reads, &mut self.side_requests);
        self.record_found(found);
    }

    fn take_output(&mut self, output: Result<TaskOutput, tokio::task::JoinError>) {
        self.cx.now = self.cx.clock.now();
        let Ok(output) = output else { return };
        match output {
            TaskOutput::Answered(finished) => self.take_answer(*finished),
            TaskOutput::Secret(secret) => {
                let end = self.sign_in.secret_read(secret, &mut self.cx);
                self.renewal_ended(end);
            }
            TaskOutput::Token(answered) => {
                self.cx.take_meta(&answered.0.meta, None);
                let end = self.sign_in.token_answered(answered, &mut self.cx);
                self.renewal_ended(end);
            }
            TaskOutput::Spare(answered) => {
                self.cx.take_meta(&answered.0.meta, None);
                let brought = self.sign_in.spare_answered(answered, &mut self.cx);
                self.refuse_wrong_scope(brought);
            }
            TaskOutput::Sent(message, shown) => self.send_answered(message, *shown),
            TaskOutput::Recorded(message, recorded) => self.intent_recorded(message, recorded),
            TaskOutput::GuestToken(key, serial, read) => self.guest_token_read(key, serial, read),
            TaskOutput::File(key, message, read) => self.file_read(key, message, read),
        }
    }

    fn take_answer(&mut self, finished: Finished) {
        let Finished { purpose, record, shown, socket } = finished;
        // The storage of files has a clock of its own.
        if !matches!(purpose, TaskPurpose::Upload(..)) {
            let uncounted = record.generation().map(|_| self.sends.in_flight());
            self.cx.take_meta(&shown.meta, uncounted);
        }
        // A limit that a request beside the messages meets is theirs first.
        if matches!(purpose, TaskPurpose::Read(_) | TaskPurpose::Side(_))
            && shown.status() == 429
            && let Some(wait) = shown.wait()
        {
            self.cx.pace.hold_reads(wait, self.cx.now);
        }
        match purpose {
            TaskPurpose::Facts(generation) => {
                let exchange = record.id;
                facts_answered(generation, (record, shown), &mut self.cx);
                self.probes.facts_answered(generation, exchange, &mut self.cx);
            }
            TaskPurpose::Probe(asked) => self.probes.answered(asked, (record, shown), &mut self.cx),
            TaskPurpose::Read(key) => {
                let read = self.reads.answered(key, (record, shown), &mut self.cx);
                let Some((fresh, found)) = read else { return };
                self.side_requests.acknowledge(key, &fresh, &self.cx);
                self.record_found(found);
            }
            TaskPurpose::History(key) => self.history_read(key, (record, shown)),
            TaskPurpose::Side(request) => self.side_requests.answered(&request, (record, shown), &mut self.cx),
            TaskPurpose::Upload(key, id) => self.file_put(key, &id, (record, shown)),
            TaskPurpose::Open(key, serial) => self.web_opened(key, serial, (record, shown), socket),
        }
    }

    fn renewal_ended(&mut self, end: Option<RenewalEnd>) {
        let Some((exchange, brought)) = end else { return };
        self.probes.token_answered(exchange, brought, &mut self.cx);
        self.sends.renewal_ended(brought, &self.cx);
        if brought.is_some() {
            self.reads.new_token();
            self.side_requests.new_token();
            self.cx.report_missing();
        }
    }

    /// Lets requests on the wire finish, for a bounded time; then takes them back, so that each message gets an end.
    async fn finish(&mut self) {
        let waiting = self.sends.waiting().map(|send| send.message).collect();
        self.leave_queued(waiting);
        self.drain(self.cx.options.grace).await;
        let left = self.sends.all().map(|send| send.message).collect();
        self.leave_queued(left);
        self.drain(Duration::from_millis(500)).await;
        let end = Instant::now() + self.cx.options.grace;
        while let Ok(Some(reports)) = tokio::time::timeout_at(end, self.cx.reporter.recordings.next()).await {
            self.cx.report_all(reports);
        }
        self.close_webs().await;
        self.cx.tasks.abort_all();
    }

    async fn drain(&mut self, bound: Duration) {
        let end = Instant::now() + bound;
        while self.sends.in_flight() > 0 {
            tokio::select! {
                Some(event) = self.webs.next() => self.take_link_event(event),
                Some(output) = self.cx.tasks.join_next(), if !self.cx.tasks.is_empty() => self.take_output(output),
                () = tokio::time::sleep_until(end) => return,
            }
            // What goes back into the queue goes no further.
            let back = self.sends.waiting().map(|send| send.message).collect();
            self.leave_queued(back);
        }
    }
}
