//! Takes secrets out at capture, so that none is ever part of an exchange, a report or an error text.
//!
//! ```text
//! bytes as sent or received ─► by name (headers, JSON fields, form and query fields)
//!                           ─► by value (this session's secrets and tokens, wherever they are echoed)
//!                           ─► by form (JWTs, `Bearer …`)          ─► text with `«…»` in the places
//! ```
//! All but the masked places stays byte for byte as it was. A redactor is a cheap, immutable value: a new secret makes a
//! new one.

mod json;
mod text;

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::genesys::call::{form_part, path_segment};
use crate::model::{Generation, Header, Masks};

/// Tokens of this many newest generations are looked for by value; older ones have long ended.
const TOKENS_KEPT: usize = 16;
/// Values shorter than this are masked by name only: replacing every "ab" would destroy what is shown.
const SHORTEST_LITERAL: usize = 4;

/// Names whose values are secrets, as [`norm`] writes them, with the hint that is shown.
const NAMES: [(&str, &str); 24] = [
    ("accesstoken", "access token"),
    ("refreshtoken", "refresh token"),
    ("idtoken", "id token"),
    ("guesttoken", "guest token"),
    ("token", "token"),
    ("jwt", "jwt"),
    ("clientsecret", "client secret"),
    ("secret", "secret"),
    ("password", "password"),
    ("passwd", "password"),
    ("code", "code"),
    ("clientassertion", "assertion"),
    ("assertion", "assertion"),
    ("authorization", "authorization"),
    ("proxyauthorization", "authorization"),
    ("cookie", "cookie"),
    ("setcookie", "cookie"),
    ("apikey", "api key"),
    ("xapikey", "api key"),
    // Presigned addresses of files: whoever has the signature has the file.
    ("xamzsignature", "signature"),
    ("xamzcredential", "credential"),
    ("xamzsecuritytoken", "token"),
    ("signature", "signature"),
    ("sig", "signature"),
];

/// A secret that is looked for by value, in each form in which it may be echoed.
#[derive(Clone)]
struct Literal {
    forms: Arc<Vec<Zeroizing<String>>>,
    label: Arc<str>,
    token: bool,
}

/// Knows what must not be shown. See the module.
#[derive(Clone)]
pub struct Redactor {
    extra: Arc<HashSet<String>>,
    literals: Vec<Literal>,
    masks: Masks,
    /// The bytes with which something that is masked by value or form begins: see [`Redactor::suspects`].
    begins: [bool; 256],
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} values)", self.literals.len())
    }
}

impl Redactor {
    /// A redactor that knows the built-in names and `extra` ones.
    pub fn new(extra: &[String]) -> Self {
        Self {
            extra: Arc::new(extra.iter().map(|n| norm(n)).collect()),
            literals: Vec::new(),
            masks: Masks::default(),
            begins: begins(&[]),
        }
    }

    /// One that also masks these by their look.
    #[must_use]
    pub fn with_masks(mut self, masks: Masks) -> Self {
        self.masks = masks;
        self
    }

    /// One that also masks `secret` wherever it occurs, shown as `«label»`.
    #[must_use]
    pub fn with_secret(&self, secret: &SecretString, label: &str) -> Self {
        // A session of days has many JWTs: known by their form, none has to be remembered.
        if self.text(secret.expose_secret()) == "«jwt»" {
            return self.clone();
        }
        self.with(secret, label, false)
    }

    /// One that also masks the token of `generation` wherever it occurs, shown as `«token #n»`.
    #[must_use]
    pub fn with_token(&self, token: &SecretString, generation: Generation) -> Self {
        let mut next = self.with(token, &format!("token #{generation}"), true);
        while next.literals.iter().filter(|l| l.token).count() > TOKENS_KEPT {
            let Some(oldest) = next.literals.iter().position(|l| l.token) else { break };
            next.literals.remove(oldest);
        }
        next.begins = begins(&next.literals);
        next
    }

    fn with(&self, secret: &SecretString, label: &str, token: bool) -> Self {
        let mut next = self.clone();
        let plain = secret.expose_secret();
        if plain.len() < SHORTEST_LITERAL {
            return next;
        }
        let mut forms = vec![Zeroizing::new(plain.to_owned())];
        let escaped = Zeroizing::new(serde_json::Value::from(plain).to_string());
        let escaped = escaped.strip_prefix('"').and_then(|e| e.strip_suffix('"')).unwrap_or(plain).to_owned();
        for form in [form_part(plain), path_segment(plain), escaped] {
            let form = Zeroizing::new(form);
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
        // The same secret read again is known already; under a new label only the newest counts.
        next.literals.retain(|l| l.forms.first() != forms.first());
        next.literals.push(Literal { forms: Arc::new(forms), label: Arc::from(label), token });
        next.begins = begins(&next.literals);
        next
    }

    /// The hint for a field or header of this name, if its value is a secret.
    fn label(&self, name: &str) -> Option<&'static str> {
        // Nearly every name is none of them, and its length says so.
        let length = name.bytes().filter(|b| !matches!(b, b'_' | b'-')).count();
        let known = NAMES.iter().find(|(known, _)| known.len() == length && is_name(name, known)).map(|(_, l)| *l);
        known.or_else(|| (!self.extra.is_empty() && self.extra.contains(&norm(name))).then_some("redacted"))
    }

