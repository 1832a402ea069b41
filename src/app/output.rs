//! The command line's two outputs: results on stdout, problems on stderr. A reader that went away is not an error.

use std::fs::File;
use std::io::{self, BufRead, IsTerminal as _, Read as _, Write as _};
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::exit::{Exit, Failed};
use crate::config::Profile;
use crate::files;
use crate::text::json::{dense, with};
use crate::text::screen::{fit, visible};

#[derive(Clone, Debug, PartialEq)]
pub struct OutputLine {
    /// An object: the line of `--json`.
    pub json: Value,
    human: Option<HumanText>,
}

/// What a person reads: a result on stdout, a problem or progress on stderr. Made safe when it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HumanText {
    Says(String),
    Warns(String),
    Reports(String),
}

impl OutputLine {
    /// A line for programs only. `fields` is an object.
    pub fn new(event: &'static str, at: Timestamp, fields: Value) -> Self {
        Self { json: with(json!({ "event": event, "at": at.to_string(), "v": 1 }), fields), human: None }
    }

    /// A problem for people, and the same words for programs.
    pub fn message(event: &'static str, at: Timestamp, text: String) -> Self {
        Self::new(event, at, json!({ "message": text })).warns(text)
    }

    #[must_use]
    pub fn says(self, text: impl Into<String>) -> Self {
        Self { human: Some(HumanText::Says(text.into())), ..self }
    }

    #[must_use]
    pub fn warns(self, text: impl Into<String>) -> Self {
        Self { human: Some(HumanText::Warns(text.into())), ..self }
    }

    #[must_use]
    pub fn reports(self, text: impl Into<String>) -> Self {
        Self { human: Some(HumanText::Reports(text.into())), ..self }
    }
}

#[derive(Debug, Default)]
pub struct Output {
    closed: bool,
    /// Why stdout takes nothing more. What was to be written goes to stderr from then on.
    unwritten: Option<io::ErrorKind>,
    /// Of which organisation the lines of `--json` tell.
    target: Value,
    /// It does something to others, so that what cannot be written is told on stderr.
    acts: bool,
    /// A report goes to stdout, so what people read goes to stderr.
    beside_report: bool,
    bar: Option<String>,
}

impl Output {
    /// Of a command that speaks to the organisation of `profile`. `beside_report`: stdout is left to a report.
    pub fn of(profile: &Profile, beside_report: bool) -> Self {
        Self { acts: true, beside_report, ..Self::reading(profile) }
    }

    /// Of a command that only reads what is kept of `profile`.
    pub fn reading(profile: &Profile) -> Self {
        let sandbox = profile.sandbox.then_some(true);
        let target = json!({ "sandbox": sandbox, "profile": profile.name, "region": profile.region });
        Self { target: dense(target), ..Self::default() }
    }

    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Says at the end of a command that went on although its output could not be written.
    pub fn end(&mut self) -> Result<(), Failed> {
        self.clear_bar();
        let Some(kind) = self.unwritten else { return Ok(()) };
        let message = format!("the output could not be written ({kind}); it is printed above");
        Err(Failed { exit: Exit::Unwritten, message })
    }

    /// Writes one line to stdout. The caller has made it safe where a person reads it.
    pub fn line(&mut self, text: &str) -> Result<(), Failed> {
        self.bytes(format!("{text}\n").as_bytes())
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        if self.closed {
            return Ok(());
        }
        if self.beside_report {
            let _ = io::stderr().lock().write_all(bytes);
            return Ok(());
        }
        if self.unwritten.is_some() {
            warn(String::from_utf8_lossy(bytes).trim_end());
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            // What a command does to others may not be undone, and must still be told.
            Err(e) if self.acts => {
                self.unwritten = Some(e.kind());
                self.bytes(bytes)
            }
            Err(e) => {
                let message = format!("the output cannot be written ({})", e.kind());
                Err(Failed { exit: Exit::Unwritten, message })
            }
        }
    }

    /// Says a line in the form that was asked for, with secrets masked by `mask`.
    pub fn say(&mut self, line: &OutputLine, json: bool, mask: &dyn Fn(&str) -> String) -> Result<(), Failed> {
        if json {
            // What the line says itself counts.
            let line = with(with(line.json.clone(), self.target.clone()), line.json.clone());
            return self.line(&mask(&line.to_string()));
        }
        let Some(human) = &line.human else { return Ok(()) };
        self.clear_bar();
        match human {
            HumanText::Says(text) => return self.line(&safe(&mask(text))),
            HumanText::Warns(text) => warn(&mask(text)),
            HumanText::Reports(text) => say(&format!("{}\n", safe(&mask(text)))),
        }
        Ok(())
    }

    /// Shows how far the command is, where a person looks at stderr.
    pub fn progress(&mut self, line: String) {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
        if self.bar.as_ref() == Some(&line) || dumb || !io::stderr().is_terminal() {
            return;
        }
        let columns = crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns));
        say(&format!("\r\x1b[2K{}", fit(&visible(&line), columns.saturating_sub(1), true)));
        self.bar = Some(line);
    }

    fn clear_bar(&mut self) {
        if self.bar.take().is_some() {
            say("\r\x1b[2K");
        }
    }
}

pub fn printed(document: &[u8]) -> Result<Exit, Failed> {
    Output::default().bytes(document).map(|()| Exit::Done)
}

pub fn safe(text: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}

pub fn warn(text: &str) {
    say(&format!("guestwire: {}\n", safe(text)));
}

/// Where a result goes that is named as a file: standard output for `-`, a device as it is, else a new private file,
/// over an old one only with `replace`.
pub fn destination(path: &Path, replace: bool) -> io::Result<Box<dyn io::Write>> {
    if files::is_standard_stream(path) {
        return Ok(Box::new(Stdout));
    }
    if files::is_device(path) {
        return Ok(Box::new(File::options().append(true).open(path)?));
    }
    Ok(Box::new(files::create_private(path, replace)?))
}

/// What could not be written to a [`destination`]. Standard output counts as it does for every command.
pub fn unwritten(what: &str, path: &Path, why: &io::Error) -> Failed {
    let exit = if files::is_standard_stream(path) { Exit::Unwritten } else { Exit::Refused };
    Failed { exit, message: format!("{what} cannot be written ({})", files::error_text(why)) }
}

/// Standard output for a whole document. A reader that went away is not an error.
struct Stdout;

impl io::Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match io::stdout().write(bytes) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush().or_else(|e| if e.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(e) })
    }
}

pub fn standard_input(most: u64) -> Result<Vec<u8>, Failed> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|e| Failed::usage(format!("standard input cannot be read ({})", e.kind())))?;
    if bytes.len() as u64 > most {
        return Err(Failed::usage(format!("standard input holds more than {} KiB", most >> 10)));
    }
    Ok(bytes)
}

pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

pub fn ask(question: &str, input: &mut dyn BufRead) -> Result<String, Failed> {
    say(question);
    let mut line = String::new();
    match input.read_line(&mut line) {
        Ok(0) | Err(_) => Err(Failed::usage("no answer; nothing was changed")),
        Ok(_) => Ok(line.trim().to_owned()),
    }
}

/// To stderr, so that stdout holds results only. There is nowhere to report that stderr is gone.
pub fn say(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// A bar of 20 columns, and what is open, in one line.
pub fn bar(done: usize, all: usize, open: &[&str]) -> String {
    let filled = (done * 20).checked_div(all).unwrap_or(20);
    let bar: String = (0..20).map(|at| if at < filled { '#' } else { '-' }).collect();
    format!("[{bar}] {done} of {all}  {}", open.join(", "))
}
