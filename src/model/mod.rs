//! Plain data that all sides share. No I/O, no clock, no tokio.

/// Declares an enum whose variants each have a name (on screen, in files, on the command line). `pub enum Kind: name, line`
/// gives it `ALL` variants and their `WORDS`; `name()` returns a variant's name, [`Display`](std::fmt::Display) writes it and
/// `named` finds the variant by it. `line()`, where it is declared, returns the second text of the row. Elsewhere `word()`
/// and `words()` are for people only: one word, or a phrase.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident: $first:ident, $second:ident {
        $($(#[$doc:meta])* $variant:ident = $text:literal, $says:literal;)+
    }) => {
        $crate::model::words! {
            $(#[$meta])*
            pub enum $name: $first { $($(#[$doc])* $variant = $text;)+ }
        }

        impl $name {
            /// The second text of its row.
            pub const fn $second(self) -> &'static str {
                match self { $(Self::$variant => $says,)+ }
            }
        }
    };
    ($(#[$meta:meta])* pub enum $name:ident: $first:ident { $($(#[$doc:meta])* $variant:ident = $text:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $(#[doc = $text] $(#[$doc])* $variant,)+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            /// Their names, in the same order.
            pub const WORDS: [&'static str; Self::ALL.len()] = [$($text),+];

            /// Its name.
            pub const fn $first(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The one that has this name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.$first() == name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.$first())
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
pub use machine::{MetricsAgentState, Signal, WebhookState};
pub use mask::Masks;
pub use message::{
    Attachment, Author, Choice, DeliveryStatus, Extras, FileSource, Message, OutgoingMessage, RemoteMessage,
};
pub use session::{AsOf, RepliesReadable, SessionAsk, Unreadable, WebSession};
pub use time::Moment;
pub use token::{TokenAcceptance, TokenFacts, TokenStatus};
pub use variation::Variation;

pub(crate) use channel::{Attachments, Transport};
pub(crate) use diagnosis::{Advice, Check, CheckAnswer, DecidingProbe, Host, Probe, Remedy, Suspect};
pub(crate) use machine::is_loopback;
pub(crate) use message::ChoiceKind;
pub(crate) use reason::{Objection, Pacing, Reason, ServerRefusal, SessionEnd, Sign};
