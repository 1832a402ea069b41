//! Puts the console together: settings, terminal, sandbox, engine, event_loop. The first frame is drawn before anything
//! that could take time is begun.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::tz::TimeZone;
use ratatui::layout::Size;
use tokio::sync::mpsc::Receiver;

use super::terminal::event_loop::{EventLoop, LoopEnd};
use super::terminal::input::TerminalKeys;
use super::terminal::interfaces::Screen as _;
use super::terminal::platform::{FaultsLeft, RealOutside, SandboxSetUp};
use super::terminal::screen;
use super::terminal::screen::RealScreen;
use crate::app::journal::{first_message_id, journal_options};
use crate::app::signals;
use crate::clock::Clock;
use crate::config::{Profile, ProfileChoice, Settings};
use crate::engine::{Command, EngineHandle, EngineOptions, Environment, Report, proxy_of};
use crate::journal::Journal;
use crate::model::Moment;
use crate::pass::Pass;
use crate::session::ProfileInfo;
use crate::session::conversations::Conversations;
use crate::session::log::{Log, LogOptions};
use crate::tui::action::Action;
use crate::tui::appearance;
use crate::tui::keymap::Keymap;
use crate::tui::state::composer::{Composer, ComposerSnippet};
use crate::tui::state::demo::tape::Tape;
use crate::tui::state::{Manners, Setup, State};
use crate::tui::theme::Theme;
use crate::tui::{Effect, Event};

/// How long the engine may take to finish what is on the wire after the screen is gone.
const FINISH: Duration = Duration::from_secs(3);

/// Opens the console and runs it until someone leaves.
///
/// # Errors
/// A sentence: no terminal, a setting that the screen cannot use, a sandbox port that cannot be had.
pub fn console(
    settings: &Settings,
    start: Start,
    sandbox: impl FnOnce() -> anyhow::Result<Embedded>,
) -> anyhow::Result<LoopEnd> {
    let (keymap, theme) = appearance::chosen(settings)?;
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        bail!("the console needs a terminal; use `guestwire send` in scripts, or `guestwire --plain` in a pipe");
    }
    let runtime = crate::app::runtime::start().map_err(anyhow::Error::msg)?;
    let exit = runtime.block_on(run(settings, start, keymap, theme, sandbox));
    // A name look-up that hangs must not keep a program that a person has left.
    runtime.shutdown_timeout(Duration::from_millis(100));
    exit
}

/// What the console begins with besides its settings.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// So many made-up entries stand in the log from the start, for measuring.
    pub fill_log: u32,
    /// The screen is recorded into this new file.
    pub record: Option<std::path::PathBuf>,
    /// What is shown in demo mode.
    pub show: Option<DemoStart>,
}

/// What is shown in demo mode from the start.
#[derive(Clone, Debug)]
pub enum DemoStart {
    /// The messages of this pass, sent one by one.
    Pass(Pass),
    /// What was said once. The engine does not even sign in: nobody is asked for anything.
    Rehearsal(Tape),
}

/// The embedded sandbox, as far as the console needs it.
pub struct Embedded {
    /// The profile that leads to it.
    pub profile: Profile,
    /// Sets it up.
    pub set_up: SandboxSetUp,
    /// What is left of its faults.
    pub faults: FaultsLeft,
}

