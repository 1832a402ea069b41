//! Where a secret comes from. It is read when it is needed, never shown, and never part of a flag.

use std::ffi::OsString;
use std::fmt;
use std::fs::{File, Metadata};
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use zeroize::Zeroizing;

/// Longest first line that is taken for a secret, in bytes.
const MAX_BYTES: u64 = 64 * 1024;
/// How long a command may take: long enough for a person to answer a password prompt.
const COMMAND_TIME: Duration = Duration::from_secs(30);
/// How often a command that has said everything is asked whether it has ended.
const POLL: Duration = Duration::from_millis(5);

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
        }
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a secret could not be read: what, where, and what to do. Never the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set, or empty.
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
    /// The program failed. What it printed is not repeated, since it may hold the secret.
    #[error("the command {program} failed ({status}); run it by hand to see why")]
    Failed {
        /// Which program.
        program: String,
        /// How it ended.
        status: String,
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

impl SecretSource {
    /// Reads the secret. Blocks for as long as a command takes (at most 30 s).
    pub fn read(&self) -> Result<SecretString, SecretError> {
        self.read_with(&|name| std::env::var_os(name))
    }

    /// [`read`](Self::read), with the environment given.
    pub fn read_with(&self, env: &dyn Fn(&str) -> Option<OsString>) -> Result<SecretString, SecretError> {
        match self {
            Self::Literal(secret) => Ok(secret.clone()),
            Self::Env(name) => {
                let value = env(name).filter(|v| !v.is_empty()).ok_or_else(|| SecretError::NotSet(name.clone()))?;
                let what = || format!("the environment variable {name}");
                let text = value.into_string().map_err(|_| SecretError::NotText(what()))?;
                first_line(Zeroizing::new(text.into_bytes()), what)
            }
            Self::File(path) => read_file(path),
            Self::Command(words) => run(words, COMMAND_TIME),
        }
    }
}

/// The first line of `bytes`, which must be text and not empty.
fn first_line(mut bytes: Zeroizing<Vec<u8>>, what: impl Fn() -> String) -> Result<SecretString, SecretError> {
    if let Some(end) = bytes.iter().position(|b| *b == b'\n') {
        bytes.truncate(end);
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| SecretError::NotText(what()))?;
    if text.trim().is_empty() { Err(SecretError::Empty(what())) } else { Ok(SecretString::from(text)) }
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

fn read_file(path: &Path) -> Result<SecretString, SecretError> {
    let unreadable = |e: std::io::Error| SecretError::Unreadable { path: path.to_owned(), why: e.kind().to_string() };
    // Looked at before it is opened, because opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(SecretError::NotAFile(path.to_owned()));
    }
    let file = File::open(path).map_err(unreadable)?;
    if let Some(mode) = open_to_others(&file.metadata().map_err(unreadable)?) {
        return Err(SecretError::NotPrivate { path: path.to_owned(), mode });
    }
    let mut bytes = Zeroizing::new(Vec::new());
    BufReader::new(file.take(MAX_BYTES)).read_until(b'\n', &mut bytes).map_err(unreadable)?;
    first_line(bytes, || format!("the file {}", path.display()))
}

fn run(words: &[String], bound: Duration) -> Result<SecretString, SecretError> {
    let [program, arguments @ ..] = words else {
        return Err(SecretError::CannotStart { program: String::new(), why: "it has no name".to_owned() });
    };
    let program = program.clone();
    let mut child = Command::new(&program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| SecretError::CannotStart { program: program.clone(), why: e.kind().to_string() })?;
    let deadline = Instant::now() + bound;
    let (tell, told) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        // Its own thread, because a pipe cannot be read with a bound on time. It goes on reading after the first line,
        // so that a program with more to say does not die of a closed pipe.
        thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            let mut line = Zeroizing::new(Vec::new());
            let read = (&mut reader).take(MAX_BYTES).read_until(b'\n', &mut line);
            // Nobody listens any more after the bound.
            let _ = tell.send(read.map(|_| line));
            let _ = std::io::copy(&mut reader, &mut std::io::sink());
        });
    }
    let line = told.recv_timeout(bound);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => thread::sleep(POLL),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(SecretError::TooLong { program, seconds: bound.as_secs() });
            }
        }
    };
    if !status.success() {
        return Err(SecretError::Failed { program, status: status.to_string() });
    }
    match line {
        Ok(Ok(line)) => first_line(line, || format!("what the command {program} prints")),
        Ok(Err(_)) | Err(_) => Err(SecretError::Failed { program, status: "its output could not be read".to_owned() }),
    }
}

