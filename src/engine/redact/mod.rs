//! Takes secrets out where text becomes part of an exchange, a message, a report or an error text, so that none is ever
//! part of one.
//!
//! ```text
//! text ─┬─► by value (this session's secrets and tokens, plain, base64, hex) ─┐
//!       ├─► by form  (JWTs, `Bearer …`, `Basic …`, passwords in addresses)    ├─► spots ─► text with `«…»` in the places
//!       ├─► by name  (JSON fields, pairs, header lines, elements)             │
//!       ├─► by look  (phone numbers and what `[redact]` names)               ─┘
//!       └─► the same again on copies with percent, entities and escapes undone, a few levels deep
//! ```
//! All but the masked places stays byte for byte as it was, and the time grows with the length of the text only. A
//! redactor is a cheap, immutable value: a new secret makes a new one.

mod decoded;
mod names;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use decoded::DecodedText;
use http::HeaderMap;
use names::{SecretNames, Spot, Why, is_label};
use regex::Regex;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::genesys::{form_part, path_segment};
use crate::model::{Generation, Header, Masks};

/// Tokens of this many newest generations are looked for by value; older ones have long ended.
const TOKENS_KEPT: usize = 16;
/// Values shorter than this are masked by name only: replacing every "ab" would destroy what is shown.
const SHORTEST: usize = 4;
/// The same for values in base64 or hex, whose letters occur by chance more often.
const SHORTEST_ENCODED: usize = 8;
const SHORTEST_BEARER: usize = 16; // the shortest credentials after `Bearer` that are taken for some
const LONGEST_PASSWORD: usize = 512; // where the beginning of an address is looked for
const DEEPEST: usize = 4; // text encoded in encoded text in … is followed this deep

/// What is a secret by its form. Credentials are checked once more: prose has `bearer` and `basic` too.
static FORMS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let jwt = r"eyJ[A-Za-z0-9_=-]{5,}\.[A-Za-z0-9_=-]{4,}[A-Za-z0-9_=.-]*";
    Regex::new(&format!(r"{jwt}|(?-u:\b)(?i-u:bearer|basic)[ \t]+[A-Za-z0-9._~+/=-]{{8,}}")).ok()
});

#[derive(Clone)]
struct Secret {
    plain: Zeroizing<String>,
    label: Arc<str>,
    token: bool,
}

struct Values {
    automaton: AhoCorasick,
    forms: Vec<(Arc<str>, bool)>,
}

/// Knows what must not be shown.
#[derive(Clone)]
pub struct Redactor {
    names: SecretNames,
    secrets: Vec<Secret>,
    values: Option<Arc<Values>>,
    masks: Masks,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} values)", self.secrets.len())
    }
}

impl Redactor {
    /// A redactor that knows the built-in names and `extra` ones.
    pub fn new(extra: &[String]) -> Self {
        Self { names: SecretNames::new(extra), secrets: Vec::new(), values: None, masks: Masks::default() }
    }

    #[must_use]
    pub(crate) fn with_masks(mut self, masks: Masks) -> Self {
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
        self.with(token, &format!("token #{generation}"), true)
    }

    fn with(&self, secret: &SecretString, label: &str, token: bool) -> Self {
        let mut next = self.clone();
        let plain = secret.expose_secret();
        if plain.len() < SHORTEST {
            return next;
        }
        // The same secret read again is known already; under a new label only the newest counts.
        next.secrets.retain(|s| s.plain.as_str() != plain);
        next.secrets.push(Secret { plain: Zeroizing::new(plain.to_owned()), label: Arc::from(label), token });
        while next.secrets.iter().filter(|s| s.token).count() > TOKENS_KEPT {
            let Some(oldest) = next.secrets.iter().position(|s| s.token) else { break };
            next.secrets.remove(oldest);
        }
        next.values = Values::of(&next.secrets).map(Arc::new);
        next
    }

