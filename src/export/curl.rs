//! A try as a curl command that works when it is pasted into a POSIX shell.
//!
//! Secrets are not known here; the command names them: `$GUESTWIRE_TOKEN` for the bearer token,
//! `$GUESTWIRE_CLIENT_ID` and `$GUESTWIRE_CLIENT_SECRET` for a token request, `$GUESTWIRE_<HEADER>` for another header
//! that was masked.

use super::escape::unseen_as_escapes;
use crate::model::{Attempt, Header};
use crate::text::json;

/// How a masked value looks: anything between these two.
const MASK: (char, char) = ('«', '»');

/// Headers that curl works out itself.
const LEFT_OUT: [&str; 5] = ["host", "content-length", "transfer-encoding", "connection", "accept-encoding"];

/// The curl command of a try. What was masked is named as a shell variable; the rest is quoted so that the shell
/// passes it on as it is.
pub fn curl(attempt: &Attempt) -> String {
    let request = &attempt.request;
    let mut words = vec!["curl".to_owned()];
    let mut before = String::new();
    let is_get = request.method == "GET" && request.body.text.is_empty();
    if request.method == "HEAD" {
        words.push("--head".to_owned());
    } else if !is_get {
        words.push("-X".to_owned());
        words.push(quoted(&request.method));
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
    if request.body.truncated || (request.body.text.is_empty() && request.body.total > 0) {
        let kept = request.body.text.len();
        before =
            format!(": {};\n", quoted(&format!("guestwire kept {kept} of {} bytes of this body", request.body.total)));
    }
    before + &words.join(" ")
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
    text.contains(MASK.0) && text.contains(MASK.1)
}

fn push_header(words: &mut Vec<String>, header: &Header, bearer: bool) {
    let name = &header.name;
    let is_authorization = name.eq_ignore_ascii_case("authorization");
    let scheme = header.value.split(' ').next().unwrap_or_default();
    if is_authorization && !bearer && scheme.eq_ignore_ascii_case("basic") {
        words.push("-u".to_owned());
        words.push(r#""$GUESTWIRE_CLIENT_ID:$GUESTWIRE_CLIENT_SECRET""#.to_owned());
        return;
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
        words.push("--data-raw".to_owned());
        // A terminal shows what nobody can see in words, and the same document says it in escapes.
        words.push(if json::is(body) { quoted(&unseen_as_escapes(body)) } else { quoted(body) });
        return;
    }
    for part in body.split('&') {
        if is_masked_secret(part) {
            words.push("--data-urlencode".to_owned());
            words.push(r#""client_secret=$GUESTWIRE_CLIENT_SECRET""#.to_owned());
        } else {
            words.push("--data-raw".to_owned());
            words.push(quoted(part));
        }
    }
}

fn is_masked_secret(part: &str) -> bool {
    // The mask may itself be percent-encoded in a form: « is C2 AB.
    part.strip_prefix("client_secret=").is_some_and(|v| is_masked(v) || v.to_ascii_uppercase().starts_with("%C2%AB"))
}
