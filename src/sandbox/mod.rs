//! A simulator of Genesys Cloud on a loopback port, in the same process: first runs, demos, tests and benches use it
//! through the client that ships.
//!
//! ```text
//! Scenario ─► start ─► Sandbox ─┬─ world   state and rules, pure
//!                               ├─ fault   what is made to go wrong
//!                               ├─ http    routes, shapes, headers, resets, the guest WebSocket; the control API
//!                               ├─ pulse   a timer: runs what the world has scheduled, when it is due
//!                               └─ webhook replies of the open channel are pushed to it
//! ```
//! Whatever names another machine in its `Host` is refused, so that no web page reaches it under a name that leads here
//! (DNS rebinding). It serves what the three channels and their reading side need, counts what it received, and is
//! deterministic: one seed gives one set of ids, and its clock can be advanced.

mod fault;
mod http;
mod loopback;
mod rng;
mod scenario;
mod shared;
#[cfg(test)]
#[path = "../../tests/unit/sandbox/mod.rs"]
mod tests;
mod world;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::handler::Handler as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

pub use scenario::Scenario;

use crate::clock::Clock;
use crate::config::{
    ClientAuth, ConversationEntry, Credentials, GuestApi, Hosts, OAuthClient, OpenMessaging, Profile, Redaction,
    SecretSource, TokenHost,
};
use crate::genesys::guest_api::SCOPE;
use crate::model::{self, Address, Channel, ConversationKey, Fault, OpenGuest};
use scenario::ScenarioConversation;
use shared::{STOP_WAITS, Shared};
use world::{GuestAccess, SimulatedConversation, World};

/// A running sandbox. Dropping it stops it too, without waiting for answers that are on their way.
pub struct Sandbox {
    inner: Arc<Shared>,
    addr: SocketAddr,
    url: String,
    server: JoinHandle<()>,
}

/// Binds the port of 127.0.0.1 (0: any that is free) at once, then serves on the current tokio runtime. The error is the
/// system's: most often that the port is taken. Outside a tokio runtime it is an error too.
pub fn start(port: u16, scenario: Scenario, clock: Clock) -> io::Result<Sandbox> {
    let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
    let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
    listener.set_nonblocking(true)?;
    let addr = listener.local_addr()?;
    let door = http::LoopbackListener(tokio::net::TcpListener::from_std(listener)?);
    let mut world = World::new(scenario, clock.now());
    world.web.base = format!("http://{addr}");
    let (pushes, pushed) = mpsc::unbounded_channel();
    let inner = Arc::new(Shared {
        clock,
        world: Mutex::new(world),
        stopping: watch::Sender::new(false),
        sockets: Mutex::default(),
        pushes,
        sooner: Notify::new(),
    });
    let (pulse, webhook, stop) = (inner.clone(), inner.clone(), inner.clone());
    runtime.spawn(async move { pulse.pulse().await });
    runtime.spawn(async move { webhook.push_to_webhook(pushed).await });
    let service = http::serve.with_state(inner.clone()).into_make_service_with_connect_info::<http::HttpPeer>();
    let server = runtime.spawn(async move {
        let stopped = async move { stop.stopped().await };
        // It only ends by being stopped.
        let _ = axum::serve(door, service).with_graceful_shutdown(stopped).await;
    });
    Ok(Sandbox { inner, addr, url: format!("http://{addr}"), server })
}

impl Sandbox {
    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The built-in profile `sandbox`, for this port.
    pub fn profile(&self) -> Profile {
        self.inner.with_world(|world| profile(world, &self.url, self.addr))
    }

    /// What `guestwire sandbox` prints: base URLs, credentials, conversations.
    pub fn announcement(&self) -> Value {
        self.inner.with_world(|world| announcement(world, &self.url, self.addr))
    }

    /// Everything received so far, and all settings: the body of `GET /_sandbox/state`.
    pub fn state(&self) -> Value {
        self.inner.with_world(World::state)
    }

    /// The faults that wait for a request, or hold, in words: `rate-limited (once)`. Faults that were used up, and faults
    /// that acted at once, are left out.
    pub fn faults_left(&self) -> Vec<Fault> {
        self.inner.with_world(|world| world.armed.left().cloned().collect())
    }

    /// Sets a fault given as JSON, as `POST /_sandbox/faults` does. The error is a sentence.
    pub fn set_fault(&self, json: &str) -> Result<(), String> {
        let json = serde_json::from_str(json).map_err(|e| format!("the fault is not JSON: {e}"))?;
        self.inner.set_fault(&json)
    }

    /// Lifts all faults. Conversations that one ended go on; expired and revoked tokens stay so.
    pub fn clear_faults(&self) {
        self.inner.with_world(World::clear_faults);
    }

