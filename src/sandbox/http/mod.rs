//! HTTP in front of the world: which request is which, its answer, and how faults spoil it.
//!
//! ```text
//! request ─► route ─► [lock: arrive → faults, world → answer, ids, counts] ─► latency ─► spoil ─► wire
//! ```
//! The world is asked once, without waiting, under one lock; what takes time happens after it.

mod answer;
mod connection;
mod control;
mod details_query;
mod route;
mod shapes;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use futures_util::StreamExt as _;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN, UPGRADE};
use http::request::Parts;
use http::{HeaderName, Response};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use answer::HttpAnswer;
pub(super) use connection::{HttpPeer, LoopbackListener};
use route::{Route, SimulatedEndpoint as To};

use super::fault::{Faults, is_carried_out};
use super::loopback::is_here;
use super::scenario::ScenarioRules;
use super::shared::Shared;
use super::world::open::OpenRequest;
use super::world::web::{ConnectionId, UPLOAD_MAX_BYTES};
use super::world::{
    BODY_MAX_BYTES, FaultSubject, GrantRequest, RequestedPage, Served, ServiceRefusal, TokenRefusal, World, json_of,
};
use crate::model::Moment;
use crate::model::fault::{FaultKind, FaultTarget, RetryForm};
use crate::text::json::dense;

pub(super) async fn serve(
    State(inner): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<HttpPeer>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    if let Some(host) = foreign_host(&parts) {
        let why = format!("the sandbox answers only under a name of this machine, not {host:?}");
        return control::refused(403, why).into_response();
    }
    let most = if parts.uri.path().starts_with("/attachments/") { UPLOAD_MAX_BYTES } else { BODY_MAX_BYTES };
    let Some(body) = read(body, most).await else {
        // The rest of the request will never come: it did not arrive, and there is nobody to answer.
        peer.reset();
        return HttpAnswer::empty(400).into_response();
    };
    if parts.uri.path().starts_with(control::ROOT) {
        return control::answer(&inner, &parts, &body).into_response();
    }
    let (mut answer, faults, wait, connection) = inner.with_world(|world| decide(world, &parts, &body));
    inner.pause(wait).await;
    if let Some(connection) = connection {
        if faults.spoil().is_none() {
            return connection::open_socket(inner, connection, parts, peer).await;
        }
        inner.with_world(|world| world.hung_up(connection));
    }
    match faults.spoil() {
        Some(FaultKind::ResetBefore | FaultKind::ResetAfter) => peer.reset(),
        Some(FaultKind::ResetDuring) => return answer.into_cut_response(Some(peer)),
        Some(FaultKind::TruncatedBody) => return answer.into_cut_response(None),
        Some(FaultKind::StaleConnection) => peer.go_stale(),
        Some(FaultKind::MalformedBody) => answer.malform(),
        // The body is JSON and is called something else.
        Some(FaultKind::WrongContentType) => answer.set(CONTENT_TYPE, "text/plain; charset=utf-8"),
        // Made already, or of frames.
        _ => {}
    }
    let late = |kind: &FaultKind| match kind {
        FaultKind::SlowBody { delay_ms } if *delay_ms > 0 => Some(*delay_ms),
        _ => None,
    };
    match faults.find(late) {
        None => answer.into_response(),
        Some(late) => answer.into_halves(async move {
            inner.pause(Duration::from_millis(late)).await;
            Ok(())
        }),
    }
}

/// The host that a request is for, where that is another machine: a page reaches this one under a name of its own.
fn foreign_host(parts: &Parts) -> Option<&str> {
    let named = parts.headers.get_all(HOST).iter().map(|host| host.to_str().unwrap_or("?"));
    named.chain(parts.uri.authority().map(http::uri::Authority::as_str)).find(|host| !is_here(host))
}

/// The body; `None` where the connection ended before it was whole. What is over the limit is read and dropped, so that
/// a client that is still writing gets its refusal.
async fn read(body: Body, most: usize) -> Option<Vec<u8>> {
    let mut pieces = body.into_data_stream();
    let mut kept = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.ok()?;
        if kept.len() <= most {
            kept.extend_from_slice(&piece);
        }
    }
    Some(kept)
}

