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

/// Why a secret cannot be read: one sentence.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct SecretError(String);

impl SecretSource {
    /// Reads the secret.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        match self {
            Self::Literal(secret) => Ok(secret.clone()),
            Self::Env(name) => std::env::var(name).map(SecretString::from).map_err(|_| {
                SecretError(format!("the environment variable {name} is not set; set it or change the profile"))
            }),
            Self::File(_) | Self::Command(_) => Err(SecretError("this source cannot be read yet".to_owned())),
        }
    }
}
