//! Signals as messages: those that end a program end the console with the terminal restored, the others are told.

use rustix::process::Signal as Number;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::tui::event::Signal;

/// What each signal means for the console.
const MEANINGS: [(Number, Signal); 10] = [
    (Number::TERM, Signal::Terminate),
    (Number::HUP, Signal::Terminate),
    (Number::QUIT, Signal::Terminate),
    (Number::USR1, Signal::Terminate),
    (Number::USR2, Signal::Terminate),
    (Number::ALARM, Signal::Terminate),
    (Number::INT, Signal::Interrupt),
    (Number::TSTP, Signal::Suspend),
    (Number::CONT, Signal::Resumed),
    (Number::WINCH, Signal::Resized),
];

/// Listens for them from now on.
pub fn listen() -> std::io::Result<UnboundedReceiver<Signal>> {
    let (sender, receiver) = unbounded_channel();
    for (number, meaning) in MEANINGS {
        let mut stream = signal(SignalKind::from_raw(number.as_raw()))?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if sender.send(meaning).is_err() {
                    return;
                }
            }
        });
    }
    Ok(receiver)
}
