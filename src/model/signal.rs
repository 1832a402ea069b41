//! A signal as a message.

/// A signal, by what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// A signal that ends programs (SIGTERM, SIGHUP, SIGQUIT, …): leave now, with the terminal restored.
    Terminate,
    /// SIGINT: as [`Signal::Terminate`], but not while another program has the terminal, whose matter it is then.
    Interrupt,
    /// SIGTSTP from elsewhere: give the terminal back and stop.
    Suspend,
    /// The process was stopped and goes on: draw everything anew, check the clocks.
    Resumed,
    /// The terminal has another size.
    Resized,
}