#[cfg(test)]
#[cfg(unix)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use secrecy::ExposeSecret as _;

    use super::*;

    fn shell(script: &str) -> Result<SecretString, SecretError> {
        run(&["sh".to_owned(), "-c".to_owned(), script.to_owned()], Duration::from_secs(20))
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
        let read = |name: &str| SecretSource::Env(name.to_owned()).read_with(&env);
        assert_eq!(read("THERE").unwrap().expose_secret(), "hunter2");
        assert_eq!(read("NOT").unwrap_err(), SecretError::NotSet("NOT".to_owned()));
    }

    #[test]
    fn a_private_file_gives_its_first_line() {
        let (_dir, path) = file(b"hunter2\r\nmore\n", 0o600);
        assert_eq!(SecretSource::File(path).read().unwrap().expose_secret(), "hunter2");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        for mode in [0o640, 0o604, 0o620] {
            let (_dir, path) = file(b"hunter2", mode);
            let error = SecretSource::File(path.clone()).read().unwrap_err();
            assert_eq!(error, SecretError::NotPrivate { path, mode });
            assert!(error.to_string().contains("chmod 600") && !error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn files_that_cannot_hold_a_secret_are_named() {
        let (dir, path) = file(b"\nhunter2", 0o600);
        assert!(matches!(SecretSource::File(path).read(), Err(SecretError::Empty(_))));
        let (_dir, path) = file(b"\xff\xfe", 0o600);
        assert!(matches!(SecretSource::File(path).read(), Err(SecretError::NotText(_))));
        let nowhere = dir.path().join("nowhere");
        assert!(matches!(SecretSource::File(nowhere).read(), Err(SecretError::Unreadable { .. })));
        assert!(matches!(SecretSource::File(dir.path().to_owned()).read(), Err(SecretError::NotAFile(_))));
    }

    #[test]
    fn a_command_gives_the_first_line_and_may_say_more() {
        assert_eq!(shell("echo hunter2; seq 1 100000").unwrap().expose_secret(), "hunter2");
        assert_eq!(shell("printf hunter2").unwrap().expose_secret(), "hunter2");
    }

    #[test]
    fn a_failing_command_is_named_but_not_quoted() {
        for script in ["echo hunter2; echo hunter2 >&2; exit 3", "exit 3"] {
            let error = shell(script).unwrap_err().to_string();
            assert!(error.contains("sh") && error.contains('3') && !error.contains("hunter2"), "{error}");
        }
        assert!(matches!(shell("echo"), Err(SecretError::Empty(_))));
        let missing = run(&["guestwire-no-such-program".to_owned()], COMMAND_TIME);
        assert!(matches!(missing, Err(SecretError::CannotStart { .. })));
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let error = run(&["sleep".to_owned(), "600".to_owned()], Duration::from_millis(1)).unwrap_err();
        assert!(matches!(error, SecretError::TooLong { .. }));
    }

    #[test]
    fn a_source_shows_its_place_only() {
        let literal = SecretSource::Literal(SecretString::from("hunter2"));
        assert!(!format!("{literal} {literal:?}").contains("hunter2"));
        let command = SecretSource::Command(vec!["pass".to_owned(), "hunter2".to_owned()]);
        assert_eq!(command.to_string(), "{ command = [\"pass\", …] }");
    }
}
