//! guestwire in lines instead of a screen: for screen readers, plain terminals and pipes (see `docs/command-line.md`). The
//! same engine, the same words. It never repaints: each event is one sentence on a line of its own, without columns, colours
//! or marks, and what goes wrong ends with what can be typed next. In a pipe a line is taken when what the line before it
//! asked for is finished.
//!
//! ```text
//! line ────┐                         ┌─► Line        ─► standard output
//! Report ──┼─► Plain::on(now, event) ┼─► Ask         ─► engine
//! Ctrl-C ──┤                         ├─► Keep, Local ─► journal, this machine
//! due ─────┘   wants_line(), due()   └─► Finish      ─► the exit code
//! ```
//! Whatever the console can do has a command here: see the table in `commands`. Test runs are played by `.pass` and a word,
//! with the runner, the files and the journal of the console.
//!
//! Texts go as they are typed: variables and snippets are the composer's.

mod commands;
mod conversations;
mod lifecycle;
mod log;
mod messages;
mod parser;
mod pass;
mod sentences;
mod tools;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use parser::Dialogue;
use tokio::sync::mpsc::{Receiver, channel};

use crate::app::drive::{FrontEnd, FrontEndEffect, FrontEndEvent, FrontEndLoop, InputLine};
use crate::app::exit::{Exit, Failed};
use crate::app::journal;
use crate::app::open::{self, OpenProfile};
use crate::app::output::{self, Output};
use crate::clock::Clock;
use crate::config::Settings;
use crate::engine::{Command, DiscoveredConversation, EngineHandle};
use crate::model::{ConversationKey, ExchangeId, Extras, Generation, MessageId, Moment, SessionAsk, Signal, Variation};
use crate::pass::runner::Runner;
use crate::session::{JournalMode, Session};
use crate::text::cleaned;
use crate::text::screen::visible;

#[derive(Clone, Copy, Debug, PartialEq)]
struct AwaitedReply {
    message: MessageId,
    until: Moment,
    span: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct AwaitedSession {
    key: ConversationKey,
    ask: SessionAsk,
    /// Nobody waits longer: a server may answer nothing at all.
    until: Moment,
}

/// A token that was asked for: newer than `than`, to be told of where `tell` is set.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Signing {
    than: Option<Generation>,
    tell: bool,
}

/// What was asked for and is not finished, beside messages and passes.
#[derive(Debug, Default, PartialEq)]
struct Outstanding {
    reading: BTreeSet<ConversationKey>,
    signing: Option<Signing>,
    waiting: Option<AwaitedReply>,
    web_session: Option<AwaitedSession>,
    page: Option<u32>,
    search: Option<u64>,
    /// Something of this machine: a file, a fault.
    local: bool,
}

#[derive(Debug, Default)]
struct NextMessage {
    carried: BTreeMap<ConversationKey, Extras>,
    sent_as: Option<Variation>,
}

#[derive(Debug, Default)]
struct Passes {
    /// What was listed: a file, the name of a built-in pass, or (`None`) the run that is not finished.
    offered: Vec<Option<PathBuf>>,
    /// The step that was said last, and whether with its result.
    said_step: Option<((usize, usize), bool)>,
    /// Ctrl-C was pressed while the step ran: it is waited for no more.
    let_go: bool,
    /// Runs that were begun, and what their ids grow from.
    begun: u64,
    seed: u128,
}

#[derive(Debug)]
pub(crate) struct Plain {
    pub(crate) session: Session,
    now: Moment,
    interactive: bool,
    zone: TimeZone,
    passes: Passes,
    asked: Outstanding,
    /// Messages that were given up because nothing will take them away by itself: the exit code, and why.
    given_up: BTreeMap<MessageId, (Exit, String)>,
    /// How many steps of an open send have been said.
    said_tries: HashMap<ExchangeId, usize>,
    found: Vec<DiscoveredConversation>,
    next: NextMessage,
    dialogue: Dialogue,
    /// Of the last thing that was asked of the server; with the message that it is about.
    last: (Exit, Option<MessageId>),
    /// Ctrl-C was pressed, and what it took back is not finished.
    interrupted: bool,
    left: bool,
    effects: Vec<FrontEndEffect>,
}

impl FrontEnd for Plain {
    fn on(&mut self, now: Moment, event: FrontEndEvent) -> Vec<FrontEndEffect> {
        self.now = now;
        let had_left = self.left;
        match event {
            FrontEndEvent::Begin => self.begin(),
            FrontEndEvent::Line(InputLine::End) => self.end_of_lines(),
            FrontEndEvent::Line(_) if self.left || self.dialogue.no_more_lines => {}
            FrontEndEvent::Line(InputLine::Text(line)) => self.line(&line),
            FrontEndEvent::Line(InputLine::Bad(why)) => self.wrong(format!("Not sent: the line {why}.")),
            FrontEndEvent::Report(report) => self.report(*report),
            FrontEndEvent::Ended => self.left = true,
            FrontEndEvent::Journal(page) => self.journal(*page),
            FrontEndEvent::Signal(Signal::Interrupt) => self.interrupt(),
            FrontEndEvent::Signal(Signal::Terminate(number)) => {
                return vec![FrontEndEffect::Finish(Exit::Signal(number))];
            }
            FrontEndEvent::Signal(_) => return Vec::new(),
            FrontEndEvent::Local(answer) => self.local(answer),
            FrontEndEvent::Due => self.with_session(Session::due),
        }
        self.afterwards();
        if self.left && !had_left {
            self.effects.push(FrontEndEffect::Finish(self.exit()));
        }
        std::mem::take(&mut self.effects)
    }

