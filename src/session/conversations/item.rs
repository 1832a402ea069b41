//! One conversation of the picker and what is known of it.

use jiff::Timestamp;
use nucleo_matcher::Utf32String;
use unicode_segmentation::UnicodeSegmentation;

use crate::model::ids::is_uuid;
use crate::model::{Address, Author, Conversation, Moment, RemoteState, RepliesReadable, WebSession};
use crate::session::thread::MessageCounts;

/// What is said where a conversation is added whose id is malformed: it is taken all the same.
pub const ADDED_MALFORMED: &str =
    "Added, but this id is malformed (not a UUID): a send will be refused. Good for a negative test.";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveState {
    pub session: WebSession,
    /// Who of the other side types, and until when unless told again.
    pub typing: Option<(Author, Moment)>,
    /// The remote side's conversation id, where the address does not name it and it became known.
    pub conversation_id: Option<String>,
    pub(super) typing_sent: Option<Moment>,
}

impl LiveState {
    pub fn typist(&self, now: Moment) -> Option<Author> {
        self.typing.filter(|(_, until)| !until.left(now).is_zero()).map(|(author, _)| author)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardLine {
    pub label: &'static str,
    /// The value in full, not made safe for a terminal.
    pub value: String,
    /// What is to be said about its form; empty where nothing is.
    pub note: &'static str,
}

#[derive(Clone, Debug)]
pub struct ConversationItem {
    pub conversation: Conversation,
    pub nickname: Option<String>,
    pub remote: RemoteState,
    pub readable: RepliesReadable,
    /// When the guest connected, where a read told.
    pub since: Option<Timestamp>,
    pub unread: u32,
    pub draft: bool,
    pub counts: MessageCounts,
    pub pinned: bool,
    /// It was added by hand, and can be removed.
    pub added: bool,
    pub activity: Option<Moment>,
    pub live: LiveState,
    pub(super) haystack: Utf32String,
}

impl ConversationItem {
    pub(super) fn new(conversation: Conversation) -> Self {
        let mut item = Self {
            conversation,
            nickname: None,
            remote: RemoteState::Unknown,
            readable: RepliesReadable::NotYetKnown,
            since: None,
            unread: 0,
            draft: false,
            counts: MessageCounts::default(),
            pinned: false,
            added: false,
            activity: None,
            live: LiveState::default(),
            haystack: Utf32String::default(),
        };
        item.index();
        item
    }

    /// The name on screen: the nickname if there is one.
    pub fn name(&self) -> &str {
        self.nickname.as_deref().unwrap_or(&self.conversation.name)
    }

    pub fn conversation_id(&self) -> Option<&str> {
        self.conversation.address.conversation_id().or(self.live.conversation_id.as_deref())
    }

    /// The id by which people know it: of the conversation, else of what stands in its place.
    pub fn id(&self) -> &str {
        self.conversation_id().unwrap_or_else(|| self.address_id())
    }

    fn address_id(&self) -> &str {
        match &self.conversation.address {
            Address::OpenMessaging { guest, .. } => &guest.id,
            address => address.id(),
        }
    }

    /// Whether the last read showed it ended, or its session is over.
    pub fn ended(&self) -> bool {
        self.remote == RemoteState::Ended || matches!(self.live.session, WebSession::Ended(_))
    }

    pub fn session(&self) -> Option<&WebSession> {
        self.conversation.channel().has_sessions().then_some(&self.live.session)
    }

    /// When the guest connected; `None` where that is not known, or over.
    pub fn connected_since(&self) -> Option<Timestamp> {
        self.since.filter(|_| self.remote == RemoteState::Connected)
    }

    /// Renews what the filter looks in: name, id, channel, and the configured name where a nickname hides it.
    pub(super) fn index(&mut self) {
        let mut text = format!("{} {} {}", self.name(), self.id(), self.conversation.channel());
        // An id that was learned took the place of the one in the address, which is looked for all the same.
        let hidden_id = self.live.conversation_id.as_ref().map(|_| self.address_id());
        let hidden_name = self.nickname.as_ref().map(|_| self.conversation.name.as_str());
        for hidden in hidden_id.into_iter().chain(hidden_name) {
            text.push(' ');
            text.push_str(hidden);
        }
        self.haystack = clusters(&text);
    }

    pub fn card(&self) -> Vec<CardLine> {
        let plain = |label, value: &str| Some(CardLine { label, value: value.to_owned(), note: "" });
        let uuid = |label, value: &str| Some(CardLine { label, value: value.to_owned(), note: form(value) });
        let ids = match &self.conversation.address {
            Address::GuestApi { conversation_id, participant_id, external_id } => vec![
                uuid("conversation id", conversation_id),
                participant_id.as_deref().and_then(|id| uuid("participant id", id)),
                external_id.as_deref().and_then(|id| plain("external id", id)),
            ],
            Address::OpenMessaging { integration_id, guest } => vec![
                uuid("integration id", integration_id),
                plain("guest id", &guest.id),
                plain("guest id type", &guest.id_type),
                guest.nickname.as_deref().and_then(|name| plain("guest nickname", name)),
            ],
            Address::WebMessaging { deployment_id, origin } => {
                vec![uuid("deployment id", deployment_id), plain("origin", origin)]
            }
        };
        let names = [
            plain("name", &self.conversation.name),
            self.nickname.as_deref().and_then(|name| plain("nickname", name)),
            plain("channel", self.conversation.channel().name()),
        ];
        let learned = self.live.conversation_id.as_deref().and_then(|id| uuid("conversation id, learned", id));
        names.into_iter().chain(ids).chain([learned]).flatten().collect()
    }
}

fn form(id: &str) -> &'static str {
    if is_uuid(id) {
        "well formed"
    } else if id.trim() != id && is_uuid(id.trim()) {
        "blanks around a UUID (malformed; may be sent on purpose)"
    } else if id.is_empty() {
        "empty (malformed; may be sent on purpose)"
    } else {
        "not a UUID (malformed; may be sent on purpose)"
    }
}

/// Text for the matcher, one element a cluster. (The matcher's own way takes bytes for clusters where each cluster of a
/// text begins with an ASCII letter, as in a decomposed `é`.)
pub(super) fn clusters(text: &str) -> Utf32String {
    if text.is_ascii() {
        Utf32String::Ascii(text.into())
    } else {
        Utf32String::Unicode(text.graphemes(true).filter_map(|g| g.chars().next()).collect())
    }
}
