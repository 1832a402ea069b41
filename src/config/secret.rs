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

/// What is odd about a secret that is used as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Oddity {
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

impl Oddity {
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
        if let Self::Literal(secret) = self {
            return Ok(secret.clone());
        }
        let text = self.text(env, terminal)?;
        let line = text.lines().next().unwrap_or_default();
        if line.trim().is_empty() { Err(SecretError::Empty(self.place())) } else { Ok(SecretString::from(line)) }
    }

    /// Reads an access token, in any form in which people paste one. Blocks as [`read`](Self::read) does.
    ///
    /// # Errors
    /// As [`read`](Self::read), and where the text cannot be a token.
    pub fn read_token(&self, terminal: Terminal) -> Result<SecretString, SecretError> {
        let text = match self {
            Self::Literal(secret) => Zeroizing::new(secret.expose_secret().to_owned()),
            _ => self.text(&|name| std::env::var_os(name), terminal)?,
        };
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
                let value = env(name).filter(|v| !v.is_empty()).ok_or_else(|| SecretError::NotSet(name.clone()))?;
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
    let unreadable = |e: std::io::Error| SecretError::Unreadable { path: path.to_owned(), why: e.kind().to_string() };
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
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn shell(script: &str) -> SecretSource {
        SecretSource::Command(["sh", "-c", script].map(str::to_owned).to_vec())
    }

    fn read(source: &SecretSource) -> Result<SecretString, SecretError> {
        source.read(Terminal::Free)
    }

    fn file(contents: &[u8], mode: u32) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        std::fs::write(&path, contents).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (dir, path)
    }

    #[test]
    fn a_variable_is_read_and_missed() {
        let env = |name: &str| (name == "THERE").then(|| OsString::from("hunter2\n"));
        let read = |name: &str| SecretSource::Env(name.to_owned()).read_with(&env, Terminal::Free);
        assert_eq!(read("THERE").unwrap().expose_secret(), "hunter2");
        assert_eq!(read("NOT").unwrap_err(), SecretError::NotSet("NOT".to_owned()));
    }

    #[test]
    fn a_private_file_gives_its_first_line() {
        for (contents, secret, odd) in [
            ("hunter2\r\nmore\n", "hunter2", None),
            ("\u{feff}hunter2\n", "hunter2", None),
            ("hunter2", "hunter2", None),
            ("hunter2 \n", "hunter2 ", Some(Oddity::Blank)),
            ("\"hunter2\"\n", "\"hunter2\"", Some(Oddity::Quoted)),
            ("'hunter2'", "'hunter2'", Some(Oddity::Quoted)),
            ("hunter 2", "hunter 2", Some(Oddity::Inside)),
            ("hunter\u{7}2", "hunter\u{7}2", Some(Oddity::Control)),
        ] {
            let (_dir, path) = file(contents.as_bytes(), 0o600);
            let read = read(&SecretSource::File(path)).unwrap();
            assert_eq!((read.expose_secret(), Oddity::of(&read)), (secret, odd), "{contents:?}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        for mode in [0o640, 0o604, 0o620] {
            let (_dir, path) = file(b"hunter2", mode);
            let error = read(&SecretSource::File(path.clone())).unwrap_err();
            assert_eq!(error, SecretError::NotPrivate { path, mode });
            assert!(error.to_string().contains("chmod 600") && !error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn files_that_cannot_hold_a_secret_are_named() {
        let (dir, path) = file(b"\nhunter2", 0o600);
        assert!(matches!(read(&SecretSource::File(path)), Err(SecretError::Empty(_))));
        let (_dir, path) = file(b"\xff\xfe", 0o600);
        assert!(matches!(read(&SecretSource::File(path)), Err(SecretError::NotText(_))));
        let nowhere = dir.path().join("nowhere");
        assert!(matches!(read(&SecretSource::File(nowhere)), Err(SecretError::Unreadable { .. })));
        assert!(matches!(read(&SecretSource::File(dir.path().to_owned())), Err(SecretError::NotAFile(_))));
    }

    #[test]
    fn a_profile_of_the_platform_cli_gives_its_fields() {
        let theirs =
            "\u{feff}[DEFAULT]\nclient_credentials = \"id\"\nclient_secret = \"hunter2\"\n[qa]\naccess_token = \"T\"\n";
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".gc/config.toml");
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        std::fs::write(&path, theirs).unwrap();
        let source =
            |profile: &str, field| SecretSource::VendorFile { path: path.clone(), profile: profile.to_owned(), field };
        assert_eq!(read(&source("default", "client_secret")).unwrap().expose_secret(), "hunter2");
        assert_eq!(source("qa", "access_token").read_token(Terminal::Free).unwrap().expose_secret(), "T");
        for (profile, field) in [("qa", "client_secret"), ("none", "access_token")] {
            let error = read(&source(profile, field)).unwrap_err();
            assert!(matches!(error, SecretError::NotThere(_)) && !error.to_string().contains("hunter2"), "{error}");
        }
        assert_eq!(source("qa", "access_token").to_string(), "{ gc = \"qa\" }");
        let (_dir, path) = file(b"clientId: id\nclientSecret: hunter2\nlocation: prod_eu_west_1\n", 0o644);
        let shown = format!("{{ gc = \"default\", file = \"{}\" }}", path.display());
        let source = SecretSource::VendorFile { path, profile: "default".to_owned(), field: "client_secret" };
        assert_eq!((read(&source).unwrap().expose_secret(), source.to_string()), ("hunter2", shown));
    }

    #[test]
    fn a_pipe_or_a_device_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
        for path in [pipe, PathBuf::from("/dev/zero")] {
            let source = SecretSource::File(path.clone());
            assert_eq!(read(&source).unwrap_err(), SecretError::NotAFile(path.clone()));
            assert_eq!(source.read_token(Terminal::Free).unwrap_err(), SecretError::NotAFile(path));
        }
    }

    #[test]
    fn a_command_gives_its_first_line_or_a_token() {
        assert_eq!(read(&shell("echo hunter2; seq 1 100000")).unwrap().expose_secret(), "hunter2");
        assert!(matches!(read(&shell("echo")), Err(SecretError::Empty(_))));
        let answer = shell("printf '{\n\"access_token\": \"hunter2\"}'");
        assert_eq!(answer.read_token(Terminal::Free).unwrap().expose_secret(), "hunter2");
        assert!(matches!(shell("echo").read_token(Terminal::Free), Err(SecretError::Empty(_))));
        let error = shell("echo hunter two").read_token(Terminal::Free).unwrap_err();
        assert!(matches!(error, SecretError::NotAToken { .. }) && !error.to_string().contains("hunter"), "{error}");
    }

    #[test]
    fn a_command_without_a_terminal_says_so() {
        let failed = |terminal| shell("exit 3").read(terminal).unwrap_err().to_string();
        assert!(failed(Terminal::Taken).contains("so it cannot ask: run `guestwire token` first"));
        assert!(failed(Terminal::Free).ends_with("run it by hand to see why"));
    }

    #[test]
    fn a_source_shows_its_place_only() {
        let literal = SecretSource::Literal(SecretString::from("hunter2"));
        assert!(!format!("{literal} {literal:?}").contains("hunter2"));
        let command = SecretSource::Command(vec!["pass".to_owned(), "hunter2".to_owned()]);
        assert_eq!(command.to_string(), "{ command = [\"pass\", …] }");
    }
}
