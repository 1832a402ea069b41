//! Opening a guest's socket: the token first, then the connection. And losing it.

use std::sync::Arc;

use crate::engine::client::capture;
use crate::engine::driver::tasks::{OpenDone, TokenRead};
use crate::engine::socket::link::{self, Link};
use crate::engine::socket::session::SocketEvent;
use crate::engine::socket::upgrade;
use crate::genesys::web_messaging::socket_url;
use crate::model::{ConversationKey, Ending, ExchangeKind, Failure, FailureKind, Moment, Outcome, Reason};

use super::frames::Frame;
use super::{Driver, FrameArrival, Guest, Incoming};

impl Driver {
    /// Begins to open the socket: with the token that is known, or once it is.
    pub(super) fn open_web(&mut self, key: ConversationKey, now: Moment) {
        let Some(web) = self.web(key) else { return };
        web.opening.serial += 1;
        let (serial, renew) = (web.opening.serial, web.guest.renew);
        if web.guest.token.is_some() {
            return self.dial_web(key, now);
        }
        let configured = self.cx.entry(key).and_then(|entry| entry.guest_token.clone());
        self.cx.spawn_guest_token(key, serial, configured.filter(|_| !renew), renew);
    }

    /// The guest is another from now on.
    pub(super) fn forget_guest(&mut self, key: ConversationKey) {
        let Some(web) = self.web(key) else { return };
        web.guest = Guest { renew: true, ..Guest::default() };
        web.ready = None;
        web.history.forget();
        self.reads.begin_anew(key);
    }

    pub(in crate::engine::driver) fn guest_token_read(&mut self, done: TokenRead, now: Moment) {
        let TokenRead { key, serial, read } = done;
        let kept = match read {
            Ok(kept) => kept,
            Err(why) => {
                let why = Reason::NoSecret(self.cx.mask(&why));
                if self.webs.all.get(&key).is_some_and(|web| web.opening.serial == serial) {
                    self.web_event(key, SocketEvent::Failed { why, for_good: true }, now);
                }
                return;
            }
        };
        // From here on the token is masked wherever it occurs.
        self.cx.learn_secret(&kept.token, "guest token");
        if let Err(why) = &kept.kept {
            let why = format!("the guest token is not kept, so the next start will be a new guest: {why}");
            self.cx.notice(&why, now);
        }
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        // Another guest was wanted meanwhile.
        if web.opening.serial != serial {
            return;
        }
        web.guest = Guest { token: Some(kept.token), fresh: kept.fresh, renew: false };
        self.dial_web(key, now);
    }

    /// Opens the connection.
    fn dial_web(&mut self, key: ConversationKey, now: Moment) {
        let Some((deployment, origin)) = self.cx.web_address(key) else { return };
        let url = socket_url(&self.cx.profile.hosts.webmessaging, deployment);
        let call = upgrade::request(&url, origin);
        let mut record = self.cx.record(ExchangeKind::Frame, "open socket", Some(key), now);
        let call = match call {
            Ok(call) => call,
            Err(bad) => {
                let why = Reason::NotBuilt(self.cx.mask(&bad.0));
                self.cx.settle(&mut record, Outcome::Refused(why.clone()), now);
                return self.web_event(key, SocketEvent::Failed { why, for_good: true }, now);
            }
        };
        let shown = capture::request(&call, &self.cx.redactor);
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        web.opening.shown_url = shown.url.clone();
        record.begin(shown, None, now);
        self.cx.report(record.report());
        web.opening.take_back = Some(self.cx.spawn_open(call, key, web.opening.serial, record));
    }

    pub(in crate::engine::driver) fn web_opened(&mut self, done: OpenDone, now: Moment) {
        let OpenDone { key, serial, mut record, shown, socket } = done;
        self.cx.take_meta(&shown.meta, None);
        let origin = self.cx.web_address(key).map(|(_, origin)| origin.to_owned()).unwrap_or_default();
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let current = web.opening.serial == serial;
        let status = shown.answer.as_ref().map(|answer| answer.refusal.status);
        let why = match shown.why() {
            Reason::Answer(refusal) => {
                let origin = (refusal.status == 403).then_some(origin);
                Reason::SocketRefused(refusal, origin)
            }
            other => other,
        };
        let for_good = match &shown.ending {
            Ending::Failed(failure) => is_for_good(failure, web.machine.was_open()),
            Ending::Answered(_) => false,
        };
        let wait = shown.answer.as_ref().and_then(|answer| answer.wait);
        let outcome = match (status, &socket) {
            (_, Some(_)) if current => Outcome::Accepted,
            (_, Some(_)) => Outcome::Cancelled,
            (Some(_), None) => Outcome::Refused(why.clone()),
            (None, None) => Outcome::Failed(why.clone()),
        };
        self.cx.settle_try(&mut record, shown, outcome, now);
        if !current {
            return;
        }
        let event = match (socket, status) {
            (Some(socket), _) => {
                let redactor = self.cx.shared.subscribe();
                let tell = move |event| {
                    let redactor = Arc::clone(&redactor.borrow());
                    let event = match event {
                        link::LinkEvent::Text(text) => Incoming::Frame(Box::new(Frame::new(&text, &redactor))),
                        link::LinkEvent::Binary(bytes) => Incoming::Binary(bytes),
                        link::LinkEvent::Gone(why) => Incoming::Gone(redactor.text(&why).into_owned()),
                    };
                    FrameArrival { key, serial, event }
                };
                let link = Link::start(socket, self.webs.events.clone(), tell);
                let Some(web) = self.webs.all.get_mut(&key) else { return };
                web.link = Some(link);
                web.opening.take_back = None;
                web.pace.silent = None;
                SocketEvent::Opened { fresh: web.guest.fresh }
            }
            (None, Some(status)) => SocketEvent::Refused { status, why, wait },
            (None, None) => SocketEvent::Failed { why, for_good },
        };
        self.web_event(key, event, now);
    }

    /// The socket, or the attempt to open one, is not wanted any more.
    pub(super) fn drop_web(&mut self, key: ConversationKey, now: Moment) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        web.opening.serial += 1;
        if let Some(take_back) = web.opening.take_back.take() {
            let _ = take_back.send(());
        }
        if let Some(link) = &web.link {
            link.close();
        }
        self.lose_web(key, FailureKind::SessionEnded, "the session ended", now);
    }

    /// The socket is gone: nothing that is under way will be answered through it.
    pub(super) fn lose_web(&mut self, key: ConversationKey, kind: FailureKind, why: &str, now: Moment) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        web.link = None;
        for waiting in web.flight.broken() {
            self.never_answered(key, waiting, kind, why, now);
        }
        self.uploads_lost(key, why, now);
    }
}

/// Whether opening a socket again would end alike. A name that had an address before may have one again.
fn is_for_good(failure: &Failure, was_open: bool) -> bool {
    match failure.kind {
        FailureKind::Invalid | FailureKind::Tls(_) => true,
        FailureKind::Proxy => failure.partial.as_ref().is_none_or(|answer| answer.status < 500),
        FailureKind::Dns => !was_open,
        _ => false,
    }
}
