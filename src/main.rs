//! The `guestwire` program.

use std::process::ExitCode;

use guestwire::app::runtime::{FrontEnds, block_on};
use guestwire::{plain, tui};

fn main() -> ExitCode {
    guestwire::cli::main(&FrontEnds {
        check: |settings| tui::start::chosen(settings).map(drop),
        console: |start| tui::start::prepare(start, |_| {}),
        lines: |settings| block_on(plain::run(settings)),
        leave_terminal: tui::terminal::screen::leave,
    })
}
