//! Exchanges as HAR 1.2, one entry a try. Fields of our own begin with `_`, as the format allows.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::model::exchange::header;
use crate::model::{Attempt, Body, BodyForm, Diagnosis, Ending, Exchange, Header, Response, Timing, Variation};
use crate::text::json::{dense, with};

/// An exchange to be exported, and what the log says of it.
#[derive(Clone, Copy, Debug)]
pub struct HarEntry<'e> {
    /// Its number in the log.
    pub number: u64,
    /// What happened.
    pub exchange: &'e Exchange,
    /// A person marked it.
    pub marked: bool,
    /// What a person said about it.
    pub comment: Option<&'e str>,
    /// Why it was refused.
    pub diagnosis: Option<&'e Diagnosis>,
}

/// The exchanges as one HAR document. Exchanges without a try (nothing was written) have no entry.
pub fn har<'e>(entries: impl IntoIterator<Item = HarEntry<'e>>) -> Value {
    let entries: Vec<Value> = entries
        .into_iter()
        .flat_map(|item| item.exchange.attempts().map(move |attempt| entry(&item, attempt)).collect::<Vec<_>>())
        .collect();
    json!({
        "log": {
            "version": "1.2",
            "creator": { "name": "guestwire", "version": env!("CARGO_PKG_VERSION") },
            "comment": "Secrets were masked when the exchanges were captured.",
            "entries": entries,
        }
    })
}

fn entry(item: &HarEntry<'_>, attempt: &Attempt) -> Value {
    let timings = timings(&attempt.timing);
    let time: f64 = ["blocked", "dns", "connect", "send", "wait", "receive"]
        .iter()
        .filter_map(|name| timings.get(*name)?.as_f64())
        .filter(|ms| *ms >= 0.0)
        .sum();
    let (exchange, response) = (item.exchange, attempt.response());
    let purpose = exchange.sent_as.map(|v| format!("sent wrongly on purpose as {v}: {}", v.about()));
    let comments: Vec<&str> = item.comment.into_iter().chain(purpose.as_deref()).collect();
    let remote = response.and_then(|r| r.remote.as_deref());
    let always = json!({
        "startedDateTime": attempt.started.wall.to_string(),
        "time": time,
        "request": request(attempt),
        "response": self::response(response),
        "cache": {},
        "timings": timings,
        "_number": item.number,
        "_exchange": exchange.id.0,
        "_kind": exchange.kind.word(),
        "_attempt": attempt.number,
        "_generation": attempt.generation.map(|g| g.0),
        "_outcome": exchange.outcome.word(),
        "_reason": exchange.outcome.words(),
        "_requestIds": ids(attempt),
        "_reusedConnection": attempt.timing.reused,
        "_marked": item.marked,
    });
    let error = match &attempt.ending {
        Some(Ending::Failed(failure)) => Some(failure.line()),
        _ => None,
    };
    let optional = dense(json!({
        "_sentAs": exchange.sent_as.map(Variation::as_str),
        "comment": (!comments.is_empty()).then(|| comments.join("; ")),
        "_cause": item.diagnosis.map(|d| d.cause().as_str()),
        "_confidence": item.diagnosis.map(|d| d.confidence().word()),
        "_diagnosis": item.diagnosis.map(Diagnosis::sentence),
        // The format wants the address without the port.
        "serverIPAddress": remote.map(|r| r.parse().map_or_else(|_| r.to_owned(), |a: SocketAddr| a.ip().to_string())),
        "_error": error,
    }));
    with(always, optional)
}

fn request(attempt: &Attempt) -> Value {
    let request = &attempt.request;
    let posted = json!({
        "mimeType": mime(&request.body, &request.headers),
        "text": request.body.text,
        "comment": missing(&request.body),
    });
    dense(json!({
        "method": request.method,
        "url": request.url,
        "httpVersion": attempt.response().map_or("", |r| r.version.as_str()),
        "cookies": [],
        "headers": headers(&request.headers),
        "queryString": query(&request.url),
        "headersSize": -1,
        "bodySize": request.body.total,
        "postData": (request.body.form != BodyForm::Empty).then(|| dense(posted)),
    }))
}

fn response(response: Option<&Response>) -> Value {
    let Some(response) = response else {
        // No answer came: status 0, as browsers write it.
        return json!({
            "status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [],
            "content": { "size": 0, "mimeType": "x-unknown" },
            "redirectURL": "", "headersSize": -1, "bodySize": -1,
        });
    };
    json!({
        "status": response.status,
        "statusText": response.phrase.as_deref().unwrap_or_default(),
        "httpVersion": response.version,
        "cookies": [],
        "headers": headers(&response.headers),
        "content": dense(json!({
            "size": response.body.total,
            "mimeType": mime(&response.body, &response.headers),
            "text": (response.body.form != BodyForm::Binary).then_some(&response.body.text),
            "comment": missing(&response.body),
        })),
        "redirectURL": header(&response.headers, "location").unwrap_or_default(),
        "headersSize": -1,
        "bodySize": -1,
    })
}

/// How much of a body is there, where that is not all.
fn missing(body: &Body) -> Option<String> {
    let whole = !body.truncated && body.form != BodyForm::Binary;
    (!whole).then(|| format!("{} of {} bytes kept", body.text.len(), body.total))
}

fn mime(body: &Body, headers: &[Header]) -> String {
    header(headers, "content-type").or(body.mime.as_deref()).unwrap_or("x-unknown").to_owned()
}

fn headers(headers: &[Header]) -> Value {
    headers.iter().map(|h| json!({ "name": h.name, "value": h.value })).collect()
}

fn query(url: &str) -> Value {
    let Some((_, query)) = url.split_once('?') else { return json!([]) };
    let query = query.split('#').next().unwrap_or_default();
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            json!({ "name": name, "value": value })
        })
        .collect()
}

fn ids(attempt: &Attempt) -> Value {
    let headers = attempt.response().map_or(&[][..], |r| r.headers.as_slice());
    let found = ["x-request-id", "inin-correlation-id", "genesys-correlation-id"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), json!(header(headers, name)?))));
    Value::Object(found.collect())
}

/// Durations in milliseconds; -1 where the format allows "does not apply", 0 where it wants a number and none was
/// measured. `connect` includes `ssl`, as the format has it.
fn timings(timing: &Timing) -> Value {
    let ms = |d: Option<std::time::Duration>| d.map(|d| d.as_secs_f64() * 1_000.0);
    let (dns, tcp, tls) = (ms(timing.resolve), ms(timing.connect), ms(timing.tls));
    let connect = match (tcp, tls) {
        (None, None) => None,
        (tcp, tls) => Some(tcp.unwrap_or(0.0) + tls.unwrap_or(0.0)),
    };
    let total = ms(timing.total);
    let first_byte = ms(timing.first_byte).or(total);
    let before = dns.unwrap_or(0.0) + connect.unwrap_or(0.0);
    json!({
        "blocked": -1,
        "dns": dns.unwrap_or(-1.0),
        "connect": connect.unwrap_or(-1.0),
        "ssl": tls.unwrap_or(-1.0),
        "send": 0,
        "wait": first_byte.map_or(0.0, |f| (f - before).max(0.0)),
        "receive": total.zip(first_byte).map_or(0.0, |(t, f)| (t - f).max(0.0)),
    })
}
