//! The signals of Unix.

use rustix::process::Signal as Number;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

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
    MEANINGS.into_iter().try_for_each(|meaning| hear(meaning, &sender))?;
    Ok(receiver)
}

/// Listens to the signals that a program without a screen answers: Ctrl-C, SIGTERM and SIGHUP. A signal that cannot be
/// listened to ends the program as it always would.
pub fn of_programs_without_a_screen() -> UnboundedReceiver<Signal> {
    let (sender, receiver) = unbounded_channel();
    for meaning in MEANINGS.into_iter().filter(|(number, _)| [Number::INT, Number::TERM, Number::HUP].contains(number))
    {
        let _ = hear(meaning, &sender);
    }
    receiver
}

fn hear((number, meaning): (Number, Signal), sender: &UnboundedSender<Signal>) -> std::io::Result<()> {
    let mut stream = signal(SignalKind::from_raw(number.as_raw()))?;
    let sender = sender.clone();
    tokio::spawn(async move { while stream.recv().await.is_some() && sender.send(meaning).is_ok() {} });
    Ok(())
}
