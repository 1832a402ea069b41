//! What Windows has instead of signals: events of the console.

use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::model::Signal;

/// Listens to all of them from now on. Changes of the console's size arrive among its keys.
pub fn listen() -> std::io::Result<UnboundedReceiver<Signal>> {
    let (mut interrupt, mut leave) = (ctrl_c()?, ctrl_break()?);
    let (mut close, mut logoff, mut shutdown) = (ctrl_close()?, ctrl_logoff()?, ctrl_shutdown()?);
    let (sender, receiver) = unbounded_channel();
    tokio::spawn(async move {
        loop {
            let meaning = tokio::select! {
                _ = interrupt.recv() => Signal::Interrupt,
                _ = leave.recv() => Signal::Terminate(Signal::TERMINATE),
                _ = close.recv() => Signal::Terminate(Signal::TERMINATE),
                _ = logoff.recv() => Signal::Terminate(Signal::TERMINATE),
                _ = shutdown.recv() => Signal::Terminate(Signal::TERMINATE),
            };
            if sender.send(meaning).is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

/// Listens to the same for a program without a screen. Where they cannot be listened to, Windows ends the program.
pub fn of_programs_without_a_screen() -> UnboundedReceiver<Signal> {
    listen().unwrap_or_else(|_| unbounded_channel().1)
}
