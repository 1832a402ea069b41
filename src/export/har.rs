//! Exchanges as HAR 1.2, one entry a try. Fields of our own begin with `_`, as the format allows.

use serde_json::{Map, Value, json};

use crate::model::exchange::header;
use crate::model::{Attempt, Body, BodyForm, Diagnosis, Ending, Exchange, Header, Timing};

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
    let mut out = json!({
        "startedDateTime": attempt.started.wall.to_string(),
        "time": time,
        "request": request(attempt),
        "response": response(attempt),
        "cache": {},
        "timings": timings,
        "_number": item.number,
        "_exchange": item.exchange.id.0,
        "_kind": item.exchange.kind.word(),
        "_attempt": attempt.number,
        "_generation": attempt.generation.map(|g| g.0),
        "_outcome": item.exchange.outcome.word(),
        "_reason": item.exchange.outcome.words(),
        "_requestIds": ids(attempt),
        "_reusedConnection": attempt.timing.reused,
        "_marked": item.marked,
    });
    if let Some(fields) = out.as_object_mut() {
        let purpose = item.exchange.sent_as.map(|v| {
            fields.insert("_sentAs".to_owned(), json!(v.as_str()));
            format!("sent wrongly on purpose as {v}: {}", v.about())
        });
        let comments: Vec<&str> = item.comment.into_iter().chain(purpose.as_deref()).collect();
        if !comments.is_empty() {
            fields.insert("comment".to_owned(), json!(comments.join("; ")));
        }
        if let Some(diagnosis) = item.diagnosis {
            fields.insert("_cause".to_owned(), json!(diagnosis.cause().as_str()));
            fields.insert("_confidence".to_owned(), json!(diagnosis.confidence().word()));
            fields.insert("_diagnosis".to_owned(), json!(diagnosis.sentence()));
        }
        if let Some(remote) = attempt.response().and_then(|r| r.remote.as_deref()) {
            // The format wants the address without the port.
            let address =
                remote.parse::<std::net::SocketAddr>().map_or_else(|_| remote.to_owned(), |a| a.ip().to_string());
            fields.insert("serverIPAddress".to_owned(), json!(address));
        }
        if let Some(Ending::Failed(failure)) = &attempt.ending {
            let said = failure.line();
            fields.insert("_error".to_owned(), json!(said));
        }
    }
    out
}

fn request(attempt: &Attempt) -> Value {
    let request = &attempt.request;
    let version = attempt.response().map_or("", |r| r.version.as_str());
    let mut out = json!({
        "method": request.method,
        "url": request.url,
        "httpVersion": version,
        "cookies": [],
        "headers": headers(&request.headers),
        "queryString": query(&request.url),
        "headersSize": -1,
        "bodySize": request.body.total,
    });
    if request.body.form != BodyForm::Empty
        && let Some(fields) = out.as_object_mut()
    {
        let mut post = Map::new();
        post.insert("mimeType".to_owned(), json!(mime(&request.body, &request.headers)));
        post.insert("text".to_owned(), json!(request.body.text));
        note_missing(&mut post, &request.body);
        fields.insert("postData".to_owned(), Value::Object(post));
    }
    out
}

fn response(attempt: &Attempt) -> Value {
    let Some(response) = attempt.response() else {
        // No answer came: status 0, as browsers write it.
        return json!({
            "status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [],
            "content": { "size": 0, "mimeType": "x-unknown" },
            "redirectURL": "", "headersSize": -1, "bodySize": -1,
        });
    };
    let mut content = Map::new();
    content.insert("size".to_owned(), json!(response.body.total));
    content.insert("mimeType".to_owned(), json!(mime(&response.body, &response.headers)));
    if response.body.form != BodyForm::Binary {
        content.insert("text".to_owned(), json!(response.body.text));
    }
    note_missing(&mut content, &response.body);
    json!({
        "status": response.status,
        "statusText": response.phrase.as_deref().unwrap_or_default(),
        "httpVersion": response.version,
        "cookies": [],
        "headers": headers(&response.headers),
        "content": content,
        "redirectURL": header(&response.headers, "location").unwrap_or_default(),
        "headersSize": -1,
        "bodySize": -1,
    })
}

fn note_missing(fields: &mut Map<String, Value>, body: &Body) {
    if body.truncated || body.form == BodyForm::Binary {
        let said = format!("{} of {} bytes kept", body.text.len(), body.total);
        fields.insert("comment".to_owned(), json!(said));
    }
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
