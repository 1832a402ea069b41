//! `WWW-Authenticate: Bearer …` of a refusal. [RFC 6750, 3 and 3.1; the header's form: RFC 9110, 11.6.1]

use super::fields::Headers;

/// What a refusal says of the bearer token that it does not take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BearerChallenge {
    /// `invalid_request`, `invalid_token` or `insufficient_scope`.
    pub error: Option<String>,
    /// `error_description`.
    pub description: Option<String>,
    /// The scopes that the request needs.
    pub scopes: Vec<String>,
}

impl BearerChallenge {
    /// The challenge of an answer; `None` where there is none, or it says nothing but its realm.
    pub fn read(headers: &(impl Headers + ?Sized)) -> Option<Self> {
        let mut found = Self::default();
        for value in headers.values("www-authenticate") {
            let mut bearer = false;
            for part in split_outside_quotes(value) {
                // `Bearer realm="x"` begins a challenge; `error="y"` belongs to the one before.
                let (scheme, parameter) = match part.split_once([' ', '\t']) {
                    Some((scheme, rest)) if !scheme.contains('=') => (Some(scheme), rest),
                    None if !part.contains('=') => (Some(part), ""),
                    _ => (None, part),
                };
                if let Some(scheme) = scheme {
                    bearer = scheme.eq_ignore_ascii_case("bearer");
                }
                let Some((name, value)) = parameter.split_once('=').filter(|_| bearer) else { continue };
                let value = unquoted(value.trim());
                match name.trim().to_ascii_lowercase().as_str() {
                    "error" => found.error = Some(value),
                    "error_description" => found.description = Some(value),
                    "scope" => found.scopes = value.split_whitespace().map(str::to_owned).collect(),
                    _ => {}
                }
            }
        }
        (found != Self::default()).then_some(found)
    }
}

/// The scheme by which an answer asks for credentials, where it takes no bearer token.
pub fn other_scheme(headers: &(impl Headers + ?Sized)) -> Option<&str> {
    const OTHERS: [&str; 5] = ["basic", "digest", "kerberos", "negotiate", "ntlm"];
    let values = headers.values("www-authenticate");
    let schemes = values.into_iter().flat_map(split_outside_quotes).filter_map(|part| part.split([' ', '\t']).next());
    let schemes: Vec<&str> = schemes.collect();
    let is = |scheme: &&&str, name: &str| scheme.eq_ignore_ascii_case(name);
    if schemes.iter().any(|scheme| is(&scheme, "bearer")) {
        return None;
    }
    schemes.iter().find(|scheme| OTHERS.iter().any(|other| is(scheme, other))).copied()
}

/// The parts of a list between its commas; those inside quotes separate nothing.
fn split_outside_quotes(list: &str) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    list.split(|c| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return c == ',' && !quoted,
        }
        false
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
    .collect()
}

/// A value without its quotes and backslashes.
fn unquoted(value: &str) -> String {
    let Some(inside) = value.strip_prefix('"') else { return value.to_owned() };
    let (mut out, mut chars) = (String::new(), inside.chars());
    while let Some(c) = chars.next().filter(|c| *c != '"') {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

#[cfg(test)]
#[path = "../../tests/unit/genesys/challenge.rs"]
mod tests;
