//! Plain data that all sides share. No I/O, no clock, no tokio.

/// Declares an enum each of whose variants has a word (on screen, in files, on the command line) from one row a variant: `ALL` of them, their `WORDS`, the word of each under the name that stands behind the
/// enum's, and [`Display`](std::fmt::Display) and `named` from it. A second text of each is what it means.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident: $word:ident, $about:ident {
        $($(#[$doc:meta])* $variant:ident = $text:literal, $says:literal;)+
    }) => {
        $crate::model::words! {
            $(#[$meta])*
            pub enum $name: $word { $($(#[$doc])* $variant = $text;)+ }
        }

        impl $name {
            /// The second text of its row.
            pub const fn $about(self) -> &'static str {
                match self { $(Self::$variant => $says,)+ }
            }
        }
    };
    ($(#[$meta:meta])* pub enum $name:ident: $word:ident { $($(#[$doc:meta])* $variant:ident = $text:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            /// Their words, in the same order.
            pub const WORDS: [&'static str; Self::ALL.len()] = [$($text),+];

            /// Its word.
            pub const fn $word(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The one that has this word.
            pub fn named(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.$word() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.$word())
            }
        }

        // Not each enum needs each of these.
        const _: ([&str; $name::ALL.len()], fn(&str) -> Option<$name>) = ($name::WORDS, $name::named);
    };
}
pub(crate) use words;

pub mod attempt;
pub mod channel;
pub mod diagnosis;
pub mod exchange;
mod failure;
pub mod fault;
pub mod frame_codes;
pub mod ids;
pub mod limits;
mod machine;
pub mod mask;
pub mod message;
pub mod reason;
pub mod session;
pub mod time;
pub mod token;
pub mod variables;
pub mod variation;

pub use attempt::{Attempt, Body, BodyForm, Ending, Failure, Header, Request, Response, Timing};
pub use channel::{
    Address, Attachments, Capabilities, Channel, Conversation, DiscoveredConversation, OpenGuest, RemoteState,
    Transport,
};
pub use diagnosis::{
    Advice, Cause, Check, CheckAnswer, Confidence, Diagnosis, Host, IdTarget, Probe, ProbeQuestion, Probed, Remedy,
    Settles, Suspect,
};
pub use exchange::{Exchange, ExchangeKind, ExchangeStep, Outcome};
pub use failure::{FailureKind, Party, Phase, ProxyName, TlsFault};
pub use ids::{ConversationKey, ExchangeId, Generation, MessageId};
pub use limits::RateLimit;
pub use machine::{AgentState, Signal, WebhookState};
pub use mask::Masks;
pub use message::{
    Attachment, Author, Choice, ChoiceKind, DeliveryStatus, Extras, FileSource, Message, OutgoingMessage, RemoteMessage,
};
pub use reason::{Objection, Pacing, Reason, ServerRefusal, SessionEnd, Sign};
pub use session::{AsOf, RepliesReadable, SessionAsk, Unreadable, WebSession};
pub use time::Moment;
pub use token::{Acceptance, Granted, TokenFacts, TokenStatus};
pub use variation::Variation;
