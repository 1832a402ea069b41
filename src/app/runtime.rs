//! The asynchronous runtime that every command runs on.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

use super::defects::said_as;
use super::exit::Failed;

/// Why there is no runtime.
const NO_MORE: &str = "the system allows no more threads or files: raise the limits (`ulimit -n`, `ulimit -u`), and start guestwire again";

/// Starts it. A file that may not grow any more (`ulimit -f`) is a write that fails from then on, and not the end of the
/// program: whoever writes says so.
///
/// # Errors
/// A sentence: the system gives no more threads or files.
pub fn start() -> Result<Runtime, String> {
    // Where no file can be opened, the runtime's own set-up panics instead of failing.
    let runtime = said_as(NO_MORE, || Builder::new_multi_thread().worker_threads(2).enable_all().build())
        .map_err(|why| format!("{NO_MORE} ({why})"))?;
    #[cfg(unix)]
    {
        let _inside = runtime.enter();
        let _ = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()));
    }
    Ok(runtime)
}

/// Runs a command to its end on a small runtime of its own.
///
/// # Errors
/// Its own, or that there is no runtime to be had.
pub fn block_on<T>(command: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    let runtime = start().map_err(Failed::here)?;
    let result = runtime.block_on(command);
    // A secret's command may still hold a thread; it is not waited for.
    runtime.shutdown_background();
    result
}
