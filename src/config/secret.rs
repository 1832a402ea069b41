//! Where a secret comes from, and how it is read: when it is needed. It is never shown, and never part of a flag.

use std::fmt;
use std::fs::Metadata;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use process_wrap::std::{ChildWrapper, CommandWrap};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::origin::Lookup;
use super::pasted_token::{self, NotAToken};
use super::vendor_files;
use crate::files;

/// How long a command may take: long enough for a person to answer a password prompt.
const COMMAND_TIME: Duration = Duration::from_secs(30);
/// How often a running command is asked whether it has ended.
const POLL: Duration = Duration::from_millis(5);
/// How long the output of a command that has ended may lag behind. A program that it left behind may hold its pipes.
const LAG: Duration = Duration::from_millis(250);
/// How many characters of its last complaint are repeated.
const COMPLAINT: usize = 160;
/// How much of a file, or of what a command prints, is read, in bytes.
const MAX_BYTES: usize = 64 * 1024;

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
    #[error("the environment variable {0} is not set; export it before starting guestwire")]
    NotSet(String),
    #[error("{0} is not UTF-8 text")]
    NotText(String),
    #[error("the file {path} cannot be read ({1})", path = .0.display())]
    Unreadable(PathBuf, String),
    /// It is a directory, a pipe or the like.
    #[error("{path} is not a regular file", path = .0.display())]
    NotAFile(PathBuf),
    #[error("others can read the file {path} (mode {1:03o}); run: chmod 600 {path}", path = .0.display())]
    NotPrivate(PathBuf, u32),
    #[error("{0} cannot be used as a token: {1}")]
    NotAToken(String, NotAToken),
    #[error("there is no {0}; set up that tool, or name another place")]
    NotThere(String),
    #[error("the first line of {0} is empty; the secret belongs there")]
    Empty(String),
    #[error("the command {0} cannot be started ({1})")]
    CannotStart(String, String),
    /// The program failed: its status, and the last line of its standard error, without control characters. What it
    /// printed is not repeated, since it may hold the secret.
    #[error("{}", failed(.0, .1, .2.as_deref(), *.3))]
    Failed(String, String, Option<String>, Terminal),
    #[error("the command {0} did not end within {1} s; run it by hand to see what it waits for")]
    TooLong(String, u64),
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
    #[error("contains a control character")]
    Control,
}

impl SecretOddity {
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
    /// Reads the secret: the first line, without a byte order mark. Blocks while a command runs (at most 30 s).
    pub fn read(&self, terminal: Terminal) -> Result<SecretString, SecretError> {
        self.read_with(&|name| std::env::var_os(name), terminal)
    }

    /// [`read`](Self::read), with the environment given.
    pub fn read_with(&self, env: Lookup<'_>, terminal: Terminal) -> Result<SecretString, SecretError> {
        let text = self.text(env, terminal)?;
        let line = text.lines().next().unwrap_or_default();
        if line.trim().is_empty() { Err(SecretError::Empty(self.place())) } else { Ok(SecretString::from(line)) }
    }

    /// Reads an access token, in any form in which people paste one. Blocks as [`read`](Self::read) does.
    pub fn read_token(&self, terminal: Terminal) -> Result<SecretString, SecretError> {
        let text = self.text(&|name| std::env::var_os(name), terminal)?;
        pasted_token::read(&text).map_err(|why| match why {
            NotAToken::Empty => SecretError::Empty(self.place()),
            why => SecretError::NotAToken(self.place(), why),
        })
    }

