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
//! What waits to be sent stays in the queue until the session is open, and is refused with the reason when it ends.

use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;

use super::outcome::{SLOWER, WAIT_MAX, is_transient};
use super::queue::backoff;
use crate::genesys::web_messaging::{Configure, SessionResponse};
use crate::model::frame_codes::{self, FrameCodeClass};
use crate::model::{Moment, Reason, SessionEnd, WebSession};

pub const AGAIN_FIRST: Duration = Duration::from_secs(1); // first pause before a broken socket is opened again
const AGAIN_MAX: Duration = Duration::from_secs(30);
const LIVED: Duration = Duration::from_secs(30); // a session that lived for so long was a good one
pub const TRIES: u32 = 8; // how often opening is tried in a row
const CONFIGURE_BOUND: Duration = Duration::from_secs(15); // bound on the answer to `configureSession`
const CLOSE_BOUND: Duration = Duration::from_secs(3); // bound on the answer to `closeSession`: nothing depends on it

/// Who wants the session open: one who looks (or seeks a message of an earlier session), a message, or one who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opener {
    Look,
    Message,
    Ask,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketEvent {
    Want(Opener),
    StartNew, // a person begins a new session under the same token
    NewGuest,
    Close,                                                        // a person ends the session
    Opened { fresh: bool }, // the socket is open; the token was made just now, or not
    Refused { status: u16, why: Reason, wait: Option<Duration> }, // the upgrade was not answered with 101
    Failed { why: Reason, for_good: bool }, // the socket could not be opened; trying again would help, or not
    Configured(SessionResponse), // `configureSession` was answered, or the server tells the state by itself
    Declined { code: u16, why: Reason, wait: Option<Duration> }, // `configureSession` was refused
    Closed,
    ReadOnly(Reason), // the conversation was ended: 409, or a presence event with `readOnly`
    Over(Reason),     // expired, cleared, signed out, `ConnectionClosedEvent`, 4006, 4007
    Broken(Reason),
    Spoken,             // somebody said something in the session
    Expires(Timestamp), // a health check told when the session ends
    Tick,               // a moment that was asked for with [`SessionMachine::due`] came
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketStep {
    NewToken, // forget the guest token; the next is a new one
    Open,
    Drop, // the socket, or the attempt to open it
    Configure(Configure),
    WriteClose,
    CatchUp, // read what was said while nobody listened
    GiveUp,  // what waits to be sent is refused
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    Idle(WebSession), // as it is reported; never `Connecting`, which has the steps below
    Opening,
    Configuring(Moment), // until then
    Closing(Moment),     // `closeSession` is written; a new session follows where that is wanted
}

#[derive(Clone, Debug)]
pub struct SessionMachine {
    phase: Phase,
    start_new: bool, // the next session is to be a new one
    failed: u32,     // how often opening failed, or what was opened broke at once, in a row
    since: Moment,   // when the session was configured
    first: Duration, // the first pause before a broken socket is opened again
    rng: Rng,
}

impl SessionMachine {
    pub fn new(rng: Rng, first: Duration) -> Self {
        Self { phase: Phase::Idle(WebSession::Closed), start_new: false, failed: 0, since: Moment::ZERO, first, rng }
    }

    pub fn session(&self) -> WebSession {
        match &self.phase {
            Phase::Idle(session) => session.clone(),
            Phase::Closing(_) if !self.start_new => WebSession::Closed,
            Phase::Opening | Phase::Configuring(_) | Phase::Closing(_) => WebSession::Connecting,
        }
    }

    pub fn was_open(&self) -> bool {
        self.since != Moment::ZERO
    }

    /// Whether messages may be written. Into a read-only session too: what the server says to that is worth seeing.
    pub const fn is_writable(&self) -> bool {
        matches!(&self.phase, Phase::Idle(session) if session.is_open())
    }

    /// When it wants a [`SocketEvent::Tick`].
    pub const fn due(&self) -> Option<Moment> {
        match self.phase {
            Phase::Configuring(until) | Phase::Closing(until) => Some(until),
            Phase::Idle(WebSession::Reconnecting(at, _)) => Some(at),
            _ => None,
        }
    }

    /// Takes an event; says what is to be done. What does not fit the state is late, and changes nothing.
    pub fn on(&mut self, event: SocketEvent, now: Moment) -> Vec<SocketStep> {
        let configuring = matches!(self.phase, Phase::Configuring(_));
        match event {
            SocketEvent::Want(by) => self.want(by),
            SocketEvent::StartNew => self.start_new(now),
            SocketEvent::NewGuest => {
                let mut steps = self.dropped();
                self.start_new = false;
                self.open();
                steps.extend([SocketStep::NewToken, SocketStep::Open]);
                steps
            }
            SocketEvent::Close => self.close(now),
            SocketEvent::Opened { fresh } => self.opened(fresh, now),
            SocketEvent::Refused { status, why, wait } if self.phase == Phase::Opening => match wait {
                _ if !is_transient(status) => self.end(why),
                Some(wait) if wait > WAIT_MAX => self.end(Reason::TooLongToWait(Box::new(why), wait.as_secs())),
                _ => self.again(why, wait, now),
            },
            SocketEvent::Failed { why, for_good: true } if self.phase == Phase::Opening => self.end(why),
            SocketEvent::Failed { why, .. } if self.phase == Phase::Opening => self.again(why, None, now),
            SocketEvent::Configured(session) => self.configured(&session, now),
            SocketEvent::Declined { code, why, wait } if configuring => match frame_codes::classify(code) {
                FrameCodeClass::Slower | FrameCodeClass::Failed => self.again(why, Some(wait.unwrap_or(SLOWER)), now),
                FrameCodeClass::ReadOnly => self.idle(WebSession::ReadOnly(why), []),
                FrameCodeClass::SessionOver | FrameCodeClass::Refused => self.end(why),
            },
            SocketEvent::Closed => self.closed(now),
            SocketEvent::ReadOnly(why) if self.is_writable() => self.idle(WebSession::ReadOnly(why), []),
            // The end that was asked for; a new session that is to follow it still does.
            SocketEvent::Over(_) if matches!(self.phase, Phase::Closing(_)) => self.closed(now),
            SocketEvent::Over(why) if self.is_live() => self.end(why),
            SocketEvent::Broken(why) => self.broken(why, now),
            SocketEvent::Spoken if self.is_writable() => {
                self.failed = 0;
                vec![]
            }
            SocketEvent::Expires(at) => {
                if let Phase::Idle(WebSession::Open { expires, .. }) = &mut self.phase {
                    *expires = Some(at);
                }
                vec![]
            }
            SocketEvent::Tick if self.due().is_some_and(|due| now.mono >= due.mono) => match self.phase {
                Phase::Configuring(_) => self.again(Reason::NotConfigured(CONFIGURE_BOUND.as_secs()), None, now),
                Phase::Closing(_) => self.closed(now),
                Phase::Idle(_) | Phase::Opening => {
                    self.phase = Phase::Opening;
                    vec![SocketStep::Open]
                }
            },
            _ => vec![],
        }
    }

    const fn is_live(&self) -> bool {
        self.is_writable() || !matches!(self.phase, Phase::Idle(_))
    }

    fn dropped(&self) -> Vec<SocketStep> {
        self.is_live().then_some(SocketStep::Drop).into_iter().collect()
    }

    fn idle<const N: usize>(&mut self, session: WebSession, steps: [SocketStep; N]) -> Vec<SocketStep> {
        self.phase = Phase::Idle(session);
        steps.to_vec()
    }

    fn open(&mut self) {
        self.failed = 0;
        self.phase = Phase::Opening;
    }

    fn want(&mut self, by: Opener) -> Vec<SocketStep> {
        let Phase::Idle(session) = &self.phase else { return vec![] };
        let opens = matches!(
            (session, by),
            (WebSession::Closed, _)
                | (WebSession::Unreachable(_) | WebSession::Ended(_), Opener::Message | Opener::Ask)
                | (WebSession::Reconnecting(..), Opener::Ask)
        );
        if !opens {
            return vec![];
        }
        self.open();
        vec![SocketStep::Open]
    }

    fn start_new(&mut self, now: Moment) -> Vec<SocketStep> {
        self.start_new = true;
        self.failed = 0;
        let (phase, steps) = match &self.phase {
            Phase::Idle(session) if session.is_open() => {
                (Phase::Closing(now.after(CLOSE_BOUND)), vec![SocketStep::WriteClose])
            }
            Phase::Closing(_) => (Phase::Closing(now.after(CLOSE_BOUND)), vec![]),
            // The answer to the configuration under way would be taken for that of the new session.
            Phase::Configuring(_) => (Phase::Opening, vec![SocketStep::Drop, SocketStep::Open]),
            Phase::Opening => (Phase::Opening, vec![]),
            Phase::Idle(_) => (Phase::Opening, vec![SocketStep::Open]),
        };
        self.phase = phase;
        steps
    }

    fn close(&mut self, now: Moment) -> Vec<SocketStep> {
        self.start_new = false;
        match &self.phase {
            Phase::Idle(session) if session.is_open() => {
                self.phase = Phase::Closing(now.after(CLOSE_BOUND));
                vec![SocketStep::WriteClose]
            }
            Phase::Closing(_) => vec![],
            Phase::Opening | Phase::Configuring(_) => {
                self.idle(WebSession::Closed, [SocketStep::Drop, SocketStep::GiveUp])
            }
            Phase::Idle(WebSession::Closed | WebSession::Ended(_)) => self.idle(WebSession::Closed, []),
            Phase::Idle(_) => self.idle(WebSession::Closed, [SocketStep::GiveUp]),
        }
    }

    fn opened(&mut self, fresh: bool, now: Moment) -> Vec<SocketStep> {
        if self.phase != Phase::Opening {
            return vec![SocketStep::Drop];
        }
        self.phase = Phase::Configuring(now.after(CONFIGURE_BOUND));
        vec![SocketStep::Configure(match (self.start_new, fresh) {
            (true, _) => Configure::StartNew,
            (false, true) => Configure::New,
            (false, false) => Configure::Resume,
        })]
    }

    fn configured(&mut self, session: &SessionResponse, now: Moment) -> Vec<SocketStep> {
        if matches!(self.phase, Phase::Closing(_)) && !session.connected {
            return self.closed(now);
        }
        let configuring = matches!(self.phase, Phase::Configuring(_));
        if !configuring && !self.is_writable() {
            return vec![];
        }
        if session.read_only {
            self.phase = Phase::Idle(WebSession::ReadOnly(Reason::Session(SessionEnd::ReadOnly)));
        } else if session.connected {
            self.phase = Phase::Idle(WebSession::Open { expires: session.expires, new: session.new });
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

    fn closed(&mut self, now: Moment) -> Vec<SocketStep> {
        match self.phase {
            Phase::Closing(_) if !self.start_new => {
                self.idle(WebSession::Closed, [SocketStep::Drop, SocketStep::GiveUp])
            }
            // The same connection serves: what was closed is the session.
            Phase::Closing(_) => {
                self.phase = Phase::Configuring(now.after(CONFIGURE_BOUND));
                vec![SocketStep::Configure(Configure::StartNew)]
            }
            _ => vec![],
        }
    }

    fn broken(&mut self, why: Reason, now: Moment) -> Vec<SocketStep> {
        match self.phase {
            Phase::Closing(_) if !self.start_new => self.idle(WebSession::Closed, [SocketStep::GiveUp]),
            // The server closed what we asked it to close.
            Phase::Closing(_) => {
                self.phase = Phase::Opening;
                vec![SocketStep::Open]
            }
            _ if self.is_writable() || matches!(self.phase, Phase::Configuring(_)) => {
                if self.is_writable() && now.since(self.since) >= LIVED {
                    self.failed = 0;
                }
                self.again(why, None, now);
                vec![] // it is gone already
            }
            _ => vec![],
        }
    }

    /// It is opened again after a pause, or left until somebody wants it.
    fn again(&mut self, why: Reason, at_least: Option<Duration>, now: Moment) -> Vec<SocketStep> {
        self.failed += 1;
        let opening = self.phase == Phase::Opening;
        self.phase = Phase::Idle(if self.failed >= TRIES {
            WebSession::Unreachable(Reason::Tried(Box::new(why), TRIES))
        } else {
            let pause = backoff(&mut self.rng, self.first, AGAIN_MAX, self.failed - 1);
            WebSession::Reconnecting(now.after(pause.max(at_least.unwrap_or_default())), why)
        });
        if opening { vec![] } else { vec![SocketStep::Drop] }
    }

    fn end(&mut self, why: Reason) -> Vec<SocketStep> {
        let opening = self.phase == Phase::Opening;
        self.phase = Phase::Idle(WebSession::Ended(why));
        self.start_new = false;
        if opening { vec![SocketStep::GiveUp] } else { vec![SocketStep::Drop, SocketStep::GiveUp] }
    }
}

#[cfg(test)]
#[path = "../../tests/unit/engine/web_session.rs"]
mod tests;
