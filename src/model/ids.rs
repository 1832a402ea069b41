//! Ids that guestwire gives out itself. Typed, so that they cannot be mixed. Ids of the remote side stay strings.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A conversation of the picker: its place in the profile's list, stable while the process runs.
    ConversationKey(u32);
    /// A message, from the counter of the session.
    MessageId(u64);
    /// An exchange, from the engine's counter, in the order in which exchanges were begun.
    ExchangeId(u64);
    /// A token's generation: 1 for the first of a session, one more at each renewal.
    Generation(u32);
}

/// Whether `text` has the form of an id that Genesys Cloud gives to conversations and participants: a UUID with hyphens.
/// [real: seen in SDK source: every conversation and participant id in the platform SDKs' fixtures]
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}
