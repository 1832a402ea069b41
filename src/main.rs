//! The `guestwire` program.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// An exchange is put together on one thread and let go of on another, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    guestwire::cli::main()
}
