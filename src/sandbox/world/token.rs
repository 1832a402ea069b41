//! Tokens: giving out, checking, withdrawing.
//!
//! ```text
//! issue ─► valid ─┬─► expired   (its time is over, the clock was advanced, or a fault)
//!                 └─► revoked   (DELETE tokens/me, or a fault)
//! ```

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use super::refusal::{Served, ServiceRefusal};
use super::tally::{Gauge, Window};
use crate::genesys::guest_api::SCOPE;
use crate::model::Moment;
use crate::model::fault::FaultKind;
use crate::sandbox::fault::Faults;
use crate::sandbox::rng::Rng;
use crate::sandbox::scenario::{Scenario, ScenarioRules};

/// Scopes that exist. Another one in a request is an error; one of these that the client may not have is left out
/// silently. [a choice of the published ones]
const SCOPES: &str = "admin analytics analytics:readonly audits:readonly authorization authorization:readonly \
    conversations conversations:readonly messaging messaging:readonly notifications oauth oauth:readonly \
    organization:readonly routing routing:readonly users users:readonly web-deployments:readonly";

/// The scopes of the Guest API's description. They exist too, and are granted only where they are asked for.
const GUEST_SCOPES: [&str; 3] = [SCOPE, "messaging:guest", "messaging:send"];

/// Tokens remembered after their end, so that "expired" and "revoked" can be told from "unknown".
const REMEMBERED: usize = 4096;

/// What a token request says. No `Debug`: it holds a secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct GrantRequest {
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<String>,
    pub(crate) basic: bool,
    pub(crate) grant_type: Option<String>,
    pub(crate) scope: Option<String>,
}

impl GrantRequest {
    pub(crate) fn of(authorization: Option<&str>, form: &[u8]) -> Self {
        let mut form: HashMap<_, _> = url::form_urlencoded::parse(form).into_owned().collect();
        let mut asked = Self {
            client_id: form.remove("client_id"),
            client_secret: form.remove("client_secret"),
            basic: false,
            grant_type: form.remove("grant_type"),
            scope: form.remove("scope"),
        };
        let header = authorization.and_then(|value| value.split_once(' '));
        if let Some((_, encoded)) = header.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic")) {
            let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let pair = decoded.as_deref().and_then(|pair| pair.split_once(':'));
            asked.basic = true;
            (asked.client_id, asked.client_secret) =
                pair.map(|(id, secret)| (id.to_owned(), secret.to_owned())).unzip();
        }
        asked
    }
}

/// Why no token is given: the answer's status, its `error`, and its `description` and `error_description`.
pub(crate) type TokenRefusal = (u16, &'static str, &'static str);

pub(crate) fn has_any(granted: &[String], scopes: &[&str]) -> bool {
    granted.iter().any(|granted| scopes.contains(&granted.as_str()))
}

pub(super) struct Token {
    scopes: Arc<[String]>,
    expires: Moment,
    revoked: bool,
    window: Window,
}

impl Token {
    fn is_valid(&self, now: Moment) -> bool {
        !self.revoked && self.expires > now
    }
}

pub(crate) struct IssuedTokens {
    dice: Rng,
    allowed: u32,
    pub(super) known: HashMap<String, Token>,
    pub(crate) issued: u64,
    pub(crate) revoked: u64,
    /// The window of requests without a known token: counted for the headers, never enforced.
    unknown_tokens: Window,
}

impl IssuedTokens {
    pub(crate) fn new(seed: u64, allowed: u32, now: Moment) -> Self {
        let dice = Rng::new(seed, "tokens");
        Self { dice, allowed, known: HashMap::new(), issued: 0, revoked: 0, unknown_tokens: Window::new(now) }
    }

    pub(crate) fn issue(&mut self, scopes: Arc<[String]>, lifetime: Duration, now: Moment) -> String {
        if self.known.len() >= REMEMBERED {
            self.known.retain(|_, token| token.is_valid(now));
        }
        let text = self.dice.opaque(86);
        let token = Token { scopes, expires: now.after(lifetime), revoked: false, window: Window::new(now) };
        self.known.insert(text.clone(), token);
        self.issued += 1;
        text
    }

