//! Runs the real shell, engine and sandbox on a screen in memory, driven by keys by name. Nothing sleeps: a script waits
//! for what it wants to see on the screen, with a bound that only a defect reaches.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossterm::event::{Event, KeyEvent};
use guestwire::clock::Clock;
use guestwire::config::MetricsSettings;
use guestwire::config::Profile;
use guestwire::engine::{Command, EngineHandle, EngineOptions};
use guestwire::journal::Journal;
use guestwire::model::SandboxRequest;
use guestwire::model::Signal;
use guestwire::sandbox::{Sandbox, Scenario};
use guestwire::session::Conversations;
use guestwire::session::{LocalAnswer, LocalRequest};
use guestwire::session::{Log, LogOptions};
use guestwire::session::{ProfileInfo, Session};
use guestwire::tui::Chord;
use guestwire::tui::action::Action;
use guestwire::tui::state::Composer;
use guestwire::tui::state::State;

use super::console;
use guestwire::tui::terminal::event_loop::{EventLoop, Input, LoopEnd, Platform, Screen, Work};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokio::sync::{mpsc, watch};

/// What a defect reaches.
const BOUND: Duration = Duration::from_secs(20);

/// Keys from a script.
pub struct ScriptInput(mpsc::UnboundedReceiver<Event>);

impl Input for ScriptInput {
    async fn next(&mut self) -> Option<io::Result<Event>> {
        self.0.recv().await.map(Ok)
    }
    fn pause(&mut self) {}
    fn resume(&mut self) {}
}

/// A screen in memory that tells each frame.
pub struct Watched {
    plain: Terminal<TestBackend>,
    frames: watch::Sender<String>,
    all: Arc<Mutex<Vec<String>>>,
}

impl Screen for Watched {
    fn draw(&mut self, state: &State) -> io::Result<()> {
        self.plain.draw(|frame| guestwire::tui::view::view(state, frame)).map_err(io::Error::other)?;
        let buffer = self.plain.backend().buffer();
        let text: String = buffer
            .content()
            .chunks(usize::from(buffer.area.width))
            .map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned() + "\n")
            .collect();
        self.all.lock().expect("nobody panics with it").push(text.clone());
        self.frames.send_replace(text);
        Ok(())
    }
    fn forget(&mut self) -> io::Result<()> {
        let size = self.size();
        self.plain
            .resize(ratatui::layout::Rect::from((ratatui::layout::Position::ORIGIN, size)))
            .map_err(io::Error::other)
    }
    fn title(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }
    fn size(&self) -> ratatui::layout::Size {
        self.plain.size().unwrap_or_default()
    }
}

/// A platform that only remembers.
pub struct Remembering {
    pub copies: watch::Sender<Vec<String>>,
    pub sandbox: Arc<Sandbox>,
    /// How often the terminal was taken back.
    pub taken_back: Arc<AtomicUsize>,
}

fn write(path: &Path, contents: &str) -> Result<(), String> {
    std::fs::create_dir_all(path.parent().unwrap_or(path)).map_err(|e| e.to_string())?;
    std::fs::write(path, contents).map_err(|e| e.to_string())
}

