//! The console's state, one file an area. Only [`crate::tui::update`] changes it; the view only reads it.

pub mod asked;
pub mod composer;
pub mod demo;
pub mod help;
pub mod ids;
pub mod key_hints;
pub mod keys;
pub mod log_pane;
pub mod overlay;
pub mod page;
pub mod palette;
mod panes;
mod setup;
pub mod status;
pub mod thread;
pub mod token_badge;

use std::path::PathBuf;

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use crate::model::{DeliveryStatus, Message, Moment};
use crate::tui::action::{Action, Context};
use crate::tui::chord::KeySequence;
use crate::tui::event::Effect;
use crate::tui::keymap::KeyMeaning;
use crate::tui::layout::Arrangement;
use crate::tui::theme::Theme;

use crate::session::log::Rate401;
use crate::session::thread::Threads;
use crate::session::{RATE_WINDOW, Session};
use asked::{OutputFiles, Questions};
use composer::Composer;
use demo::Demo;
use keys::{Keys, SendChoice};
use log_pane::LogPane;
use overlay::{Confirmation, Consent, DialogQuestion, Overlay, Prompt, PromptPurpose};
use status::StatusLine;
use thread::ThreadPane;
use thread::rows::RowContext;

pub use crate::tui::layout::Pane;
pub use setup::Setup;

/// Below this height a thread has no blank rows.
const DENSE_BELOW: u16 = 12;
/// How the console behaves, by setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manners {
    /// Nothing on screen comes and goes by itself.
    pub calm: bool,
    /// The other side of a live conversation is told that the guest types.
    pub tells_typing: bool,
    /// No theme has any colour: the terminal or the user wants none.
    pub no_colour: bool,
}

/// The pass pane.
#[derive(Debug, Default)]
pub struct PassPane {
    /// The step whose verdict was the last thing done: a note is about it.
    pub(crate) judged: Option<(usize, usize)>,
    /// It stands in the log's place.
    pub shown: bool,
    /// The pass file that is being read.
    pub(crate) reading: Option<PathBuf>,
    /// The path of one that has mistakes, as it was typed.
    pub(crate) mistaken: String,
    /// The step that a recording has its newest marker for.
    pub(crate) marked: Option<(usize, usize)>,
}

/// How the console looks.
#[derive(Debug)]
pub struct Look {
    /// Colours and glyphs.
    pub theme: Theme,
    /// The zone of the times on screen.
    pub zone: TimeZone,
    /// How it behaves.
    pub manners: Manners,
}

/// Everything that the screen shows.
#[derive(Debug)]
pub struct State {
    /// The moment of the newest event.
    pub now: Moment,
    /// What is known of the session.
    pub session: Session,
    /// How it looks.
    pub look: Look,
    /// What keys do.
    pub keys: Keys,
    /// How the panes are arranged.
    pub arrangement: Arrangement,
    /// The editor.
    pub composer: Composer,
    /// What of the open conversation's messages is in sight.
    pub thread: ThreadPane,
    /// The log pane.
    pub log_pane: LogPane,
    /// The pass pane.
    pub pass_pane: PassPane,
    /// What stands on top of the panes.
    pub overlay: Option<Overlay>,
    /// The sticky line.
    pub status: StatusLine,
    /// Demo mode.
    pub demo: Demo,
    /// How the next message is sent.
    pub next_send: SendChoice,
    /// What was asked of others.
    pub questions: Questions,
    /// Files that are written.
    pub files: OutputFiles,
}