    /// Who asks: counts the request in its window, and gives the scopes of a valid token.
    pub(crate) fn admit(&mut self, bearer: Option<&str>, now: Moment) -> (Gauge, Served<Arc<[String]>>) {
        let allowed = self.allowed;
        let Some(token) = bearer.and_then(|text| self.known.get_mut(text)) else {
            let gauge = Gauge { exceeded: false, ..self.unknown_tokens.count(allowed, now) };
            return (gauge, Err(bearer.map_or(ServiceRefusal::NO_TOKEN, |_| ServiceRefusal::TOKEN_UNKNOWN)));
        };
        let gauge = token.window.count(allowed, now);
        let admitted = if token.revoked {
            Err(ServiceRefusal::TOKEN_REVOKED)
        } else if token.expires <= now {
            Err(ServiceRefusal::TOKEN_EXPIRED)
        } else if gauge.exceeded {
            Err(ServiceRefusal::token_limited(gauge.reset, allowed))
        } else {
            Ok(token.scopes.clone())
        };
        (gauge, admitted)
    }

    pub(crate) fn revoke(&mut self, meant: impl Fn(&str) -> bool, now: Moment) {
        for (_, token) in self.known.iter_mut().filter(|(text, token)| token.is_valid(now) && meant(text)) {
            token.revoked = true;
            self.revoked += 1;
        }
    }

    pub(crate) fn expire_all(&mut self, now: Moment) {
        for token in self.known.values_mut() {
            token.expires = Moment { mono: token.expires.mono.min(now.mono), wall: token.expires.wall.min(now.wall) };
        }
    }

    pub(crate) fn valid(&self, now: Moment) -> usize {
        self.known.values().filter(|token| token.is_valid(now)).count()
    }
}

pub(crate) fn granted(scenario: &Scenario, faults: &Faults, asked: &GrantRequest) -> Result<Vec<String>, TokenRefusal> {
    let client = &scenario.client;
    // 401 where the header failed, 400 where the form did. [OAuth 2.0, section 5.2; Genesys' own status is not established]
    let status = if asked.basic { 401 } else { 400 };
    match asked.grant_type.as_deref() {
        None => return Err((400, "invalid_request", "grant_type is missing")),
        Some("client_credentials") => {}
        Some(_) => return Err((400, "unsupported_grant_type", "grant type is not supported for this client")),
    }
    // [3p: both descriptions as measured by other clients]
    if asked.client_id != client.id {
        return Err((status, "invalid_client", "client not found"));
    }
    let secret = client.secret.as_ref().map(SecretString::expose_secret);
    if asked.client_secret.as_deref() != secret || faults.has(&FaultKind::ClientRejected) {
        return Err((status, "invalid_client", "authentication failed"));
    }
    if faults.has(&FaultKind::ClientDisabled) {
        return Err((status, "unauthorized_client", "client is disabled"));
    }
    if scenario.world == ScenarioRules::Published {
        // "Scopes only apply to clients not using the client_credential grant" [real: documented, PY]
        return Ok(Vec::new());
    }
    let guest_off = !client.guest_api || faults.has(&FaultKind::FeatureOff);
    let may_have = |scope: &str| {
        client.scopes.iter().any(|s| s == scope)
            && !(guest_off && scope == SCOPE)
            && !faults.has(&FaultKind::ScopeStripped { scope: scope.to_owned() })
    };
    let instead =
        |kind: &FaultKind| if let FaultKind::ScopeWrong { scope } = kind { Some(scope.clone()) } else { None };
    if let Some(instead) = faults.find(instead) {
        return Ok(vec![instead]);
    }
    let Some(scope) = asked.scope.as_deref().map(str::trim).filter(|scope| !scope.is_empty()) else {
        // Nothing asked for: the client's general scopes. Those that speak for guests have to be asked for.
        let general = |scope: &&String| may_have(scope) && !GUEST_SCOPES.contains(&scope.as_str());
        return Ok(client.scopes.iter().filter(general).cloned().collect());
    };
    let wanted: Vec<&str> = scope.split_whitespace().collect();
    if wanted.iter().any(|scope| !SCOPES.split(' ').any(|known| known == *scope) && !GUEST_SCOPES.contains(scope)) {
        return Err((400, "invalid_scope", "the requested scope is unknown"));
    }
    Ok(wanted.into_iter().filter(|&scope| may_have(scope)).map(str::to_owned).collect())
}
