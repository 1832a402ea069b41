//! The signals of Unix.

use rustix::process::Signal as Number;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::model::Signal;

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

/// Listens to all of them from now on.
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

/// Listens to the signals that a program without a screen answers: Ctrl-C, SIGTERM and SIGHUP. A signal that cannot be
/// listened to ends the program as it always would.
pub fn of_programs_without_a_screen() -> UnboundedReceiver<Signal> {
    let (sender, receiver) = unbounded_channel();
    for (kind, meaning) in [
        (SignalKind::interrupt(), Signal::Interrupt),
        (SignalKind::terminate(), Signal::Terminate),
        (SignalKind::hangup(), Signal::Terminate),
    ] {
        let Ok(mut stream) = signal(kind) else { continue };
        let sender = sender.clone();
        tokio::spawn(async move { while stream.recv().await.is_some() && sender.send(meaning).is_ok() {} });
    }
    receiver
}
