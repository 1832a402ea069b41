//! The token request: credentials and form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::sandbox::world::GrantRequest;

/// What a token request says: `Authorization` header (where there is one) and form.
pub(crate) fn asked(authorization: Option<&str>, form: &[u8]) -> GrantRequest {
    let mut asked = GrantRequest::default();
    for (name, value) in url::form_urlencoded::parse(form) {
        let value = Some(value.into_owned());
        match &*name {
            "grant_type" => asked.grant_type = value,
            "scope" => asked.scope = value,
            "client_id" => asked.client_id = value,
            "client_secret" => asked.client_secret = value,
            _ => {}
        }
    }
    let basic = authorization.and_then(|value| value.split_once(' ')).filter(|(s, _)| s.eq_ignore_ascii_case("basic"));
    if let Some((_, encoded)) = basic {
        asked.basic = true;
        let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        (asked.client_id, asked.client_secret) = match decoded.as_deref().and_then(|pair| pair.split_once(':')) {
            Some((id, secret)) => (Some(id.to_owned()), Some(secret.to_owned())),
            None => (None, None),
        };
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_credentials_are_read() {
        let form =
            b"grant_type=client_credentials&scope=guest%3Amessages%3Asend+conversations&client_id=a&client_secret=b%2B";
        let body = asked(None, form);
        assert_eq!(body.scope.as_deref(), Some("guest:messages:send conversations"));
        assert_eq!((body.client_id.as_deref(), body.client_secret.as_deref()), (Some("a"), Some("b+")));
        assert!(!body.basic);
        let basic = asked(Some("Basic aWQ6c2VjOnJldA=="), b"grant_type=client_credentials");
        assert_eq!((basic.client_id.as_deref(), basic.client_secret.as_deref()), (Some("id"), Some("sec:ret")));
        assert!(basic.basic);
    }

    #[test]
    fn garbage_is_no_credentials() {
        let garbage = asked(Some("Basic ###"), b"client_id=a&client_secret=b");
        assert_eq!((garbage.client_id, garbage.basic), (None, true));
        assert_eq!(
            asked(None, b"client_id=%zz%41").client_id.as_deref(),
            Some("%zzA"),
            "no valid escape stays as it is"
        );
    }
}
