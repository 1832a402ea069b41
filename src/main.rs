//! The `guestwire` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    guestwire::cli::main()
}
