//! The asynchronous runtime that every command runs on; and what happens at a defect of guestwire's own: a panic on
//! whichever thread ends the program, since half a program that goes on would lie.

use std::future::Future;
use std::io::Write as _;
use std::panic;
use std::path::PathBuf;
use std::process::exit;

use clap::Args;
use tokio::runtime::{Builder, Runtime};

use super::exit::{Exit, Failed};
use super::output;
use crate::config::flags::path;
use crate::config::{Problems, Settings};
use crate::pass::builtin;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

const NO_MORE: &str = "the system allows no more threads or files: raise the limits (`ulimit -n`, `ulimit -u`), and start guestwire again";

/// Starts it. A file that may not grow any more (`ulimit -f`) is a write that fails from then on, and not the end of
/// the program: whoever writes says so.
pub fn start() -> Result<Runtime, Failed> {
    // Where no file can be opened, the runtime's own set-up panics instead of failing.
    let before = panic::take_hook();
    panic::set_hook(Box::new(|_| {
        output::warn(NO_MORE);
        exit(Exit::Refused.code().into());
    }));
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    panic::set_hook(before);
    let runtime = runtime.map_err(|why| Failed::here(format!("{NO_MORE} ({why})")))?;
    #[cfg(unix)]
    {
        let _inside = runtime.enter();
        let _ = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()));
    }
    Ok(runtime)
}

/// Runs a command to its end on a small runtime of its own.
pub fn block_on<T>(command: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    let runtime = start()?;
    let result = runtime.block_on(command);
    // A secret's command may still hold a thread; it is not waited for.
    runtime.shutdown_background();
    result
}

/// From now on a panic puts the terminal back, says what happened, and ends the process with 101.
pub fn end_the_program(leave_terminal: fn() -> bool) {
    panic::set_hook(Box::new(move |info| {
        let restored = if leave_terminal() { "The terminal is restored. " } else { "" };
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let text = info.payload().downcast_ref::<&str>().copied();
        let what = text.or_else(|| info.payload().downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
        tracing::error!(place, what, "panic");
        let _ = writeln!(
            std::io::stderr(),
            "guestwire met a defect of its own and stopped: {what} ({place}).\n\
             {restored}A message that was on its way may have been received: read the conversation before you send it \
             again. Please report this line."
        );
        // As Rust itself ends a program that panicked.
        exit(101);
    }));
}

/// What the console begins with besides its settings.
#[derive(Debug, Args)]
pub struct ConsoleStart {
    /// Record the console's screen into this new file, as an asciinema cast
    #[arg(value_parser = path(), long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Open the console in demo mode and play this pass file
    #[arg(value_parser = path(), long, value_name = "PASS", conflicts_with = "rehearse")]
    #[arg(num_args = 0..=1, default_missing_value = builtin::DEMO, help = demo_help())]
    pub demo: Option<PathBuf>,
    /// Show a session that `guestwire export session` wrote, in demo mode; nothing is sent
    #[arg(value_parser = path(), long, value_name = "FILE")]
    pub rehearse: Option<PathBuf>,
}

fn demo_help() -> String {
    let names = builtin::names().join(", ");
    format!(
        "Open the console in demo mode and play this pass file: a file, or one of {names} (by default {})",
        builtin::DEMO
    )
}

/// A console that can be opened.
pub type Console = Box<dyn FnOnce(&Settings) -> Result<Exit, Failed>>;

/// The front ends. What cannot be done fails before anything is started.
#[derive(Clone, Copy, Debug)]
pub struct FrontEnds {
    /// Finds what is wrong with the settings that only the screen can check.
    pub check: fn(&Settings) -> Result<(), Problems>,
    /// Reads what is to be shown, before there are settings.
    pub console: fn(ConsoleStart) -> Result<Console, Failed>,
    /// Runs in lines until it is left.
    pub lines: fn(&Settings) -> Result<Exit, Failed>,
    /// Puts the terminal back as it was, where the screen has it; then `true`.
    pub leave_terminal: fn() -> bool,
}
