//! The console with 10,000 made-up entries in its log, for `benches/terminal.toml`: the program as it ships, but for what its log
//! holds before the first frame. (A journal would not do: what is restored from it at a start is read a page at a time, so the
//! log in memory would begin empty.)
//!
//! `cargo build --release --example filled_console`

#[path = "../../tests/support/made_up.rs"]
mod made_up;

use std::process::ExitCode;

use guestwire::app::runtime::FrontEnds;
use guestwire::app::runtime::block_on;
use guestwire::{plain, tui};

fn main() -> ExitCode {
    guestwire::cli::main(&FrontEnds {
        check: |settings| tui::start::chosen(settings).map(drop),
        console: |start| tui::start::prepare(start, |state| made_up::fill(state, 10_000)),
        lines: |settings| block_on(plain::run(settings)),
        leave_terminal: tui::terminal::screen::leave,
    })
}
