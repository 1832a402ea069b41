//! The console's state, one file an area. Only [`crate::tui::update`] changes it; the view only reads it.

pub mod composer;
pub mod demo;
pub mod help;
pub mod history;
pub mod ids;
pub mod key_hints;
pub mod overlay;
pub mod page;
pub mod palette;
mod setup;
pub mod status;
pub mod token_badge;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::layout::Size;

use crate::diagnosis::doctor::{Doctor, Finding};
use crate::diagnosis::{History as Past, ProfileFacts};
use crate::model::{
    AgentState, Cause, ConversationKey, DeliveryStatus, Masks, MessageId, Moment, RateLimit, TokenStatus, Variation,
    WebhookState,
};
use crate::tui::action::{Action, Context};
use crate::tui::chord::Chord;
use crate::tui::keymap::Keymap;
use crate::tui::layout::{Panes, Shape};
use crate::tui::theme::Theme;

use crate::session::conversations::Picker;
use crate::session::journal_status::Kept;
use crate::session::log::{Log, Rate401};
use crate::session::open_pass::PassDesk;
use crate::session::refusals::Refusals;
use crate::session::thread::Threads;
use composer::Composer;
use history::History;
use overlay::Overlay;
use status::StatusLine;

pub use crate::tui::pane::Pane;
pub use setup::Setup;

/// How long the menu of a two-key binding waits before it shows.
const PREFIX_MENU: Duration = Duration::from_millis(400);
/// How long "press again to quit" holds.
pub(crate) const QUIT_HINT: Duration = Duration::from_secs(2);
/// The window of the 401 rate.
pub const RATE_WINDOW: Duration = Duration::from_secs(15 * 60);

/// What is known of the place that the console speaks to. Does not change while it runs.
#[derive(Clone, Debug)]
pub struct Place {
    /// The profile's name.
    pub profile: String,
    /// The region's domain.
    pub region: String,
    /// The API's base URL, for the status page.
    pub api: String,
    /// The login base URL, for the status page.
    pub login: String,
    /// The scopes that are asked for.
    pub scopes: Vec<String>,
    /// The embedded sandbox.
    pub sandbox: bool,
    /// Real customers: ask before each send.
    pub production: bool,
    /// Where exports go.
    pub data_dir: PathBuf,
    /// The config file, if there is one.
    pub config_file: Option<PathBuf>,
    /// What a diagnosis needs to know of the profile.
    pub facts: ProfileFacts,
    /// Causes that are not shown.
    pub muted: BTreeSet<Cause>,
    /// Texts and numbers that are masked on screen.
    pub masks: Masks,
}

/// How the console behaves, by setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manners {
    /// Nothing on screen comes and goes by itself.
    pub calm: bool,
    /// The other side of a live conversation is told that the guest types.
    pub tells_typing: bool,
}

/// A message of ours that is not settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSend {
    /// Into which conversation.
    pub conversation: ConversationKey,
    /// Where it stands.
    pub life: DeliveryStatus,
    /// Since when it stands there.
    pub since: Moment,
}

/// A series of probes.
#[derive(Clone, Debug)]
pub struct Examined {
    /// What decides what to ask.
    pub doctor: Doctor,
    /// The entry that it began from.
    pub number: Option<u64>,
    /// What was found so far.
    pub findings: Vec<Finding>,
    /// It has ended.
    pub over: bool,
}

