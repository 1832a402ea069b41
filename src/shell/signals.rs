//! Signals as messages: those that end a program end the console with the terminal restored, the others are told.

use rustix::process::Signal as Number;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::console::event::Signal;

/// What each signal means for the console. SIGXFSZ is caught and means nothing: a file that may not grow is a write that
/// fails, and whoever writes says so.
const MEANINGS: [(Number, Option<Signal>); 11] = [
    (Number::TERM, Some(Signal::Terminate)),
    (Number::HUP, Some(Signal::Terminate)),
    (Number::QUIT, Some(Signal::Terminate)),
    (Number::USR1, Some(Signal::Terminate)),
    (Number::USR2, Some(Signal::Terminate)),
    (Number::ALARM, Some(Signal::Terminate)),
    (Number::INT, Some(Signal::Interrupt)),
    (Number::TSTP, Some(Signal::Suspend)),
    (Number::CONT, Some(Signal::Resumed)),
    (Number::WINCH, Some(Signal::Resized)),
    (Number::XFSZ, None),
];

/// Listens for them from now on.
pub fn listen() -> std::io::Result<UnboundedReceiver<Signal>> {
    let (sender, receiver) = unbounded_channel();
    for (number, meaning) in MEANINGS {
        let mut stream = signal(SignalKind::from_raw(number.as_raw()))?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if meaning.is_some_and(|meaning| sender.send(meaning).is_err()) {
                    return;
                }
            }
        });
    }
    Ok(receiver)
}
