//! The session of one web conversation: state × event × now → steps. Pure.
//!
//! ```text
//!            Want, StartNew, NewGuest
//!  Closed ─────────────────────────────► Opening ─ Opened ─► Configuring ─ Configured ─┬─► Open ◄──► ReadOnly
//!    ▲                                    │ ▲  │                  │                    └─► ReadOnly
//!    │ Close                       Failed │ │  │ Refused (4xx)    │ Declined
//!    └───── from everywhere               ▼ │  ▼                  ▼
//!                     Broken ─► Reconnecting   Ended ◄─ expired, cleared, signed out, connection closed, 4006, 4007
//!                                (backoff, jitter)  ── Want of a message, Connect, StartNew, NewGuest ─► Opening
//!                                      │ failed too often in a row
//!                                      ▼
//!                                 Unreachable ── Want of a message, Connect, StartNew, NewGuest ─► Opening
//!
//!  A failure counts until a session has lived for a while, or a message was exchanged in it: a server that takes each
//!  connection and breaks it is left alone for longer and longer.
//!  StartNew and Close of a live session write closeSession first and wait for its answer, a little: Closing.
//! ```
//! What waits to be sent stays in the queue while a session is Opening, Configuring, Reconnecting or Unreachable; it is
//! refused with the reason when the session ends.

use std::time::Duration;

use jiff::Timestamp;

use crate::engine::jitter::Jitter;
use crate::engine::outcome::SLOWER;
use crate::engine::retry::WAIT_MAX;
use crate::genesys::web_messaging::{Configure, SessionResponse};
use crate::model::frame_codes::{self, Means};
use crate::model::{Moment, Reason, SessionEnd, WebSession};

/// Pauses before a broken socket is opened again.
pub const AGAIN_FIRST: Duration = Duration::from_secs(1);
const AGAIN_MAX: Duration = Duration::from_secs(30);
/// A session that lived for so long was a good one.
const LIVED: Duration = Duration::from_secs(30);
/// How often opening is tried in a row.
pub const TRIES: u32 = 8;
/// Bound on the answer to `configureSession`.
const CONFIGURE_BOUND: Duration = Duration::from_secs(15);
/// Bound on the answer to `closeSession`: nothing depends on it.
const CLOSE_BOUND: Duration = Duration::from_secs(3);

