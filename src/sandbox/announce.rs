//! How others find the sandbox: the built-in profile, and the line that `guestwire sandbox` prints.

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::world::{Conversation, World};
use crate::config::{
    ClientAuth, ConversationEntry, Credentials, GuestApi, Hosts, OAuthClient, Profile, Region, SecretSource, TokenHost,
};
use crate::model::{self, Address, ConversationKey};

fn guest_api_address(c: &Conversation) -> Address {
    Address::GuestApi {
        conversation_id: c.id.clone(),
        participant_id: c.configured.clone(),
        external_id: c.external_id.clone().filter(|_| c.by_external_id),
    }
}

/// The built-in profile.
pub(super) fn profile(world: &World, url: &str, addr: SocketAddr) -> Profile {
    let entry = |(key, c): (u32, &Conversation)| ConversationEntry {
        conversation: model::Conversation {
            key: ConversationKey(key),
            name: c.name.clone(),
            address: guest_api_address(c),
        },
        guest_token: None,
        attributes: std::collections::BTreeMap::new(),
    };
    Profile {
        name: "sandbox".to_owned(),
        region: Region { domain: "sandbox".to_owned(), aws: None },
        production: false,
        sandbox: true,
        hosts: Hosts {
            login: url.to_owned(),
            api: url.to_owned(),
            webmessaging: format!("ws://{addr}"),
            cdn: url.to_owned(),
        },
        credentials: Credentials::Client(OAuthClient {
            id: world.client.id.clone(),
            secret: SecretSource::Literal(SecretString::from(world.client.secret.clone())),
            token_host: TokenHost::Login,
            client_auth: ClientAuth::Basic,
            scopes: vec!["guest:messages:send".to_owned(), "conversations".to_owned()],
        }),
        guest_api: GuestApi {
            path: "/api/v2/conversations/messaging/{conversationId}/messages".to_owned(),
            required_scopes: vec!["guest:messages:send".to_owned()],
        },
        conversations: (0..).zip(&world.conversations).map(entry).collect(),
        redact: Vec::new(),
        ca_files: Vec::new(),
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(30),
        parallel: 8,
    }
}

/// The announcement. The participant ids in it are the guests' own, whatever the profile's entries say.
pub(super) fn line(world: &World, url: &str, addr: SocketAddr) -> Value {
    let conversation = |c: &Conversation| {
        json!({
            "id": c.id,
            "participant_id": c.guest().map(|guest| guest.id.as_str()),
            "external_id": c.external_id,
            "name": c.name,
            "ended": c.ended.is_some(),
        })
    };
    json!({
        "url": url,
        "ws": format!("ws://{addr}/v1"),
        "client_id": world.client.id,
        "client_secret": world.client.secret,
        "conversations": world.conversations.iter().map(conversation).collect::<Vec<_>>(),
        "integration_id": world.integration_id,
        "deployment_id": world.deployment_id,
        "origin": "https://shop.example",
    })
}
