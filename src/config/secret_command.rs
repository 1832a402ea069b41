//! A program that prints a secret: run with a bound on its time and on what it prints.
//!
//! While a screen is open the program must not ask on the terminal: its prompt would be drawn over the console, and the
//! passphrase typed into a message. It then runs in a session of its own, where `/dev/tty` cannot be opened, and without
//! the variable by which `gpg` finds the terminal. Where no screen is open it may ask as it would in a shell.

use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use process_wrap::std::{ChildWrapper, CommandWrap};
use zeroize::Zeroizing;

use super::secret_error::{MAX_BYTES, SecretError, Terminal};
use crate::files;

/// How long a command may take: long enough for a person to answer a password prompt.
pub const TIME: Duration = Duration::from_secs(30);
/// How often a running command is asked whether it has ended.
const POLL: Duration = Duration::from_millis(5);
/// How long the output of a command that has ended may lag behind. A program that it left behind may hold its pipes.
const LAG: Duration = Duration::from_millis(250);
/// How many characters of its last complaint are repeated.
const COMPLAINT: usize = 160;

/// What the program printed, at most [`MAX_BYTES`] of it.
pub fn run(words: &[String], terminal: Terminal, bound: Duration) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let [program, arguments @ ..] = words else {
        return Err(SecretError::CannotStart { program: String::new(), why: "it has no name".to_owned() });
    };
    let program = program.clone();
    let mut child = start(&program, arguments, terminal)
        .map_err(|e| SecretError::CannotStart { program: program.clone(), why: files::why(&e) })?;
    let printed = Printed::of(child.stdout().take());
    let complained = Printed::of(child.stderr().take());
    let deadline = Instant::now() + bound;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => thread::sleep(POLL),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                return Err(SecretError::TooLong { program, seconds: bound.as_secs() });
            }
        }
    };
    let lag = deadline.min(Instant::now() + LAG);
    let printed = printed.until(lag);
    if status.success() {
        return Ok(printed);
    }
    let complaint = complaint(&complained.until(lag), &printed);
    Err(SecretError::Failed { program, status: status.to_string(), complaint, terminal })
}

fn start(program: &str, arguments: &[String], terminal: Terminal) -> io::Result<Box<dyn ChildWrapper>> {
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
#[path = "../../tests/unit/config/secret_command.rs"]
mod tests;
