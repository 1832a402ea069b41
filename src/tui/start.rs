//! Puts the console together. The first frame is drawn before anything that could take time is begun.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::layout::Size;

use super::terminal::event_loop::{EventLoop, LoopEnd, Screen as _};
use super::terminal::input::TerminalKeys;
use super::terminal::platform::SystemPlatform;
use super::terminal::screen::{self, RealScreen};
use crate::app::exit::{Exit, Failed};
use crate::app::open::{self, OpenProfile};
use crate::app::runtime::{Console, ConsoleStart};
use crate::app::{journal, runtime, signals};
use crate::clock::Clock;
use crate::config::settings::{ColorChoice, EnterKey};
use crate::config::{Problem, Problems, Profile, Settings};
use crate::engine::{Command, EngineHandle, EngineOptions, Report};
use crate::files;
use crate::model::{DeliveryStatus, Moment};
use crate::pass::{Pass, builtin, file};
use crate::text::counted;
use crate::tui::state::{Composer, Look, Rehearsal, State};
use crate::tui::{Action, Effect, Event, Keymap, Theme, theme, update};

/// How long the engine may take to finish what is on the wire after the screen is gone.
const FINISH: Duration = Duration::from_secs(3);
/// A recorded demo of some minutes is far smaller.
const MAX_REHEARSAL: u64 = 64 << 20;

type DemoStart = Box<dyn FnOnce(&mut State)>;

/// Reads what is shown from the start. `made_up` puts into the console's state what is to be measured.
pub fn prepare(start: ConsoleStart, made_up: fn(&mut State)) -> Result<Console, Failed> {
    let show = show(start.demo.as_deref(), start.rehearse.as_deref())?;
    Ok(Box::new(move |settings| {
        let (keymap, theme) = chosen(settings)?;
        if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
            let how = "use `guestwire send` in scripts, or `guestwire --plain` in a pipe";
            return Err(Failed::here(format!("the console needs a terminal; {how}")));
        }
        let runtime = runtime::start()?;
        let exit = runtime.block_on(async {
            let opened = OpenProfile::open(settings)?;
            let screen = screen::enter().map_err(|e| failed("the terminal cannot be used", &e))?;
            let clock = Clock::start();
            let mut state = state(settings, &opened.profile, keymap, theme, clock.now(), screen.size());
            made_up(&mut state);
            if let Some(path) = start.record {
                state.record(path);
            }
            if let Some(show) = show {
                show(&mut state);
            }
            Box::pin(run(settings, opened, clock, state, screen)).await
        });
        // A name look-up that hangs must not keep a program that a person has left.
        runtime.shutdown_timeout(Duration::from_millis(100));
        Ok(match exit? {
            LoopEnd::Quit => Exit::Done,
            LoopEnd::Terminated(number) => Exit::Signal(number),
            LoopEnd::Lost => Exit::Refused,
        })
    }))
}

fn failed(what: &str, why: &std::io::Error) -> Failed {
    Failed::here(format!("{what}: {why}"))
}

/// What `--demo` (a pass, sent message by message) and `--rehearse` (what was said once) name.
fn show(demo: Option<&Path>, rehearse: Option<&Path>) -> Result<Option<DemoStart>, Failed> {
    let read = |path: &Path, max| {
        files::read_text(path, max)
            .map_err(|e| Failed::usage(format!("{} cannot be read: {}", path.display(), files::error_text(&e))))
    };
    if let Some(path) = rehearse {
        let rehearsal = Rehearsal::parse(&read(path, MAX_REHEARSAL)?)
            .map_err(|why| Failed::usage(format!("{}: {why}", path.display())))?;
        return Ok(Some(Box::new(move |state| {
            // The engine does not even sign in: nobody is asked for anything.
            state.demo.go_offline();
            update::demo::rehearse(state, rehearsal);
        })));
    }
    let Some(path) = demo else { return Ok(None) };
    let text = match path.to_str().and_then(builtin::named).filter(|_| !path.exists()) {
        Some(text) => text.to_owned(),
        None => read(path, file::MAX_BYTES)?,
    };
    let pass = Pass::parse(path, &text).map_err(|problems| Failed::usage(problems.to_string()))?;
    Ok(Some(Box::new(move |state| update::demo::play(state, &pass))))
}

