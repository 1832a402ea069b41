//! The console's state, one file an area. Only [`crate::tui::update`] changes it; the view only reads it.

pub(crate) mod composer;
pub(crate) mod demo;
pub(crate) mod ids;
pub(crate) mod key_hints;
pub(crate) mod log_pane;
pub(crate) mod overlay;
pub(crate) mod page;
pub(crate) mod palette;
mod panes;
pub(crate) mod pass_pane;
pub(crate) mod requests;
pub(crate) mod status;
pub(crate) mod thread;
pub(crate) mod token_badge;

use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::layout::{Rect, Size};

use crate::model::{ConversationKey, DeliveryStatus, Message, Moment, Variation};
use crate::session::Session;
use crate::session::conversations::ConversationItem;
use crate::session::refusals::Rate401;
use crate::session::thread::Threads;
use crate::tui::keymap::{KeyState, Keymap};
use crate::tui::layout::Arrangement;
use crate::tui::{Effect, Theme};
use demo::Demo;
use log_pane::LogPane;
use pass_pane::PassPane;
use requests::{OutputFiles, PendingRequests};
use status::StatusLine;

pub use crate::tui::layout::Pane;
pub(crate) use composer::editor::Editor;
pub use composer::{Composer, rows::wanted_height};
pub(crate) use demo::Present;
pub use demo::script::Rehearsal;
pub(crate) use key_hints::KeyHint;
pub use log_pane::HistoryStretch;
pub(crate) use overlay::{Card, Confirmation, Consent, DialogQuestion, Menu, MenuChoice, PromptPurpose};
pub use overlay::{Overlay, Page, PageContent, Prompt};
pub use page::help_lines;
pub use palette::Palette;
pub(crate) use palette::PaletteTarget;
pub(crate) use status::Subject;
pub(crate) use thread::rows::Row;
pub use thread::{ThreadPane, rows::RowContext};

/// How the console looks and behaves, by setting.
#[derive(Debug)]
pub struct Look {
    /// Colours and glyphs.
    pub theme: Theme,
    /// The zone of the times on screen.
    pub zone: TimeZone,
    /// Nothing on screen comes and goes by itself.
    pub calm: bool,
    /// The other side of a live conversation is told that the guest types.
    pub tells_typing: bool,
}

/// How the next message is sent.
#[derive(Debug, Default)]
pub struct SendChoice {
    /// How it is sent wrongly on purpose.
    pub send_as: Option<Variation>,
    armed_until: Option<Moment>,
}

impl SendChoice {
    /// Production sends go without a question for ten minutes.
    pub fn arm(&mut self, now: Moment) {
        self.armed_until = Some(now.after(Duration::from_secs(600)));
    }

    /// Until when production sends go without a question.
    pub fn armed_until(&self, now: Moment) -> Option<Moment> {
        self.armed_until.filter(|until| !until.left(now).is_zero())
    }

    /// Forgets the ten minutes once they are over. True where they have just ended.
    pub fn disarm(&mut self, now: Moment) -> bool {
        self.armed_until.take_if(|until| until.left(now).is_zero()).is_some()
    }
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
    pub keys: KeyState,
    /// How the panes are arranged.
    pub arrangement: Arrangement,
    /// The editor.
    pub composer: Composer,
    pub(crate) thread: ThreadPane,
    /// The log pane.
    pub log_pane: LogPane,
    pub(crate) pass_pane: PassPane,
    /// What stands on top of the panes.
    pub overlay: Option<Overlay>,
    /// The sentence above the keys, and what can be done about it.
    pub status: StatusLine,
    /// Demo mode.
    pub demo: Demo,
    /// How the next message is sent.
    pub next_send: SendChoice,
    pub(crate) requests: PendingRequests,
    pub(crate) files: OutputFiles,
}

impl State {
    /// The state before anything has happened in `session`: the first conversation open, the composer ready.
    pub fn new(now: Moment, size: Size, session: Session, look: Look, keymap: Keymap, composer: Composer) -> Self {
        let mut state = Self {
            now,
            session,
            look,
            keys: KeyState { map: keymap, first: None, quit_armed: None },
            arrangement: Arrangement::new(size),
            composer,
            thread: ThreadPane::default(),
            log_pane: LogPane::default(),
            pass_pane: PassPane::default(),
            overlay: None,
            status: StatusLine::default(),
            demo: Demo::default(),
            next_send: SendChoice::default(),
            requests: PendingRequests::default(),
            files: OutputFiles::default(),
        };
        match state.session.conversations.open() {
            Some(key) => state.composer.switch(key),
            None => state.arrangement.focus = Pane::Picker,
        }
        state.fit();
        state
    }