impl State {
    /// Does something with the thread's pane, which needs what it is laid out on.
    pub(crate) fn with_thread<T>(
        &mut self,
        area: Rect,
        does: impl FnOnce(&mut ThreadPane, &Threads, &RowContext<'_>) -> T,
    ) -> T {
        let mut pane = std::mem::take(&mut self.thread);
        let ascii = self.look.theme.ascii;
        let cause = |message: &Message| self.log_pane.cause_of(message, &self.session.log, ascii);
        let context = RowContext {
            width: area.width.max(1),
            ascii,
            zone: &self.look.zone,
            now: self.now,
            masks: &self.session.profile.masks,
            cause: &cause,
            dense: area.height < DENSE_BELOW,
        };
        let done = does(&mut pane, &self.session.threads, &context);
        self.thread = pane;
        done
    }

    /// Where keys are resolved now.
    pub fn context(&self) -> Context {
        match &self.demo.present {
            _ if self.overlay.is_some() => Context::Dialog,
            Some(_) if self.arrangement.focus != Pane::Composer => Context::Present,
            _ => self.arrangement.focus.context(),
        }
    }

    /// Asks something: under which heading, with what there is to know, what a yes does, and how it is said.
    pub(crate) fn ask(
        &mut self,
        question: DialogQuestion,
        title: impl Into<String>,
        lines: Vec<String>,
        yes: &'static str,
        consent: Consent,
    ) {
        self.overlay = Some(Overlay::Ask(Confirmation { question, title: title.into(), lines, yes, consent }));
    }

    /// What an outbound action needs: where it reaches real customers, a key of its own.
    pub(crate) const fn consent(&self) -> Consent {
        if self.session.profile.production { Consent::Y } else { Consent::Enter }
    }

    /// Asks for one line, which begins with `text`.
    pub(crate) fn prompt(&mut self, purpose: PromptPurpose, text: &str) {
        self.overlay = Some(Overlay::Prompt(Prompt::new(purpose, text)));
    }

    /// Asks for something outside.
    pub(crate) fn request(&mut self, effect: Effect) {
        self.questions.request(effect);
    }

    /// Records the screen into a new file.
    pub(crate) fn record(&mut self, path: PathBuf) {
        self.files.record(path.clone());
        self.request(Effect::Record(Some(path)));
    }

    /// Where the next exported file goes: a name that no other has.
    pub(crate) fn new_export_path(&mut self, extension: &str) -> PathBuf {
        let (stamp, number) = (self.now.wall.strftime("%Y%m%dT%H%M%SZ"), self.files.next_export());
        self.session.profile.data_dir.join("exports").join(format!("guestwire-{stamp}-{number}.{extension}"))
    }

    /// Whether production sends need a question.
    pub fn asks_before_sending(&self) -> bool {
        self.session.profile.production && self.next_send.armed_until(self.now).is_none()
    }

    /// Says where an outbound action goes, where that is production.
    pub fn production_line(&self) -> Option<String> {
        self.session.profile.production.then(|| format!("PROD: it goes to {}.", self.session.profile.facts.region))
    }

    /// When something on screen changes by itself next. Nothing runs where this is `None`.
    pub fn next_deadline(&self) -> Option<Moment> {
        let badge = token_badge::next_change(&self.session.sign_in.status, self.now);
        let thread =
            self.session.conversations.active().and_then(|key| self.session.threads.next_change(key, self.now));
        let sends = self.session.threads.open().filter_map(|send| match &send.delivery {
            DeliveryStatus::Waiting { until, .. } => until.next_second(self.now),
            _ => None,
        });
        let log = self.session.log.next_change(self.now);
        let look = self.session.outcome_watch.and_then(|looking| looking.next);
        // The dialog counts down to it.
        let count = look.filter(|_| self.overlay.is_some()).and_then(|at| at.next_second(self.now));
        let limit = self
            .session
            .server
            .rate_limit
            .filter(|l| l.count >= l.allowed)
            .and_then(|l| l.resets.next_second(self.now));
        let typing = self.session.conversations.next_change(self.now);
        let web = self.session.conversations.items();
        let web = web.filter_map(|item| token_badge::session_change(&item.live.session, self.now));
        let present = self.demo.present.as_ref().and_then(demo::Present::next_deadline);
        [
            present,
            badge,
            log,
            look,
            count,
            thread,
            limit,
            typing,
            self.next_send.armed_until(self.now),
            self.session.journal.next_deadline(),
            self.session.pass.next_deadline(self.now),
        ]
        .into_iter()
        .chain(self.keys.deadlines())
        .flatten()
        .chain(sends)
        .chain(web)
        .filter(|at| at.mono > self.now.mono)
        .min()
    }

    /// The 401 answers that a newer token healed, and those that stand. Told apart everywhere in these words.
    pub fn split_401(&self, rate: Rate401) -> (u32, u32) {
        let outlived =
            u32::try_from(self.session.diagnoses.refusals.outlived(self.now, RATE_WINDOW)).unwrap_or(u32::MAX);
        let healed = rate.healed.saturating_add(outlived).min(rate.answers401);
        (healed, rate.answers401 - healed)
    }

    /// How a person asks for an action from where the focus is: its key, with the keys before it that lead to where it
    /// works; or its name in the palette, where no key does it. In the composer a letter would be text.
    pub fn key(&self, action: Action) -> String {
        self.ways(action).next().unwrap_or_else(|| self.by_name(action))
    }

    /// All keys of an action, as [`Self::key`] names the first of them.
    pub fn ways(&self, action: Action) -> impl Iterator<Item = String> {
        let typing = self.arrangement.focus == Pane::Composer;
        let twin = action.in_composer().filter(|twin| typing && !self.keys.map.keys(*twin).is_empty());
        let action = twin.unwrap_or(action);
        self.keys.map.keys(action).iter().filter_map(move |keys| self.way(action.spec().context, *keys))
    }

    /// A key of `home` with those before it that lead there; `None` where it means something else on the way.
    fn way(&self, home: Context, keys: KeySequence) -> Option<String> {
        let here = if self.demo.present.is_some() && self.arrangement.focus != Pane::Composer {
            Context::Present
        } else {
            self.arrangement.focus.context()
        };
        // Leaving the composer leads to a pane in which keys mean what they mean there.
        let typing = here == Context::Composer;
        let from = if typing { self.beside_composer().context() } else { here };
        let lead = match home {
            _ if home == here || home == Context::Dialog => return Some(keys.to_string()),
            Context::Global if self.keys.map.resolve(from, None, keys.first) != KeyMeaning::Unbound => return None,
            _ if home == from || home == Context::Global => {
                let leave = if typing { self.keys.map.key(Action::LeaveComposer) } else { String::new() };
                return (typing != leave.is_empty()).then(|| format!("{leave} {keys}").trim_start().to_owned());
            }
            Context::Picker => Action::GoPicker,
            Context::Log => Action::GoLog,
            Context::Pass => Action::Pass,
            Context::Present => Action::Present,
            Context::Composer | Context::Dialog | Context::Global => Action::GoComposer,
        };
        self.ways(lead).next().map(|lead| format!("{lead} {keys}"))
    }

    /// `:connect`, and in the composer `^P connect`.
    fn by_name(&self, action: Action) -> String {
        let palette = if self.arrangement.focus == Pane::Composer { Action::PaletteText } else { Action::Palette };
        match self.keys.map.key(palette).as_str() {
            ":" => format!(":{action}"),
            key => format!("{key} {action}"),
        }
    }

    /// The name of the open conversation.
    pub fn active_name(&self) -> &str {
        self.session
            .conversations
            .active_item()
            .map_or("no conversation", crate::session::conversations::ConversationItem::name)
    }

    /// The same, as it may be seen: in a demo by its alias.
    pub fn shown_name(&self) -> std::borrow::Cow<'_, str> {
        match (&self.demo.present, self.session.conversations.active()) {
            (Some(present), Some(key)) => present.aliases.conversation(key).into(),
            _ => self.active_name().into(),
        }
    }

    /// What the terminal's title says.
    pub fn title(&self) -> String {
        if self.demo.present.is_some() {
            return "guestwire".to_owned();
        }
        let place = if self.session.profile.sandbox { "sandbox" } else { self.session.profile.facts.name.as_str() };
        let unread = self.session.conversations.unread();
        if unread == 0 { format!("guestwire: {place}") } else { format!("guestwire: {place}, {unread} unread") }
    }
}
