//! Where a secret comes from. It is read when it is needed, never shown, and never part of a flag.

use std::ffi::OsString;
use std::fmt;
use std::fs::Metadata;
use std::io::Read;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::pasted_token::{self, NotAToken};
use super::secret_command;
use super::secret_error::MAX_BYTES;
pub use super::secret_error::{SecretError, Terminal};
use super::vendor_files;
use crate::files;

/// The place of a secret. Reading it is [`SecretSource::read`].
#[derive(Clone)]
pub enum SecretSource {
    /// In the config file itself (refused unless that file is private, and then warned about), or made by the sandbox.
    Literal(SecretString),
    /// An environment variable.
    Env(String),
    /// A file that only its owner may read; its first line, without the line end.
    File(PathBuf),
    /// A program and its arguments; the first line that it prints.
    Command(Vec<String>),
    /// A field of a profile in a file of the vendor's tools. Who may read that file is that tool's matter.
    VendorFile {
        /// `~/.gc/config.toml`
        path: PathBuf,
        /// The profile in it.
        profile: String,
        /// The field, as a profile of guestwire calls it.
        field: &'static str,
    },
}

/// The place, never the secret. A command is named by its program alone, since its arguments may hold anything.
impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(_) => f.write_str("«in the file»"),
            Self::Env(name) => write!(f, "{{ env = \"{name}\" }}"),
            Self::File(path) => write!(f, "{{ file = \"{}\" }}", path.display()),
            Self::Command(words) => {
                let program = words.first().map_or("", String::as_str);
                let more = if words.len() > 1 { ", …" } else { "" };
                write!(f, "{{ command = [\"{program}\"{more}] }}")
            }
            Self::VendorFile { path, profile, .. } if path.ends_with(".gc/config.toml") => {
                write!(f, "{{ gc = {profile:?} }}")
            }
            Self::VendorFile { path, profile, .. } => {
                write!(f, "{{ gc = {profile:?}, file = \"{}\" }}", path.display())
            }
        }
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An oddity of a secret, which is used all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretOddity {
    /// A blank is easily added by an editor or a copy.
    #[error("begins or ends with a blank, which is sent as part of the value")]
    Blank,
    /// Quotation marks are a part of shell and JSON syntax.
    #[error("is in quotation marks, which are sent as part of the value")]
    Quoted,
    /// A blank inside is in no secret that Genesys Cloud makes.
    #[error("contains a blank")]
    Inside,
    /// So is a control character.
    #[error("contains a control character")]
    Control,
}

impl SecretOddity {
    /// What is odd about `secret`, if anything.
    pub fn of(secret: &SecretString) -> Option<Self> {
        let text = secret.expose_secret();
        let quoted = |q: char| text.len() > 1 && text.starts_with(q) && text.ends_with(q);
        match () {
            () if text.trim() != text => Some(Self::Blank),
            () if quoted('"') || quoted('\'') => Some(Self::Quoted),
            () if text.chars().any(char::is_control) => Some(Self::Control),
            () if text.contains(char::is_whitespace) => Some(Self::Inside),
            () => None,
        }
    }
}

impl SecretSource {
    /// Reads the secret: the first line, without a byte order mark and the line end. Blocks for as long as a command
    /// takes (at most 30 s).
    ///
    /// # Errors
    /// Why it cannot be read, and what to do.
    pub fn read(&self, terminal: Terminal) -> Result<SecretString, SecretError> {
        self.read_with(&|name| std::env::var_os(name), terminal)
    }

    /// [`read`](Self::read), with the environment given.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_with(
        &self,
        env: &dyn Fn(&str) -> Option<OsString>,
        terminal: Terminal,
    ) -> Result<SecretString, SecretError> {
        let text = self.text(env, terminal)?;
        let line = text.lines().next().unwrap_or_default();
        if line.trim().is_empty() { Err(SecretError::Empty(self.place())) } else { Ok(SecretString::from(line)) }
    }

    /// Reads an access token, in any form in which people paste one. Blocks as [`read`](Self::read) does.
    ///
    /// # Errors
    /// As [`read`](Self::read), and where the text cannot be a token.
    pub fn read_token(&self, terminal: Terminal) -> Result<SecretString, SecretError> {
        let text = self.text(&|name| std::env::var_os(name), terminal)?;
        pasted_token::read(&text).map_err(|why| match why {
            NotAToken::Empty => SecretError::Empty(self.place()),
            why => SecretError::NotAToken { place: self.place(), why },
        })
    }

    /// All that stands there, at most [`MAX_BYTES`] of it.
    fn text(
        &self,
        env: &dyn Fn(&str) -> Option<OsString>,
        terminal: Terminal,
    ) -> Result<Zeroizing<String>, SecretError> {
        let bytes = match self {
            Self::Literal(secret) => Zeroizing::new(secret.expose_secret().as_bytes().to_vec()),
            Self::Env(name) => {
                let value = env(name).ok_or_else(|| SecretError::NotSet(name.clone()))?;
                let text = value.into_string().map_err(|_| SecretError::NotText(self.place()))?;
                Zeroizing::new(text.into_bytes())
            }
            Self::File(path) => read_file(path, true)?,
            Self::Command(words) => secret_command::run(words, terminal, secret_command::TIME)?,
            Self::VendorFile { path, profile, field } => {
                let bytes = read_file(path, false)?;
                let text = std::str::from_utf8(&bytes).map_err(|_| SecretError::NotText(path.display().to_string()))?;
                let value = vendor_files::value(text, profile, field);
                Zeroizing::new(value.ok_or_else(|| SecretError::NotThere(self.place()))?.into_bytes())
            }
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| SecretError::NotText(self.place()))?;
        Ok(Zeroizing::new(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()))
    }

    /// For a sentence: what holds the secret.
    fn place(&self) -> String {
        match self {
            Self::Literal(_) => "the text in the config file".to_owned(),
            Self::Env(name) => format!("the environment variable {name}"),
            Self::File(path) => format!("the file {}", path.display()),
            Self::Command(words) => {
                format!("what the command {} prints", words.first().map_or("", String::as_str))
            }
            Self::VendorFile { path, profile, field } => {
                format!("`{field}` of the profile {profile:?} in {}", path.display())
            }
        }
    }
}

/// The permissions that keep a file from being private, if any.
#[cfg(unix)]
pub(super) fn open_to_others(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Elsewhere than on Unix the file's place (the user's own directories) is what keeps it private.
#[cfg(not(unix))]
pub(super) fn open_to_others(_: &Metadata) -> Option<u32> {
    None
}

fn read_file(path: &Path, private: bool) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let unreadable = |e: std::io::Error| SecretError::Unreadable { path: path.to_owned(), why: files::why(&e) };
    let file = match files::open(path) {
        Ok(file) => file,
        Err(_) if path.metadata().is_ok_and(|about| !about.is_file()) => {
            return Err(SecretError::NotAFile(path.to_owned()));
        }
        Err(error) => return Err(unreadable(error)),
    };
    if let Some(mode) = open_to_others(&file.metadata().map_err(unreadable)?).filter(|_| private) {
        return Err(SecretError::NotPrivate { path: path.to_owned(), mode });
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
    file.take(MAX_BYTES as u64).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

#[cfg(test)]
#[cfg(unix)]
#[path = "../../tests/unit/config/secret.rs"]
mod tests;