    /// All that stands there, at most [`MAX_BYTES`] of it.
    fn text(&self, env: Lookup<'_>, terminal: Terminal) -> Result<Zeroizing<String>, SecretError> {
        let bytes = match self {
            Self::Literal(secret) => Zeroizing::new(secret.expose_secret().as_bytes().to_vec()),
            Self::Env(name) => {
                let value = env(name).ok_or_else(|| SecretError::NotSet(name.clone()))?;
                let text = value.into_string().map_err(|_| SecretError::NotText(self.place()))?;
                Zeroizing::new(text.into_bytes())
            }
            Self::File(path) => read_file(path, true)?,
            Self::Command(words) => run_command(words, terminal, COMMAND_TIME)?,
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
    let unreadable = |e: std::io::Error| SecretError::Unreadable(path.to_owned(), files::why(&e));
    let file = match files::open(path) {
        Ok(file) => file,
        Err(_) if path.metadata().is_ok_and(|about| !about.is_file()) => {
            return Err(SecretError::NotAFile(path.to_owned()));
        }
        Err(error) => return Err(unreadable(error)),
    };
    if let Some(mode) = open_to_others(&file.metadata().map_err(unreadable)?).filter(|_| private) {
        return Err(SecretError::NotPrivate(path.to_owned(), mode));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
    file.take(MAX_BYTES as u64).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// What a program printed, at most [`MAX_BYTES`] of it.
///
/// While a screen is open the program must not ask on the terminal: its prompt would be drawn over the console, and the
/// passphrase typed into a message. It then runs in a session of its own, where `/dev/tty` cannot be opened, and without
/// the variable by which `gpg` finds the terminal. Where no screen is open it may ask as it would in a shell.
fn run_command(words: &[String], terminal: Terminal, bound: Duration) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let [program, arguments @ ..] = words else {
        return Err(SecretError::CannotStart(String::new(), "it has no name".to_owned()));
    };
    let program = program.clone();
    let mut child = start_command(&program, arguments, terminal)
        .map_err(|e| SecretError::CannotStart(program.clone(), files::why(&e)))?;
    let printed = Printed::of(child.stdout().take());
    let complained = Printed::of(child.stderr().take());
    let deadline = Instant::now() + bound;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => thread::sleep(POLL),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                return Err(SecretError::TooLong(program, bound.as_secs()));
            }
        }
    };
    let lag = deadline.min(Instant::now() + LAG);
    let printed = printed.until(lag);
    if status.success() {
        return Ok(printed);
    }
    let complaint = complaint(&complained.until(lag), &printed);
    Err(SecretError::Failed(program, status.to_string(), complaint, terminal))
}

fn start_command(program: &str, arguments: &[String], terminal: Terminal) -> io::Result<Box<dyn ChildWrapper>> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if terminal == Terminal::Taken {
        command.env_remove("GPG_TTY");
    }
    let mut command = CommandWrap::from(command);
    #[cfg(unix)]
    if terminal == Terminal::Taken {
        command.wrap(process_wrap::std::ProcessSession);
    }
    command.spawn()
}

/// The last line that the program wrote to its standard error, unless it may hold what it printed as the secret.
fn complaint(stderr: &[u8], stdout: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    let secret = String::from_utf8_lossy(stdout);
    let secrets = || secret.split_whitespace().filter(|word| word.len() >= 4);
    if secrets().any(|word| text.contains(word)) {
        return None;
    }
    Some(line.chars().filter(|c| !c.is_control()).take(COMPLAINT).collect())
}

/// What comes out of a pipe. It is read on its own thread, since a pipe cannot be read with a bound on time, and to its
/// end, so that a program with more to say does not die of a closed pipe.
struct Printed {
    bytes: Arc<Mutex<Zeroizing<Vec<u8>>>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Printed {
    fn of(pipe: Option<impl Read + Send + 'static>) -> Self {
        let bytes: Arc<Mutex<Zeroizing<Vec<u8>>>> = Arc::default();
        let kept = Arc::clone(&bytes);
        let reader = pipe.map(|mut pipe| {
            thread::spawn(move || {
                let mut chunk = Zeroizing::new([0; 4096]);
                loop {
                    let read = match pipe.read(&mut chunk[..]) {
                        Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                        Ok(0) | Err(_) => return,
                        Ok(read) => read,
                    };
                    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    let room = MAX_BYTES.saturating_sub(kept.len());
                    kept.extend(chunk.iter().take(read.min(room)));
                }
            })
        });
        Self { bytes, reader }
    }

    /// All of it, or what came until then.
    fn until(&self, end: Instant) -> Zeroizing<Vec<u8>> {
        while self.reader.as_ref().is_some_and(|r| !r.is_finished()) && Instant::now() < end {
            thread::sleep(POLL);
        }
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
#[cfg(unix)]
#[path = "../../tests/unit/config/secret.rs"]
mod tests;
