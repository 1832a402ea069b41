use crate::genesys::errors::*;
use crate::model::Header;
use std::time::Duration;

fn reason(status: u16, headers: &[(&str, &str)], body: &str) -> String {
    let headers: Vec<Header> = headers.iter().map(|(n, v)| Header::new(*n, *v)).collect();
    ApiError::read(status, headers.as_slice(), body.as_bytes()).refusal.to_string()
}

#[test]
fn every_shape_becomes_one_line() {
    type Row<'r> = (u16, &'r [(&'r str, &'r str)], &'r str, &'r str);
    let insufficient = r#"Bearer realm="x", error="insufficient_scope", error_description="More is needed", scope="guest:messages:send""#;
    let rows: &[Row<'_>] = &[
        (403, &[], r#"{"message":"No.","code":"missing.permissions","status":403}"#, "403 missing.permissions: No."),
        (400, &[], r#"{"code":"bad.request"}"#, "400 bad.request"),
        (
            400,
            &[],
            r#"{"code":"invalid.value","messageWithParams":"Value {v} of {n}","messageParams":{"v":"x","n":7}}"#,
            "400 invalid.value: Value x of 7",
        ),
        (
            400,
            &[],
            r#"{"message":"Bad.","messageWithParams":"Bad {field}.","messageParams":{"field":"text"}}"#,
            "400: Bad.; Bad text.",
        ),
        (
            400,
            &[],
            r#"{"code":"bad.request","message":"m","details":[{"errorCode":"too.long","fieldName":"text"},{"entityId":"7","entityName":"conversation"},"more",{}]}"#,
            "400 bad.request: m; text: too.long; conversation 7; more",
        ),
        (
            409,
            &[],
            r#"{"code":"a","errors":[{"code":"b","message":"c"},{"code":"d","fieldName":"e"},1,2,3,4]}"#,
            "409 a; b c; e: d; and 2 more",
        ),
        (
            400,
            &[],
            r#"{"error":"invalid_client","description":"d","error_description":"no"}"#,
            "400 invalid_client: no",
        ),
        (
            403,
            &[],
            r#"{"error":{"code":403,"message":"Denied","status":"PERMISSION_DENIED"}}"#,
            "403 PERMISSION_DENIED: Denied",
        ),
        (
            401,
            &[],
            r#"{"fault":{"faultstring":"Invalid access token","detail":{"errorcode":"keymanagement.service.invalid_token"}}}"#,
            "401 keymanagement.service.invalid_token: Invalid access token",
        ),
        (
            403,
            &[],
            r#"{"type":"https://e.example/blocked","title":"Forbidden","detail":"By policy 7","status":403}"#,
            "403: Forbidden: By policy 7; https://e.example/blocked",
        ),
        (403, &[], r#"{"message":"Forbidden"}"#, "403: Forbidden"),
        (
            403,
            &[("WWW-Authenticate", insufficient)],
            "",
            "403 insufficient_scope: More is needed; needs scope guest:messages:send",
        ),
        (
            401,
            &[("www-authenticate", r#"Bearer error="invalid_token""#)],
            r#"{"code":"unauthorized","message":"m"}"#,
            "401 unauthorized: m; invalid_token",
        ),
        (
            302,
            &[("location", "https://u:p@sso.example/login?token=abc#x")],
            "",
            "302 Found; leads to https://sso.example/login",
        ),
        (200, &[("location", "https://sso.example/")], "", "200 OK"),
        (403, &[], "Blocked by category Chat\nRule 7", "403: Blocked by category Chat"),
        (502, &[], "<html><TITLE lang=en>\n Bad\n proxy</title>", "502 Bad Gateway; a page “Bad proxy”"),
        (
            403,
            &[],
            "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message><Expires>2026</Expires></Error>",
            "403 AccessDenied: Request has expired",
        ),
        (502, &[], "<html><code>x</code><message>y</message>", "502 Bad Gateway"),
        (502, &[], "<html>Bad\ngateway", "502 Bad Gateway"),
        (500, &[], "{\"message\":", "500 Internal Server Error"),
        (599, &[], "", "599"),
        (400, &[], "{\"message\":\"a\\r\\n\\tb\",\"code\":\"x\\ny\"}", "400 x y: a b"),
        (400, &[], "[]", "400 Bad Request"),
    ];
    for (status, headers, body, expected) in rows {
        assert_eq!(reason(*status, headers, body), *expected, "{body}");
    }
    let long = reason(403, &[], &"ä".repeat(500));
    assert_eq!(long.chars().count(), "403: ".len() + LINE_MAX + 1, "{long}");
}

#[test]
fn the_wait_and_the_context_are_read() {
    let read = |body: &str| ApiError::read(429, [].as_slice() as &[Header], body.as_bytes());
    let message = r#"{"message":"Rate limit exceeded the maximum. Retry the request in [12] seconds","contextId":"c"}"#;
    assert_eq!(read(message).retry_after, Some(Duration::from_secs(12)));
    assert_eq!(read(message).context_id.as_deref(), Some("c"));
    assert_eq!(read(r#"{"retryAfter":3}"#).retry_after, Some(Duration::from_secs(3)));
    assert_eq!(read(r#"{"retryAfter":-3}"#).retry_after, None);
    assert_eq!(read(r#"{"retryAfter":1e300}"#).retry_after, None);
}

#[test]
fn permissions_are_read_from_parameters_or_message() {
    for body in [
        r#"{"message":"You are missing the following permission(s): [a:b:c, d:e:f]"}"#,
        r#"{"message":"x","messageParams":{"permissions":"[a:b:c, d:e:f]"}}"#,
    ] {
        let error = ApiError::read(403, [].as_slice() as &[Header], body.as_bytes());
        assert_eq!(error.missing_permissions, ["a:b:c", "d:e:f"]);
    }
}

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
        let read = BearerChallenge::read(headers.as_slice());
        assert_eq!((read.error.as_deref(), read.description.as_deref()), (*error, *description), "{values:?}");
        assert_eq!(read.scopes, *scopes, "{values:?}");
    }
    for nothing in ["", "Bearer", r#"Bearer realm="api""#, r#"Basic error="invalid_token""#, ",,= ,\"\\"] {
        let headers = [Header::new("www-authenticate", nothing)];
        assert_eq!(BearerChallenge::read(headers.as_slice()), BearerChallenge::default(), "{nothing}");
    }
}
