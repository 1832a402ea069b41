//! guestwire's own log: JSON lines in a private file, when `--log-file` asks for one. Only guestwire's own records go
//! in, because an HTTP library's may hold headers; ours name things and never hold texts or secrets.

use std::path::Path;

use tracing::level_filters::LevelFilter;
use tracing::{debug, info};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::exit::Failed;
use crate::config::origin::{Lookup, env_text};
use crate::engine::Report;
use crate::files;

/// The level that `GUESTWIRE_LOG` names (off, error, warn, info, debug, trace). `info` where it names none.
pub fn level(env: Lookup<'_>) -> Result<LevelFilter, Failed> {
    let Some((text, _)) = env_text(env, "GUESTWIRE_LOG") else { return Ok(LevelFilter::INFO) };
    text.parse().map_err(|_| {
        Failed::usage("the environment variable GUESTWIRE_LOG must be off, error, warn, info, debug or trace")
    })
}

/// Starts the log. It is written until the guard is dropped.
pub fn start(path: &Path, env: Lookup<'_>) -> Result<WorkerGuard, Failed> {
    let level = level(env)?;
    if files::is_standard_stream(path) {
        return Err(Failed::usage("--log-file needs a file: results go to standard output; /dev/stderr is one, too"));
    }
    let file = files::append_private(path).map_err(|e| {
        Failed::usage(format!("{}: the log file cannot be opened ({})", path.display(), files::error_text(&e)))
    })?;
    let (writer, guard) = tracing_appender::non_blocking(file);
    let layer = tracing_subscriber::fmt::layer().json().with_writer(writer);
    // A second log in one process does not happen; if it did, the first would stay.
    let _ = tracing_subscriber::registry().with(Targets::new().with_target("guestwire", level)).with(layer).try_init();
    info!(version = env!("CARGO_PKG_VERSION"), "started");
    Ok(guard)
}

/// Notes a report of the engine: what it is about, never what it says.
pub fn report(report: &Report) {
    match report {
        Report::Token(status) => {
            let generation = status.facts().map(|facts| facts.generation.0);
            info!(state = status.word(), generation, "token");
        }
        Report::Exchange(exchange) if exchange.outcome.is_finished() => {
            info!(
                exchange = exchange.id.0,
                kind = exchange.kind.name(),
                outcome = exchange.outcome.word(),
                status = exchange.status(),
                attempts = exchange.attempts().count(),
                request_id = exchange.request_id().map(|(_, id)| id),
                ms = exchange.took_ms(),
                "exchange"
            );
        }
        Report::Exchange(exchange) => debug!(exchange = exchange.id.0, kind = exchange.kind.name(), "exchange open"),
        Report::Message { id, delivery, exchange, .. } => {
            info!(message = id.0, delivery = delivery.word(), exchange = exchange.map(|e| e.0), "message");
        }
        Report::NotOnDisk(message, _) => info!(message = message.0, "its status is not on disk yet"),
        Report::Conversation { key, state, messages, .. } => {
            debug!(conversation = key.0, state = state.name(), messages = messages.len(), "conversation");
        }
        Report::MessagesArrived(key, messages) => {
            debug!(conversation = key.0, messages = messages.len(), "heard");
        }
        Report::RepliesReadable(key, readable, _) => {
            debug!(conversation = key.0, readable = readable.known(), "replies");
        }
        Report::Typing(key, _, _) => debug!(conversation = key.0, "typing"),
        Report::Session(key, session) => info!(conversation = key.0, session = session.word(), "session"),
        Report::ConversationIdKnown(key, _) => info!(conversation = key.0, "conversation id learned"),
        Report::Discovered { page, found, .. } => {
            info!(page, found = found.as_ref().map_or(0, Vec::len), "conversations listed");
        }
        Report::Probe(asked, _) => debug!(?asked, "probe"),
        Report::Metrics(exchange, datagrams) => {
            debug!(exchange = exchange.0, datagrams = datagrams.len(), "metrics");
        }
        Report::MetricsAgent(state) => debug!(state = state.chip(), "metrics agent"),
        Report::Webhook(state) => info!("{}", state.words()),
        Report::RateLimit(limit) => debug!(count = limit.count, allowed = limit.allowed, "rate limit"),
        Report::ClockSkew(seconds) => info!(seconds, "clock skew"),
        Report::Notice(..) => debug!("notice"),
        Report::Stopped => info!("engine stopped"),
    }
}