/// The answer and its faults, the time before its headers, and the socket that is opened in place of an answer.
fn decide(world: &mut World, parts: &Parts, body: &[u8]) -> (HttpAnswer, Faults, Duration, Option<ConnectionId>) {
    let route = Route::of(&parts.method, parts.uri.path());
    world.tally.arrived(route.name);
    let guest = matches!(route.endpoint, To::Open(_)).then(|| guest(body)).flatten();
    let origin = parts.headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let target = match route.endpoint {
        To::Send | To::Open(_) => FaultTarget::Send,
        To::Socket => FaultTarget::Upgrade,
        To::Token => FaultTarget::Token,
        _ => FaultTarget::Read,
    };
    let named = route.name.split('{').nth(1).is_some_and(|id| id.starts_with("conversationId"));
    let whom = match (route.endpoint, named.then_some(route.ids[0]), guest.as_deref()) {
        (To::Socket, ..) => origin.map_or(FaultSubject::Nobody, FaultSubject::Origin),
        (_, Some(id), _) => FaultSubject::Conversation(id),
        (_, None, Some(id)) => FaultSubject::Guest(id),
        (_, None, None) => FaultSubject::Nobody,
    };
    // Everything that was due before it takes place first.
    world.run_due();
    let faults = world.meet(target, whom);
    let (request_id, correlation_id) = &world.request_ids();
    let mut context =
        RequestContext { route, parts, body, faults: &faults, request_id, correlation_id, connection: None };
    let mut answer = match faults.spoil() {
        Some(spoil) if !is_carried_out(spoil) => context.spoilt(world, spoil),
        Some(spoil @ FaultKind::ServiceFailure { .. }) => {
            let _ = context.honest(world);
            context.spoilt(world, spoil)
        }
        _ => context.honest(world),
    };
    if !matches!(faults.spoil(), Some(FaultKind::ProxyAnswered { .. })) {
        answer.stamp(request_id, correlation_id, context.server_time(world.now));
    }
    let reset = matches!(faults.spoil(), Some(FaultKind::ResetBefore | FaultKind::ResetAfter));
    world.tally.answered((!reset).then(|| answer.status()));
    let wait = world.latency() + faults.headers_late();
    let connection = context.connection;
    (answer, faults, wait, connection)
}

/// The guest of a body, for faults that are meant for one guest only.
fn guest(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let party = |name| body.pointer(name).and_then(Value::as_str);
    party("/channel/from/id").or_else(|| party("/channel/to/id")).map(str::to_owned)
}

struct RequestContext<'r> {
    route: Route<'r>,
    parts: &'r Parts,
    body: &'r [u8],
    faults: &'r Faults,
    request_id: &'r str,
    correlation_id: &'r str,
    connection: Option<ConnectionId>,
}