async fn run(
    settings: &Settings,
    start: Start,
    keymap: Keymap,
    theme: Theme,
    sandbox: impl FnOnce() -> anyhow::Result<Embedded>,
) -> anyhow::Result<LoopEnd> {
    let clock = Clock::start();
    let (profile, set_up, faults) = match &settings.profile {
        ProfileChoice::Named(profile) => ((**profile).clone(), None, None),
        ProfileChoice::Sandbox => {
            let embedded = sandbox()?;
            (embedded.profile, Some(embedded.set_up), Some(embedded.faults))
        }
    };
    let profile = Arc::new(profile);
    let guard = screen::Guard;
    let mut screen = RealScreen::new(screen::enter().context("the terminal cannot be used")?);
    let signals = signals::listen().context("signals cannot be listened to")?;
    let mut state = state(settings, &profile, keymap, theme, clock.now(), screen.size());
    state.look.manners = Manners {
        calm: settings.ui.calm,
        tells_typing: settings.composer.typing,
        no_colour: appearance::no_colour(settings),
    };
    super::terminal::fill::fill(&mut state, start.fill_log);
    state.files.recording = start.record;
    match start.show {
        Some(DemoStart::Pass(pass)) => crate::tui::update::demo::play(&mut state, &pass),
        Some(DemoStart::Rehearsal(tape)) => {
            state.demo.offline = true;
            crate::tui::update::demo::rehearse(&mut state, tape);
        }
        None => {}
    }
    screen.draw(&state).context("the terminal cannot be drawn on")?;

    let (journal, pages) = if settings.journal.ephemeral || state.demo.offline {
        (None, tokio::sync::mpsc::unbounded_channel().1)
    } else {
        let (journal, pages) = Journal::open(journal_options(settings, &profile));
        state.session.journal.open();
        state.session.number_messages_from(first_message_id());
        (Some(journal), pages)
    };
    let metrics = settings.metrics.clone().filter(|_| !state.demo.offline);
    let mut options = EngineOptions { metrics, sign_in: !state.demo.offline, ..EngineOptions::default() };
    if let Some(journal) = &journal {
        options.send_log = Arc::new(journal.clone());
    }
    let tell = journal.clone();
    let (engine, reports) = EngineHandle::start(Arc::clone(&profile), clock, options);
    let (ask, masking) = (engine.clone(), engine.clone());
    let mut event_loop = EventLoop {
        input: TerminalKeys::new().context("the terminal cannot be read")?,
        screen,
        outside: RealOutside {
            keep_copies: !settings.journal.ephemeral,
            clipboard: settings.ui.clipboard,
            data_dir: settings.paths.data_dir.clone(),
            sandbox: set_up,
            faults,
            paths: settings.paths.clone(),
            profile: Arc::clone(&profile),
        },
        clock,
        engine: Box::new(move |command| ask.ask(command)),
        mask: Box::new(move |text| masking.mask(text)),
        reports,
        journal: Box::new(move |job| {
            if let Some(journal) = &tell {
                journal.submit(job);
            }
        }),
        pages,
        signals,
    };
    let exit = event_loop.run(&mut state).await;
    for effect in crate::tui::update::leaving(&mut state) {
        if let (Effect::Journal(job), Some(journal)) = (effect, &journal) {
            journal.submit(job);
        }
    }
    drop(event_loop.input);
    drop(event_loop.screen);
    drop(guard);
    engine.ask(Command::Shutdown);
    let mut unknown = 0;
    // Whatever is still on the wire ends here, bounded; a terminal that is gone already keeps nobody.
    let last = finish(&mut event_loop.reports, |report| {
        unknown +=
            usize::from(matches!(report, Report::Message { delivery: crate::model::DeliveryStatus::Unknown(_), .. }));
        for effect in crate::tui::update::update(&mut state, clock.now(), Event::Engine(Box::new(report))) {
            if let (Effect::Journal(job), Some(journal)) = (effect, &journal) {
                journal.submit(job);
            }
        }
    });
    let _ = tokio::time::timeout(FINISH, last).await;
    if let Some(journal) = &journal
        && !journal.close(FINISH)
    {
        let _ = writeln!(std::io::stderr(), "The journal did not finish in time: the last entries may not be kept.");
    }
    if unknown > 0 {
        tracing::warn!(unknown, "left with unknown outcomes");
        let _ = writeln!(
            std::io::stderr(),
            "{unknown} message{} had no answer when guestwire stopped: read the conversation before you send again.",
            if unknown == 1 { "" } else { "s" }
        );
    }
    exit.context("the terminal failed")
}

/// Takes the last reports: what came of the messages that were on the wire is kept too.
async fn finish(reports: &mut Receiver<Report>, mut take: impl FnMut(Report)) {
    while let Some(report) = reports.recv().await
        && report != Report::Stopped
    {
        take(report);
    }
}

fn state(settings: &Settings, profile: &Profile, keymap: Keymap, theme: Theme, now: Moment, size: Size) -> State {
    let zone = settings.ui.times.zone();
    let log_zone = if settings.log.utc { TimeZone::UTC } else { zone.clone() };
    let log = Log::new(LogOptions {
        zone: log_zone,
        ascii: theme.ascii,
        max_entries: settings.log.max_entries,
        max_bytes: usize::try_from(settings.log.max_bytes).unwrap_or(usize::MAX),
    });
    let mut composer = Composer::new(uuid::Uuid::new_v4().as_u128(), &now.wall.strftime("%Y%m%d-%H%M%S").to_string());
    let snippets = settings.composer.snippets.iter();
    composer.set_snippets(snippets.map(|s| ComposerSnippet { name: s.name.clone(), text: s.text.clone() }).collect());
    let mut info = ProfileInfo::of(
        profile,
        settings.paths.data_dir.clone(),
        settings.paths.config_exists.then(|| settings.paths.config_file.clone()),
    );
    info.muted.clone_from(&settings.muted);
    info.proxy = proxy_of(profile, &Environment::default()).transpose();
    let picker = Conversations::of(profile);
    let mut state = State::new(Setup { now, size, profile: info, theme, zone, keymap, picker, composer, log });
    state.status.info(first_words(settings, profile, &state.keys.map.key(Action::Send)));
    if profile.sandbox {
        state.status.offer(&[(Action::Connect, "a real organisation")]);
    }
    state
}

/// What the status line says first.
fn first_words(settings: &Settings, profile: &Profile, send: &str) -> String {
    if let Some(way) = settings.way_to_env().filter(|_| profile.sandbox) {
        format!("Built-in sandbox: nothing leaves this machine. {way}")
    } else if profile.sandbox && !settings.paths.config_exists {
        format!("Built-in sandbox: nothing leaves this machine. Type a message and press {send}.")
    } else if profile.sandbox {
        "Built-in sandbox: nothing leaves this machine.".to_owned()
    } else {
        String::new()
    }
}
