//! How others find the sandbox: the built-in profile, and the line that `guestwire sandbox` prints.

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::world::{GuestAccess, GuestOf, SimulatedConversation, World, WorldEntry};
use crate::config::{
    ClientAuth, ConversationEntry, Credentials, GuestApi, Hosts, OAuthClient, Profile, Region, SecretSource, TokenHost,
};
use crate::genesys::guest_api::SCOPE;
use crate::model::{self, Address, ConversationKey, OpenGuest};

/// Where an entry's messages go, and the guest token that it has already.
fn address(world: &World, entry: &WorldEntry) -> Option<(Address, Option<SecretSource>)> {
    let token = |text: &str| SecretSource::Literal(SecretString::from(text.to_owned()));
    Some(match &entry.way {
        GuestOf::GuestApi(n) => {
            let c = world.conversations.get(*n)?;
            let address = Address::GuestApi {
                conversation_id: c.id.clone(),
                participant_id: c.configured.participant_id.clone(),
                external_id: c.configured.external_id.clone(),
            };
            (address, None)
        }
        GuestOf::Open { guest_id } => {
            let guest =
                OpenGuest { id: guest_id.clone(), id_type: "Opaque".to_owned(), nickname: Some(entry.guest.clone()) };
            (Address::OpenMessaging { integration_id: world.integration_id.clone(), guest }, None)
        }
        GuestOf::Web { origin, token: own } => {
            let (deployment_id, origin) = (world.deployment_id.clone(), origin.clone());
            (Address::WebMessaging { deployment_id, origin }, own.as_deref().map(token))
        }
    })
}

/// The built-in profile.
pub(super) fn profile(world: &World, url: &str, addr: SocketAddr) -> Profile {
    let entry = |(key, entry): (u32, &WorldEntry)| {
        let (address, guest_token) = address(world, entry)?;
        Some(ConversationEntry {
            conversation: model::Conversation { key: ConversationKey(key), name: entry.name.clone(), address },
            guest_token,
            attributes: std::collections::BTreeMap::new(),
        })
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
            id: world.scenario.client.id.clone().unwrap_or_default(),
            secret: SecretSource::Literal(SecretString::from(world.scenario.client.secret.clone().unwrap_or_default())),
            token_host: TokenHost::Login,
            client_auth: ClientAuth::Basic,
            scopes: vec![SCOPE.to_owned(), "conversations".to_owned()],
        }),
        guest_api: GuestApi::default(),
        open_messaging: crate::config::OpenMessaging::default(),
        conversations: (0..).zip(&world.entries).filter_map(entry).collect(),
        redaction: crate::config::Redaction::default(),
        proxy: None,
        ca_files: Vec::new(),
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(30),
        parallel: 8,
    }
}

/// The announcement. The participant ids in it are the guests' own, whatever the profile's entries say.
pub(super) fn line(world: &World, url: &str, addr: SocketAddr) -> Value {
    let conversation = |c: &SimulatedConversation| {
        json!({
            "id": c.id,
            "participant_id": c.guest().map(|guest| guest.id.as_str()),
            "external_id": c.external_id,
            "name": c.name,
            "ended": c.ended.is_some(),
        })
    };
    let by_id = world.conversations.iter().filter(|c| c.via == GuestAccess::GuestApi);
    let guest = |entry: &WorldEntry| {
        let GuestOf::Open { guest_id } = &entry.way else { return None };
        Some(json!({"name": entry.name, "integration_id": world.integration_id,
            "guest": {"id": guest_id, "id_type": "Opaque", "nickname": entry.guest}}))
    };
    let session = |entry: &WorldEntry| {
        let GuestOf::Web { origin, token } = &entry.way else { return None };
        Some(json!({"name": entry.name, "deployment_id": world.deployment_id, "origin": origin,
            "guest_token": token.as_deref()}))
    };
    let deployment = &world.web.deployment;
    json!({
        "url": url,
        "ws": format!("ws://{addr}/v1"),
        "client_id": world.scenario.client.id,
        "client_secret": world.scenario.client.secret,
        "conversations": by_id.map(conversation).collect::<Vec<_>>(),
        "integration_id": world.integration_id,
        "deployment_id": world.deployment_id,
        "origin": deployment.origins.first().map_or("https://shop.example", String::as_str),
        "web_deployments": [{"id": world.deployment_id, "name": deployment.name, "origins": deployment.origins}],
        "open_messaging": world.entries.iter().filter_map(guest).collect::<Vec<_>>(),
        "web_messaging": world.entries.iter().filter_map(session).collect::<Vec<_>>(),
    })
}
