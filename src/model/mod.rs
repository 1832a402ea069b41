//! Plain data that all sides share. No I/O, no clock, no tokio.

/// Declares an enum whose variants each have a word (on screen, in files, on the command line). `pub enum Name: word, line`
/// gives it `ALL` variants and their `WORDS`; `word()` returns a variant's word, [`Display`](std::fmt::Display) writes it and
/// `named` finds the variant by it. `line()`, where it is declared, returns the second text of the row.
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
        pub enum $name { $(#[doc = $text] $(#[$doc])* $variant,)+ }

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

pub(crate) mod attempt;
pub(crate) mod channel;
pub(crate) mod diagnosis;
pub(crate) mod exchange;
mod failure;
pub(crate) mod fault;
pub(crate) mod frame_codes;
pub(crate) mod ids;
mod machine;
pub(crate) mod mask;
pub(crate) mod message;
pub(crate) mod reason;
pub(crate) mod session;
pub(crate) mod time;
mod token;
pub(crate) mod variables;
pub(crate) mod variation;

// What tests from outside name.
pub use attempt::{Attempt, Body, BodyForm, Ending, Failure, Header, Request, Response, Timing, header};
pub use channel::{Address, Channel, Conversation, DiscoveredConversation, OpenGuest, RateLimit, RemoteState};
pub use diagnosis::{Cause, Confidence, Diagnosis, IdTarget, ProbeQuestion, Probed};
pub use exchange::{Exchange, ExchangeKind, ExchangeStep, Outcome};
pub use failure::{FailureKind, Party, Phase, ProxyName, TlsFault};
pub use fault::{FAULTS, Fault, SandboxRequest};
pub use ids::{ConversationKey, ExchangeId, Generation, MessageId, is_uuid};
pub use machine::{AgentState, Signal, WebhookState};
pub use mask::Masks;
pub use message::{
    Attachment, Author, Choice, DeliveryStatus, Extras, FileSource, Message, OutgoingMessage, RemoteMessage,
};
pub use session::{AsOf, RepliesReadable, SessionAsk, Unreadable, WebSession};
pub use time::Moment;
pub use token::{Acceptance, TokenFacts, TokenStatus};
pub use variation::Variation;

pub(crate) use channel::{Attachments, Transport};
pub(crate) use diagnosis::{Advice, Check, CheckAnswer, DecidingProbe, Host, Probe, Remedy, Suspect};
pub(crate) use machine::is_loopback;
pub(crate) use message::ChoiceKind;
pub(crate) use reason::{Objection, Pacing, Reason, ServerRefusal, SessionEnd, Sign};