impl Platform for Remembering {
    fn copy(&mut self, text: &str) -> Work<String> {
        self.copies.send_modify(|all| all.push(text.to_owned()));
        Box::pin(std::future::ready(Ok("Sent to the clipboard".to_owned())))
    }
    fn give_terminal(&mut self) {}
    fn take_terminal(&mut self) -> io::Result<()> {
        self.taken_back.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
    fn edit(&mut self, text: String) -> Work<String> {
        Box::pin(std::future::ready(Ok(format!("{text} (edited)"))))
    }
    fn page(&mut self, _: String) -> Work<()> {
        Box::pin(std::future::ready(Ok(())))
    }
    fn local(&mut self, request: LocalRequest, mask: &dyn Fn(&str) -> String) -> LocalAnswer {
        match request {
            LocalRequest::Write { path, contents, what } => LocalAnswer::Written(
                write(&path, &mask(&contents)).map(|()| format!("Saved to {} ({what}).", path.display())),
            ),
            LocalRequest::Reports(run, dir) => {
                let all = guestwire::pass::report::all(&run, mask);
                let written = all.and_then(|all| all.iter().try_for_each(|(name, text)| write(&dir.join(name), text)));
                LocalAnswer::Written(written.map(|()| format!("The reports are in {}.", dir.display())))
            }
            LocalRequest::KeepInConfig(conversation) => {
                LocalAnswer::Kept(Ok(format!("“{}” is in the config file now.", conversation.name)))
            }
            LocalRequest::Fault(Some(json)) => {
                LocalAnswer::FaultSet(self.sandbox.set_fault(&json).map(|()| "Fault set.".to_owned()))
            }
            LocalRequest::Fault(None) => {
                self.sandbox.clear_faults();
                LocalAnswer::FaultSet(Ok("All faults are off.".to_owned()))
            }
            LocalRequest::TellFaults => LocalAnswer::Faults(self.sandbox.faults_left()),
            LocalRequest::SetUpSandbox(asked) => LocalAnswer::SandboxSet(match asked {
                SandboxRequest::Fault(Some(json)) => self.sandbox.set_fault(&json),
                SandboxRequest::Fault(None) => {
                    self.sandbox.clear_faults();
                    Ok(())
                }
                SandboxRequest::Advance(by) => {
                    self.sandbox.advance(by.as_secs());
                    Ok(())
                }
            }),
            LocalRequest::FindPasses => LocalAnswer::Passes(Vec::new()),
            LocalRequest::ReadPass(path) => {
                let text = std::fs::read_to_string(&path).map_err(|e| e.to_string());
                LocalAnswer::PassRead(path, text)
            }
            LocalRequest::SeeFile(conversation, file) => LocalAnswer::FileSeen(conversation, file, Ok(())),
            LocalRequest::CompletePath(typed) => LocalAnswer::PathCompleted(typed.clone(), typed, Vec::new()),
        }
    }
    fn stop(&mut self) -> io::Result<bool> {
        Ok(true)
    }
}

/// The hands and eyes of a script.
pub struct Hands {
    keys: mpsc::UnboundedSender<Event>,
    frames: watch::Receiver<String>,
    pub copies: watch::Receiver<Vec<String>>,
    all: Arc<Mutex<Vec<String>>>,
    /// The frame that stood when keys were pressed last: what they lead to is looked for from there on.
    since: AtomicUsize,
    /// Signals of the operating system.
    pub signals: mpsc::UnboundedSender<Signal>,
    pub taken_back: Arc<AtomicUsize>,
    pub sandbox: Arc<Sandbox>,
}

impl Hands {
    fn press(&self, event: Event) {
        let drawn = self.all.lock().expect("nobody panics with it").len();
        self.since.store(drawn.saturating_sub(1), Ordering::Relaxed);
        self.keys.send(event).expect("the shell runs");
    }

    /// Presses keys by name, separated by blanks: `"ctrl-p esc y c"`.
    pub fn keys(&self, names: &str) {
        for name in names.split_whitespace() {
            let chord = Chord::parse(name).unwrap_or_else(|part| panic!("no key is named {part}"));
            self.press(Event::Key(event(chord)));
        }
    }

    /// Types text.
    pub fn type_text(&self, text: &str) {
        for c in text.chars() {
            let key = KeyEvent::new(crossterm::event::KeyCode::Char(c), crossterm::event::KeyModifiers::NONE);
            self.press(Event::Key(key));
        }
    }

    /// Pastes text.
    pub fn paste(&self, text: &str) {
        self.press(Event::Paste(text.to_owned()));
    }

    /// Resizes are told by the terminal.
    pub fn resize(&self, width: u16, height: u16) {
        self.press(Event::Resize(width, height));
    }

    /// Waits until a frame shows what is wanted; that frame.
    pub async fn until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let found = tokio::time::timeout(BOUND, self.frames.wait_for(|text| wanted(text))).await;
        let found = found.map(|text| text.map(|text| text.clone()).ok());
        match found {
            Ok(Some(text)) => text,
            Ok(None) => panic!("the shell ended before {what}"),
            Err(late) => panic!("never saw {what} ({late}); the last frame:\n{}", *self.frames.borrow()),
        }
    }

    /// Waits until a frame holds `text`, be it for one frame only: the status line is soon about something else.
    pub async fn see(&mut self, text: &str) -> String {
        let (all, since) = (Arc::clone(&self.all), self.since.load(Ordering::Relaxed));
        let find = || {
            let all = all.lock().expect("nobody panics with it");
            let at = (since..all.len()).find(|at| all[*at].contains(text))?;
            Some((at, all[at].clone()))
        };
        self.until(text, |_| find().is_some()).await;
        let (at, frame) = find().expect("it was found");
        self.since.store(at, Ordering::Relaxed);
        frame
    }

    /// Waits until no frame holds `text`.
    pub async fn see_no(&mut self, text: &str) -> String {
        self.until(&format!("no {text}"), |frame| !frame.contains(text)).await
    }

    /// Every frame so far.
    pub fn all_frames(&self) -> Vec<String> {
        self.all.lock().expect("nobody panics with it").clone()
    }

    /// The sandbox's own count of the messages that it received.
    pub fn received(&self) -> Vec<String> {
        let state = self.sandbox.state();
        let mut texts = Vec::new();
        collect_texts(&state["conversations"], &mut texts);
        texts
    }
}

fn collect_texts(value: &serde_json::Value, texts: &mut Vec<String>) {
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|v| collect_texts(v, texts)),
        serde_json::Value::Object(fields) => {
            if let Some(text) = fields.get("text").and_then(|t| t.as_str()) {
                texts.push(text.to_owned());
            }
            fields.values().for_each(|v| collect_texts(v, texts));
        }
        _ => {}
    }
}

fn event(chord: Chord) -> KeyEvent {
    chord.event()
}

