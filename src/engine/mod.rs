//! The background task: HTTP client, token, queues. The console asks with [`Command`]s and is told with [`Report`]s;
//! it never sees a token.
//!
//! ```text
//!            ┌──────────────── driver: one select! ────────────────┐
//! Command ─► │ token, queue, outcome, reading, web_session,        │ ─► Report
//!            │ frames_in_flight (pure)                             │
//!            │      │                                              │
//!            │      ▼                                              │
//!            │  tasks it owns: client (gate, capture), sockets     │ ─► send log (intent, outcome)
//!            └─────────────────────────────────────────────────────┘
//! ```
//! Nothing runs at rest: the driver sleeps until a command, a task's end, or the next moment at which something is due.

mod channel;
mod client;
mod driver;
mod frames_in_flight;
mod guest_socket;
mod interface;
mod outcome;
mod queue;
mod reading;
mod redact;
mod token;
mod web_session;

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::config::{Credentials, Profile, Tty};

pub use client::Environment;
pub(crate) use client::{check_ca_file, proxy_of, proxy_problems};
pub use interface::{
    Command, EngineOptions, GuestToken, GuestTokenAnswer, Intent, NoLog, Recording, Report, SendLog, Unrecorded,
};
pub use redact::Redactor;

pub use crate::model::DiscoveredConversation;

/// Masks texts that were kept, as [`EngineHandle::mask`] does, where no engine runs: by name, by form, the profile's own
/// secrets, and what `[redact]` names. Reads the secrets, so this blocks as long as [`crate::config::SecretSource::read`];
/// one that cannot be read now is not known.
pub(crate) fn masker(profile: &Profile) -> impl Fn(&str) -> String + use<> {
    let mut redactor = Redactor::new(&profile.redaction.names).with_masks(profile.redaction.masks.clone());
    let label = if matches!(profile.credentials, Credentials::Pasted(_)) { "token" } else { "client secret" };
    let signing = profile.credentials.read(Tty::Allowed).ok().zip(Some(label));
    let webhook = profile.open_messaging.webhook.iter().map(|webhook| (&webhook.secret, "webhook secret"));
    let guests = profile.conversations.iter().filter_map(|c| Some((c.guest_token.as_ref()?, "guest token")));
    let others = webhook.chain(guests).filter_map(|(source, label)| Some((source.read(Tty::Allowed).ok()?, label)));
    for (secret, label) in signing.into_iter().chain(others) {
        redactor = redactor.with_secret(&secret, label);
    }
    move |text| redactor.text(text).into_owned()
}

/// Asks an engine. Cheap to clone.
#[derive(Clone, Debug)]
pub struct EngineHandle {
    commands: mpsc::UnboundedSender<Command>,
    redactor: watch::Receiver<Arc<Redactor>>,
}

impl EngineHandle {
    /// Starts an engine for `profile` on the present tokio runtime. Returns at once: certificates are loaded when the first
    /// https URL is needed, secrets are read off the runtime's threads. The engine ends with [`Report::Stopped`] after
    /// [`Command::Shutdown`], or when every handle is gone.
    pub fn start(profile: Arc<Profile>, clock: Clock, options: EngineOptions) -> (Self, mpsc::Receiver<Report>) {
        let (commands, inbox) = mpsc::unbounded_channel();
        let (outbox, reports) = mpsc::channel(driver::reporter::WAITING);
        let redactor = Redactor::new(&profile.redaction.names).with_masks(profile.redaction.masks.clone());
        let (shared, redactor) = watch::channel(Arc::new(redactor));
        let cx = driver::state::EngineState::new(profile, clock, options, outbox, shared);
        tokio::spawn(driver::Driver::new(cx, inbox).run());
        (Self { commands, redactor }, reports)
    }

    /// Asks, without waiting. An engine that has stopped takes no more; it said so with [`Report::Stopped`].
    pub fn ask(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    /// `text` without this session's secrets and without what `[redact]` names: for everything that is copied or
    /// written and did not come as an exchange, which is masked already.
    pub fn mask(&self, text: &str) -> String {
        self.redactor.borrow().text(text).into_owned()
    }
}

#[cfg(test)]
#[path = "../../tests/unit/engine/mod.rs"]
mod tests;