/// Who wants the session open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A person looks at the conversation, or a message of an earlier session is looked for in it.
    Look,
    Message,
    Ask,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketEvent {
    Want(Wanted),
    /// A person begins a new session under the same token.
    StartNew,
    NewGuest,
    /// A person ends the session.
    Close,
    /// The socket is open. `fresh`: the token was made just now.
    Opened {
        fresh: bool,
    },
    /// The upgrade was answered with another status than 101, which may have named a wait.
    Refused {
        status: u16,
        why: Reason,
        wait: Option<Duration>,
    },
    /// The socket could not be opened. `for_good`: trying again would not help, as with a bad certificate, a proxy that
    /// lets nobody through, a URL that cannot be used.
    Failed {
        why: Reason,
        for_good: bool,
    },
    /// `configureSession` was answered, or the server tells the session's state by itself.
    Configured(SessionResponse),
    /// `configureSession` was refused, possibly with a wait.
    Declined {
        code: u16,
        why: Reason,
        wait: Option<Duration>,
    },
    Closed,
    /// The conversation was ended: 409, or a presence event with `readOnly`.
    ReadOnly(Reason),
    /// The session is over: expired, cleared, signed out, `ConnectionClosedEvent`, 4006, 4007.
    Over(Reason),
    Broken(Reason),
    /// Somebody said something in the session.
    Spoken,
    /// A health check told when the session ends.
    Expires(Timestamp),
    /// A moment that was asked for with [`Machine::due`] came.
    Tick,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketStep {
    /// Forget the guest token; the next is a new one.
    NewToken,
    Open,
    /// Drop the socket or the attempt to open it.
    Drop,
    Configure(Configure),
    WriteClose,
    /// Read what was said while nobody listened.
    CatchUp,
    /// What waits to be sent is refused.
    GiveUp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// As it is told; never `Connecting`, which has the steps below.
    Told(WebSession),
    Opening,
    Configuring {
        until: Moment,
    },
    /// `closeSession` is written. A new session follows where that is wanted.
    Closing {
        until: Moment,
    },
}

#[derive(Clone, Debug)]
pub struct Machine {
    phase: Phase,
    /// The next session is to be a new one.
    start_new: bool,
    /// How often opening failed, or what was opened broke at once, in a row.
    failed: u32,
    /// When the session was configured.
    since: Moment,
    /// The first pause before a broken socket is opened again.
    first: Duration,
    jitter: Jitter,
}

impl Machine {
    /// A session that nobody wants yet.
    pub const fn new(jitter: Jitter, first: Duration) -> Self {
        Self { phase: Phase::Told(WebSession::Closed), start_new: false, failed: 0, since: Moment::ZERO, first, jitter }
    }

    /// Where it stands, as it is told.
    pub fn session(&self) -> WebSession {
        match &self.phase {
            Phase::Told(session) => session.clone(),
            Phase::Closing { .. } if !self.start_new => WebSession::Closed,
            Phase::Opening | Phase::Configuring { .. } | Phase::Closing { .. } => WebSession::Connecting,
        }
    }

    /// Whether it was open at some time: what leads there was in order then.
    pub fn was_open(&self) -> bool {
        self.since != Moment::ZERO
    }

    /// Whether messages may be written. Into a read-only session too: what the server says to that is worth seeing.
    pub const fn is_writable(&self) -> bool {
        matches!(&self.phase, Phase::Told(session) if session.is_open())
    }

    /// When it wants a [`SocketEvent::Tick`].
    pub const fn due(&self) -> Option<Moment> {
        match self.phase {
            Phase::Configuring { until } | Phase::Closing { until, .. } => Some(until),
            Phase::Told(WebSession::Reconnecting { at, .. }) => Some(at),
            _ => None,
        }
    }

    /// Takes an event; says what is to be done. What does not fit the state is late, and changes nothing.
    pub fn on(&mut self, event: SocketEvent, now: Moment) -> Vec<SocketStep> {
        match event {
            SocketEvent::Want(by) => self.want(by),
            SocketEvent::StartNew => self.start_new(now),
            SocketEvent::NewGuest => {
                let live = self.is_live();
                self.start_new = false;
                self.failed = 0;
                self.phase = Phase::Opening;
                let drop = live.then_some(SocketStep::Drop);
                drop.into_iter().chain([SocketStep::NewToken, SocketStep::Open]).collect()
            }
            SocketEvent::Close => self.close(now),
            SocketEvent::Opened { fresh } => self.opened(fresh, now),
            SocketEvent::Refused { status, why, wait } if self.phase == Phase::Opening => {
                let wait = wait.unwrap_or_default();
                match status {
                    408 | 429 | 500..=599 if wait > WAIT_MAX => {
                        self.end(Reason::TooLongToWait(Box::new(why), wait.as_secs()))
                    }
                    408 | 429 | 500..=599 => self.again(why, Some(wait), now),
                    _ => self.end(why),
                }
            }
            SocketEvent::Failed { why, for_good } if self.phase == Phase::Opening => {
                if for_good {
                    self.end(why)
                } else {
                    self.again(why, None, now)
                }
            }
            SocketEvent::Configured(session) => self.configured(&session, now),
            SocketEvent::Declined { code, why, wait } if matches!(self.phase, Phase::Configuring { .. }) => {
                match frame_codes::means(code) {
                    Means::Slower | Means::Failed => self.again(why, Some(wait.unwrap_or(SLOWER)), now),
                    Means::ReadOnly => {
                        self.phase = Phase::Told(WebSession::ReadOnly { why });
                        vec![]
                    }
                    Means::SessionOver | Means::Refused => self.end(why),
                }
            }
            SocketEvent::Closed => self.closed(now),
            SocketEvent::ReadOnly(why) if self.is_writable() => {
                self.phase = Phase::Told(WebSession::ReadOnly { why });
                vec![]
            }
            // The end that was asked for; a new session that is to follow it still does.
            SocketEvent::Over(_) if matches!(self.phase, Phase::Closing { .. }) => self.closed(now),
            SocketEvent::Over(why) if self.is_live() => self.end(why),
            SocketEvent::Broken(why) => self.broken(why, now),
            SocketEvent::Spoken if self.is_writable() => {
                self.failed = 0;
                vec![]
            }
            SocketEvent::Expires(at) => {
                if let Phase::Told(WebSession::Open { expires, .. }) = &mut self.phase {
                    *expires = Some(at);
                }
                vec![]
            }
            SocketEvent::Tick => self.tick(now),
            _ => vec![],
        }
    }

    /// Whether a socket is open or being opened.
    const fn is_live(&self) -> bool {
        self.is_writable() || !matches!(self.phase, Phase::Told(_))
    }

    fn want(&mut self, by: Wanted) -> Vec<SocketStep> {
        let Phase::Told(session) = &self.phase else { return vec![] };
        let opens = matches!(
            (session, by),
            (WebSession::Closed, _)
                | (WebSession::Unreachable { .. } | WebSession::Ended { .. }, Wanted::Message | Wanted::Ask)
                | (WebSession::Reconnecting { .. }, Wanted::Ask)
        );
        if opens {
            self.failed = 0;
            self.phase = Phase::Opening;
            return vec![SocketStep::Open];
        }
        vec![]
    }

    fn start_new(&mut self, now: Moment) -> Vec<SocketStep> {
        self.start_new = true;
        self.failed = 0;
        match &self.phase {
            Phase::Told(session) if session.is_open() => {
                self.phase = Phase::Closing { until: now.after(CLOSE_BOUND) };
                vec![SocketStep::WriteClose]
            }
            Phase::Closing { .. } => {
                self.phase = Phase::Closing { until: now.after(CLOSE_BOUND) };
                vec![]
            }
            // The answer to the configuration under way would be taken for that of the new session.
            Phase::Configuring { .. } => {
                self.phase = Phase::Opening;
                vec![SocketStep::Drop, SocketStep::Open]
            }
            Phase::Opening => vec![],
            Phase::Told(_) => {
                self.phase = Phase::Opening;
                vec![SocketStep::Open]
            }
        }
    }

    fn close(&mut self, now: Moment) -> Vec<SocketStep> {
        self.start_new = false;
        match &self.phase {
            Phase::Told(session) if session.is_open() => {
                self.phase = Phase::Closing { until: now.after(CLOSE_BOUND) };
                vec![SocketStep::WriteClose]
            }
            Phase::Closing { .. } => vec![],
            Phase::Opening | Phase::Configuring { .. } => {
                self.phase = Phase::Told(WebSession::Closed);
                vec![SocketStep::Drop, SocketStep::GiveUp]
            }
            Phase::Told(_) => {
                let over = matches!(self.session(), WebSession::Closed | WebSession::Ended { .. });
                self.phase = Phase::Told(WebSession::Closed);
                if over { vec![] } else { vec![SocketStep::GiveUp] }
            }
        }
    }

    fn opened(&mut self, fresh: bool, now: Moment) -> Vec<SocketStep> {
        if self.phase != Phase::Opening {
            return vec![SocketStep::Drop];
        }
        self.phase = Phase::Configuring { until: now.after(CONFIGURE_BOUND) };
        let how = match (self.start_new, fresh) {
            (true, _) => Configure::StartNew,
            (false, true) => Configure::New,
            (false, false) => Configure::Resume,
        };
        vec![SocketStep::Configure(how)]
    }

    fn configured(&mut self, session: &SessionResponse, now: Moment) -> Vec<SocketStep> {
        if matches!(self.phase, Phase::Closing { .. }) && !session.connected {
            return self.closed(now);
        }
        let configuring = matches!(self.phase, Phase::Configuring { .. });
        if !configuring && !self.is_writable() {
            return vec![];
        }
        if session.read_only {
            self.phase = Phase::Told(WebSession::ReadOnly { why: Reason::Session(SessionEnd::ReadOnly) });
        } else if session.connected {
            self.phase = Phase::Told(WebSession::Open { expires: session.expires, new: session.new });
        } else {
            return self.end(Reason::Session(SessionEnd::NotConnected));
        }
        if !configuring {
            return vec![];
        }
        self.since = now;
        self.start_new = false;
        if session.new { vec![] } else { vec![SocketStep::CatchUp] }
    }

    /// `closeSession` was answered, or will not be.
    fn closed(&mut self, now: Moment) -> Vec<SocketStep> {
        match self.phase {
            Phase::Closing { .. } if !self.start_new => {
                self.phase = Phase::Told(WebSession::Closed);
                vec![SocketStep::Drop, SocketStep::GiveUp]
            }
            // The same connection serves: what was closed is the session.
            Phase::Closing { .. } => {
                self.phase = Phase::Configuring { until: now.after(CONFIGURE_BOUND) };
                vec![SocketStep::Configure(Configure::StartNew)]
            }
            _ => vec![],
        }
    }

    fn broken(&mut self, why: Reason, now: Moment) -> Vec<SocketStep> {
        match self.phase {
            Phase::Closing { .. } if !self.start_new => {
                self.phase = Phase::Told(WebSession::Closed);
                vec![SocketStep::GiveUp]
            }
            // The server closed what we asked it to close.
            Phase::Closing { .. } => {
                self.phase = Phase::Opening;
                vec![SocketStep::Open]
            }
            _ if self.is_writable() || matches!(self.phase, Phase::Configuring { .. }) => {
                if self.is_writable() && now.since(self.since) >= LIVED {
                    self.failed = 0;
                }
                let mut steps = self.again(why, None, now);
                // It is gone already.
                steps.retain(|s| *s != SocketStep::Drop);
                steps
            }
            _ => vec![],
        }
    }

    fn tick(&mut self, now: Moment) -> Vec<SocketStep> {
        if self.due().is_none_or(|due| now.mono < due.mono) {
            return vec![];
        }
        match self.phase {
            Phase::Told(_) => {
                self.phase = Phase::Opening;
                vec![SocketStep::Open]
            }
            Phase::Configuring { .. } => self.again(Reason::NotConfigured(CONFIGURE_BOUND.as_secs()), None, now),
            Phase::Closing { .. } => self.closed(now),
            Phase::Opening => vec![],
        }
    }

    /// It is opened again after a pause, or left until somebody wants it.
    fn again(&mut self, why: Reason, at_least: Option<Duration>, now: Moment) -> Vec<SocketStep> {
        self.failed += 1;
        let opening = self.phase == Phase::Opening;
        self.phase = Phase::Told(if self.failed >= TRIES {
            WebSession::Unreachable { why: Reason::Tried(Box::new(why), TRIES) }
        } else {
            let pause = self.jitter.backoff(self.first, AGAIN_MAX, self.failed - 1);
            WebSession::Reconnecting { at: now.after(pause.max(at_least.unwrap_or_default())), why }
        });
        if opening { vec![] } else { vec![SocketStep::Drop] }
    }

    fn end(&mut self, why: Reason) -> Vec<SocketStep> {
        let opening = self.phase == Phase::Opening;
        self.phase = Phase::Told(WebSession::Ended { why });
        self.start_new = false;
        if opening { vec![SocketStep::GiveUp] } else { vec![SocketStep::Drop, SocketStep::GiveUp] }
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/engine/socket/session.rs"]
mod tests;
