//! A signal as a message.

/// A signal, by what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The signal of this number ends programs (SIGTERM, SIGHUP, SIGQUIT, …): leave now, with the terminal restored.
    Terminate(u8),
    /// SIGINT: as [`Signal::Terminate`], but not while another program has the terminal, whose matter it is then.
    Interrupt,
    /// SIGTSTP from elsewhere: give the terminal back and stop.
    Suspend,
    /// The process was stopped and goes on: draw everything anew, check the clocks.
    Resumed,
    /// The terminal has another size.
    Resized,
}

impl Signal {
    /// SIGINT's number.
    pub const INTERRUPT: u8 = 2;
    /// SIGTERM's number.
    pub const TERMINATE: u8 = 15;

    /// The exit code of a program that the signal of this number ended, as a shell says it.
    pub const fn exit_code(number: u8) -> u8 {
        128 + number
    }
}