    fn due(&self) -> Option<Moment> {
        let reply = self.asked.waiting.map(|waiting| waiting.until);
        let session = self.asked.web_session.map(|awaited| awaited.until);
        let pass = self.session.pass.runner.as_ref().and_then(Runner::due);
        reply.into_iter().chain(session).chain(pass).min()
    }

    /// In a script the next line waits for what the line before it asked for.
    fn wants_line(&self) -> Option<bool> {
        // Nothing is sent before it is known what an earlier session left.
        let opening = self.session.journal.keeping == JournalMode::Opening;
        Some(!self.left && !self.dialogue.no_more_lines && !opening && (self.interactive || !self.is_busy()))
    }
}

impl Plain {
    /// A front end that has not begun, of a session in which nothing has happened. `interactive`: a person types, so that
    /// prompts and questions make sense, and nobody waits for a line to be finished. Times are said in `zone`, and ids of
    /// runs grow from `seed` (random, from outside).
    pub fn new(mut session: Session, interactive: bool, zone: TimeZone, seed: u128) -> Self {
        session.reports_every_message = true;
        Self {
            session,
            now: Moment::ZERO,
            interactive,
            zone,
            passes: Passes { seed, ..Passes::default() },
            asked: Outstanding::default(),
            given_up: BTreeMap::new(),
            said_tries: HashMap::new(),
            found: Vec::new(),
            next: NextMessage::default(),
            dialogue: Dialogue::default(),
            last: (Exit::Done, None),
            interrupted: false,
            left: false,
            effects: Vec::new(),
        }
    }

    /// The exit code: at a keyboard, where a person has heard everything, always that of a thing done.
    pub fn exit(&self) -> Exit {
        if self.interactive { Exit::Done } else { self.last.0 }
    }

    fn is_busy(&self) -> bool {
        self.session.under_way().next().is_some()
            || self.asked != Outstanding::default()
            || self.session.is_probing()
            || (self.session.pass.runs_step() && !self.passes.let_go)
    }

    /// Says one line. The only way out for text, so that nothing from outside reaches a terminal as it came.
    fn say(&mut self, line: impl AsRef<str>) {
        self.effects.push(FrontEndEffect::Line(visible(line.as_ref()).into_owned()));
    }

    fn ask(&mut self, command: Command) {
        self.effects.push(FrontEndEffect::Ask(command));
    }

    /// Says why a line cannot be taken; in a script, nothing after it is.
    fn wrong(&mut self, sentence: impl AsRef<str>) {
        self.say(sentence);
        self.dialogue.prompt_due = true;
        if !self.interactive {
            self.say("Stopped here: the lines that follow are not read.");
            self.last = (Exit::Usage, None);
            self.dialogue.no_more_lines = true;
            self.dialogue.question = None;
            self.dialogue.block = None;
        }
    }

    /// What was asked of the server has ended so; with the message that it was about.
    fn ends(&mut self, exit: Exit, message: Option<MessageId>) {
        self.last = (exit, message);
        self.dialogue.prompt_due = true;
    }

    fn say_end(&mut self, exit: Exit, sentence: impl AsRef<str>) {
        self.say(sentence);
        self.ends(exit, None);
    }

    fn say_each(&mut self, lines: impl IntoIterator<Item = impl AsRef<str>>) {
        lines.into_iter().for_each(|line| self.say(line));
    }

    /// `Conversation 2, Echo`.
    fn spoken(&self, key: ConversationKey) -> String {
        format!("Conversation {}, {}", number_of(key), self.name(key))
    }
}

/// The number by which a person calls a conversation.
fn number_of(key: ConversationKey) -> u64 {
    u64::from(key.0) + 1
}

/// More than any channel takes, in bytes; a line that never ends is not read forever.
const MAX_LINE: u64 = 1 << 20;

/// Runs until the input or a person ends it.
pub async fn run(settings: &Settings) -> Result<Exit, Failed> {
    let opened = OpenProfile::open(settings)?;
    if let Some(way) = settings.env_profile_hint().filter(|_| opened.profile.sandbox) {
        output::warn(way);
    }
    let clock = Clock::start();
    let zone = settings.ui.times.zone();
    let mut session = open::session(settings, &opened.profile, zone.clone(), settings.ui.ascii);
    let (journal, journal_reports) =
        journal::open(settings, &opened.profile, &mut session, !settings.journal.ephemeral);
    let front = Plain::new(session, io::stdin().is_terminal(), zone, uuid::Uuid::new_v4().as_u128());
    let options = journal::options(journal.as_ref());
    let (engine, reports) = EngineHandle::start(opened.profile.clone(), clock, options);
    let (paths, output) = (&settings.paths, Output::default());
    let mut runner = FrontEndLoop { front, engine, opened, paths, journal, kept: None, output, json: false };
    let result = runner.run(clock, reports, journal_reports, lines()).await;
    runner.opened.close().await;
    journal::close(runner.journal.as_ref());
    result
}

/// The lines of standard input, read ahead by one. The thread that reads them is left behind when the program ends.
fn lines() -> Receiver<InputLine> {
    let (sender, lines) = channel(1);
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        loop {
            let mut bytes = Vec::new();
            let (line, goes_on) = match stdin.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut bytes) {
                Ok(0) => return,
                // What follows would be the rest of it.
                Ok(_) if bytes.len() as u64 > MAX_LINE => (InputLine::Bad("is longer than 1 MiB"), false),
                Ok(_) => match String::from_utf8(bytes) {
                    Ok(line) => (InputLine::Text(cleaned(&line)), true),
                    Err(_) => (InputLine::Bad("is not UTF-8 text"), true),
                },
                Err(_) => (InputLine::Bad("cannot be read"), false),
            };
            if sender.blocking_send(line).is_err() || !goes_on {
                return;
            }
        }
    });
    lines
}

#[cfg(test)]
#[path = "../../tests/unit/plain/mod.rs"]
mod tests;
