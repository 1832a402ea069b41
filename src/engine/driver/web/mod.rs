//! Web conversations: carries out what their session machines decide; opens the guest's socket, and loses it.
//!
//! ```text
//! Command::{Watch, Send, Session, Typing} ─► Event ─► web_session::SessionMachine ─► Step ─┬─ open: token, dial, upgrade (a task)
//! link (a task) ─► frame ─► frames: log entry, whose answer ─► Event ───────────┘       ├─ frames: configure, close, …
//!                                   └─► reader ─► Report::{MessagesArrived, Typing}      └─ history, give up
//! ```
//! A socket is opened when a person looks at a conversation or sends into it, or when a message of an earlier session
//! is unknown and has to be looked for; never for all of them at the start.

mod frames;
pub mod history;
mod receive;
mod sending;
pub mod state;

use std::time::Duration;

use tokio_tungstenite::tungstenite::handshake::client::generate_key;

use crate::engine::GuestToken;
use crate::engine::Report;
use crate::engine::client::capture;
use crate::engine::guest_socket::{Socket, SocketTask, SocketTaskEvent, SocketTaskReport};
use crate::engine::web_session::{SocketEvent, SocketStep, Wanted};
use crate::genesys::web_messaging::{GuestFrame, Presence, socket_url};
use crate::genesys::{Call, lookups};
use crate::model::channel::TYPING_EVERY;
use crate::model::{
    AsOf, Body, ConversationKey, DeliveryStatus, ExchangeKind, Failure, FailureKind, Outcome, Reason, RepliesReadable,
    SessionAsk, SessionEnd, Unreadable, WebSession,
};
use crate::text::counted;

use super::Driver;
use super::task_output::{AnsweredTry, TaskPurpose};
use history::WebHistory;
use state::GuestIdentity;

const HEALTH_EVERY: Duration = Duration::from_secs(30); // [real: seen in SDK source: MTSDK; limit of 2 a minute: SAFRI]

impl Driver {
    pub fn session_asked(&mut self, key: ConversationKey, ask: SessionAsk) {
        if !self.cx.is_web(key) {
            let why = "only conversations of the channel web-messaging have a session";
            return self.cx.notice_of(key, why);
        }
        match ask {
            SessionAsk::Connect => self.web_event(key, SocketEvent::Want(Wanted::Ask)),
            SessionAsk::StartNew => self.web_event(key, SocketEvent::StartNew),
            SessionAsk::NewGuest => self.web_event(key, SocketEvent::NewGuest),
            SessionAsk::Close => self.web_event(key, SocketEvent::Close),
            SessionAsk::Join => self.ask_by_frame(key, GuestFrame::Presence(Presence::Join)),
            SessionAsk::Clear => self.ask_by_frame(key, GuestFrame::Presence(Presence::Clear)),
            SessionAsk::Health => self.ask_health(key),
            SessionAsk::History => self.ask_history(key),
        }
    }

    fn ask_by_frame(&mut self, key: ConversationKey, ours: GuestFrame) {
        if let Some(why) = self.not_open(key) {
            return self.cx.notice_of(key, &format!("{} was not sent: {why}", ours.words()));
        }
        self.write_frame(key, ours);
    }

    pub fn not_open(&self, key: ConversationKey) -> Option<String> {
        if !self.webs.is_writable(key) {
            let why = if self.cx.options.send_log.read_only() {
                "another guestwire has this profile open, and this one only reads"
            } else {
                "the session is not open; connect first"
            };
            return Some(why.to_owned());
        }
        let (until, why) = self.webs.paced(key, self.cx.now)?;
        Some(format!("{why}; it can be sent in {} s", until.left(self.cx.now).as_secs() + 1))
    }

    fn ask_health(&mut self, key: ConversationKey) {
        if self.not_open(key).is_none() {
            let again = &mut self.webs.of(key).pace.health_again;
            if let Some(at) = again.filter(|at| self.cx.now.mono < at.mono) {
                let seconds = at.left(self.cx.now).as_secs() + 1;
                let why = format!("a health check may be made every 30 s: the next in {seconds} s");
                return self.cx.notice_of(key, &why);
            }
            *again = Some(self.cx.now.after(HEALTH_EVERY));
        }
        self.ask_by_frame(key, GuestFrame::Health);
    }

    /// The guest types. Typing that cannot be told now is dropped: it is no message.
    pub fn guest_types(&mut self, key: ConversationKey) {
        let again = self.webs.of(key).pace.typing_again;
        if self.not_open(key).is_none() && again.is_none_or(|at| self.cx.now.mono >= at.mono) {
            self.webs.of(key).pace.typing_again = Some(self.cx.now.after(TYPING_EVERY));
            self.write_frame(key, GuestFrame::Typing);
        }
    }

