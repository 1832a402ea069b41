//! Where a secret comes from. It is read when it is needed, never shown, and never part of a flag.

use std::path::PathBuf;

use secrecy::SecretString;

/// The place of a secret. Reading it is [`SecretSource::read`].
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// In the config file itself (refused unless that file is private, and then warned about), or made by the sandbox.
    Literal(SecretString),
    /// An environment variable.
    Env(String),
    /// A file that only its owner may read; its first line, without the line end.
    File(PathBuf),
    /// A program and its arguments; the first line that it prints.
    Command(Vec<String>),
}
