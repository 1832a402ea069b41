//! A `[profiles.NAME]` table as it was written.

use std::time::Duration;

use secrecy::SecretString;

use super::problem::{FilePosition, Spot};
use super::toml_reader::{Either, Table};
use super::{ClientAuth, TokenHost};
use crate::model::Channel;

/// One profile.
#[derive(Debug)]
pub struct RawProfile {
    pub name: Spot<String>,
    pub region: Option<Spot<String>>,
    pub production: Option<Spot<bool>>,
    pub hosts: RawHosts,
    pub oauth: Option<RawOauth>,
    pub path: Option<Spot<String>>,
    pub required_scopes: Option<Spot<Vec<Spot<String>>>>,
    pub receipts: Option<Spot<bool>>,
    pub webhook: Option<RawWebhook>,
    pub conversations: Vec<RawConversation>,
    pub dogstatsd: Option<Spot<String>>,
    pub tags: Option<Spot<Vec<Spot<String>>>>,
    pub proxy: Option<Spot<RawSecret>>,
    pub ca_files: Option<Spot<Vec<Spot<String>>>>,
    pub bounds: RawBounds,
}

/// A secret as the file gives it.
#[derive(Clone, Debug)]
pub enum RawSecret {
    Literal(SecretString),
    Env(String),
    File(String),
    Command(Vec<String>),
    /// A field of this profile of the vendor's platform CLI.
    PlatformCli(String, &'static str),
}

/// The `[profiles.NAME.oauth]` table.
#[derive(Debug)]
pub struct RawOauth {
    pub at: FilePosition,
    pub client_id: Option<Spot<RawSecret>>,
    pub client_secret: Option<Spot<RawSecret>>,
    pub access_token: Option<Spot<RawSecret>>,
    pub token_host: Option<Spot<TokenHost>>,
    pub client_auth: Option<Spot<ClientAuth>>,
    pub scopes: Option<Spot<Vec<Spot<String>>>>,
}

/// Bounds of a profile, each optional.
#[derive(Debug, Default)]
pub struct RawBounds {
    pub connect_timeout: Option<Spot<Duration>>,
    pub request_timeout: Option<Spot<Duration>>,
    pub parallel: Option<Spot<u64>>,
}

/// The `hosts` table.
#[derive(Debug, Default)]
pub struct RawHosts {
    pub login: Option<Spot<String>>,
    pub api: Option<Spot<String>>,
    pub webmessaging: Option<Spot<String>>,
    pub cdn: Option<Spot<String>>,
}

/// The `webhook` table.
#[derive(Debug)]
pub struct RawWebhook {
    pub listen: Spot<String>,
    pub secret: Spot<RawSecret>,
}

/// One conversation, with the fields of its channel.
#[derive(Clone, Debug)]
pub struct RawConversation {
    pub name: Spot<String>,
    pub address: RawAddress,
    pub attributes: Option<Spot<RawAttributes>>,
}

/// Texts under names that the writer of the file chose.
pub type RawAttributes = Vec<(Spot<String>, Spot<String>)>;

/// The fields of a channel.
#[derive(Clone, Debug)]
pub enum RawAddress {
    GuestApi { conversation_id: Spot<String>, participant_id: Option<Spot<String>>, external_id: Option<Spot<String>> },
    OpenMessaging { integration_id: Spot<String>, guest: RawGuest },
    WebMessaging { deployment_id: Spot<String>, origin: Spot<String>, guest_token: Option<Spot<RawSecret>> },
}

/// The guest of an open-messaging conversation.
#[derive(Clone, Debug)]
pub struct RawGuest {
    pub id: Spot<String>,
    pub id_type: Option<Spot<&'static str>>,
    pub nickname: Option<Spot<String>>,
}

impl RawProfile {
    /// Reads a profile's table.
    pub fn read(name: Spot<String>, mut table: Table<'_>) -> Self {
        let why = "give the domain (\"mypurecloud.de\") or the AWS name (\"eu-central-1\")";
        let region = table.required("region", why);
        let production = table.flag("production");
        let hosts = table.table("hosts").map(read_hosts).unwrap_or_default();
        let oauth = table.table("oauth").map(read_oauth);
        let (mut path, mut required_scopes) = (None, None);
        if let Some(mut guest_api) = table.table("guest_api") {
            path = guest_api.text("path");
            required_scopes = guest_api.strings("required_scopes");
            guest_api.finish();
        }
        let receipts = table.table("open_messaging").and_then(|mut open| {
            let receipts = open.flag("receipts");
            open.finish();
            receipts
        });
        let webhook = table.table("webhook").and_then(read_webhook);
        let conversations = table.tables("conversations").into_iter().filter_map(read_conversation).collect();
        let (mut dogstatsd, mut tags) = (None, None);
        if let Some(mut metrics) = table.table("metrics") {
            dogstatsd = metrics.required("dogstatsd", "give \"udp://HOST:PORT\" or \"unix:///PATH\"");
            tags = metrics.strings("tags");
            metrics.finish();
        }
        let proxy = RawSecret::read(&mut table, "proxy");
        let ca_files = table.strings("ca_files");
        let bounds = RawBounds {
            connect_timeout: table.duration("connect_timeout"),
            request_timeout: table.duration("request_timeout"),
            parallel: table.number("parallel", 1, 64),
        };
        table.finish();
        Self {
            name,
            region,
            production,
            hosts,
            oauth,
            path,
            required_scopes,
            receipts,
            webhook,
            conversations,
            dogstatsd,
            tags,
            proxy,
            ca_files,
            bounds,
        }
    }
}

/// What is also kept by the platform CLI, and under which name. [real: seen in SDK source: the platform CLI's `config.go`]
const PLATFORM_CLI: [(&str, &str); 3] =
    [("client_id", "client_credentials"), ("client_secret", "client_secret"), ("access_token", "access_token")];

impl RawSecret {
    const FORMS: &'static str = "{ env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\", \"ARGUMENT\"] }";