/// Everything that the screen shows.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct State {
    /// The moment of the newest event.
    pub now: Moment,
    /// The terminal's size.
    pub size: Size,
    /// Where we are.
    pub place: Place,
    /// How it behaves.
    pub manners: Manners,
    /// Colours and glyphs.
    pub theme: Theme,
    /// The zone of the times on screen.
    pub zone: TimeZone,
    /// The live bindings.
    pub keymap: Keymap,
    /// The pane with the focus.
    pub focus: Pane,
    /// Whether that pane has the whole screen.
    pub zoomed: bool,
    /// Whether the thread stands beside the log where there is room for both.
    pub thread_beside: bool,
    /// Whether the thread stands in the log's place where there is not.
    pub thread_over: bool,
    /// The conversations.
    pub picker: Picker,
    /// The editor.
    pub composer: Composer,
    /// The messages.
    pub threads: Threads,
    /// The exchanges.
    pub log: Log,
    /// What stands on top of the panes.
    pub overlay: Option<Overlay>,
    /// The first of two keys, and when it came.
    pub prefix: Option<(Chord, Moment)>,
    /// The sticky line.
    pub status: StatusLine,
    /// Signing in.
    pub token: TokenStatus,
    /// The newest rate-limit headers.
    pub rate_limit: Option<RateLimit>,
    /// Seconds that the server's clock is ahead, if over a minute.
    pub skew: Option<i64>,
    /// The 401 rate as of the newest report.
    pub rate: Rate401,
    /// Messages of ours that are not settled.
    pub open_sends: BTreeMap<MessageId, OpenSend>,
    /// When "press again to quit" was said.
    pub quit_armed: Option<Moment>,
    /// Until when production sends go without a question.
    pub armed_until: Option<Moment>,
    /// The sandbox's faults that waited for a request, or held, when it was asked last.
    pub faults: Vec<String>,
    /// What exchanges showed, for diagnoses.
    pub past: Past,
    /// The refusals of the session.
    pub refusals: Refusals,
    /// The metrics agent, where one is configured.
    pub agent: Option<AgentState>,
    /// The webhook listener, where one is configured.
    pub webhook: Option<WebhookState>,
    /// The series of probes under way, or the last one.
    pub examined: Option<Examined>,
    /// Ids that are being looked up.
    pub sorting: Option<ids::Sorting>,
    /// How the next message is sent wrongly on purpose.
    pub send_as: Option<Variation>,
    /// The page of active conversations that was asked for.
    pub(crate) discovering: Option<u32>,
    /// Whether a comparison waits for its second entry: the first one's number.
    pub compare_with: Option<u64>,
    /// The message of unknown outcome that is watched for.
    pub looking: Option<crate::session::outcome_watch::Looking>,
    /// What is known of the journal.
    pub kept: Kept,
    /// What the log pane shows instead of what happens now.
    pub history: Option<History>,
    /// The demo, while it is shown instead of the panes.
    pub present: Option<demo::Present>,
    /// Nobody is asked for anything: a rehearsal is all that is shown, and leaving it leaves.
    pub offline: bool,
    /// The regression pass.
    pub pass: PassDesk,
    /// The file that the screen is recorded into.
    pub recording: Option<PathBuf>,
    /// The question to the journal that is out.
    pub(crate) asked: Option<u64>,
    next_message: u64,
    exports: u32,
}

impl State {
    /// Message ids are given from `first` on. They must differ from those of all sessions whose messages are kept.
    pub fn number_messages_from(&mut self, first: u64) {
        self.next_message = first;
    }

    /// What the log pane shows: history, or what happens now.
    pub fn shown_log(&self) -> &Log {
        self.history.as_ref().map_or(&self.log, |history| &history.log)
    }

    /// The same, to be moved in.
    pub(crate) fn shown_log_mut(&mut self) -> &mut Log {
        self.history.as_mut().map_or(&mut self.log, |history| &mut history.log)
    }

    /// A new message id.
    pub(crate) fn new_message(&mut self) -> MessageId {
        self.next_message += 1;
        MessageId(self.next_message)
    }

    /// Where the next exported file goes: a name that no other has.
    pub(crate) fn new_export_path(&mut self, extension: &str) -> PathBuf {
        self.exports += 1;
        let stamp = self.now.wall.strftime("%Y%m%dT%H%M%SZ");
        self.place.data_dir.join("exports").join(format!("guestwire-{stamp}-{}.{extension}", self.exports))
    }

    /// What decides where the panes stand.
    pub fn shape(&self) -> Shape {
        Shape {
            focus: self.focus,
            zoomed: self.zoomed,
            thread_beside: self.thread_beside,
            thread_over: self.thread_over,
            pass: self.pass.is_shown(),
        }
    }

    /// Where the panes stand at the present size.
    pub fn panes(&self) -> Panes {
        crate::tui::layout::panes(self.size, self.shape(), |width, max| {
            composer::rows::wanted_height(&self.composer, width, max)
        })
    }

    /// Tells each area the room that it has. Before a frame is drawn, and after a resize; not with each key, because the
    /// composer's height has to be worked out for it.
    pub fn fit(&mut self) {
        let panes = self.panes();
        if let Some(area) = panes.log {
            self.log.set_viewport(area.inner.width, area.inner.height);
            if let Some(history) = &mut self.history {
                history.log.set_viewport(area.inner.width, area.inner.height);
            }
        }
        if let Some(area) = panes.composer {
            self.composer.set_width(area.inner.width);
        }
        if let Some(area) = panes.thread {
            self.threads.set_viewport(area.inner.width, area.inner.height);
        }
    }

