//! The background task: HTTP client, token, queues. The console asks with [`Command`]s and is told with [`Report`]s;
//! it never sees a token.

pub mod command;
mod client;
mod redact;
pub mod report;

pub use command::{Command, SendRequest};
pub use report::Report;
