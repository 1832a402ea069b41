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
pub mod edit;
pub mod flags;
pub mod load;
pub mod origin;
mod pasted_token;
pub mod problem;
pub mod profile;
pub mod proxy;
pub mod regions;
pub mod resolve;
mod resolve_profile;
pub mod secret;
pub mod settings;
mod target;
pub(crate) mod toml_reader;
pub mod vendor_files;

pub use document::parse_duration;
pub use flags::Flags;
pub use load::{load, locate};
pub use problem::{FilePosition, Problem, Problems, Spot};
pub use profile::{
    ClientAuth, ConversationEntry, Credentials, GuestApi, Hosts, OAuthClient, OpenMessaging, Profile, Redaction,
    TokenHost, WebhookSettings,
};
pub use proxy::{ProfileProxy, ProxyAddress};
pub use secret::{SecretError, SecretSource, Terminal};
pub use settings::{ProfileChoice, Settings};
