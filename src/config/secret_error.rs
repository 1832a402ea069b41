//! Why a secret could not be read, and what bounds the reading.

use std::path::PathBuf;

use super::pasted_token::NotAToken;

/// How much of a file, or of what a command prints, is read, in bytes.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// Whether a command that prints a secret may ask a person on the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Terminal {
    /// No screen is open: the command may ask, as in a shell.
    Free,
    /// A screen is open, or lines are read: the command gets no terminal.
    #[default]
    Taken,
}

/// Why a secret could not be read: what, where, and what to do. Never the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set.
    #[error("the environment variable {0} is not set; export it before starting guestwire")]
    NotSet(String),
    /// The variable or file is not text.
    #[error("{0} is not UTF-8 text")]
    NotText(String),
    /// The file cannot be opened or read.
    #[error("the file {path} cannot be read ({why})", path = path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// It is a directory, a pipe or the like.
    #[error("{path} is not a regular file", path = .0.display())]
    NotAFile(PathBuf),
    /// Others may read the file.
    #[error("others can read the file {path} (mode {mode:03o}); run: chmod 600 {path}", path = path.display())]
    NotPrivate {
        /// Which file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It cannot be an access token.
    #[error("{place} cannot be used as a token: {why}")]
    NotAToken {
        /// Where it stands.
        place: String,
        /// Why.
        why: NotAToken,
    },
    /// The field of another tool's file is not there.
    #[error("there is no {0}; set up that tool, or name another place")]
    NotThere(String),
    /// There is nothing in the first line.
    #[error("the first line of {0} is empty; the secret belongs there")]
    Empty(String),
    /// The program cannot be started.
    #[error("the command {program} cannot be started ({why})")]
    CannotStart {
        /// Which program.
        program: String,
        /// The system's words.
        why: String,
    },
    /// The program failed. What it printed is not repeated, since it may hold the secret; what it complained of is.
    #[error("{}", failed(program, status, complaint.as_deref(), *terminal))]
    Failed {
        /// Which program.
        program: String,
        /// How it ended.
        status: String,
        /// The last line of its standard error, without control characters.
        complaint: Option<String>,
        /// Whether it could ask a person.
        terminal: Terminal,
    },
    /// The program took too long.
    #[error("the command {program} did not end within {seconds} s; run it by hand to see what it waits for")]
    TooLong {
        /// Which program.
        program: String,
        /// The bound.
        seconds: u64,
    },
}

fn failed(program: &str, status: &str, complaint: Option<&str>, terminal: Terminal) -> String {
    let said = complaint.map_or_else(String::new, |said| format!(": {said}"));
    let how = match terminal {
        Terminal::Free => "run it by hand to see why",
        // There the command may ask on the terminal.
        Terminal::Taken => "the console has the terminal, so it cannot ask: run `guestwire token` first",
    };
    format!("the command {program} failed ({status}{said}); {how}")
}