    /// Reads a secret: one of the three references, or the secret itself.
    pub fn read(table: &mut Table<'_>, name: &'static str) -> Option<Spot<Self>> {
        match table.text_or_table(name, Self::FORMS)? {
            Either::Text(text) => Some(text.map(|t| Self::Literal(SecretString::from(t)))),
            Either::Table(mut reference) => {
                let at = reference.at();
                let env = reference.text("env");
                let file = reference.text("file");
                let command = reference.strings("command");
                // Only what that tool keeps too.
                let theirs = PLATFORM_CLI.iter().find(|(own, _)| *own == name);
                let theirs = theirs.and_then(|(_, field)| Some((reference.text("gc")?, *field)));
                let given = [env.is_some(), file.is_some(), command.is_some(), theirs.is_some()];
                let forms = given.into_iter().filter(|given| *given).count();
                if forms > 1 {
                    reference.wrong(at, format!("`{name}` must be exactly one of {}", Self::FORMS));
                } else if forms == 0 && reference.is_empty() {
                    reference.wrong(at, format!("`{name}` must be {}", Self::FORMS));
                }
                let empty_command = command.as_ref().is_some_and(|c| c.value.is_empty());
                if empty_command {
                    reference.wrong(at, format!("`{name}` names no program in its `command`"));
                }
                reference.finish();
                if forms != 1 || empty_command {
                    return None;
                }
                let value = match (env, file, command, theirs) {
                    (Some(env), ..) => Self::Env(env.value),
                    (_, Some(file), ..) => Self::File(file.value),
                    (_, _, Some(command), _) => Self::Command(command.value.into_iter().map(|c| c.value).collect()),
                    (.., Some((profile, field))) => Self::PlatformCli(profile.value, field),
                    (None, None, None, None) => return None,
                };
                Some(Spot { value, at })
            }
        }
    }
}

fn read_hosts(mut table: Table<'_>) -> RawHosts {
    let hosts = RawHosts {
        login: table.text("login"),
        api: table.text("api"),
        webmessaging: table.text("webmessaging"),
        cdn: table.text("cdn"),
    };
    table.finish();
    hosts
}

fn read_oauth(mut table: Table<'_>) -> RawOauth {
    let oauth = RawOauth {
        at: table.at(),
        client_id: RawSecret::read(&mut table, "client_id"),
        client_secret: RawSecret::read(&mut table, "client_secret"),
        access_token: RawSecret::read(&mut table, "access_token"),
        token_host: table.word("token_host", TokenHost::WORDS),
        client_auth: table.word("client_auth", ClientAuth::WORDS),
        scopes: table.strings("scopes"),
    };
    table.finish();
    oauth
}

fn read_webhook(mut table: Table<'_>) -> Option<RawWebhook> {
    let listen = table.required("listen", "give an address of this machine, like \"127.0.0.1:9099\"");
    if !table.has("secret") {
        table.required("secret", "it is the integration's, with which each webhook is signed");
    }
    let secret = RawSecret::read(&mut table, "secret");
    table.finish();
    Some(RawWebhook { listen: listen?, secret: secret? })
}

fn read_conversation(mut table: Table<'_>) -> Option<RawConversation> {
    let name = table.required("name", "give the conversation a name");
    if !table.has("channel") {
        let why = "say \"guest-api\", \"open-messaging\" or \"web-messaging\"";
        table.required("channel", why);
        // Without a channel it cannot be told which fields belong, so the others are not judged.
        return None;
    }
    let attributes = table.table("attributes").map(|table| Spot { at: table.at(), value: table.named_texts() });
    let address = match table.word("channel", &Channel::ALL.map(|channel| (channel.as_str(), channel)))?.value {
        Channel::GuestApi => {
            let conversation_id = table.required("conversation_id", "the guest-api channel addresses it in its path");
            let participant_id = table.text("participant_id");
            let external_id = table.text("external_id");
            conversation_id.map(|conversation_id| RawAddress::GuestApi { conversation_id, participant_id, external_id })
        }
        Channel::OpenMessaging => {
            let integration_id = table.required("integration_id", "it is the id of the open messaging integration");
            let guest = read_guest(&mut table);
            integration_id.zip(guest).map(|(integration_id, guest)| RawAddress::OpenMessaging { integration_id, guest })
        }
        Channel::WebMessaging => {
            let deployment_id = table.required("deployment_id", "it is the id of the web deployment");
            let why = "it is the site that the deployment allows, like \"https://shop.example\"";
            let origin = table.required("origin", why);
            let guest_token = RawSecret::read(&mut table, "guest_token");
            deployment_id.zip(origin).map(|(deployment_id, origin)| RawAddress::WebMessaging {
                deployment_id,
                origin,
                guest_token,
            })
        }
    };
    table.finish();
    Some(RawConversation { name: name?, address: address?, attributes })
}

fn read_guest(table: &mut Table<'_>) -> Option<RawGuest> {
    if !table.has("guest") {
        table.required("guest", "say who speaks, like { id = \"guest-42\", id_type = \"Opaque\" }");
        return None;
    }
    let mut guest = table.table("guest")?;
    let id = guest.required("id", "it is the id under which the guest is known");
    let id_type = guest.word("id_type", &[("Opaque", "Opaque"), ("Email", "Email"), ("Phone", "Phone")]);
    let nickname = guest.text("nickname");
    guest.finish();
    Some(RawGuest { id: id?, id_type, nickname })
}
