//! Signals as messages: SIGTERM, SIGHUP and SIGINT end the console with the terminal restored.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::console::event::Signal;

/// Listens for them from now on.
pub fn listen() -> std::io::Result<UnboundedReceiver<Signal>> {
    let (sender, receiver) = unbounded_channel();
    for kind in [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()] {
        let mut stream = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if sender.send(Signal::Terminate).is_err() {
                    return;
                }
            }
        });
    }
    Ok(receiver)
}
