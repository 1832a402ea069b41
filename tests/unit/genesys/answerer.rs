use crate::genesys::answerer::*;
use crate::model::Header;
use crate::model::Sign;

type Fields<'f> = &'f [(&'f str, &'f str)];

fn answerer(asked: CallKind, status: u16, headers: Fields<'_>, body: &[u8]) -> Answerer {
    let headers: Vec<Header> = headers.iter().map(|(n, v)| Header::new(*n, *v)).collect();
    who_answered(asked, status, headers.as_slice(), body)
}

fn utf16(text: &str) -> Vec<u8> {
    [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

#[test]
fn the_service_is_known_by_headers_and_shapes() {
    use CallKind::{Anything, Conversation, GuestMessage, List, OpenMessage, Token, TokenFacts};
    let rows: &[(CallKind, u16, Fields<'_>, &[u8])] = &[
        (GuestMessage, 200, &[], br#"{"id":"m-1"}"#),
        (GuestMessage, 201, &[], br#"{"messageId":"m-1"}"#),
        (GuestMessage, 202, &[("x-request-id", "r")], b""),
        (GuestMessage, 204, &[("ININ-Correlation-Id", "c")], b""),
        (GuestMessage, 200, &[("inin-ratelimit-count", "1")], b"ok"),
        (GuestMessage, 200, &[("via", "1.1 proxy.corp.example")], br#"{"id":"m-1"}"#),
        (GuestMessage, 204, &[("via", "1.1 proxy.corp.example"), ("genesys-correlation-id", "c")], b""),
        (OpenMessage, 200, &[("content-type", "text/html")], b"\xEF\xBB\xBF{\"id\":\"m\"}"),
        (OpenMessage, 403, &[], br#"{"message":"no","code":"missing.permissions","status":403}"#),
        (OpenMessage, 500, &[], br#"{"message":"x","contextId":"c"}"#),
        (Token, 200, &[], br#"{"access_token":"t","expires_in":1}"#),
        (Token, 400, &[], br#"{"error":"invalid_client"}"#),
        (TokenFacts, 200, &[], br#"{"organization":{"id":"o"}}"#),
        (Conversation, 200, &[], br#"{"id":"c","participants":[]}"#),
        (GuestMessage, 200, &[("server", "cloudflare")], br#"{"id":"m-1"}"#),
        (GuestMessage, 401, &[("www-authenticate", "Basic realm=x"), ("inin-correlation-id", "c")], b""),
        (GuestMessage, 401, &[("www-authenticate", "Basic, Bearer"), ("x-request-id", "r")], b""),
        (List, 200, &[], br#"{"entities":[]}"#),
        (Anything, 204, &[("x-request-id", "r"), ("via", "1.1 a.cloudfront.net (CloudFront)")], b""),
    ];
    for (asked, status, headers, body) in rows {
        let shown = format!("{asked:?} {status} {headers:?} {}", String::from_utf8_lossy(body));
        assert_eq!(answerer(*asked, *status, headers, body), Answerer::Service, "{shown}");
    }
}

#[test]
fn others_are_known_by_what_the_service_never_sends() {
    let html = Answerer::Other(Sign::Html);
    let header = |line: &str| Answerer::Other(Sign::Header(line.to_owned()));
    let via = |line: &str| Answerer::Other(Sign::Via(line.to_owned()));
    let gateway = Answerer::Other(Sign::Gateway);
    let page = b"<html>Sign in</html>".as_slice();
    let wide = utf16("<!DOCTYPE html><html>Sign in</html>");
    let rows: &[(u16, Fields<'_>, &[u8], Answerer)] = &[
        (200, &[("content-type", "text/html; charset=utf-16")], &wide, html.clone()),
        (200, &[], &wide, html.clone()),
        (200, &[], b"\xEF\xBB\xBF \n<!-- portal --><html>", html.clone()),
        (200, &[("x-request-id", "r")], page, html.clone()),
        (200, &[("Content-Type", "Text/HTML"), ("Content-Encoding", "br")], b"\x1b\x07\x00", html.clone()),
        (407, &[], b"", Answerer::Other(Sign::ProxyLogin)),
        (511, &[], br#"{"code":"x"}"#, Answerer::Other(Sign::NetworkLogin)),
        (403, &[("X-Squid-Error", "ERR_ACCESS_DENIED 0")], b"", header("x-squid-error: ERR_ACCESS_DENIED 0")),
        (403, &[("via", "1.1 filter.example")], b"Blocked by category Chat", via("via: 1.1 filter.example")),
        (502, &[("Via", "1.1 filter.example")], page, via("via: 1.1 filter.example")),
        (403, &[("Via", "1.1 a.cloudfront.net (CloudFront), 1.1 filter.example")], page, html.clone()),
        (503, &[("X-Squid-Error", "ERR_DNS_FAIL 0")], page, header("x-squid-error: ERR_DNS_FAIL 0")),
        (401, &[], br#"{"fault":{"faultstring":"Invalid access token"}}"#, gateway.clone()),
        (403, &[("x-amzn-requestid", "r")], br#"{"message":"no way"}"#, gateway.clone()),
        (403, &[], br#"{"message":"Forbidden"}"#, gateway.clone()),
        (403, &[("content-type", "application/problem+json")], br#"{"title":"Forbidden"}"#, gateway),
        (401, &[("www-authenticate", "Basic realm=\"proxy\"")], b"", header("www-authenticate: Basic")),
        (
            401,
            &[("www-authenticate", "Negotiate"), ("www-authenticate", "NTLM")],
            b"",
            header("www-authenticate: Negotiate"),
        ),
        (520, &[("Server", "cloudflare")], b"error code: 520", header("server: cloudflare")),
        (520, &[("Server", "cloudflare")], page, header("server: cloudflare")),
        (403, &[("Server", "Zscaler/6.2")], b"", header("server: Zscaler/6.2")),
        (302, &[("location", "https://sso.example")], b"", Answerer::Other(Sign::Redirect)),
    ];
    for (status, headers, body, expected) in rows {
        let shown = format!("{status} {headers:?} {}", String::from_utf8_lossy(body));
        assert_eq!(answerer(CallKind::GuestMessage, *status, headers, body), *expected, "{shown}");
    }
}

#[test]
fn without_evidence_nobody_can_tell() {
    let rows: &[(u16, Fields<'_>, &[u8])] = &[
        (200, &[], b""),
        (204, &[], b""),
        (200, &[("via", "1.1 proxy.corp.example")], b""),
        (200, &[], b"{}"),
        (200, &[], br#"{"status":"ok"}"#),
        (200, &[], br#"{"id":7}"#),
        (200, &[], b"OK"),
        (200, &[("ININ-Correlation-Id", "c")], b"<html>Sign in</html>"),
        (403, &[], b""),
        (401, &[("www-authenticate", "Bearer realm=\"api\"")], b""),
        (401, &[("www-authenticate", ",,= ,")], b""),
        (502, &[("server", "nginx")], b"upstream connect error"),
        (400, &[], br#"{"error":"invalid_client"}"#),
    ];
    for (status, headers, body) in rows {
        let shown = format!("{status} {headers:?} {}", String::from_utf8_lossy(body));
        assert_eq!(answerer(CallKind::GuestMessage, *status, headers, body), Answerer::Unproven, "{shown}");
    }
}
