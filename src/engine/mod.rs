//! The background task: HTTP client, token, queues. The console asks with [`Command`]s and is told with [`Report`]s;
//! it never sees a token.

pub mod command;
pub mod report;

pub use command::{Command, SendRequest};
pub use report::Report;

/// Stand-in until the real engine takes its place: it answers [`Command::Shutdown`] only.
pub struct Engine;

/// The engine's ear.
#[derive(Clone)]
pub struct EngineHandle(tokio::sync::mpsc::UnboundedSender<Report>);

impl Engine {
    /// Starts nothing.
    pub fn start(
        _profile: std::sync::Arc<crate::config::Profile>,
        _clock: crate::clock::Clock,
    ) -> (EngineHandle, tokio::sync::mpsc::UnboundedReceiver<Report>) {
        let (tell, told) = tokio::sync::mpsc::unbounded_channel();
        (EngineHandle(tell), told)
    }
}

impl EngineHandle {
    /// Asks for something.
    #[expect(clippy::needless_pass_by_value, reason = "a stand-in")]
    pub fn ask(&self, command: Command) {
        if command == Command::Shutdown {
            let _ = self.0.send(Report::Stopped);
        }
    }
}
