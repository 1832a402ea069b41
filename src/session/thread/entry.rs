//! One line of talk in a thread: a message of ours with its delivery status, or one that only a read brought.

use jiff::Timestamp;

use crate::model::{Attachment, Author, Choice, DeliveryStatus, Extras, Message, RemoteMessage};

/// A message's number in its thread, in the order in which the console came to know of it. Never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u64);

/// Where a message comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a thread is bounded, and a box each would cost more than it saves")]
pub enum MessageSource {
    /// Asked for in this session. `seen` is when it was said by the remote side's clock, once a read showed it.
    Ours {
        /// The message and its delivery status.
        message: Message,
        /// The remote side's time for it.
        seen: Option<Timestamp>,
    },
    /// Known from reads only. (It may be the guest's: from an earlier session, or from another client.)
    Theirs(RemoteMessage),
}

/// One message of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadEntry {
    /// Its number in the thread.
    pub id: EntryId,
    /// Where it comes from.
    pub source: MessageSource,
    /// Of the other side, and not looked at.
    pub unread: bool,
}

impl ThreadEntry {
    /// The message, if it is ours.
    pub const fn message(&self) -> Option<&Message> {
        match &self.source {
            MessageSource::Ours { message, .. } => Some(message),
            MessageSource::Theirs(_) => None,
        }
    }

    /// Who said it.
    pub const fn author(&self) -> Author {
        match &self.source {
            MessageSource::Ours { message, .. } => message.author,
            MessageSource::Theirs(remote) => remote.author,
        }
    }

    /// What it says, not made safe for a terminal.
    pub fn text(&self) -> &str {
        match &self.source {
            MessageSource::Ours { message, .. } => &message.text,
            MessageSource::Theirs(remote) => &remote.text,
        }
    }

    /// When it was asked for (ours) or said (theirs, by the remote side's clock).
    pub const fn at(&self) -> Timestamp {
        match &self.source {
            MessageSource::Ours { message, .. } => message.at.wall,
            MessageSource::Theirs(remote) => remote.at,
        }
    }

    /// The files that come with it.
    pub fn attachments(&self) -> &[Attachment] {
        match &self.source {
            MessageSource::Ours { message, .. } => &message.extras.attachments,
            MessageSource::Theirs(remote) => &remote.attachments,
        }
    }

    /// The remote side's id for it.
    pub fn remote_id(&self) -> Option<&str> {
        match &self.source {
            MessageSource::Ours { message, .. } => message.remote_id.as_deref(),
            MessageSource::Theirs(remote) => Some(&remote.id),
        }
    }

    /// Where it stands, if it is ours.
    pub fn delivery(&self) -> Option<&DeliveryStatus> {
        self.message().map(|message| &message.delivery)
    }

    /// What it carries beside its text, if it is ours.
    pub fn extras(&self) -> Option<&Extras> {
        self.message().map(|message| &message.extras)
    }

    /// What it offers to answer with.
    pub fn choices(&self) -> &[Choice] {
        if let MessageSource::Theirs(remote) = &self.source { &remote.choices } else { &[] }
    }

    /// Whether it came after one that was said later.
    pub const fn late(&self) -> bool {
        matches!(&self.source, MessageSource::Theirs(remote) if remote.late)
    }

    /// Whether a read of the conversation showed it.
    pub const fn seen(&self) -> bool {
        matches!(&self.source, MessageSource::Theirs(_) | MessageSource::Ours { seen: Some(_), .. })
    }

    /// Whether a person or machine of the other side said it (so that it answers, and counts as unread).
    pub const fn from_other_side(&self) -> bool {
        self.author().replies()
    }
}
