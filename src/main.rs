//! The `guestwire` program.

use std::process::ExitCode;

use guestwire::app::front_ends::FrontEnds;
use guestwire::app::runtime::block_on;
use guestwire::{plain, tui};
use mimalloc::MiMalloc;

/// An exchange is put together on one thread and let go of on another, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    guestwire::cli::main(&FrontEnds {
        check: |settings| tui::appearance::chosen(settings).map(drop),
        console: tui::run::prepare,
        lines: |settings| block_on(plain::run::run(settings)),
    })
}
