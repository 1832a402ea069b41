//! What a state begins with.

use jiff::tz::TimeZone;
use ratatui::layout::Size;

use super::composer::Composer;
use super::status::StatusLine;
use super::{Manners, Pane, PassPane, State};
use crate::model::Moment;
use crate::session::conversations::Conversations;
use crate::session::log;
use crate::session::log::Log;
use crate::session::{ProfileInfo, Session};
use crate::tui::action::Action;
use crate::tui::keymap::Keymap;
use crate::tui::theme::Theme;

/// What a state begins with.
#[derive(Debug)]
pub struct Setup {
    /// The moment of the start.
    pub now: Moment,
    /// The terminal's size.
    pub size: Size,
    /// What is known of the profile.
    pub profile: ProfileInfo,
    /// Colours and glyphs.
    pub theme: Theme,
    /// The zone of the times on screen.
    pub zone: TimeZone,
    /// The bindings.
    pub keymap: Keymap,
    /// The conversations, in config order.
    pub picker: Conversations,
    /// The editor, with its settings.
    pub composer: Composer,
    /// The log, with its bounds.
    pub log: Log,
}

impl State {
    /// The state before anything has happened: the first conversation open, the composer ready.
    pub fn new(setup: Setup) -> Self {
        let mut state = Self {
            now: setup.now,
            size: setup.size,
            session: Session::new(setup.profile, setup.picker, setup.log),
            manners: Manners::default(),
            theme: setup.theme,
            zone: setup.zone,
            keymap: setup.keymap,
            focus: Pane::Composer,
            zoomed: false,
            thread_beside: true,
            thread_over: false,
            composer: setup.composer,
            overlay: None,
            prefix: None,
            status: StatusLine::default(),
            quit_armed: None,
            armed_until: None,
            faults: Vec::new(),
            discovering: None,
            compare_with: None,
            history: None,
            present: None,
            offline: false,
            pass_pane: PassPane::default(),
            asked_path: None,
            recording: None,
            asked: None,
            examined: None,
            sorting: None,
            send_as: None,
            exports: 0,
        };
        state.name_keys();
        match state.session.conversations.open() {
            Some(key) => state.composer.switch(key),
            None => state.focus = Pane::Picker,
        }
        state.fit();
        state
    }

    /// Tells the panes how the keys are called that their hints mention.
    fn name_keys(&mut self) {
        let key = |action| self.keymap.key(action);
        self.session.log.set_keys(log::KeyNames {
            compose: key(Action::GoComposer),
            clear: key(Action::Back),
            quiet: key(Action::Quiet),
            copy_body: key(Action::CopyBody),
            why: key(Action::Why),
        });
        let dot = if self.theme.ascii { "-" } else { "·" };
        let join = |hints: &[(Action, &str)]| {
            let parts: Vec<String> = hints
                .iter()
                .map(|(action, words)| (self.keymap.key(*action), words))
                .filter(|(key, _)| !key.is_empty())
                .map(|(key, words)| format!("{key} {words}"))
                .collect();
            parts.join(&format!(" {dot} "))
        };
        let line = join(&[
            (Action::Send, "send"),
            (Action::NewLine, "new line"),
            (Action::HistorySearch, "history"),
            (Action::Snippets, "snippets"),
            (Action::LeaveComposer, "leave"),
        ]);
        self.composer.set_keys(&self.keymap.key(Action::Send), &line);
        let line = join(&[(Action::Open, "open"), (Action::Pin, "pin"), (Action::IdCard, "ids"), (Action::Add, "add")]);
        // The pane is narrow: blanks part the keys there.
        self.session.conversations.set_keys(&line.replace(&format!(" {dot} "), "  "));
    }
}
