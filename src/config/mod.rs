//! Configuration: file, environment and flags become one resolved [`Settings`].
//!
//! ```text
//! config.toml ─► toml_reader (tables with places) ─┐
//! environment ─────────────────────────────────────┼─► resolve ─► Settings ─┬─► Profile ─► engine
//! flags ───────────────────────────────────────────┘     │                  ├─► ui, keys … ─► screen
//!                                                        ▼                  └─► origins ─► config show
//!                               Problems: file:line:column: one sentence each
//! ```

pub(crate) mod address;
mod conversations;
pub(crate) mod document;
pub(crate) mod edit;
pub(crate) mod flags;
pub(crate) mod load;
pub(crate) mod origin;
pub(crate) mod problem;
pub(crate) mod profile;
mod proxy;
pub(crate) mod regions;
pub(crate) mod resolve;
mod resolve_profile;
pub(crate) mod secret;
pub(crate) mod settings;
mod target;
pub(crate) mod toml_reader;
pub(crate) mod vendor_files;

// What tests from outside name.
pub use problem::{FilePosition, Located};
pub use profile::{
    ClientAuth, ConversationEntry, Credentials, GuestApi, Hosts, OAuthClient, OpenMessaging, Profile, Redaction,
    TokenHost, WebhookSettings,
};
pub use proxy::ProfileProxy;
pub use secret::{SecretSource, Tty};
pub use settings::{Agent, KeyBinding, KeyContext, MetricsSettings};

pub(crate) use document::parse_duration;
pub(crate) use flags::Flags;
pub(crate) use load::{load, locate};
pub(crate) use problem::{Problem, Problems};
pub(crate) use proxy::ProxyAddress;
pub(crate) use settings::{ProfileChoice, Settings};

#[cfg(test)]
#[path = "../../tests/unit/config/mod.rs"]
pub(crate) mod tests;
