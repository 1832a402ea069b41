//! What stands on the screen: `view(&State, &mut Frame)` only reads. One file a pane.

pub mod composer;
pub mod picker;
pub mod text;
pub mod theme;
pub mod thread;

use crate::model::Moment;
use theme::Theme;

/// What every pane needs besides its own state.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// Colours and glyphs.
    pub theme: &'a Theme,
    /// The moment of the event that led to this frame.
    pub now: Moment,
    /// The zone in which times are shown (local, or UTC by setting).
    pub zone: &'a jiff::tz::TimeZone,
    /// Whether this pane has the focus.
    pub focused: bool,
}
