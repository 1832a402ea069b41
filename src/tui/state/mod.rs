//! The console's state, one file an area. Only [`crate::tui::update`] changes it; the view only reads it.

pub mod composer;
pub mod demo;
pub mod help;
pub mod history;
pub mod ids;
pub mod key_hints;
pub mod keys;
pub mod overlay;
pub mod page;
pub mod palette;
mod setup;
pub mod status;
pub mod thread;
pub mod token_badge;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use crate::model::{Cause, Confidence, DeliveryStatus, Message, MessageId, Moment};
use crate::tui::action::{Action, Context};
use crate::tui::chord::KeySequence;
use crate::tui::keymap::KeyMeaning;
use crate::tui::layout::{Arrangement, Panes};
use crate::tui::theme::Theme;

use crate::session::log::{Log, LogEntry, Rate401};
use crate::session::thread::Threads;
use crate::session::{RATE_WINDOW, Session};
use composer::Composer;
use history::HistoryStretch;
use keys::{Keys, SendChoice};
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

/// What was asked of others, and what came of it.
#[derive(Debug, Default)]
pub struct Questions {
    /// Ids that are being looked up.
    pub id_search: Option<ids::IdSearch>,
    /// The page of active conversations that was asked for.
    pub(crate) discovering: Option<u32>,
    /// The question to the journal that is out.
    pub(crate) journal: Option<u64>,
    /// The sandbox's faults that waited for a request, or held, when it was asked last.
    pub faults: Vec<String>,
}

/// What the log pane shows besides what happens now.
#[derive(Debug, Default)]
pub struct LogPane {
    /// What it shows instead.
    pub history: Option<HistoryStretch>,
    /// The number of the entry that another is to be compared with.
    pub compare_with: Option<u64>,
    /// Why messages of earlier sessions failed, as the entries said that were shown.
    causes: BTreeMap<MessageId, (Confidence, String)>,
}

/// Demo mode.
#[derive(Debug, Default)]
pub struct Demo {
    /// The demo, while it is shown instead of the panes.
    pub present: Option<demo::Present>,
    /// Nobody is asked for anything: a rehearsal is all that is shown, and leaving it leaves.
    pub offline: bool,
}

/// Files that the console writes.
#[derive(Debug, Default)]
pub struct OutputFiles {
    /// The file that the screen is recorded into.
    pub recording: Option<PathBuf>,
    /// The path that was typed last, while nobody knows whether it can be used.
    pub(crate) asked_path: Option<(PromptPurpose, String)>,
    exports: u32,
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
    /// What the log pane shows: history, or what happens now.
    pub fn shown_log(&self) -> &Log {
        self.log_pane.history.as_ref().map_or(&self.session.log, |history| &history.log)
    }

    /// The log that has the entry with this number: the session's, else what the pane shows of the journal.
    pub fn log_with(&self, number: u64) -> &Log {
        if self.session.log.entry(number).is_some() { &self.session.log } else { self.shown_log() }
    }

    /// The same, to be moved in.
    pub(crate) fn shown_log_mut(&mut self) -> &mut Log {
        self.log_pane.history.as_mut().map_or(&mut self.session.log, |history| &mut history.log)
    }

    /// Where the next exported file goes: a name that no other has.
    pub(crate) fn new_export_path(&mut self, extension: &str) -> PathBuf {
        self.files.exports += 1;
        let stamp = self.now.wall.strftime("%Y%m%dT%H%M%SZ");
        self.session
            .profile
            .data_dir
            .join("exports")
            .join(format!("guestwire-{stamp}-{}.{extension}", self.files.exports))
    }

    /// Whether the pass stands in the log's place (as far as the layout gives it room).
    pub fn shows_pass(&self) -> bool {
        self.pass_pane.shown && self.session.pass.runner.is_some()
    }

    /// Where the panes stand at the present size.
    pub fn panes(&self) -> Panes {
        self.panes_as(self.arrangement)
    }

    /// Where they stand when none has the whole screen.
    pub fn panes_unzoomed(&self) -> Panes {
        self.panes_as(self.arrangement.unzoomed())
    }

