//! Signals as messages: those that end a program end the console with the terminal restored, the others are passed on.

pub use platform::{listen, of_programs_without_a_screen};

#[cfg(unix)]
mod platform {
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

    const OTHERS: [(Number, Signal); 4] = [
        (Number::INT, Signal::Interrupt),
        (Number::TSTP, Signal::Suspend),
        (Number::CONT, Signal::Resumed),
        (Number::WINCH, Signal::Resized),
    ];

    pub fn listen() -> std::io::Result<UnboundedReceiver<Signal>> {
        let (sender, receiver) = unbounded_channel();
        let ending = ENDING.iter().map(|number| (*number, ends(*number)));
        ending.chain(OTHERS).try_for_each(|(number, meaning)| listen_for(number, meaning, &sender))?;
        Ok(receiver)
    }

    /// Listens to the signals that a program without a screen answers: Ctrl-C, SIGTERM and SIGHUP. A signal that cannot
    /// be listened to ends the program as it always would.
    pub fn of_programs_without_a_screen() -> UnboundedReceiver<Signal> {
        let (sender, receiver) = unbounded_channel();
        for (number, meaning) in
            [(Number::INT, Signal::Interrupt), (Number::TERM, ends(Number::TERM)), (Number::HUP, ends(Number::HUP))]
        {
            let _ = listen_for(number, meaning, &sender);
        }
        receiver
    }

    fn ends(number: Number) -> Signal {
        Signal::Terminate(u8::try_from(number.as_raw()).unwrap_or(Signal::TERMINATE))
    }

    fn listen_for(number: Number, meaning: Signal, sender: &UnboundedSender<Signal>) -> std::io::Result<()> {
        let mut stream = signal(SignalKind::from_raw(number.as_raw()))?;
        let sender = sender.clone();
        tokio::spawn(async move { while stream.recv().await.is_some() && sender.send(meaning).is_ok() {} });
        Ok(())
    }
}

/// What Windows has instead of signals: events of the console.
#[cfg(windows)]
mod platform {
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
}
