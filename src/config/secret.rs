//! Where a secret comes from, and how it is read: when it is needed. It is never shown, and never part of a flag.

use std::fs::Metadata;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{fmt, thread};

use process_wrap::std::{ChildWrapper, CommandWrap};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use zeroize::Zeroizing;

use super::origin::Lookup;
use super::vendor_files;
use crate::files;
use crate::text::json;

/// How long a command may take: long enough for a person to answer a password prompt.
pub(super) const COMMAND_TIME: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(5);
/// How long the output of a command that has ended may lag behind. A program that it left behind may hold its pipes.
const LAG: Duration = Duration::from_millis(250);
/// How many characters of its last complaint are repeated.
const COMPLAINT: usize = 160;
/// How much of a file, or of what a command prints, is read, in bytes.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// Whether a command that prints a secret may ask a person on the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tty {
    /// No screen is open: the command may ask, as in a shell.
    Allowed,
    /// A screen is open, or lines are read: the command gets no terminal.
    #[default]
    Denied,
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
    /// A file of the vendor's tools (`~/.gc/config.toml`), a profile in it, and the field as a profile of guestwire
    /// calls it. Who may read that file is that tool's matter.
    VendorFile(PathBuf, String, &'static str),
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
            Self::VendorFile(path, profile, _) if path.ends_with(".gc/config.toml") => {
                write!(f, "{{ gc = {profile:?} }}")
            }
            Self::VendorFile(path, profile, _) => {
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

/// A likely mistake of copying in a secret, which is used all the same: an editor adds blanks, shell and JSON add quotation
/// marks, and no secret that Genesys Cloud makes holds the other characters.
pub fn oddity(secret: &SecretString) -> Option<&'static str> {
    let text = secret.expose_secret();
    let quoted = |q: char| text.len() > 1 && text.starts_with(q) && text.ends_with(q);
    match () {
        () if text.trim() != text => Some("begins or ends with a blank, which is sent as part of the value"),
        () if quoted('"') || quoted('\'') => Some("is in quotation marks, which are sent as part of the value"),
        () if text.chars().any(char::is_control) => Some("contains a control character"),
        () if text.contains(char::is_whitespace) => Some("contains a blank"),
        () => None,
    }
}

/// Why a secret could not be read is a sentence: what, where, and what to do. Never the secret.
impl SecretSource {
    /// Reads the secret: the first line, without a byte order mark. Blocks while a command runs (at most 30 s).
    pub fn read(&self, terminal: Tty) -> Result<SecretString, String> {
        self.read_with(&|name| std::env::var_os(name), terminal)
    }

    /// [`read`](Self::read), with the environment given.
    pub(crate) fn read_with(&self, env: Lookup<'_>, terminal: Tty) -> Result<SecretString, String> {
        let text = self.text(env, terminal)?;
        let line = text.lines().next().unwrap_or_default();
        if line.trim().is_empty() { Err(self.empty()) } else { Ok(SecretString::from(line)) }
    }

    /// Reads an access token, in any form in which people paste one. Blocks as [`read`](Self::read) does.
    pub(crate) fn read_token(&self, terminal: Tty) -> Result<SecretString, String> {
        let text = self.text(&|name| std::env::var_os(name), terminal)?;
        let token = pasted_token(&text);
        token.map_err(|why| format!("{} cannot be used as a token: {why}", self.place()))?.ok_or_else(|| self.empty())
    }

    fn empty(&self) -> String {
        format!("the first line of {} is empty; the secret belongs there", self.place())
    }

    /// All that stands there, at most [`MAX_BYTES`] of it.
    fn text(&self, env: Lookup<'_>, terminal: Tty) -> Result<Zeroizing<String>, String> {
        let no_text = |place: String| format!("{place} is not UTF-8 text");
        let bytes = match self {
            Self::Literal(secret) => Zeroizing::new(secret.expose_secret().as_bytes().to_vec()),
            Self::Env(name) => {
                let not_set = || format!("{} is not set; export it before starting guestwire", self.place());
                let value = env(name).ok_or_else(not_set)?;
                Zeroizing::new(value.into_string().map_err(|_| no_text(self.place()))?.into_bytes())
            }
            Self::File(path) => read_file(path, true)?,
            Self::Command(words) => run_command(words, terminal, COMMAND_TIME)?,
            Self::VendorFile(path, profile, field) => {
                let bytes = read_file(path, false)?;
                let text = std::str::from_utf8(&bytes).map_err(|_| no_text(path.display().to_string()))?;
                let value = vendor_files::value(text, profile, field);
                let none = || format!("there is no {}; set up that tool, or name another place", self.place());
                Zeroizing::new(value.ok_or_else(none)?.into_bytes())
            }
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| no_text(self.place()))?;
        Ok(Zeroizing::new(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()))
    }

    fn place(&self) -> String {
        match self {
            Self::Literal(_) => "the text in the config file".to_owned(),
            Self::Env(name) => format!("the environment variable {name}"),
            Self::File(path) => format!("the file {}", path.display()),
            Self::Command(words) => format!("what the command {} prints", words.first().map_or("", String::as_str)),
            Self::VendorFile(path, profile, field) => {
                format!("`{field}` of the profile {profile:?} in {}", path.display())
            }
        }
    }
}

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

fn read_file(path: &Path, private: bool) -> Result<Zeroizing<Vec<u8>>, String> {
    let shown = path.display();
    let unreadable = |e: io::Error| format!("the file {shown} cannot be read ({})", files::error_text(&e));
    let file = files::open(path).map_err(|error| match path.metadata() {
        Ok(about) if !about.is_file() => format!("{shown} is not a regular file"),
        _ => unreadable(error),
    })?;
    if let Some(mode) = open_to_others(&file.metadata().map_err(unreadable)?).filter(|_| private) {
        return Err(format!("others can read the file {shown} (mode {mode:03o}); run: chmod 600 {shown}"));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
    file.take(MAX_BYTES as u64).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// What a program printed, at most [`MAX_BYTES`] of it.
///
/// While a screen is open the program must not ask on the terminal: its prompt would be drawn over the console, and the
/// passphrase typed into a message. It then runs in a session of its own, where `/dev/tty` cannot be opened, and
/// without the variable by which `gpg` finds the terminal. Where no screen is open it may ask as it would in a shell.
pub(super) fn run_command(words: &[String], terminal: Tty, bound: Duration) -> Result<Zeroizing<Vec<u8>>, String> {
    let not_started = |program: &str, why: &str| format!("the command {program} cannot be started ({why})");
    let Some((program, arguments)) = words.split_first() else { return Err(not_started("", "it has no name")) };
    let mut child =
        start_command(program, arguments, terminal).map_err(|e| not_started(program, &files::error_text(&e)))?;
    let (printed, complained) = (chunks(child.stdout().take()), chunks(child.stderr().take()));
    let deadline = Instant::now() + bound;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => thread::sleep(POLL),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let how = "run it by hand to see what it waits for";
                return Err(format!("the command {program} did not end within {} s; {how}", bound.as_secs()));
            }
        }
    };
    let lag = deadline.min(Instant::now() + LAG);
    let printed = all_until(lag, &printed);
    if status.success() {
        return Ok(printed);
    }
    let complaint =
        complaint(&all_until(lag, &complained), &printed).map_or_else(String::new, |said| format!(": {said}"));
    let how = match terminal {
        Tty::Allowed => "run it by hand to see why",
        // There the command may ask on the terminal.
        Tty::Denied => "the console has the terminal, so it cannot ask: run `guestwire token` first",
    };
    Err(format!("the command {program} failed ({status}{complaint}); {how}"))
}