    /// Does something with the thread's pane, which needs what it is laid out on.
    pub(crate) fn with_thread(&mut self, area: Rect, does: impl FnOnce(&mut ThreadPane, &Threads, &RowContext<'_>)) {
        let Self { thread, session, log_pane, look, now, .. } = self;
        let cause = |message: &Message| log_pane.cause_of(message, &session.log, look.theme.ascii);
        let context = RowContext {
            width: area.width.max(1),
            ascii: look.theme.ascii,
            zone: &look.zone,
            now: *now,
            masks: &session.profile.masks,
            cause: &cause,
            dense: area.height < 12,
        };
        does(thread, &session.threads, &context);
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

    pub(crate) fn prompt(&mut self, purpose: PromptPurpose, text: &str) {
        self.overlay = Some(Overlay::Prompt(Prompt::new(purpose, text)));
    }

    pub(crate) fn request(&mut self, effect: Effect) {
        self.requests.request(effect);
    }

    pub(crate) fn record(&mut self, path: PathBuf) {
        self.files.record(path.clone());
        self.request(Effect::Record(Some(path)));
    }

    /// Where the next exported file goes: a name that no other has.
    pub(crate) fn new_export_path(&mut self, extension: &str) -> PathBuf {
        let (stamp, number) = (self.now.wall.strftime("%Y%m%dT%H%M%SZ"), self.files.next_export());
        self.session.profile.data_dir.join("exports").join(format!("guestwire-{stamp}-{number}.{extension}"))
    }

    pub(crate) fn asks_before_sending(&self) -> bool {
        self.session.profile.production && self.next_send.armed_until(self.now).is_none()
    }

    pub(crate) fn production_line(&self) -> Option<String> {
        self.session.profile.production.then(|| format!("PROD: it goes to {}.", self.session.profile.facts.region))
    }

    /// When something on screen changes by itself next. Nothing runs where this is `None`.
    pub fn next_deadline(&self) -> Option<Moment> {
        let (session, now) = (&self.session, self.now);
        let sends = session.threads.open().filter_map(|send| match &send.delivery {
            DeliveryStatus::Waiting { until, .. } => until.next_second(now),
            _ => None,
        });
        let look = session.outcome_watch.and_then(|looking| looking.next);
        let limit = session.rate_limit.filter(|limit| limit.count >= limit.allowed);
        let web = session.conversations.items();
        let web = web.filter_map(|item| token_badge::session_change(&item.live.session, now));
        let one_each = [
            self.demo.present.as_ref().and_then(demo::Present::next_deadline),
            token_badge::next_change(&session.sign_in.status, now),
            session.log.next_change(now),
            look,
            // The dialog counts down to it.
            look.filter(|_| self.overlay.is_some()).and_then(|at| at.next_second(now)),
            session.conversations.active().and_then(|key| session.threads.next_change(key, now)),
            limit.and_then(|limit| limit.resets.next_second(now)),
            session.conversations.next_change(now),
            self.next_send.armed_until(now),
            session.journal.next_deadline(),
            session.pass.next_deadline(now),
        ];
        let all = one_each.into_iter().chain(self.keys.deadlines()).flatten().chain(sends).chain(web);
        all.filter(|at| at.mono > now.mono).min()
    }

    /// The 401 answers that a newer token fixed, and those that stand.
    pub fn split_401(&self, rate: Rate401) -> (u32, u32) {
        let outlived = self.session.diagnoses.refusals.outlived(self.now);
        let healed = rate.healed.saturating_add(u32::try_from(outlived).unwrap_or(u32::MAX)).min(rate.answers401);
        (healed, rate.answers401 - healed)
    }

    /// The name of the open conversation.
    pub fn active_name(&self) -> &str {
        self.session.conversations.active_item().map_or("no conversation", ConversationItem::name)
    }

    /// The name of a conversation as it may be seen: in a demo, and in a recording of one, by its alias.
    pub(crate) fn shown_name(&self, key: ConversationKey) -> String {
        let name = || self.session.conversations.name(key);
        self.demo.present.as_ref().map_or_else(name, |present| present.aliases.conversation(key))
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