    /// `text` with all that is secret in it masked. Borrowed where there was nothing to mask.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.masked(text, false)
    }

    /// A form body: its first field may be a `code`.
    pub fn form(&self, body: &str) -> String {
        self.masked(body, true).into_owned()
    }

    /// A header as it may be shown.
    pub fn header(&self, name: &str, value: &[u8]) -> Header {
        let shown = printable(value);
        let value = match self.names.label(name) {
            Some("authorization") => self.credentials(&shown),
            Some("cookie") => cookies(&shown, name.eq_ignore_ascii_case("set-cookie")),
            Some(label) if label != "code" => format!("«{label}»"),
            _ => match self.text(&shown) {
                Cow::Owned(masked) => masked,
                Cow::Borrowed(_) => shown,
            },
        };
        Header::new(name, value)
    }

    pub(crate) fn headers(&self, headers: &HeaderMap) -> Vec<Header> {
        headers.iter().map(|(name, value)| self.header(name.as_str(), value.as_bytes())).collect()
    }

    /// `Bearer «token #3»`, `Basic «client secret»`.
    fn credentials(&self, value: &str) -> String {
        let (scheme, rest) = value.trim().split_once(' ').unwrap_or(("", value));
        let known = self.secrets.iter().find(|s| s.plain.as_str() == rest.trim());
        let label = match known {
            Some(secret) => &secret.label,
            None if scheme.eq_ignore_ascii_case("basic") => "client secret",
            None => "token",
        };
        if scheme.is_empty() { format!("«{label}»") } else { format!("{} «{label}»", self.text(scheme)) }
    }

    /// The end of a text that was cut: a beginning of a secret there is masked too.
    pub fn cut(&self, mut text: String) -> String {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '=' | '.');
        let tail = text.trim_end_matches(is_part).len();
        let jwt = text.get(tail..).and_then(|t| Some((tail + t.find("eyJ")?, "jwt")));
        let known = self.secrets.iter().flat_map(|s| forms(&s.plain).into_iter().map(|(form, _)| (form, &*s.label)));
        let ends = known.filter_map(|(form, label)| {
            let heads = form.char_indices().map(|(at, c)| at + c.len_utf8());
            let longest = heads.rev().find(|end| form.get(..*end).is_some_and(|head| text.ends_with(head)))?;
            (longest >= SHORTEST).then(|| (text.len() - longest, label))
        });
        if let Some((start, label)) = ends.chain(jwt).min_by_key(|(start, _)| *start) {
            let label = format!("«{label}»");
            text.truncate(start);
            text.push_str(&label);
        }
        text
    }

    fn masked<'t>(&self, text: &'t str, form: bool) -> Cow<'t, str> {
        let mut spots = Vec::new();
        let mut seen = DecodedText::whole(text);
        let pieces = decoded::pieces(text);
        self.look(&seen, &mut spots);
        self.names.named(&seen, 0..text.len(), form, &mut spots);
        for _ in 0..DEEPEST {
            for place in seen.ranges(&pieces) {
                self.names.named(&seen, place, form, &mut spots);
            }
            let Some(next) = seen.decoded() else { break };
            seen = next;
            self.look(&seen, &mut spots);
        }
        replaced(text, spots)
    }

    fn look<'r>(&'r self, view: &DecodedText<'_>, spots: &mut Vec<Spot<'r>>) {
        let text: &str = &view.text;
        let mut add = |start, end, why, label| {
            spots.push(Spot { start: view.place(start), end: view.place(end), why, label, quote: false });
        };
        if let Some(values) = &self.values {
            let mut done = 0;
            for found in values.automaton.find_iter(text).filter(|f| f.end() > f.start()) {
                let Some((label, encoded)) = values.forms.get(found.pattern().as_usize()) else { continue };
                let (mut start, mut end) = (found.start(), found.end());
                if start < done {
                    continue;
                }
                if *encoded {
                    // The rest of the base64 text: what stands before the secret, and the last letters.
                    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_' | '=');
                    start = done + text.get(done..start).map_or(start - done, |t| t.trim_end_matches(is_part).len());
                    end += text.get(end..).map_or(0, |t| t.len() - t.trim_start_matches(is_part).len());
                }
                add(start, end, Why::Value, label);
                done = end;
            }
        }
        for found in FORMS.iter().flat_map(|forms| forms.find_iter(text)) {
            let here = found.as_str();
            if here.starts_with("eyJ") {
                add(found.start(), found.end(), Why::Form, "jwt");
                continue;
            }
            let blank = here.rfind([' ', '\t']).map_or(0, |blank| blank + 1);
            let (scheme, value) = here.split_at(blank);
            let label = if scheme.get(..6).is_some_and(|s| s.eq_ignore_ascii_case("bearer")) {
                (value.len() >= SHORTEST_BEARER && value.bytes().any(|b| b.is_ascii_digit())).then_some("token")
            } else {
                let plain = value.trim_end_matches('=');
                let plain = STANDARD_NO_PAD.decode(plain).or_else(|_| URL_SAFE_NO_PAD.decode(plain));
                plain.is_ok_and(|plain| plain.contains(&b':')).then_some("client secret")
            };
            if let Some(label) = label {
                add(found.start() + blank, found.end(), Why::Form, label);
            }
        }
        for (at, _) in text.match_indices('@') {
            if let Some(start) = password_before(text, at) {
                add(start, at, Why::Form, "password");
            }
        }
        for (place, label) in self.masks.find(text) {
            add(place.start, place.end, Why::Look, label.trim_matches(['«', '»']));
        }
    }
}