    pub fn looked_at(&mut self, key: Option<ConversationKey>) {
        if let Some(key) = key.filter(|key| self.cx.is_web(*key)) {
            self.web_event(key, SocketEvent::Want(Wanted::Look));
        }
    }

    pub fn web_event(&mut self, key: ConversationKey, event: SocketEvent) {
        for step in self.webs.of(key).machine.on(event, self.cx.now) {
            match step {
                SocketStep::NewToken => self.forget_guest(key),
                SocketStep::Open => self.open_web(key),
                SocketStep::Drop => self.drop_web(key),
                SocketStep::Configure(how) => self.configure(key, how),
                SocketStep::WriteClose => drop(self.write_frame(key, GuestFrame::Close)),
                SocketStep::CatchUp => self.webs.of(key).history.catch_up(),
                SocketStep::GiveUp => self.give_up_web(key),
            }
        }
        self.report_session(key);
    }

    fn report_session(&mut self, key: ConversationKey) {
        let web = self.webs.of(key);
        let session = web.machine.session();
        if session == web.told {
            return;
        }
        let before = std::mem::replace(&mut web.told, session.clone());
        match &session {
            WebSession::Reconnecting(at, why) => {
                self.restate_first(key, DeliveryStatus::Waiting { until: *at, why: why.clone() });
            }
            // Nothing is going to happen by itself: it is in the queue, and no more.
            WebSession::Unreachable(_) => self.restate_first(key, DeliveryStatus::Queued),
            _ => {}
        }
        if !session.is_open() {
            self.report_typing(key, None);
        }
        let (readable, as_of) = (readable_after(&before, &session), AsOf::SocketSince(self.cx.now));
        self.cx.report(Report::Session(key, session));
        if let Some(readable) = readable {
            self.cx.report(Report::RepliesReadable(key, readable, as_of));
        }
    }

    /// What waits for a session that ended is refused, with the reason: a person decides what follows.
    fn give_up_web(&mut self, key: ConversationKey) {
        let why = match self.webs.session(key) {
            Some(WebSession::Ended(why)) => why,
            _ => Reason::Session(SessionEnd::Closed),
        };
        for message in self.waiting_in(key).collect::<Vec<_>>() {
            self.refuse_waiting(message, Outcome::Failed(why.clone()));
        }
    }

    pub fn follow_web_moments(&mut self) {
        let now = self.cx.now;
        for key in self.webs.keys(|web| web.due().is_some_and(|at| now.mono >= at.mono)) {
            self.unanswered(key);
            self.late_upload(key);
            self.web_event(key, SocketEvent::Tick);
        }
        for key in self.webs.keys(|web| web.history.wanted().is_some()) {
            self.read_history(key);
        }
        for key in self.webs.keys(|web| !web.files.unwanted.is_empty()) {
            self.delete_unwanted(key);
        }
    }

    pub async fn close_webs(&mut self) {
        let mut closed = Vec::new();
        for key in self.webs.keys(|_| true) {
            let link = self.webs.of(key).link.take();
            self.lose_web(key, FailureKind::Reset, "guestwire stopped");
            closed.extend(link.map(SocketTask::close_and_wait));
        }
        for closed in closed {
            closed.await;
        }
    }

    pub fn take_link_event(&mut self, event: SocketTaskReport) {
        self.cx.now = self.cx.clock.now();
        let SocketTaskReport { key, serial, said } = event;
        if self.webs.all.get(&key).is_none_or(|web| web.opening.serial != serial) {
            return;
        }
        match said {
            SocketTaskEvent::Frame(frame) => self.take_frame(key, *frame),
            SocketTaskEvent::Binary(bytes) => {
                let what = format!("a binary frame of {}", counted(bytes, "byte"));
                self.record_theirs(key, &what, (0, Body::default()), Outcome::Accepted);
            }
            SocketTaskEvent::Gone(kind, why) => {
                self.lose_web(key, kind, &why);
                self.web_event(key, SocketEvent::Broken(Reason::SocketLost(why)));
            }
        }
    }

    pub fn open_web(&mut self, key: ConversationKey) {
        let web = self.webs.of(key);
        web.opening.serial += 1;
        let (serial, renew) = (web.opening.serial, web.guest.renew);
        if web.guest.token.is_some() {
            return self.dial_web(key);
        }
        let configured = self.cx.entry(key).and_then(|entry| entry.guest_token.clone());
        self.cx.spawn_guest_token(key, serial, configured.filter(|_| !renew), renew);
    }

    pub fn forget_guest(&mut self, key: ConversationKey) {
        let web = self.webs.of(key);
        web.guest = GuestIdentity { renew: true, ..GuestIdentity::default() };
        web.ready = None;
        web.history = WebHistory::default();
        self.reads.begin_anew(key, &mut self.cx);
    }