    fn panes_as(&self, arrangement: Arrangement) -> Panes {
        crate::tui::layout::panes(arrangement, self.shows_pass(), |width, max| {
            composer::rows::wanted_height(&self.composer, self.now, width, max)
        })
    }

    /// Tells each area the room that it has. Before a frame is drawn, and after a resize; not with each key, because the
    /// composer's height has to be worked out for it.
    pub fn fit(&mut self) {
        let panes = self.panes();
        let now = self.now.wall;
        self.shown_log_mut().set_now(now);
        if let Some(area) = panes.log {
            self.session.log.set_viewport(area.inner.width, area.inner.height);
            if let Some(history) = &mut self.log_pane.history {
                history.log.set_viewport(area.inner.width, area.inner.height);
            }
        }
        if let Some(area) = panes.composer {
            self.composer.set_width(area.inner.width.saturating_sub(crate::tui::layout::COMPOSER_BEFORE));
        }
        let active = self.session.conversations.active();
        self.session.log.set_conversation(active);
        if let Some(area) = panes.thread.filter(|_| self.demo.present.is_none()) {
            self.with_thread(area.inner, |pane, threads, context| {
                pane.fit(active, threads, context, area.inner.height);
            });
        }
        self.name_keys();
    }

    /// What an earlier session sent is known by its entry once that was shown: from then on the thread names its cause.
    pub(crate) fn learn_causes(&mut self) {
        let Some(history) = &self.log_pane.history else { return };
        let ours = history.log.entries().filter_map(|entry| Some((entry.exchange()?.message?, entry)));
        let known = ours.filter(|(id, _)| self.session.threads.message(*id).is_some());
        let ascii = self.look.theme.ascii;
        let causes: Vec<_> = known.filter_map(|(id, entry)| Some((id, named_cause(entry, ascii)?))).collect();
        for (id, cause) in causes {
            // What a search found is judged without what stood around it: it takes nothing from what is known better.
            let known = self.log_pane.causes.entry(id).or_insert_with(|| cause.clone());
            if cause.0 >= known.0 {
                *known = cause;
            }
        }
    }

    /// Does something with the thread's pane, which needs what it is laid out on.
    pub(crate) fn with_thread<T>(
        &mut self,
        area: Rect,
        does: impl FnOnce(&mut ThreadPane, &Threads, &RowContext<'_>) -> T,
    ) -> T {
        let mut pane = std::mem::take(&mut self.thread);
        let cause = |message: &Message| {
            let entry = message.exchange.and_then(|id| self.session.log.entry_of(id));
            match entry {
                Some(entry) => named_cause(entry, self.look.theme.ascii).map(|(_, words)| words),
                None => self.log_pane.causes.get(&message.id).map(|(_, words)| words.clone()),
            }
        };
        let context = RowContext {
            width: area.width.max(1),
            ascii: self.look.theme.ascii,
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

    /// The pane to which leaving the composer leads.
    pub(crate) fn beside_composer(&self) -> Pane {
        let panes = self.panes_unzoomed();
        match (panes.log, panes.thread, panes.pass) {
            (None, Some(_), _) => Pane::Thread,
            (None, None, Some(_)) => Pane::Pass,
            _ => Pane::Log,
        }
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

/// Status, cause and how sure that is, of an entry that failed.
fn named_cause(entry: &LogEntry, ascii: bool) -> Option<(Confidence, String)> {
    // What kept a message here is said by its own reason.
    let told = |cause| !matches!(cause, Cause::Unknown | Cause::HeldBack);
    let diagnosis = entry.diagnosis().filter(|diagnosis| told(diagnosis.cause()))?;
    let status = entry.status().map(|status| status.to_string()).unwrap_or_default();
    let dot = if ascii { "-" } else { "·" };
    let confidence = diagnosis.confidence();
    Some((confidence, format!("{status} {dot} {}, {}", diagnosis.cause(), confidence.word()).trim().to_owned()))
}