    /// A header as it may be shown.
    pub fn header(&self, name: &str, value: &[u8]) -> Header {
        let shown = printable(value);
        let value = match self.label(name) {
            // Nearly all of them: nothing in it is masked, be it a URL or not.
            None if !shown.contains('@') && !self.suspects(&shown) => shown,
            Some("authorization") => self.credentials(&shown),
            Some("cookie") => cookies(&shown, name.eq_ignore_ascii_case("set-cookie")),
            Some(label) => format!("«{label}»"),
            None if shown.contains("://") || shown.starts_with('/') => self.url(&shown),
            None => match self.text(&shown) {
                Cow::Owned(masked) => masked,
                Cow::Borrowed(_) => shown,
            },
        };
        Header::new(name, value)
    }

    /// All headers, in order.
    pub fn headers(&self, headers: &HeaderMap) -> Vec<Header> {
        headers.iter().map(|(name, value)| self.header(name.as_str(), value.as_bytes())).collect()
    }

    /// `Bearer «token #3»`, `Basic «client secret»`.
    fn credentials(&self, value: &str) -> String {
        let (scheme, rest) = value.trim().split_once(' ').unwrap_or(("", value));
        let known = self.literals.iter().find(|l| l.forms.iter().any(|f| f.as_str() == rest.trim()));
        let label = match known {
            Some(literal) => &literal.label,
            None if scheme.eq_ignore_ascii_case("basic") => "client secret",
            None => "token",
        };
        if scheme.is_empty() { format!("«{label}»") } else { format!("{} «{label}»", self.text(scheme)) }
    }

    /// A URL with the password and secret query or fragment fields masked.
    pub fn url(&self, url: &str) -> String {
        let url = match url.split_once("://").and_then(|(scheme, rest)| {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let (user, host) = authority.rsplit_once('@')?;
            let path = rest.strip_prefix(authority)?;
            let user = user.split(':').next().unwrap_or_default();
            Some(format!("{scheme}://{user}:«password»@{host}{path}"))
        }) {
            Some(without) => Cow::Owned(without),
            None => Cow::Borrowed(url),
        };
        self.text(&self.pairs(&url, true)).into_owned()
    }

    /// A form body.
    pub fn form(&self, body: &str) -> String {
        self.text(&self.pairs(body, true)).into_owned()
    }

    /// Any other body: JSON fields by name at every depth (also where the text is cut short, or JSON only in part),
    /// then everything by value and by form.
    pub fn body(&self, body: &str) -> String {
        let fields = self.json(body, 0);
        match self.text(&fields) {
            Cow::Borrowed(_) => fields,
            Cow::Owned(masked) => masked,
        }
    }

    /// The end of a body that was cut: a beginning of a secret there is masked too.
    pub fn cut(&self, mut body: String) -> String {
        let longest = self.literals.iter().flat_map(|l| l.forms.iter().map(|f| (f, &l.label)));
        let mut hit: Option<(usize, &Arc<str>)> = None;
        for (form, label) in longest {
            let ends = form.char_indices().map(|(i, c)| i + c.len_utf8());
            for end in ends.filter(|e| *e >= SHORTEST_LITERAL).collect::<Vec<_>>().into_iter().rev() {
                if form.get(..end).is_some_and(|head| body.ends_with(head)) {
                    if hit.is_none_or(|(best, _)| best < end) {
                        hit = Some((end, label));
                    }
                    break;
                }
            }
        }
        if let Some((length, label)) = hit {
            body.truncate(body.len() - length);
            body.push('«');
            body.push_str(label);
            body.push('»');
        }
        body
    }
}

/// The first bytes of all that [`Redactor::text`] masks.
fn begins(literals: &[Literal]) -> [bool; 256] {
    let mut out = [false; 256];
    let forms = literals.iter().flat_map(|l| l.forms.iter()).filter_map(|f| f.as_bytes().first().copied());
    for byte in forms.chain([b'=', b'e']) {
        if let Some(place) = out.get_mut(usize::from(byte)) {
            *place = true;
        }
    }
    out
}

/// Whether [`norm`] makes `known` of `name`, without making it.
fn is_name(name: &str, known: &str) -> bool {
    name.bytes().filter(|b| !matches!(b, b'_' | b'-')).map(|b| b.to_ascii_lowercase()).eq(known.bytes())
}

/// Names compare without case, `_` and `-`: `clientSecret`, `client_secret` and `Client-Secret` are one.
fn norm(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
}

/// Header bytes as text: bytes that are not UTF-8 as `\xNN`.
fn printable(value: &[u8]) -> String {
    use std::fmt::Write as _;
    if let Ok(text) = std::str::from_utf8(value) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(value.len());
    for chunk in value.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02X}");
        }
    }
    out
}

/// Cookie values masked, names (and the attributes of `Set-Cookie`) kept.
fn cookies(value: &str, set: bool) -> String {
    let masked = |part: &str| match part.split_once('=') {
        Some((name, _)) => format!("{}=«cookie»", name.trim()),
        None => "«cookie»".to_owned(),
    };
    if set {
        return match value.split_once(';') {
            Some((first, attributes)) => format!("{};{attributes}", masked(first)),
            None => masked(value),
        };
    }
    value.split(';').map(masked).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
