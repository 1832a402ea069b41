//! `getJwt`, and `GET /api/v2/webmessaging/messages`: what a session said and heard, newest first.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::request::{Request, Trouble, failed};
use super::{Web, frames};
use crate::model::Moment;
use crate::sandbox::world::outgoing::ConnectionId;
use crate::sandbox::world::{ServiceRefusal, World};

/// How long a JWT lives. [MTSDK: a quarter of an hour]
const JWT_LIVES: Duration = Duration::from_secs(900);
/// The largest page.
const PAGE_MAX: usize = 100;

#[derive(Clone, Copy, Debug)]
pub(crate) struct WebHistoryPage {
    pub(crate) size: usize,
    pub(crate) number: usize,
}

impl Web {
    fn signed(&self, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(claims));
        let signature = ring::hmac::sign(&self.key, head.as_bytes());
        format!("{head}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    /// The session of a JWT of ours.
    fn verified(&self, jwt: &str, now: Moment) -> Result<String, ServiceRefusal> {
        let (head, signature) = jwt.rsplit_once('.').ok_or(ServiceRefusal::TokenUnknown)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| ServiceRefusal::TokenUnknown)?;
        ring::hmac::verify(&self.key, head.as_bytes(), &signature).map_err(|_| ServiceRefusal::TokenUnknown)?;
        let claims = head.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let claims: Value = claims.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        if claims.get("exp").and_then(Value::as_i64).is_none_or(|exp| exp <= now.wall.as_second()) {
            return Err(ServiceRefusal::TokenExpired);
        }
        claims.get("sub").and_then(Value::as_str).map(str::to_owned).ok_or(ServiceRefusal::TokenUnknown)
    }
}

impl World {
    pub(super) fn give_jwt(&mut self, from: ConnectionId, request: &Request, now: Moment) -> Result<(), Trouble> {
        let session = self.web.sessions.get(request.token.as_str()).ok_or_else(failed)?;
        let exp = now.after(JWT_LIVES).wall.as_second();
        let claims = json!({"iss": "guestwire sandbox", "sub": session.id, "iat": now.wall.as_second(), "exp": exp});
        let body = json!({"jwt": self.web.signed(&claims), "exp": exp});
        self.answer(from, "JwtResponse", body, request, now);
        Ok(())
    }

    /// A page of a session's messages. `jwt` is the bearer.
    pub(crate) fn history(
        &mut self,
        jwt: Option<&str>,
        page: WebHistoryPage,
        now: Moment,
    ) -> Result<Value, ServiceRefusal> {
        let id = self.web.verified(jwt.ok_or(ServiceRefusal::NoToken)?, now)?;
        let limit = self.web.limits.histories_per_minute;
        let session =
            self.web.sessions.values_mut().find(|session| session.id == id).ok_or(ServiceRefusal::TokenUnknown)?;
        let gauge = session.histories.count(limit, now);
        if gauge.exceeded {
            let key = "get.history.rate.per.minute";
            return Err(ServiceRefusal::WebLimit { retry_after: gauge.reset, key, allowed: limit });
        }
        if page.number == 0 || !(1..=PAGE_MAX).contains(&page.size) {
            let value = format!("{}", page.size);
            return Err(ServiceRefusal::Value {
                value,
                field: "pageSize",
                allowed: "1 to 100, with pageNumber from 1",
            });
        }
        let conversations = session.conversations.iter().rev().filter_map(|n| self.conversations.get(*n));
        let all = conversations.flat_map(|c| c.thread.iter().rev().map(move |said| (c, said)));
        let total = all.clone().count();
        let entities: Vec<Value> = all
            .skip(page.size.saturating_mul(page.number - 1))
            .take(page.size)
            .map(|(c, said)| frames::structured(c, said, true))
            .collect();
        Ok(json!({"entities": entities, "pageSize": page.size, "pageNumber": page.number, "total": total,
            "pageCount": total.div_ceil(page.size)}))
    }
}
