//! What a state begins with.

use jiff::tz::TimeZone;
use ratatui::layout::Size;

use super::composer::Composer;
use super::status::StatusLine;
use super::thread::ThreadPane;
use super::{
    Arrangement, Demo, Keys, LogPane, Look, Manners, OutputFiles, Pane, PassPane, Questions, SendChoice, State,
};
use crate::model::Moment;
use crate::session::{Session, log};
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
    /// A session in which nothing has happened.
    pub session: Session,
    /// Colours and glyphs.
    pub theme: Theme,
    /// The zone of the times on screen.
    pub zone: TimeZone,
    /// How it behaves.
    pub manners: Manners,
    /// The bindings.
    pub keymap: Keymap,
    /// The editor, with its settings.
    pub composer: Composer,
}

impl State {
    /// The state before anything has happened: the first conversation open, the composer ready.
    pub fn new(setup: Setup) -> Self {
        let mut state = Self {
            now: setup.now,
            session: setup.session,
            look: Look { theme: setup.theme, zone: setup.zone, manners: setup.manners },
            keys: Keys::new(setup.keymap),
            arrangement: Arrangement::new(setup.size),
            composer: setup.composer,
            thread: ThreadPane::default(),
            log_pane: LogPane::default(),
            pass_pane: PassPane::default(),
            overlay: None,
            status: StatusLine::default(),
            demo: Demo::default(),
            next_send: SendChoice::default(),
            questions: Questions::default(),
            files: OutputFiles::default(),
        };
        state.composer.set_keys(&state.keys.map.key(Action::Send));
        match state.session.conversations.open() {
            Some(key) => state.composer.switch(key),
            None => state.arrangement.focus = Pane::Picker,
        }
        state.fit();
        state
    }

    /// Tells the panes how the keys are called that they mention, as they work where the focus is.
    pub(super) fn name_keys(&mut self) {
        let names = log::KeyNames {
            compose: if self.arrangement.focus == Pane::Composer {
                "Type a message".to_owned()
            } else {
                format!("Press {} and type a message", self.key(Action::GoComposer))
            },
            clear: self.key(Action::Back),
            quiet: self.key(Action::Quiet),
            copy_body: self.key(Action::CopyBody),
            why: self.key(Action::Why),
            open: self.key(Action::Density),
            ticket: self.key(Action::CopyTicket),
            probe: self.key(Action::Probe),
            scope: self.key(Action::LogScope),
        };
        self.logs_mut().for_each(|log| log.set_keys(names.clone()));
    }
}
