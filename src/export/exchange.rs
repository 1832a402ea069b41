//! Exchanges for other tools: as HAR 1.2, one entry a try, and a try as a curl command.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::escape::unseen_as_escapes;
use crate::model::attempt::header;
use crate::model::{Attempt, Body, BodyForm, Diagnosis, Ending, Exchange, Header, Response, Timing, Variation};
use crate::text::json::{self, dense, with};

/// An exchange to be exported, and what the log says of it.
#[derive(Clone, Copy, Debug)]
pub struct HarEntry<'e> {
    /// Its number in the log.
    pub number: u64,
    pub exchange: &'e Exchange,
    pub marked: bool,
    pub comment: Option<&'e str>,
    pub diagnosis: Option<&'e Diagnosis>,
}

/// The exchanges as one HAR document. Exchanges without a try (nothing was written) have no entry. Fields of our own
/// begin with `_`, as the format allows.
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
    // `ssl` is part of `connect`.
    let parts =
        ["blocked", "dns", "connect", "send", "wait", "receive"].iter().filter_map(|name| timings[*name].as_f64());
    let time: f64 = parts.filter(|ms| *ms >= 0.0).sum();
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
        "_kind": exchange.kind.name(),
        "_attempt": attempt.number,
        "_generation": attempt.generation.map(|g| g.0),
        "_outcome": exchange.outcome.word(),
        "_reason": exchange.outcome.words(),
        "_requestIds": ids(attempt),
        "_reusedConnection": attempt.timing.reused,
        "_marked": item.marked,
    });
    let error = if let Some(Ending::Failed(failure)) = &attempt.ending { Some(failure.line()) } else { None };
    let optional = dense(json!({
        "_sentAs": exchange.sent_as.map(Variation::name),
        "comment": (!comments.is_empty()).then(|| comments.join("; ")),
        "_cause": item.diagnosis.map(|d| d.cause().name()),
        "_confidence": item.diagnosis.map(|d| d.confidence().name()),
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
    let connect = tcp.or(tls).map(|_| tcp.unwrap_or(0.0) + tls.unwrap_or(0.0));
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

/// Headers that curl works out itself.
const LEFT_OUT: [&str; 5] = ["host", "content-length", "transfer-encoding", "connection", "accept-encoding"];

/// A try that is no frame as a curl command that works when it is pasted into a POSIX shell. Secrets are not known here;
/// the command names them: `$GUESTWIRE_TOKEN` for the bearer token, `$GUESTWIRE_CLIENT_ID` and `$GUESTWIRE_CLIENT_SECRET`
/// for a token request, `$GUESTWIRE_<HEADER>` for another header with anything between « and ».
pub fn curl(attempt: &Attempt) -> String {
    let request = &attempt.request;
    let mut words = vec!["curl".to_owned()];
    let is_get = request.method == "GET" && request.body.text.is_empty();
    if request.method == "HEAD" {
        words.push("--head".to_owned());
    } else if !is_get {
        words.extend(["-X".to_owned(), quoted(&request.method)]);
    }
    if request.url.contains(['[', ']', '{', '}']) {
        words.push("--globoff".to_owned());
    }
    words.push(quoted(&request.url));
    if request.headers.iter().any(|h| h.name.eq_ignore_ascii_case("accept-encoding")) {
        words.push("--compressed".to_owned());
    }
    for header in &request.headers {
        if !LEFT_OUT.iter().any(|name| header.name.eq_ignore_ascii_case(name)) {
            push_header(&mut words, header, attempt.generation.is_some());
        }
    }
    push_body(&mut words, &request.body.text);
    let command = words.join(" ");
    if !request.body.truncated && (!request.body.text.is_empty() || request.body.total == 0) {
        return command;
    }
    let kept = format!("guestwire kept {} of {} bytes of this body", request.body.text.len(), request.body.total);
    format!(": {};\n{command}", quoted(&kept))
}

/// `text` as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '=' | ',' | '+' | '@' | '%');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    // NUL cannot be part of an argument.
    format!("'{}'", text.replace('\0', "").replace('\'', r"'\''"))
}

fn is_masked(text: &str) -> bool {
    text.contains('«') && text.contains('»')
}

fn push_header(words: &mut Vec<String>, header: &Header, bearer: bool) {
    let name = &header.name;
    let is_authorization = name.eq_ignore_ascii_case("authorization");
    let scheme = header.value.split(' ').next().unwrap_or_default();
    if is_authorization && !bearer && scheme.eq_ignore_ascii_case("basic") {
        return words.extend(["-u", r#""$GUESTWIRE_CLIENT_ID:$GUESTWIRE_CLIENT_SECRET""#].map(str::to_owned));
    }
    words.push("-H".to_owned());
    if is_authorization && (is_masked(&header.value) || scheme.eq_ignore_ascii_case("bearer")) {
        words.push(format!("\"{name}: Bearer $GUESTWIRE_TOKEN\""));
    } else if is_masked(&header.value) {
        let variable: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
        words.push(format!("{}\"$GUESTWIRE_{variable}\"", quoted(&format!("{name}: "))));
    } else if header.value.is_empty() {
        // `name:` would take the header away; `name;` sends it empty.
        words.push(quoted(&format!("{name};")));
    } else {
        words.push(quoted(&format!("{name}: {}", header.value)));
    }
}

/// The body; a masked `client_secret` of a form becomes a variable, which curl encodes.
fn push_body(words: &mut Vec<String>, body: &str) {
    if body.is_empty() {
        return;
    }
    if !body.split('&').any(is_masked_secret) {
        // A terminal shows what nobody can see in words, and the same document says it in escapes.
        let body = if json::is(body) { quoted(&unseen_as_escapes(body)) } else { quoted(body) };
        return words.extend(["--data-raw".to_owned(), body]);
    }
    for part in body.split('&') {
        words.extend(if is_masked_secret(part) {
            ["--data-urlencode".to_owned(), r#""client_secret=$GUESTWIRE_CLIENT_SECRET""#.to_owned()]
        } else {
            ["--data-raw".to_owned(), quoted(part)]
        });
    }
}

fn is_masked_secret(part: &str) -> bool {
    // The mask may itself be percent-encoded in a form: « is C2 AB.
    part.strip_prefix("client_secret=").is_some_and(|v| is_masked(v) || v.to_ascii_uppercase().starts_with("%C2%AB"))
}
