//! A profile with everything resolved: what the engine works from. Nothing here is optional that has a default.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use secrecy::SecretString;

use super::origin::{ShownValue, quoted_word, shown_with};
use super::proxy::ProfileProxy;
use super::secret::{SecretSource, Tty};
use crate::genesys::guest_api;
use crate::model::{Conversation, Masks};

/// Base URLs, without a trailing slash. https/wss unless loopback, checked at load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// `https://login.<domain>`
    pub login: String,
    /// `https://api.<domain>`
    pub api: String,
    /// `wss://webmessaging.<domain>`
    pub webmessaging: String,
    /// `https://api-cdn.<domain>`: what web deployments tell in public. Nothing secret ever goes there.
    pub cdn: String,
}

/// Which host serves `/oauth/token`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TokenHost {
    /// `login.<domain>`: what every SDK uses.
    #[default]
    Login,
    /// `api.<domain>`: what the Guest API's description says.
    Api,
}

/// How the client's id and secret travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ClientAuth {
    /// `Authorization: Basic`.
    #[default]
    Basic,
    /// Form fields `client_id` and `client_secret`.
    Body,
}

shown_with!(quoted_word: TokenHost, ClientAuth);

/// An OAuth client for the client-credentials grant.
#[derive(Clone, Debug)]
pub struct OAuthClient {
    /// The client's id. Not a secret, but it may come from the environment.
    pub id: String,
    /// The client's secret.
    pub secret: SecretSource,
    /// Which host is asked.
    pub token_host: TokenHost,
    /// How id and secret travel.
    pub client_auth: ClientAuth,
    /// Sent as asked, joined by spaces; nothing is sent where empty.
    pub scopes: Vec<String>,
}

/// What the profile signs in with.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// An OAuth client.
    Client(OAuthClient),
    /// A pasted token, which cannot be renewed.
    Pasted(SecretSource),
    /// None configured, or not usable: the sentence says what is missing, where, and what to do.
    Missing(String),
}

impl Credentials {
    /// Reads the secret or the token; blocks as [`SecretSource::read`] does. The error says why, and what to do.
    pub fn read(&self, terminal: Tty) -> Result<SecretString, String> {
        match self {
            Self::Client(client) => client.secret.read(terminal),
            Self::Pasted(token) => token.read_token(terminal),
            Self::Missing(why) => Err(why.clone()),
        }
    }
}

/// The `guest-api` channel's adjustable parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestApi {
    /// Path with `{conversationId}`.
    pub path: String,
    /// Scopes without which a send is expected to be refused.
    pub required_scopes: Vec<String>,
}

impl Default for GuestApi {
    fn default() -> Self {
        Self { path: guest_api::PATH.to_owned(), required_scopes: vec![guest_api::SCOPE.to_owned()] }
    }
}

/// The `open-messaging` channel's adjustable parts.
#[derive(Clone, Debug, Default)]
pub struct OpenMessaging {
    /// Whether the messages of the other side are acknowledged with a receipt, `Delivered`.
    pub receipts: bool,
    /// Where they are taken as webhooks, if anywhere.
    pub webhook: Option<WebhookSettings>,
}

/// Where the organisation's outbound messages come in.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// An address of this machine.
    pub listen: SocketAddr,
    /// The integration's secret, with which each is signed.
    pub secret: SecretSource,
}

/// A conversation as configured.
#[derive(Clone, Debug)]
pub struct ConversationEntry {
    /// What the picker shows and the engine addresses.
    pub conversation: Conversation,
    /// The guest token of a web-messaging conversation, where configured.
    pub guest_token: Option<SecretSource>,
    /// Participant data that every message of it carries.
    pub attributes: BTreeMap<String, String>,
}

/// What is masked beside secrets.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    /// Names of further headers and JSON fields whose values are masked at capture, lower case.
    pub names: Vec<String>,
    /// Texts and numbers that are masked wherever they would be shown.
    pub masks: Masks,
}

impl Redaction {
    /// Masks also what another does.
    pub fn extend(&mut self, other: &Self) {
        self.names.extend(other.names.iter().cloned());
        self.masks.extend(&other.masks);
    }
}

/// Everything that the engine needs to know of an organisation.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name in the file; `sandbox` for the built-in one.
    pub name: String,
    /// The domain of the region it lives in: `mypurecloud.de`; for the sandbox `sandbox`.
    pub region: String,
    /// Real customers may be on the other side: PROD at the top, and a question before each send.
    pub production: bool,
    /// The embedded (or a local) sandbox: SANDBOX at the top.
    pub sandbox: bool,
    /// Base URLs.
    pub hosts: Hosts,
    /// How to sign in.
    pub credentials: Credentials,
    /// The `guest-api` channel.
    pub guest_api: GuestApi,
    /// The `open-messaging` channel.
    pub open_messaging: OpenMessaging,
    /// The picker's list, keys in order from 0.
    pub conversations: Vec<ConversationEntry>,
    /// What is masked beside secrets.
    pub redaction: Redaction,
    /// The proxy that leads there, where the profile says so. Without it the proxies' variables count.
    pub proxy: Option<ProfileProxy>,
    /// Further CA certificates (PEM).
    pub ca_files: Vec<PathBuf>,
    /// Bound on opening a connection.
    pub connect_timeout: Duration,
    /// Bound on a whole try.
    pub request_timeout: Duration,
    /// How many conversations may send side by side.
    pub parallel: usize,
}