    /// Where keys are resolved now.
    pub fn context(&self) -> Context {
        match &self.present {
            _ if self.overlay.is_some() => Context::Dialog,
            Some(_) if self.focus != Pane::Composer => Context::Present,
            _ => self.focus.context(),
        }
    }

    /// Whether the menu of a two-key binding is to be shown.
    pub fn prefix_menu(&self) -> Option<Chord> {
        let (chord, at) = self.prefix?;
        (self.now.since(at) >= PREFIX_MENU).then_some(chord)
    }

    /// Whether production sends need a question.
    pub fn asks_before_sending(&self) -> bool {
        self.place.production && self.armed_until.is_none_or(|until| until.left(self.now).is_zero())
    }

    /// When something on screen changes by itself next. Nothing runs where this is `None`.
    pub fn next_deadline(&self) -> Option<Moment> {
        let prefix = self.prefix.map(|(_, at)| at.after(PREFIX_MENU));
        let quit = self.quit_armed.map(|at| at.after(QUIT_HINT));
        let chip = token_badge::next_change(&self.token, self.now);
        let thread = self.picker.active().and_then(|key| self.threads.next_change(key, self.now));
        let sends = self.open_sends.values().filter_map(|send| match &send.life {
            DeliveryStatus::Waiting { until, .. } => next_second(*until, self.now),
            _ => None,
        });
        let log = self.log.next_change(self.now);
        let look = self.looking.and_then(|looking| looking.next);
        // The dialog counts down to it.
        let count = look.filter(|_| self.overlay.is_some()).and_then(|at| next_second(at, self.now));
        let limit = self.rate_limit.filter(|l| l.count >= l.allowed).and_then(|l| next_second(l.resets, self.now));
        let live = self.picker.next_change(self.now);
        let present = self.present.as_ref().and_then(demo::Present::next_deadline);
        [
            present,
            prefix,
            quit,
            chip,
            log,
            look,
            count,
            thread,
            limit,
            live,
            self.armed_until,
            self.kept.next_deadline(),
            self.pass.next_deadline(self.now),
        ]
        .into_iter()
        .flatten()
        .chain(sends)
        .filter(|at| at.mono > self.now.mono)
        .min()
    }

    /// The 401 answers that a newer token healed, and those that stand. Told apart everywhere in these words.
    pub fn split_401(&self, rate: Rate401) -> (u32, u32) {
        let outlived = u32::try_from(self.refusals.outlived(self.now, RATE_WINDOW)).unwrap_or(u32::MAX);
        let healed = rate.healed.saturating_add(outlived).min(rate.answers401);
        (healed, rate.answers401 - healed)
    }

    /// How a person asks for an action: its first key, or its name in the palette.
    pub fn key(&self, action: Action) -> String {
        let key = self.keymap.key(action);
        if key.is_empty() { format!(":{action}") } else { key }
    }

    /// The key of Ctrl-C's ladder where the focus is.
    pub fn interrupt_key(&self) -> String {
        self.key(if self.focus == Pane::Composer { Action::InterruptText } else { Action::Interrupt })
    }

    /// The conversations' names as they stand on screen.
    pub fn names(&self) -> Vec<(ConversationKey, String)> {
        self.picker.items().iter().map(|item| (item.conversation.key, item.name().to_owned())).collect()
    }

    /// The name of the open conversation.
    pub fn active_name(&self) -> &str {
        self.picker.active_item().map_or("no conversation", crate::session::conversations::Item::name)
    }

    /// The same, as it may be seen: in a demo by its alias.
    pub fn shown_name(&self) -> std::borrow::Cow<'_, str> {
        match (&self.present, self.picker.active()) {
            (Some(present), Some(key)) => present.aliases.conversation(key).into(),
            _ => self.active_name().into(),
        }
    }

    /// What the terminal's title says.
    pub fn title(&self) -> String {
        if self.present.is_some() {
            return "guestwire".to_owned();
        }
        let place = if self.place.sandbox { "sandbox" } else { self.place.profile.as_str() };
        let unread = self.picker.unread();
        if unread == 0 { format!("guestwire: {place}") } else { format!("guestwire: {place}, {unread} unread") }
    }
}

/// The next moment at which the whole seconds left until `until` change.
pub fn next_second(until: Moment, now: Moment) -> Option<Moment> {
    let left = until.left(now);
    if left.is_zero() {
        return None;
    }
    let part = Duration::from_nanos(u64::from(left.subsec_nanos()));
    Some(now.after(if part.is_zero() { Duration::from_secs(1) } else { part }))
}
