//! Configuration: file, environment and flags become one resolved [`Settings`].

pub mod profile;
pub mod secret;

pub use profile::{
    ClientAuth, ConversationEntry, Credentials, GuestApi, Hosts, OAuthClient, Profile, Region, TokenHost,
};
pub use secret::SecretSource;
