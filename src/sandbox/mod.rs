//! Stand-in until the real sandbox takes its place: it serves nothing.
#![expect(missing_docs, clippy::unused_async, clippy::missing_errors_doc, reason = "a stand-in")]

use std::io;
use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;

use crate::config::{ClientAuth, Credentials, GuestApi, Hosts, OAuthClient, Profile, Region, SecretSource, TokenHost};

#[derive(Clone, Debug)]
pub struct Scenario;

impl Scenario {
    pub fn builtin() -> Self {
        Self
    }
    pub fn named(name: &str) -> Option<Self> {
        (name == "default").then_some(Self)
    }
    pub fn parse(_text: &str, _file: &Path) -> io::Result<Self> {
        Ok(Self)
    }
    #[must_use]
    pub fn with_seed(self, _seed: u64) -> Self {
        self
    }
}

#[derive(Clone, Debug)]
pub struct Options {
    pub port: u16,
    pub scenario: Scenario,
}

pub struct Sandbox;

pub async fn start(_options: Options) -> io::Result<Sandbox> {
    Ok(Sandbox)
}

impl Sandbox {
    pub fn announcement(&self) -> serde_json::Value {
        serde_json::json!({ "url": "http://127.0.0.1:1" })
    }
    pub fn profile(&self) -> Profile {
        Profile {
            name: "sandbox".to_owned(),
            region: Region { domain: "sandbox".to_owned(), aws: None },
            production: false,
            sandbox: true,
            hosts: Hosts { login: String::new(), api: String::new(), webmessaging: String::new() },
            credentials: Credentials::Client(OAuthClient {
                id: String::new(),
                secret: SecretSource::Literal(SecretString::from("x")),
                token_host: TokenHost::Login,
                client_auth: ClientAuth::Basic,
                scopes: Vec::new(),
            }),
            guest_api: GuestApi { path: String::new(), required_scopes: Vec::new() },
            conversations: Vec::new(),
            redact: Vec::new(),
            ca_files: Vec::new(),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            parallel: 8,
        }
    }
    pub async fn stop(self) {}
}
