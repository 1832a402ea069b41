//! Answers that the service does not give, or that nothing shows to be its own; and what a bearer challenge says.

use guestwire::model::Cause::{self, *};

use super::cases::Decides::{self, Likely, Not, Sure};
use super::cases::{Case, case};
use super::setting::Setting;

const JSON: &str = "content-type: application/json";
const PROBLEM: &str = "content-type: application/problem+json";
const TEXT: &str = "content-type: text/plain";
const HTML: &str = "content-type: text/html";

fn row(
    what: &'static str,
    truth: Cause,
    decides: Decides,
    status: &str,
    headers: &[&str],
    body: impl Into<Vec<u8>>,
) -> Case {
    case(what, &[truth], decides, decides, Setting::answered(status, headers, body))
}

/// Proxies, filters, sign-in pages and gateways, in the shapes that are met in the field.
pub fn somebody_else() -> Vec<Case> {
    let sso = "location: https://sso.corp.example/login?from=api&token=abc";
    let wide: Vec<u8> = "<html><title>Anmelden</title>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let squid = "x-squid-error: ERR_ACCESS_DENIED 0";
    let amazon = "x-amzn-requestid: 1";
    let fault =
        r#"{"fault":{"faultstring":"Invalid access token","detail":{"errorcode":"oauth.v2.InvalidAccessToken"}}}"#;
    let problem = r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"No route"}"#;
    let p =
        |what, decides, status, headers: &[&str], body: &str| row(what, ProxyAnswered, decides, status, headers, body);
    vec![
        p("a redirect to a sign-in page (302)", Likely, "302 Found", &[sso], ""),
        p("a redirect with a page (307)", Likely, "307 Temporary Redirect", &[sso, HTML], "<html>moved</html>"),
        p("a sign-in page that names nobody (200)", Likely, "200 OK", &[HTML], "<html><title>Sign in</title>"),
        row(
            "a sign-in page in UTF-16 (200)",
            ProxyAnswered,
            Likely,
            "200 OK",
            &["content-type: text/html; charset=utf-16le"],
            wide,
        ),
        row(
            "a page in an encoding that is not read (200)",
            ProxyAnswered,
            Likely,
            "200 OK",
            &[HTML, "content-encoding: br"],
            &b"\x1b\x07\x00\xff"[..],
        ),
        p("a page without a type (404)", Likely, "404 Not Found", &[], "<!DOCTYPE html><title>Not here</title>"),
        p("a filter says so in its text (403)", Likely, "403 Forbidden", &[TEXT], "Blocked by category Chat"),
        p(
            "a filter says so in its text, with via (403)",
            Sure,
            "403 Forbidden",
            &[TEXT, "via: 1.1 filter.corp"],
            "Blocked by category Chat",
        ),
        p("a filter says so in its status line (403)", Likely, "403 Blocked by category Chat", &[], ""),
        p("squid denies (403)", Sure, "403 Forbidden", &[squid], ""),
        p("squid denies with a page (503)", Sure, "503 Service Unavailable", &[squid, HTML], "<html>ERR_DNS_FAIL"),
        p("the network asks to sign in (511)", Sure, "511 Network Authentication Required", &[HTML], "<html>Wi-Fi"),
        p("a gateway's fault (401)", Likely, "401 Unauthorized", &[JSON], fault),
        p(
            "a gateway's words with its header (403)",
            Likely,
            "403 Forbidden",
            &[JSON, amazon],
            r#"{"message":"Forbidden"}"#,
        ),
        p("a gateway's words without a header (403)", Likely, "403 Forbidden", &[JSON], r#"{"message":"Forbidden"}"#),
        p(
            "a gateway knows no such route (404)",
            Likely,
            "404 Not Found",
            &[JSON, amazon],
            r#"{"message":"no Route matched with those values"}"#,
        ),
        p("problem details of a gateway (404)", Likely, "404 Not Found", &[PROBLEM], problem),
        p("nothing shows who answered (404)", Not, "404 Not Found", &[], ""),
        p("nothing shows who answered (401)", Not, "401 Unauthorized", &[JSON], "{}"),
        p("nothing shows who answered (403)", Not, "403 Forbidden", &[], ""),
        row("nothing shows who answered (503)", ServiceFailure, Not, "503 Service Unavailable", &[], ""),
    ]
}