/// Runs a script against a console on the sandbox; how the loop ended, and the state that it left.
pub async fn run<F>(size: (u16, u16), scenario: Scenario, script: impl FnOnce(Hands) -> F) -> (LoopEnd, State)
where
    F: Future<Output = ()>,
{
    run_profile(size, scenario, |profile| profile, script).await
}

/// The same with a changed profile.
pub async fn run_profile<F>(
    size: (u16, u16),
    scenario: Scenario,
    change: impl FnOnce(Profile) -> Profile,
    script: impl FnOnce(Hands) -> F,
) -> (LoopEnd, State)
where
    F: Future<Output = ()>,
{
    let data = tempfile::tempdir().expect("a directory");
    run_in(size, scenario, change, data.path(), script).await
}

/// The same with a data directory to look into afterwards.
pub async fn run_in<F>(
    size: (u16, u16),
    scenario: Scenario,
    change: impl FnOnce(Profile) -> Profile,
    data: &Path,
    script: impl FnOnce(Hands) -> F,
) -> (LoopEnd, State)
where
    F: Future<Output = ()>,
{
    run_kept(size, scenario, change, data, None, script).await
}

/// The same; with metrics, a journal is kept too.
pub async fn run_kept<F>(
    size: (u16, u16),
    scenario: Scenario,
    change: impl FnOnce(Profile) -> Profile,
    data: &Path,
    metrics: Option<MetricsSettings>,
    script: impl FnOnce(Hands) -> F,
) -> (LoopEnd, State)
where
    F: Future<Output = ()>,
{
    let clock = Clock::start();
    let sandbox = Arc::new(guestwire::sandbox::start(0, scenario, guestwire::clock::Clock::start()).expect("loopback"));
    let profile = Arc::new(change(sandbox.profile()));
    let setup = console::Setup {
        session: Session::new(
            ProfileInfo::of(&profile, data.to_owned(), None),
            Conversations::of(&profile),
            Log::new(LogOptions::default()),
        ),
        composer: Composer::new(1, "run", Vec::new()),
        now: clock.now(),
        ..console::setup(size.0, size.1)
    };
    let mut state = setup.state();
    let mut options = EngineOptions::default();
    let (mut journal, mut pages) = (None, mpsc::unbounded_channel().1);
    if metrics.is_some() {
        let conversations = profile.conversations.iter().map(|c| c.conversation.clone()).collect();
        let dir = guestwire::journal::profile_dir(data, &profile.name);
        let (opened, told) = Journal::open(guestwire::journal::JournalOptions::new(dir, conversations));
        state.session.journal.open();
        options = EngineOptions { metrics, send_log: Arc::new(opened.clone()), ..options };
        (journal, pages) = (Some(opened), told);
    }
    let keep = journal.clone();
    let (engine, reports) = EngineHandle::start(Arc::clone(&profile), clock, options);
    let (keys, input) = mpsc::unbounded_channel();
    let (frames, frames_seen) = watch::channel(String::new());
    let (copies, copies_seen) = watch::channel(Vec::new());
    let (signal, signals) = mpsc::unbounded_channel();
    let (all, taken_back) = (Arc::default(), Arc::default());
    let terminal = Terminal::new(TestBackend::new(size.0, size.1)).expect("a screen in memory");
    let (ask, masking) = (engine.clone(), engine.clone());
    let mut shell = EventLoop {
        input: ScriptInput(input),
        screen: Watched { plain: terminal, frames, all: Arc::clone(&all) },
        platform: Remembering { copies, sandbox: Arc::clone(&sandbox), taken_back: Arc::clone(&taken_back) },
        clock,
        engine: Box::new(move |command: Command| ask.ask(command)),
        mask: Box::new(move |text| masking.mask(text)),
        reports,
        journal: Box::new(move |job| keep.iter().for_each(|journal| journal.submit(job.clone()))),
        journal_reports: pages,
        signals,
    };
    let since = AtomicUsize::new(0);
    let hands =
        Hands { keys, frames: frames_seen, copies: copies_seen, all, since, signals: signal, taken_back, sandbox };
    let script = script(hands);
    let (exit, ()) = tokio::join!(shell.run(&mut state), script);
    assert!(journal.is_none_or(|journal| journal.close(BOUND)), "the journal is written to its end");
    (exit.expect("the screen in memory does not fail"), state)
}

/// The name of the first key of an action by default.
pub fn key(action: Action) -> &'static str {
    action.spec().keys.first().copied().unwrap_or_default()
}

/// Whether the message `text` is accepted in the log and in the thread, which may learn of it a frame later: the console
/// asks before it is left with a message under way.
pub fn accepted(frame: &str, text: &str) -> bool {
    let in_log = |row: &str| row.contains("SEND  ") && row.contains(text) && row.contains("ok   200");
    frame.lines().any(in_log) && !sending(frame)
}

/// Whether the thread says of a message of ours that it is under way.
pub fn sending(frame: &str) -> bool {
    frame.lines().any(|row| row.contains("you ") && row.ends_with("  sending"))
}
