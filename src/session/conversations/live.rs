//! What is known of a conversation while it is live: its session, who types, and the id that the remote side gave it.

use std::time::Duration;

use crate::model::{Author, Moment, WebSession};
use crate::tui::state::token_badge;

/// The other side is told at most this often that the guest types. [GENESYS: official clients]
pub const TYPING_EVERY: Duration = Duration::from_secs(5);

/// The live side of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveState {
    /// Where the session of a web-messaging conversation stands.
    pub session: WebSession,
    /// Who of the other side types, and until when unless told again.
    pub typing: Option<(Author, Moment)>,
    /// The remote side's conversation id, where the address does not name it and it became known.
    pub conversation_id: Option<String>,
    /// When the other side was told last that the guest types.
    pub(super) told: Option<Moment>,
}

impl LiveState {
    /// Who of the other side types now.
    pub fn typist(&self, now: Moment) -> Option<Author> {
        self.typing.filter(|(_, until)| !until.left(now).is_zero()).map(|(author, _)| author)
    }

    /// When what is shown of it changes by itself next.
    pub(super) fn next_change(&self, now: Moment) -> Option<Moment> {
        let typing = self.typing.map(|(_, until)| until);
        let session = token_badge::session_change(&self.session, now);
        [typing, session].into_iter().flatten().filter(|at| at.mono > now.mono).min()
    }
}
