//! Tests of `genesys::challenge`.

use super::*;
use crate::model::exchange::Header;

#[test]
fn bearer_challenges_are_read_in_every_form() {
    type Row<'r> = (&'r [&'r str], Option<&'r str>, Option<&'r str>, &'r [&'r str]);
    let rows: &[Row<'_>] = &[
        (
            &[r#"Bearer realm="api", error="invalid_token", error_description="The token, it \"ended\"""#],
            Some("invalid_token"),
            Some("The token, it \"ended\""),
            &[],
        ),
        (
            &[r#"bearer error=insufficient_scope,scope="guest:messages:send b""#],
            Some("insufficient_scope"),
            None,
            &["guest:messages:send", "b"],
        ),
        (&[r#"Basic realm="x, Bearer", Bearer error="invalid_request""#], Some("invalid_request"), None, &[]),
        (&["Negotiate", r#"Bearer scope="a""#], None, None, &["a"]),
        (&[r#"Bearer error="unfinished"#], Some("unfinished"), None, &[]),
    ];
    for (values, error, description, scopes) in rows {
        let headers: Vec<Header> = values.iter().map(|v| Header::new("WWW-Authenticate", *v)).collect();
        let read = BearerChallenge::read(headers.as_slice()).unwrap_or_default();
        assert_eq!((read.error.as_deref(), read.description.as_deref()), (*error, *description), "{values:?}");
        assert_eq!(read.scopes, *scopes, "{values:?}");
    }
    for nothing in ["", "Bearer", r#"Bearer realm="api""#, r#"Basic error="invalid_token""#, ",,= ,\"\\"] {
        let headers = [Header::new("www-authenticate", nothing)];
        assert_eq!(BearerChallenge::read(headers.as_slice()), None, "{nothing}");
    }
}