impl Values {
    fn of(secrets: &[Secret]) -> Option<Self> {
        let mut patterns = Vec::new();
        let mut owners = Vec::new();
        for secret in secrets {
            for (form, encoded) in forms(&secret.plain) {
                patterns.push(form);
                owners.push((Arc::clone(&secret.label), encoded));
            }
        }
        // A table of all states would be a megabyte for a token; this one searches in linear time as well.
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        let automaton = AhoCorasick::builder().kind(kind).match_kind(MatchKind::LeftmostLongest).build(&patterns);
        let automaton = automaton.inspect_err(|e| tracing::error!("secrets cannot be looked for by value: {e}"));
        Some(Self { automaton: automaton.ok()?, forms: owners })
    }
}

/// Whether a mask of a [`Redactor`] stands in `text`. Quotation marks of other languages (`«Oui»`) are none.
pub fn holds_mask(text: &str) -> bool {
    let labels = text.split('«').skip(1).filter_map(|rest| Some(rest.split_once('»')?.0));
    labels.into_iter().any(|label| is_label(label) || matches!(label, "phone" | "private"))
}

/// Where the password of an address begins that ends before the `@` at `at`: `https://user:password@host`.
fn password_before(text: &str, at: usize) -> Option<usize> {
    let part = |end: usize| {
        let is_part = |b: &&u8| !(b.is_ascii_whitespace() || b"/?#@:\"\\<>".contains(b));
        let bytes = text.as_bytes().get(..end)?;
        Some(end - bytes.iter().rev().take(LONGEST_PASSWORD).take_while(is_part).count())
    };
    let start = part(at)?;
    let user = part(start.checked_sub(1).filter(|colon| text.as_bytes().get(*colon) == Some(&b':'))?)?;
    (start < at && text.get(..user)?.ends_with("://")).then_some(start)
}

/// The forms in which a secret may be echoed, besides those that a [`DecodedText`] undoes; true: base64.
fn forms(plain: &str) -> Vec<(Zeroizing<String>, bool)> {
    let mut out = vec![(Zeroizing::new(plain.to_owned()), false)];
    let mut add = |form: String, base64: bool| {
        let form = Zeroizing::new(form);
        if !base64 || form.len() >= SHORTEST_ENCODED {
            out.push((form, base64));
        }
    };
    // A secret with `%` or `\\` in it is not found where those are undone.
    let escaped = Zeroizing::new(serde_json::Value::from(plain).to_string());
    for form in [form_part(plain), path_segment(plain), escaped.get(1..escaped.len() - 1).unwrap_or(plain).to_owned()] {
        if form != plain {
            add(form, false);
        }
    }
    if 2 * plain.len() >= SHORTEST_ENCODED {
        let mut hex = String::with_capacity(2 * plain.len());
        plain.bytes().for_each(|b| hex.extend([b >> 4, b & 15].map(|d| char::from_digit(d.into(), 16).unwrap_or('0'))));
        add(hex.to_ascii_uppercase(), false);
        add(hex, false);
    }
    // Base64 writes three bytes as four letters: what stands before the secret (as `id:`) moves it by 0, 1 or 2 bytes.
    for moved in 0..3_usize {
        let mut bytes = Zeroizing::new(vec![0; moved]);
        bytes.extend_from_slice(plain.as_bytes());
        // Only letters that the secret alone decides.
        let (first, last) = ((moved * 8).div_ceil(6), bytes.len() * 8 / 6);
        let standard = Zeroizing::new(STANDARD.encode(&*bytes));
        let form = standard.get(first..last).unwrap_or_default().to_owned();
        if form.contains(['+', '/']) {
            add(form.replace('+', "-").replace('/', "_"), true);
        }
        add(form, true);
    }
    out
}

/// `text` with the places masked. Places that overlap become one, under the label of the wider.
fn replaced<'t>(text: &'t str, mut spots: Vec<Spot<'_>>) -> Cow<'t, str> {
    spots.retain(|s| s.start < s.end);
    // Of matches of one range, the match that was found with the most decodings undone counts.
    spots.reverse();
    if spots.is_empty() {
        return Cow::Borrowed(text);
    }
    spots.sort_by_key(|s| (s.start, std::cmp::Reverse(s.end), s.why));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    let mut spots = spots.into_iter().peekable();
    while let Some(mut spot) = spots.next() {
        while let Some(next) = spots.next_if(|next| next.start < spot.end) {
            if next.end - next.start > spot.end - spot.start {
                (spot.label, spot.why) = (next.label, next.why);
            }
            spot.end = spot.end.max(next.end);
        }
        out.push_str(text.get(done..spot.start).unwrap_or_default());
        let mark = if spot.quote { "\"" } else { "" };
        out.extend([mark, "«", spot.label, "»", mark]);
        done = spot.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

/// Header bytes as text: bytes that are not UTF-8 as `\xNN`.
fn printable(value: &[u8]) -> String {
    use std::fmt::Write as _;
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