fn start_command(program: &str, arguments: &[String], terminal: Tty) -> io::Result<Box<dyn ChildWrapper>> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if terminal == Tty::Denied {
        command.env_remove("GPG_TTY");
    }
    let mut command = CommandWrap::from(command);
    #[cfg(unix)]
    if terminal == Tty::Denied {
        command.wrap(process_wrap::std::ProcessSession);
    }
    command.spawn()
}

/// The last line that the program wrote to its standard error, unless it may hold what it printed as the secret.
fn complaint(stderr: &[u8], stdout: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    let secret = String::from_utf8_lossy(stdout);
    let tells = secret.split_whitespace().any(|word| word.len() >= 4 && text.contains(word));
    (!tells).then(|| line.chars().filter(|c| !c.is_control()).take(COMPLAINT).collect())
}

/// The output of a pipe, at most [`MAX_BYTES`] plus one chunk. It is read on its own thread, since a pipe cannot
/// be read with a bound on time, and to its end, so that a program with more to say does not die of a closed pipe.
fn chunks(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Zeroizing<Vec<u8>>> {
    let (to, chunks) = mpsc::channel();
    let Some(mut pipe) = pipe else { return chunks };
    thread::spawn(move || {
        let (mut chunk, mut read) = (Zeroizing::new([0; 4096]), 0);
        loop {
            match pipe.read(&mut chunk[..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return,
                Ok(_) if read >= MAX_BYTES => {}
                Ok(length) => {
                    read += length;
                    drop(to.send(Zeroizing::new(chunk.iter().take(length).copied().collect())));
                }
            }
        }
    });
    chunks
}

fn all_until(end: Instant, chunks: &mpsc::Receiver<Zeroizing<Vec<u8>>>) -> Zeroizing<Vec<u8>> {
    let mut all = Zeroizing::new(Vec::with_capacity(MAX_BYTES));
    while let Ok(chunk) = chunks.recv_timeout(end.saturating_duration_since(Instant::now())) {
        let room = MAX_BYTES - all.len();
        all.extend(chunk.iter().take(room));
    }
    all
}

/// The token in `text`, as people paste it: out of a header, a shell, an editor, or the token endpoint's whole answer.
/// Taken off are: a byte order mark, blanks and line ends around it, quotes around it, `Bearer` and `Authorization:`
/// before it, and the JSON of a token answer around it. Of several lines the first is read. `None` where nothing is
/// left. Why what is left cannot be a token is said without it. [RFC 6750, 2.1: the characters of a bearer token]
pub(super) fn pasted_token(text: &str) -> Result<Option<SecretString>, String> {
    let text = trim(text);
    if !text.starts_with('{') {
        return alone(text.lines().next().unwrap_or_default());
    }
    let value = json::read(text.as_bytes()).unwrap_or_default();
    let field = |name: &str| value.get(name).and_then(Value::as_str);
    match (field("access_token"), field("error")) {
        (Some(token), _) => alone(token),
        (None, Some(error)) => {
            let error: String = error.chars().filter(|c| !c.is_control()).take(60).collect();
            Err(format!("it is the token endpoint's refusal ({error}), not a token"))
        }
        (None, None) => {
            let how = "paste the token endpoint's whole answer, or only the token";
            Err(format!("it is JSON without an \"access_token\"; {how}"))
        }
    }
}

fn alone(text: &str) -> Result<Option<SecretString>, String> {
    let mut text = trim(text);
    loop {
        let bare = without_word(without_word(text, "Authorization:"), "Bearer");
        let bare = trim(without_quotes(bare));
        if bare == text {
            break;
        }
        text = bare;
    }
    if text.is_empty() || text.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    if without_word(text, "Basic") != text {
        return Err("it begins with \"Basic\": that is a client's id and secret, not a token".to_owned());
    }
    match text.chars().find_map(strange) {
        Some(what) => Err(format!("it contains {what}, which no token contains; copy the token again")),
        None => Ok(Some(SecretString::from(text))),
    }
}

fn strange(c: char) -> Option<&'static str> {
    match c {
        'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '.' | '_' | '~' | '+' | '/' | '=' => None,
        '"' | '\'' | '`' => Some("a quotation mark"),
        c if c.is_whitespace() => Some("a blank or a line end"),
        c if c.is_control() => Some("a control character"),
        c if c.is_ascii() => Some("a punctuation mark"),
        _ => Some("a character beyond ASCII"),
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}

/// `text` after `word`, in any case; a blank follows it, unless it ends with a colon.
fn without_word<'t>(text: &'t str, word: &str) -> &'t str {
    match text.split_at_checked(word.len()) {
        Some((head, rest))
            if head.eq_ignore_ascii_case(word) && (word.ends_with(':') || rest.starts_with([' ', '\t'])) =>
        {
            trim(rest)
        }
        _ => text,
    }
}

fn without_quotes(text: &str) -> &str {
    [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('„', '“'), ('‘', '’'), ('«', '»')]
        .into_iter()
        .find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close))
        .unwrap_or(text)
}