/// RFC 6750: what the server says of the token in its header.
pub fn bearer_challenges() -> Vec<Case> {
    let own = "x-request-id: r";
    let challenge = |error: &str| format!("www-authenticate: Bearer realm=\"api\", error=\"{error}\"");
    let scope = format!("{}, scope=\"guest:messages:send\"", challenge("insufficient_scope"));
    let invalid = challenge("invalid_token");
    vec![
        case(
            "insufficient_scope, never asked for (403)",
            &[ScopeNotRequested],
            Sure,
            Sure,
            Setting::answered("403 Forbidden", &[own, &scope], "").scopes(&["conversations"]),
        ),
        case(
            "insufficient_scope that names another scope (403)",
            &[ScopeWrong],
            Likely,
            Likely,
            Setting::answered("403 Forbidden", &[own, &challenge("insufficient_scope")], ""),
        ),
        case(
            "invalid_token, whatever token is used (401)",
            &[RegionMismatch],
            Likely,
            Sure,
            Setting::answered("401 Unauthorized", &[own, &invalid], r#"{"message":"no"}"#),
        ),
    ]
}

/// `invalid_client` in whatever wording, and somebody else at the token endpoint's address.
pub fn token_endpoint() -> Vec<Case> {
    let t = |status: &str, headers: &[&str], body: &str| Setting::answered(status, headers, body).of_the_token();
    let wording = |words: &str| format!(r#"{{"error":"invalid_client","error_description":"{words}"}}"#);
    let refused = |words: &str| t("400 Bad Request", &[JSON], &wording(words));
    vec![
        case("invalid_client: client not found", &[ClientRejected], Likely, Likely, refused("client not found")),
        case(
            "invalid_client: authentication failed",
            &[ClientRejected],
            Likely,
            Likely,
            refused("authentication failed"),
        ),
        case(
            "invalid_client: Client authentication failed",
            &[BodyMalformed],
            Not,
            Not,
            refused("Client authentication failed"),
        ),
        case(
            "invalid_client, the client is of another region",
            &[RegionMismatch],
            Not,
            Not,
            refused("authentication failed"),
        ),
        case(
            "invalid_client without a word (401)",
            &[ClientRejected],
            Likely,
            Likely,
            t("401 Unauthorized", &[], r#"{"error":"invalid_client"}"#),
        ),
        case(
            "a token that has ended already",
            &[ServiceFailure],
            Likely,
            Likely,
            t("200 OK", &[JSON], r#"{"access_token":"tkn9c1-0001","token_type":"bearer","expires_in":0}"#),
        ),
        case(
            "the token endpoint leads elsewhere (302)",
            &[ProxyAnswered],
            Likely,
            Likely,
            t("302 Found", &["location: https://sso.example/"], ""),
        ),
        case(
            "a filter at the token endpoint (403)",
            &[ProxyAnswered],
            Likely,
            Likely,
            t("403 Forbidden", &[TEXT], "Blocked by category Chat"),
        ),
        case(
            "a page at the token endpoint (404)",
            &[ProxyAnswered],
            Likely,
            Likely,
            t("404 Not Found", &[HTML], "<html>no"),
        ),
    ]
}

/// What is answered to the opening of the guest socket, where the service switches to a socket or refuses.
pub fn openings() -> Vec<Case> {
    let p = |what, status: &str, headers: &[&str], body: &str| {
        let setting = Setting::web_answered(status, headers, body);
        case(what, &[ProxyAnswered], Likely, Likely, setting)
    };
    vec![
        p("guest socket: a sign-in page (200)", "200 OK", &[HTML], "<html><title>Sign in</title>"),
        p("guest socket: a text (200)", "200 OK", &[TEXT], "OK"),
        p("guest socket: a redirect without a place (302)", "302 Found", &[], ""),
    ]
}
