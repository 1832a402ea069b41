//! Opens the guest's socket, and handles its loss.
//!
//! ```text
//! open ─► guest token (configured, kept, or made) ─► dial ─► answered ─┬─ 101 ──────────────► link (a task) ─► lost
//!            ▲ a new guest: forgotten                                  └─ refused, failed ──► the machine decides
//! ```

use tokio_tungstenite::tungstenite::handshake::client::generate_key;

use super::Driver;
use super::connection::Connection;
use crate::engine::GuestToken;
use crate::engine::client::capture;
use crate::engine::driver::task_output::{AnsweredTry, TaskPurpose};
use crate::engine::guest_socket::{Socket, SocketTask};
use crate::engine::web_session::SocketEvent;
use crate::genesys::web_messaging::socket_url;
use crate::genesys::{Call, lookups};
use crate::model::{ConversationKey, ExchangeKind, Failure, FailureKind, Outcome, Reason};

impl Driver {
    fn connection(&mut self, key: ConversationKey) -> &mut Connection {
        &mut self.webs.of(key).connection
    }

    pub fn open_web(&mut self, key: ConversationKey) {
        let connection = self.connection(key);
        connection.begin();
        let (serial, renew) = (connection.serial(), connection.wants_new_token());
        if connection.token().is_some() {
            return self.dial_web(key);
        }
        let configured = self.cx.entry(key).and_then(|entry| entry.guest_token.clone());
        self.cx.spawn_guest_token(key, serial, configured.filter(|_| !renew), renew);
    }

    pub fn forget_guest(&mut self, key: ConversationKey) {
        self.webs.of(key).forget_guest();
        self.reads.begin_anew(key, &mut self.cx);
    }

    pub fn guest_token_read(&mut self, key: ConversationKey, serial: u64, read: Result<GuestToken, String>) {
        // Otherwise another guest was wanted meanwhile.
        let wanted = self.connection(key).serial() == serial;
        match read {
            Ok(GuestToken { token, fresh, kept }) => {
                // From here on the token is masked wherever it occurs.
                self.cx.learn_secret(&token, "guest token");
                if let Err(why) = kept {
                    let why = format!("the guest token is not kept, so the next start will be a new guest: {why}");
                    self.cx.notice_of(key, &why);
                }
                if wanted {
                    self.connection(key).set_token(token, fresh);
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
        let connection = &mut self.webs.of(key).connection;
        let shown_url = call.as_ref().map(|call| capture::request(call, self.cx.redactor()).url).unwrap_or_default();
        match self.cx.request(TaskPurpose::Open(key, connection.serial()), record, call, None) {
            Ok(take_back) => connection.dialled(shown_url, take_back),
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
        let current = web.connection.serial() == serial;
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
        self.cx.finish_try(&mut record, shown, outcome);
        if !current {
            return;
        }
        let event = match (socket, status) {
            (Some(socket), _) => {
                let events = self.webs.events.clone();
                let web = self.webs.of(key);
                web.pace.silence(None);
                web.connection.opened(SocketTask::start(socket, (key, serial), events, self.cx.shared.subscribe()));
                SocketEvent::Opened { fresh: web.connection.is_fresh() }
            }
            (None, 0) => SocketEvent::Failed { why, for_good },
            (None, status) => SocketEvent::Refused { status, why, wait },
        };
        self.web_event(key, event);
    }

    pub fn drop_web(&mut self, key: ConversationKey) {
        self.connection(key).leave();
        self.lose_web(key, FailureKind::SessionEnded, "the session ended");
    }

    pub fn lose_web(&mut self, key: ConversationKey, kind: FailureKind, why: &str) {
        let web = self.webs.of(key);
        web.connection.take_link();
        for waiting in web.in_flight.take_all() {
            self.never_answered(key, waiting, kind, why);
        }
        self.uploads_lost(key, why);
    }

    pub async fn close_webs(&mut self) {
        let mut closed = Vec::new();
        for key in self.webs.keys(|_| true) {
            let link = self.connection(key).take_link();
            self.lose_web(key, FailureKind::Reset, "guestwire stopped");
            closed.extend(link.map(SocketTask::close_and_wait));
        }
        for closed in closed {
            closed.await;
        }
    }
}
