//! The signals of Unix.

use rustix::process::Signal as Number;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::model::Signal;

/// Signals that end a program. Those that no program can answer are not among them, nor those of a defect.
const ENDING: &[Number] = &[
    Number::TERM,
    Number::HUP,
    Number::QUIT,
    Number::USR1,
    Number::USR2,
    Number::ALARM,
    Number::VTALARM,
    Number::PROF,
    Number::XCPU,
    Number::IO,
    Number::SYS,
    #[cfg(target_os = "linux")]
    Number::POWER,
];

/// What other signals mean for the console.
const OTHERS: [(Number, Signal); 4] = [
    (Number::INT, Signal::Interrupt),
    (Number::TSTP, Signal::Suspend),
    (Number::CONT, Signal::Resumed),
    (Number::WINCH, Signal::Resized),
];

/// Listens to all of them from now on.
pub fn listen() -> std::io::Result<UnboundedReceiver<Signal>> {
    let (sender, receiver) = unbounded_channel();
    let ending = ENDING.iter().map(|number| (*number, ends(*number)));
    ending.chain(OTHERS).try_for_each(|(number, meaning)| hear(number, meaning, &sender))?;
    Ok(receiver)
}

/// Listens to the signals that a program without a screen answers: Ctrl-C, SIGTERM and SIGHUP. A signal that cannot be
/// listened to ends the program as it always would.
pub fn of_programs_without_a_screen() -> UnboundedReceiver<Signal> {
    let (sender, receiver) = unbounded_channel();
    for (number, meaning) in
        [(Number::INT, Signal::Interrupt), (Number::TERM, ends(Number::TERM)), (Number::HUP, ends(Number::HUP))]
    {
        let _ = hear(number, meaning, &sender);
    }
    receiver
}

fn ends(number: Number) -> Signal {
    Signal::Terminate(u8::try_from(number.as_raw()).unwrap_or(Signal::TERMINATE))
}

fn hear(number: Number, meaning: Signal, sender: &UnboundedSender<Signal>) -> std::io::Result<()> {
    let mut stream = signal(SignalKind::from_raw(number.as_raw()))?;
    let sender = sender.clone();
    tokio::spawn(async move { while stream.recv().await.is_some() && sender.send(meaning).is_ok() {} });
    Ok(())
}
