//! Opening a guest's socket: the token first, then the connection. And losing it.

use crate::engine::client::capture;
use crate::engine::client::upgrade::Socket;
use crate::engine::driver::task_output::{CapturedTry, TaskPurpose};
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::send_log::GuestToken;
use crate::engine::socket::link::Link;
use crate::engine::socket::session::SocketEvent;
use crate::genesys::web_messaging::socket_url;
use crate::genesys::{Call, deployments};
use crate::model::{ConversationKey, ExchangeKind, FailureKind, Outcome, Reason};

use tokio_tungstenite::tungstenite::handshake::client::generate_key;

use super::Driver;
use super::state::{GuestIdentity, WebHistory};

impl Driver {
    /// Begins to open the socket: with the token that is known, or once it is.
    pub(super) fn open_web(&mut self, key: ConversationKey) {
        let Some(web) = self.webs.of(key, &self.cx) else { return };
        web.opening.serial += 1;
        let (serial, renew) = (web.opening.serial, web.guest.renew);
        if web.guest.token.is_some() {
            return self.dial_web(key);
        }
        let configured = self.cx.entry(key).and_then(|entry| entry.guest_token.clone());
        self.cx.spawn_guest_token(key, serial, configured.filter(|_| !renew), renew);
    }

    /// The guest is another from now on.
    pub(super) fn forget_guest(&mut self, key: ConversationKey) {
        let Some(web) = self.webs.of(key, &self.cx) else { return };
        web.guest = GuestIdentity { renew: true, ..GuestIdentity::default() };
        web.ready = None;
        web.history = WebHistory::default();
        self.reads.begin_anew(key, &mut self.cx);
    }

    pub(in crate::engine::driver) fn guest_token_read(
        &mut self,
        key: ConversationKey,
        serial: u64,
        read: Result<GuestToken, String>,
    ) {
        let kept = match read {
            Ok(kept) => kept,
            Err(why) => {
                let why = Reason::NoSecret(self.cx.mask(&why));
                if self.webs.all.get(&key).is_some_and(|web| web.opening.serial == serial) {
                    self.web_event(key, SocketEvent::Failed { why, for_good: true });
                }
                return;
            }
        };
        // From here on the token is masked wherever it occurs.
        self.cx.learn_secret(&kept.token, "guest token");
        if let Err(why) = &kept.kept {
            let why = format!("the guest token is not kept, so the next start will be a new guest: {why}");
            self.cx.notice_of(key, &why);
        }
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        // Another guest was wanted meanwhile.
        if web.opening.serial != serial {
            return;
        }
        web.guest = GuestIdentity { token: Some(kept.token), fresh: kept.fresh, renew: false };
        self.dial_web(key);
    }

    fn dial_web(&mut self, key: ConversationKey) {
        let Some((deployment, origin)) = self.cx.web_address(key) else { return };
        let hosts = &self.cx.profile.hosts;
        let call = deployments::opening(&hosts.webmessaging, deployment, origin, &generate_key());
        let call = call.map(|call| Call { url: socket_url(&hosts.webmessaging, deployment), ..call });
        let record = self.cx.record(ExchangeKind::Frame, "open socket", Some(key));
        let Some(web) = self.webs.all.get_mut(&key) else { return };
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

    pub(in crate::engine::driver) fn web_opened(
        &mut self,
        key: ConversationKey,
        serial: u64,
        mut record: ExchangeBuilder,
        shown: CapturedTry,
        socket: Option<Socket>,
    ) {
        let origin = self.cx.web_address(key).map(|(_, origin)| origin.to_owned()).unwrap_or_default();
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let current = web.opening.serial == serial;
        let status = shown.evidence().map(|answer| answer.refusal.status);
        let why = match shown.why() {
            Reason::Answer(refusal) => {
                let origin = (refusal.status == 403).then_some(origin);
                Reason::SocketRefused(refusal, origin)
            }
            other => other,
        };
        let for_good = shown.result.as_ref().is_err_and(|failure| {
            // A name that had an address before may have one again.
            failure.is_for_good() || (failure.kind == FailureKind::Dns && !web.machine.was_open())
        });
        let wait = shown.wait();
        let outcome = match (status, &socket) {
            (_, Some(_)) if current => Outcome::Accepted,
            (_, Some(_)) => Outcome::Cancelled,
            (Some(_), None) => Outcome::Refused(why.clone()),
            (None, None) => Outcome::Failed(why.clone()),
        };
        self.cx.settle_try(&mut record, shown, outcome);
        if !current {
            return;
        }
        let event = match (socket, status) {
            (Some(socket), _) => {
                let events = self.webs.events.clone();
                let Some(web) = self.webs.all.get_mut(&key) else { return };
                web.link = Some(Link::start(socket, (key, serial), events, self.cx.shared.subscribe()));
                web.opening.take_back = None;
                web.pace.silent = None;
                SocketEvent::Opened { fresh: web.guest.fresh }
            }
            (None, Some(status)) => SocketEvent::Refused { status, why, wait },
            (None, None) => SocketEvent::Failed { why, for_good },
        };
        self.web_event(key, event);
    }

    /// The socket, or the attempt to open one, is not wanted any more.
    pub(super) fn drop_web(&mut self, key: ConversationKey) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        web.opening.serial += 1;
        if let Some(take_back) = web.opening.take_back.take() {
            let _ = take_back.send(());
        }
        if let Some(link) = &web.link {
            link.close();
        }
        self.lose_web(key, FailureKind::SessionEnded, "the session ended");
    }

    /// The socket is gone: nothing that is under way will be answered through it.
    pub(super) fn lose_web(&mut self, key: ConversationKey, kind: FailureKind, why: &str) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        web.link = None;
        for waiting in std::mem::take(&mut web.flight.0) {
            self.never_answered(key, waiting, kind, why);
        }
        self.uploads_lost(key, why);
    }
}