    /// Puts the clock forward: tokens expire, windows pass, answers that were due later are there.
    pub fn advance(&self, seconds: u64) {
        self.inner.advance(seconds);
    }

    /// Stops: no new connections, idle ones close, answers on their way go out (within half a second).
    pub async fn stop(mut self) {
        self.inner.stopping.send_replace(true);
        let _ = tokio::time::timeout(STOP_WAITS, &mut self.server).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.inner.stopping.send_replace(true);
        self.server.abort();
    }
}

/// Where an entry's messages go, and the guest token that it has already.
fn address(world: &World, entry: &ScenarioConversation) -> Option<(Address, Option<SecretSource>)> {
    let token = |text: &Arc<str>| SecretSource::Literal(SecretString::from(&**text));
    Some(match entry.channel {
        Channel::GuestApi => {
            let c = world.conversations.iter().find(|c| c.name == entry.name)?;
            let (participant_id, external_id) = c.configured.clone();
            (Address::GuestApi { conversation_id: c.id.clone(), participant_id, external_id }, None)
        }
        Channel::OpenMessaging => {
            let (id, id_type) = (entry.guest_id.clone()?, "Opaque".to_owned());
            let guest = OpenGuest { id, id_type, nickname: Some(entry.guest.clone()) };
            (Address::OpenMessaging { integration_id: world.integration_id.clone(), guest }, None)
        }
        Channel::WebMessaging => {
            let (deployment_id, origin) = (world.deployment_id.clone(), entry.origin.clone()?);
            (Address::WebMessaging { deployment_id, origin }, entry.guest_token.as_ref().map(token))
        }
    })
}

fn profile(world: &World, url: &str, addr: SocketAddr) -> Profile {
    let client = &world.scenario.client;
    let entry = |(key, entry): (u32, &ScenarioConversation)| {
        let (address, guest_token) = address(world, entry)?;
        let conversation = model::Conversation { key: ConversationKey(key), name: entry.name.clone(), address };
        Some(ConversationEntry { conversation, guest_token, attributes: BTreeMap::new() })
    };
    let host = || url.to_owned();
    Profile {
        name: "sandbox".to_owned(),
        region: "sandbox".to_owned(),
        production: false,
        sandbox: true,
        hosts: Hosts { login: host(), api: host(), webmessaging: format!("ws://{addr}"), cdn: host() },
        credentials: Credentials::Client(OAuthClient {
            id: client.id.clone().unwrap_or_default(),
            secret: SecretSource::Literal(client.secret.clone().unwrap_or_default()),
            token_host: TokenHost::Login,
            client_auth: ClientAuth::Basic,
            scopes: vec![SCOPE.to_owned(), "conversations".to_owned()],
        }),
        guest_api: GuestApi::default(),
        open_messaging: OpenMessaging::default(),
        conversations: (0..).zip(&world.scenario.conversations).filter_map(entry).collect(),
        redaction: Redaction::default(),
        proxy: None,
        ca_files: Vec::new(),
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(30),
        parallel: 8,
    }
}

/// What `guestwire sandbox` prints. The participant ids in it are the guests' own, whatever the profile's entries say.
fn announcement(world: &World, url: &str, addr: SocketAddr) -> Value {
    let conversation = |c: &SimulatedConversation| {
        json!({
            "id": c.id,
            "participant_id": c.guest().id,
            "external_id": c.external_id,
            "name": c.name,
            "ended": c.ended.is_some(),
        })
    };
    let by_id = world.conversations.iter().filter(|c| c.via == GuestAccess::GuestApi);
    let waiting = |channel| world.scenario.conversations.iter().filter(move |entry| entry.channel == channel);
    let guest = |entry: &ScenarioConversation| {
        json!({"name": entry.name, "integration_id": world.integration_id,
            "guest": {"id": entry.guest_id, "id_type": "Opaque", "nickname": entry.guest}})
    };
    let session = |entry: &ScenarioConversation| {
        json!({"name": entry.name, "deployment_id": world.deployment_id, "origin": entry.origin,
            "guest_token": entry.guest_token.as_deref()})
    };
    let deployment = &world.scenario.deployment;
    json!({
        "url": url,
        "ws": format!("ws://{addr}/v1"),
        "client_id": world.scenario.client.id,
        "client_secret": world.scenario.client.secret.as_ref().map(SecretString::expose_secret),
        "conversations": by_id.map(conversation).collect::<Vec<_>>(),
        "integration_id": world.integration_id,
        "deployment_id": world.deployment_id,
        "origin": deployment.first_origin(),
        "web_deployments": [{"id": world.deployment_id, "name": deployment.name, "origins": deployment.origins}],
        "open_messaging": waiting(Channel::OpenMessaging).map(guest).collect::<Vec<_>>(),
        "web_messaging": waiting(Channel::WebMessaging).map(session).collect::<Vec<_>>(),
    })
}