    pub fn guest_token_read(&mut self, key: ConversationKey, serial: u64, read: Result<GuestToken, String>) {
        // Otherwise another guest was wanted meanwhile.
        let wanted = self.webs.of(key).opening.serial == serial;
        match read {
            Ok(GuestToken { token, fresh, kept }) => {
                // From here on the token is masked wherever it occurs.
                self.cx.learn_secret(&token, "guest token");
                if let Err(why) = kept {
                    let why = format!("the guest token is not kept, so the next start will be a new guest: {why}");
                    self.cx.notice_of(key, &why);
                }
                if wanted {
                    self.webs.of(key).guest = GuestIdentity { token: Some(token), fresh, renew: false };
                    self.dial_web(key);
                }
            }
            Err(why) if wanted => {
                let why = Reason::NoSecret(self.cx.mask(&why));
                self.web_event(key, SocketEvent::Failed { why, for_good: true });
            }
            Err(_) => {}
        }
    }

    fn dial_web(&mut self, key: ConversationKey) {
        let Some((deployment, origin)) = self.cx.web_address(key) else { return };
        let hosts = &self.cx.profile.hosts;
        let call = lookups::opening(&hosts.webmessaging, deployment, origin, &generate_key());
        let call = call.map(|call| Call { url: socket_url(&hosts.webmessaging, deployment), ..call });
        let record = self.cx.record(ExchangeKind::Frame, "open socket", Some(key));
        let web = self.webs.of(key);
        if let Ok(call) = &call {
            web.opening.shown_url = capture::request(call, &self.cx.redactor).url;
        }
        match self.cx.request(TaskPurpose::Open(key, web.opening.serial), record, call, None) {
            Ok(take_back) => web.opening.take_back = Some(take_back),
            Err(why) => {
                let why = Reason::NotBuilt(why);
                self.web_event(key, SocketEvent::Failed { why, for_good: true });
            }
        }
    }

    pub fn web_opened(
        &mut self,
        key: ConversationKey,
        serial: u64,
        (mut record, shown): AnsweredTry,
        socket: Option<Socket>,
    ) {
        let origin = self.cx.web_address(key).map(|(_, origin)| origin.to_owned()).unwrap_or_default();
        let web = self.webs.of(key);
        let current = web.opening.serial == serial;
        let (status, wait) = (shown.status(), shown.wait());
        let why = match shown.why() {
            Reason::Answer(refusal) => Reason::SocketRefused(refusal, (status == 403).then_some(origin)),
            other => other,
        };
        // A name that had an address before may have one again.
        let no_name = |failure: &Failure| failure.kind == FailureKind::Dns && !web.machine.was_open();
        let for_good = shown.result.as_ref().is_err_and(|failure| failure.is_permanent() || no_name(failure));
        let outcome = match (&socket, status) {
            (Some(_), _) if current => Outcome::Accepted,
            (Some(_), _) => Outcome::Cancelled,
            (None, 0) => Outcome::Failed(why.clone()),
            (None, _) => Outcome::Refused(why.clone()),
        };
        self.cx.settle_try(&mut record, shown, outcome);
        if !current {
            return;
        }
        let event = match (socket, status) {
            (Some(socket), _) => {
                let events = self.webs.events.clone();
                let web = self.webs.of(key);
                web.link = Some(SocketTask::start(socket, (key, serial), events, self.cx.shared.subscribe()));
                web.opening.take_back = None;
                web.pace.silent = None;
                SocketEvent::Opened { fresh: web.guest.fresh }
            }
            (None, 0) => SocketEvent::Failed { why, for_good },
            (None, status) => SocketEvent::Refused { status, why, wait },
        };
        self.web_event(key, event);
    }

    pub fn drop_web(&mut self, key: ConversationKey) {
        let web = self.webs.of(key);
        web.opening.serial += 1;
        let _ = web.opening.take_back.take().map(|take_back| take_back.send(()));
        if let Some(link) = &web.link {
            link.close();
        }
        self.lose_web(key, FailureKind::SessionEnded, "the session ended");
    }

    pub fn lose_web(&mut self, key: ConversationKey, kind: FailureKind, why: &str) {
        let web = self.webs.of(key);
        web.link = None;
        for waiting in std::mem::take(&mut web.in_flight) {
            self.never_answered(key, waiting, kind, why);
        }
        self.uploads_lost(key, why);
    }
}

/// Whether replies can be read after a change of the session; `None` where the socket stays open.
fn readable_after(before: &WebSession, session: &WebSession) -> Option<RepliesReadable> {
    let why = match session {
        session if session.is_open() => return (!before.is_open()).then_some(RepliesReadable::Yes),
        WebSession::Connecting if *before == WebSession::Closed => return Some(RepliesReadable::NotYetKnown),
        WebSession::Reconnecting(_, why) | WebSession::Unreachable(why) | WebSession::Ended(why) => why.to_string(),
        _ => String::new(),
    };
    Some(RepliesReadable::No(Unreadable::SocketClosed(why)))
}