async fn run(
    settings: &Settings,
    opened: OpenProfile,
    clock: Clock,
    mut state: State,
    mut screen: RealScreen,
) -> Result<LoopEnd, Failed> {
    let signals = signals::listen().map_err(|e| failed("signals cannot be listened to", &e))?;
    screen.draw(&state).map_err(|e| failed("the terminal cannot be drawn on", &e))?;

    let kept = !settings.journal.ephemeral && !state.demo.offline;
    let (journal, journal_reports) = journal::open(settings, &opened.profile, &mut state.session, kept);
    let metrics = settings.metrics.clone().filter(|_| !state.demo.offline);
    let options = EngineOptions { metrics, sign_in: !state.demo.offline, ..journal::options(journal.as_ref()) };
    let told = journal.clone();
    let (engine, reports) = EngineHandle::start(Arc::clone(&opened.profile), clock, options);
    let (ask, masking, telling) = (engine.clone(), engine.clone(), engine.clone());
    let keep = |effects: Vec<Effect>| {
        for effect in effects {
            if let Effect::Journal(job) = effect {
                journal::submit(journal.as_ref(), job, &|text| engine.mask(text));
            }
        }
    };
    let mut event_loop = EventLoop {
        input: TerminalKeys::new().map_err(|e| failed("the terminal cannot be read", &e))?,
        screen,
        platform: SystemPlatform {
            keep_copies: !settings.journal.ephemeral,
            clipboard: settings.ui.clipboard,
            paths: settings.paths.clone(),
            opened,
        },
        clock,
        engine: Box::new(move |command| ask.ask(command)),
        mask: Box::new(move |text| masking.mask(text)),
        reports,
        journal: Box::new(move |job| journal::submit(told.as_ref(), job, &|text| telling.mask(text))),
        journal_reports,
        signals,
    };
    let exit = event_loop.run(&mut state).await;
    keep(update::leaving(&mut state));
    drop(event_loop.input);
    drop(event_loop.screen);
    engine.ask(Command::Shutdown);
    let mut unknown = 0;
    // Whatever is still on the wire ends here, bounded; a terminal that is gone already keeps nobody.
    let last = async {
        while let Some(report) = event_loop.reports.recv().await
            && report != Report::Stopped
        {
            unknown += usize::from(matches!(report, Report::Message { delivery: DeliveryStatus::Unknown(_), .. }));
            keep(update::update(&mut state, clock.now(), Event::Engine(Box::new(report))));
        }
    };
    let _ = tokio::time::timeout(FINISH, last).await;
    journal::close(journal.as_ref());
    if unknown > 0 {
        tracing::warn!(unknown, "left with unknown outcomes");
        let _ = writeln!(
            std::io::stderr(),
            "{} had no answer when guestwire stopped: read the conversation before you send again.",
            counted(unknown, "message")
        );
    }
    exit.map_err(|e| failed("the terminal failed", &e))
}

fn state(settings: &Settings, profile: &Profile, keymap: Keymap, theme: Theme, now: Moment, size: Size) -> State {
    let zone = settings.ui.times.zone();
    let log_zone = if settings.log.utc { TimeZone::UTC } else { zone.clone() };
    let session = open::session(settings, profile, log_zone, theme.ascii);
    let run = now.wall.strftime("%Y%m%d-%H%M%S").to_string();
    let composer = Composer::new(uuid::Uuid::new_v4().as_u128(), &run, settings.composer.snippets.clone());
    let look = Look { theme, zone, calm: settings.ui.calm, tells_typing: settings.composer.typing };
    let mut state = State::new(now, size, session, look, keymap, composer);
    if profile.sandbox {
        let next = match settings.env_profile_hint() {
            Some(way) => format!(" {way}"),
            None if settings.paths.config_exists => String::new(),
            None => format!(" Type a message and press {}.", state.keys.map.key(Action::Send)),
        };
        state.status.info(format!("Sandbox: nothing leaves this machine.{next}"));
        state.status.offer(&[(Action::Connect, "a real organisation")]);
    }
    state
}

/// The keys and the theme that the settings choose; or all that is wrong with them, in the order of the file.
pub fn chosen(settings: &Settings) -> Result<(Keymap, Theme), Problems> {
    let theme = theme(settings);
    let keymap = Keymap::new(&settings.keys, settings.composer.enter == EnterKey::Newline);
    match (keymap, theme) {
        (Ok(keymap), Ok(theme)) => Ok((keymap, theme)),
        (keymap, theme) => {
            let keys = keymap.err().into_iter().flatten().map(|wrong| settings.problem(wrong.at, wrong.value));
            let mut problems: Vec<Problem> = keys.chain(theme.err()).collect();
            problems.sort_by_key(|problem| problem.at);
            Err(Problems(problems))
        }
    }
}

fn theme(settings: &Settings) -> Result<Theme, Problem> {
    let ui = &settings.ui;
    let env = |name| std::env::var(name).unwrap_or_default();
    let depth = theme::Depth::of(&env("COLORTERM"), &env("TERM"));
    let no_color = match ui.color {
        ColorChoice::Never => true,
        ColorChoice::Always => false,
        ColorChoice::Auto => std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()),
    };
    theme::named(&ui.theme, ui.ascii, no_color, depth).ok_or_else(|| {
        let near = crate::text::suggestion(&ui.theme, theme::names().collect::<Vec<_>>());
        settings.problem_of("ui.theme", &format!("there is no theme `{}`{near}", ui.theme))
    })
}
