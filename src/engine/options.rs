//! How an engine behaves beside what its profile says.

use std::sync::Arc;
use std::time::Duration;

use crate::config::Terminal;
use crate::config::settings::MetricsSettings;

use super::client::Environment;
use super::send_log::{NoLog, SendLog};

/// Settings of an engine that are no part of a profile.
#[derive(Clone)]
pub struct EngineOptions {
    /// Seed of all jitter.
    pub seed: u64,
    /// Pauses before each reading of a conversation after a send into it.
    pub read_pauses: Vec<Duration>,
    /// How long a stop waits for what is on the wire.
    pub grace: Duration,
    /// Messages a second of a session, instead of the documented limit.
    pub messages_per_second: Option<u32>,
    /// Frames a minute of a socket, instead of the documented limit.
    pub frames_per_minute: Option<u32>,
    /// First pause before a broken socket is opened again, instead of a second.
    pub reopen_after: Option<Duration>,
    /// Whether it signs in by itself at the start.
    pub sign_in: bool,
    /// Where metrics go, if anywhere.
    pub metrics: Option<MetricsSettings>,
    /// Whether a command that prints a secret may ask a person on the terminal.
    pub terminal: Terminal,
    /// Where intents and outcomes are recorded.
    pub send_log: Arc<dyn SendLog>,
    /// Where the proxies' variables are looked up.
    pub environment: Environment,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            seed: uuid::Uuid::new_v4().as_u64_pair().0,
            read_pauses: [400, 1000, 2000, 4000, 8000, 15_000].map(Duration::from_millis).to_vec(),
            grace: Duration::from_secs(2),
            messages_per_second: None,
            frames_per_minute: None,
            reopen_after: None,
            sign_in: true,
            metrics: None,
            terminal: Terminal::Taken,
            send_log: Arc::new(NoLog),
            environment: Environment::default(),
        }
    }
}