impl RequestContext<'_> {
    fn header(&self, name: HeaderName) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header(AUTHORIZATION)?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }

    fn server_time(&self, now: Moment) -> Timestamp {
        let skew = |kind: &FaultKind| if let FaultKind::ClockSkew { seconds } = kind { Some(*seconds) } else { None };
        let skew = SignedDuration::from_secs(self.faults.find(skew).unwrap_or(0));
        now.wall.saturating_add(skew).unwrap_or(now.wall)
    }

    fn spoilt(&self, world: &mut World, spoil: &FaultKind) -> HttpAnswer {
        let mut answer = match spoil {
            FaultKind::ProxyAnswered { status } => return HttpAnswer::proxy(*status),
            FaultKind::RateLimited { retry_after, form } => {
                let (gauge, _) = world.tokens.admit(self.bearer(), world.now);
                let refusal = ServiceRefusal::token_limited(*retry_after, gauge.allowed);
                let mut answer = self.refused(world, &refusal, *form);
                answer.gauge(gauge);
                return answer;
            }
            FaultKind::ServiceFailure { status, retry_after, .. } => {
                HttpAnswer::failure(*status, *retry_after, self.correlation_id)
            }
            // Never written: see `HttpPeer::reset`.
            _ => return HttpAnswer::empty(500),
        };
        if !matches!(self.route.endpoint, To::Token | To::Socket) {
            answer.gauge(world.tokens.admit(self.bearer(), world.now).0);
        }
        answer
    }

    fn refused(&self, world: &mut World, refusal: &ServiceRefusal, form: RetryForm) -> HttpAnswer {
        world.tally.refused(refusal.reason);
        let sending = self.route.endpoint == To::Send;
        // The Guest API's description says nothing of the guest WebSocket's history.
        let published = self.route.endpoint == To::History;
        let rules = if published { ScenarioRules::Published } else { world.scenario.world };
        let (status, body) = refusal.answer(rules, sending, self.correlation_id);
        let mut answer = HttpAnswer::json(status, &body);
        if let Some(seconds) = refusal.retry_after {
            answer.retry_after(seconds, form, self.server_time(world.now));
        }
        if self.route.endpoint == To::OtherMethod {
            answer.set(ALLOW, &self.route.allowed);
        }
        answer
    }

    fn honest(&mut self, world: &mut World) -> HttpAnswer {
        let [id, _] = self.route.ids;
        match self.route.endpoint {
            To::Token => return self.token(world),
            To::Socket => return self.socket(world),
            To::DeploymentConfig => return shapes::deployment_file(world, self.faults, id, shapes::deployment_config),
            To::DeploymentDomains => {
                return shapes::deployment_file(world, self.faults, id, shapes::deployment_domains);
            }
            To::Upload => {
                let signed = [self.query("signature"), self.header(HeaderName::from_static("x-amz-tagging"))];
                return HttpAnswer::empty(world.put(id, signed, axum::body::Bytes::copy_from_slice(self.body)));
            }
            To::Download => {
                let file = world.get_file(id, self.query("signature").unwrap_or_default());
                return file.map_or_else(|| HttpAnswer::empty(404), |(bytes, mime)| HttpAnswer::new(200, &mime, bytes));
            }
            _ => {}
        }
        let (gauge, answered) = if self.route.endpoint == To::History {
            let page = self.page().and_then(|page| world.history(self.bearer(), page));
            (None, page.map(|page| HttpAnswer::json(200, &page)))
        } else {
            let (gauge, admitted) = world.tokens.admit(self.bearer(), world.now);
            let answered = match self.route.endpoint {
                To::Nowhere => Err(ServiceRefusal::NO_ROUTE),
                To::OtherMethod => Err(ServiceRefusal::METHOD),
                _ => admitted.and_then(|granted| self.allowed(world, &granted)),
            };
            (Some(gauge), answered)
        };
        let mut answer = answered.unwrap_or_else(|refusal| self.refused(world, &refusal, RetryForm::Seconds));
        if let Some(gauge) = gauge {
            answer.gauge(gauge);
        }
        answer
    }

    fn token(&self, world: &mut World) -> HttpAnswer {
        let content_type = self.header(CONTENT_TYPE).unwrap_or_default();
        if !content_type.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
            return oauth_error((400, "invalid_request", "the body must be application/x-www-form-urlencoded"));
        }
        let asked = GrantRequest::of(self.header(AUTHORIZATION), self.body);
        let (token, scopes) = match world.token(&asked, self.faults) {
            Ok(given) => given,
            Err(refusal) => return oauth_error(refusal),
        };
        let tell = world.scenario.token.tell_scope && world.scenario.world == ScenarioRules::Described;
        let body = json!({
            "access_token": token,
            "token_type": "bearer",
            "expires_in": world.scenario.token.lifetime_seconds,
            "scope": (tell && !scopes.is_empty()).then(|| scopes.join(" ")),
        });
        HttpAnswer::json(200, &dense(body))
    }

    fn allowed(&self, world: &mut World, granted: &[String]) -> Served<HttpAnswer> {
        let [id, message] = self.route.ids;
        // No permission is listed for this one: only the described world's scope is looked at.
        let free = self.route.endpoint == To::MessageConversation && world.scenario.world == ScenarioRules::Published;
        if let Some((scopes, permissions)) = self.route.needs().filter(|_| !free) {
            world.may_read(granted, self.faults, scopes, permissions)?;
        }
        let body = match self.route.endpoint {
            To::Introspect => shapes::token_info(world, granted),
            To::Revoke => {
                world.tokens.revoke(|token| Some(token) == self.bearer(), world.now);
                // [real: documented, a 200 without a body]
                return Ok(HttpAnswer::empty(200));
            }
            To::Send => {
                let (conversation, said) = world.send(granted, self.faults, id, || self.json(), self.request_id)?;
                shapes::normalized(conversation, said)
            }
            To::Conversation => shapes::conversation(world.conversation(id)?, false),
            To::MessageConversation => shapes::conversation(world.conversation(id)?, true),
            To::Disconnect => {
                let body: Value = self.json()?;
                let state = body.get("state").and_then(Value::as_str).ok_or(ServiceRefusal::BODY_MALFORMED)?;
                if !matches!(state, "disconnected" | "DISCONNECTED") {
                    return Err(ServiceRefusal::value(state, "state", "disconnected"));
                }
                shapes::conversation(world.disconnect(id)?, false)
            }
            To::Open(kind) => {
                let prefetch = self.query("prefetchConversationId") == Some("true");
                let integration = Some(id).filter(|id| !id.is_empty());
                let asked = OpenRequest { kind, integration, request_id: self.request_id, prefetch };
                world.open(asked, &self.json()?)?
            }
            To::Bulk => {
                let conversation = world.conversation(id)?;
                // Ids of other conversations are left out.
                let ids: HashSet<String> = self.json()?;
                let found = conversation.thread.iter().filter(|said| ids.contains(&said.id));
                let entities = found.map(|said| shapes::message_data(conversation, said, self.normalized_only()));
                json!({ "entities": entities.collect::<Vec<_>>() })
            }
            To::Details => {
                let (conversation, said) = world.message(id)?;
                shapes::message_data(conversation, said, self.normalized_only())
            }
            To::Integration => {
                world.check_integration(id)?;
                shapes::integration(world)
            }
            To::Message => {
                let conversation = world.conversation(id)?;
                let said = conversation.said(message).ok_or(ServiceRefusal::MESSAGE_UNKNOWN)?;
                shapes::message_data(conversation, said, self.normalized_only())
            }
            To::DetailsQuery => details_query::answer(&world.conversations, self.json()?)?,
            // Those that need no token of the API were answered before.
            _ => return Err(ServiceRefusal::NO_ROUTE),
        };
        Ok(HttpAnswer::json(200, &body))
    }

    fn normalized_only(&self) -> bool {
        self.query("useNormalizedMessage").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A parameter of the query. None that the sandbox knows has characters that need escapes.
    fn query(&self, name: &str) -> Option<&str> {
        let pairs = self.parts.uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
    }

    fn page(&self) -> Served<RequestedPage> {
        let number = |name, default| {
            let value = self.query(name);
            let read = |value: &str| value.parse().map_err(|_| ServiceRefusal::value(value, "page", "whole numbers"));
            value.map_or(Ok(default), read)
        };
        let usual = RequestedPage::default();
        let page_size = number("pageSize", usual.page_size)?;
        Ok(RequestedPage { page_size, page_number: number("pageNumber", usual.page_number)? })
    }

    /// `GET /v1`: a socket, or why not. What is denied looks the same whatever the reason. [MTSDK: 403 on upgrade]
    fn socket(&mut self, world: &mut World) -> HttpAnswer {
        if !self.header(UPGRADE).is_some_and(|to| to.eq_ignore_ascii_case("websocket")) {
            return HttpAnswer::json(426, &json!({"message": "Upgrade Required", "requestId": self.request_id}));
        }
        self.connection = world.upgrade(self.query("deploymentId"), self.header(ORIGIN), self.faults);
        if self.connection.is_some() {
            return HttpAnswer::empty(101);
        }
        let (connection, request) = (self.correlation_id, self.request_id);
        HttpAnswer::json(403, &json!({"message": "Forbidden", "connectionId": connection, "requestId": request}))
    }

    fn json<T: DeserializeOwned>(&self) -> Served<T> {
        json_of(self.body, self.header(CONTENT_TYPE))
    }
}

/// Not the ErrorBody shape: the token endpoint has its own. [3p: as measured by other clients]
fn oauth_error((status, error, description): TokenRefusal) -> HttpAnswer {
    HttpAnswer::json(status, &json!({"error": error, "description": description, "error_description": description}))
}
