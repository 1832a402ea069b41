//! The cases: what is wrong, the true cause, and whether the evidence can decide.

use guestwire::model::Cause::{self, *};
use guestwire::model::Variation;

use super::setting::Setting;
use super::{channels, foreign, published};

/// Whether the evidence decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decides {
    /// It does: the true cause comes first, and it is sure.
    Sure,
    /// It points: the true cause comes first, alternatives are left.
    Likely,
    /// It does not: the true cause is listed, and the deciding probe named.
    Not,
}
use Decides::{Likely, Not, Sure};

/// One case.
pub struct Case {
    pub what: &'static str,
    pub truth: Vec<Cause>,
    pub at_once: Decides,
    pub probed: Decides,
    pub setting: Setting,
}

pub fn case(what: &'static str, truth: &[Cause], at_once: Decides, probed: Decides, setting: Setting) -> Case {
    Case { what, truth: truth.to_vec(), at_once, probed, setting }
}

pub const NOBODY: &str = "11111111-2222-4333-8444-555555555555";
const NO_GUEST_API: &str = "guest_api = false";

/// All of them.
pub fn all() -> Vec<Case> {
    let mut all = one_401();
    all.extend(two_at_once());
    all.extend(published::published());
    all.extend(channels::open_messaging());
    all.extend(channels::web_messaging());
    all.extend(channels::frames());
    all.extend(named());
    all.extend(foreign::somebody_else());
    all.extend(foreign::openings());
    all.extend(foreign::bearer_challenges());
    all.extend(foreign::token_endpoint());
    all.extend(signing_in());
    all.extend(below_http());
    all.extend(bench());
    all
}

/// The Guest API as described: nearly all of it is the same 401.
fn one_401() -> Vec<Case> {
    let d = Setting::described;
    vec![
        case(
            "the client's Guest API switch is off (401)",
            &[ScopeStripped],
            Likely,
            Sure,
            Setting::client(NO_GUEST_API),
        ),
        case(
            "the switch is turned off while signed in (401)",
            &[ScopeStripped],
            Likely,
            Sure,
            d().after(r#"{"fault":"feature-off"}"#),
        ),
        case("the scope was never asked for (401)", &[ScopeNotRequested], Likely, Sure, d().scopes(&["conversations"])),
        case("no scope was asked for at all (401)", &[ScopeNotRequested], Likely, Sure, d().scopes(&[])),
        // The probe itself is refused here: this token may not read conversations.
        case(
            "messaging:guest was granted instead (401)",
            &[ScopeWrong],
            Likely,
            Likely,
            d().before(r#"{"fault":"scope-wrong"}"#),
        ),
        case(
            "messaging:send was granted instead (403)",
            &[ScopeWrong],
            Likely,
            Likely,
            d().before(r#"{"fault":"scope-wrong","scope":"messaging:send"}"#),
        ),
        case("wrong participant id (401)", &[ParticipantMismatch], Not, Sure, Setting::addressed("stranger", "")),
        case(
            "the guest came back under another participant id (401)",
            &[ParticipantMismatch],
            Not,
            Sure,
            d().after(r#"{"fault":"participant-mismatch"}"#),
        ),
        case("unknown conversation id (401)", &[ConversationUnknown], Not, Sure, d().conversation(NOBODY)),
        case("malformed conversation id (401)", &[ConversationMalformed], Likely, Likely, d().conversation("5f0c91ce")),
        case(
            "ended conversation (409)",
            &[ConversationEnded],
            Sure,
            Sure,
            d().after(r#"{"fault":"conversation-ended"}"#),
        ),
        case(
            "the token's time is over by the server's clock (401, healed)",
            &[TokenExpired],
            Sure,
            Sure,
            d().advanced(3700),
        ),
        case(
            "the token was revoked while two messages were on their way (401, healed)",
            &[TokenRevoked],
            Not,
            Not,
            d().after(r#"{"fault":"token-revoked"}"#)
                .after(r#"{"fault":"slow-headers","conversation":"B","delay_ms":600,"times":1}"#)
                .overlap(),
        ),
        case(
            "the token was revoked early (401, healed)",
            &[TokenRevoked],
            Not,
            Not,
            d().after(r#"{"fault":"token-revoked"}"#),
        ),
        case(
            "the server ended the token early (401, healed)",
            &[TokenExpired],
            Not,
            Not,
            d().after(r#"{"fault":"token-expired"}"#),
        ),
        case(
            "pasted token, ended (401)",
            &[TokenExpired],
            Not,
            Not,
            d().pasted().after(r#"{"fault":"token-expired"}"#),
        ),
        case(
            "pasted token, revoked (401)",
            &[TokenRevoked],
            Not,
            Not,
            d().pasted().after(r#"{"fault":"token-revoked"}"#),
        ),
        case(
            "pasted token, over by a server's clock ten minutes ahead (401)",
            &[ClockSkew],
            Not,
            Not,
            d().pasted().before(r#"{"fault":"clock-skew","seconds":600}"#).after(r#"{"fault":"token-expired"}"#),
        ),
        case("the API host is of another region (401)", &[RegionMismatch], Not, Likely, d().api_elsewhere()),
    ]
}

/// Two things wrong at once: each is enough, and both are listed.
fn two_at_once() -> Vec<Case> {
    let d = Setting::described;
    let off = "[client]\nguest_api = false";
    vec![
        case(
            "switch off, and the wrong participant (401)",
            &[ScopeStripped, ParticipantMismatch],
            Likely,
            Likely,
            Setting::addressed("stranger", off),
        ),
        case(
            "switch off, and an unknown conversation (401)",
            &[ScopeStripped, ConversationUnknown],
            Likely,
            Likely,
            Setting::client(NO_GUEST_API).conversation(NOBODY),
        ),
        case(
            "switch off, and a malformed id (401)",
            &[ScopeStripped, ConversationMalformed],
            Likely,
            Likely,
            Setting::client(NO_GUEST_API).conversation("x"),
        ),
        case(
            "scope never asked for, and the token revoked (401)",
            &[ScopeNotRequested],
            Likely,
            Sure,
            d().scopes(&["conversations"]).after(r#"{"fault":"token-revoked"}"#),
        ),
        case(
            "wrong participant, and the token revoked (401)",
            &[ParticipantMismatch],
            Not,
            Sure,
            Setting::addressed("stranger", "").after(r#"{"fault":"token-revoked"}"#),
        ),
        case(
            "switch off, and the clocks ten minutes apart (401)",
            &[ScopeStripped],
            Likely,
            Sure,
            Setting::client(NO_GUEST_API).before(r#"{"fault":"clock-skew","seconds":600}"#),
        ),
    ]
}

/// What the status says.
fn named() -> Vec<Case> {
    let d = Setting::described;
    vec![
        case(
            "rate limit (429 that asks to wait too long)",
            &[RateLimited],
            Sure,
            Sure,
            d().after(r#"{"fault":"rate-limited","retry_after":900}"#),
        ),
        case(
            "service failure (500)",
            &[ServiceFailure],
            Sure,
            Sure,
            d().after(r#"{"fault":"service-failure","status":500}"#),
        ),
        case(
            "service failure (503)",
            &[ServiceFailure],
            Sure,
            Sure,
            d().after(r#"{"fault":"service-failure","status":503}"#),
        ),
        case(
            "a proxy's page (403)",
            &[ProxyAnswered],
            Sure,
            Sure,
            d().after(r#"{"fault":"proxy-answered","status":403}"#),
        ),
        case(
            "a proxy's page (502)",
            &[ProxyAnswered],
            Likely,
            Likely,
            d().after(r#"{"fault":"proxy-answered","status":502}"#),
        ),
        case(
            "a proxy asks for credentials (407)",
            &[ProxyAnswered],
            Sure,
            Sure,
            d().after(r#"{"fault":"proxy-answered","status":407}"#),
        ),
        case(
            "a proxy asks for credentials before it leads on (CONNECT 407)",
            &[ProxyAnswered],
            Sure,
            Sure,
            Setting::proxy("407 Proxy Authentication Required", &["proxy-authenticate: Basic"], ""),
        ),
        case(
            "a proxy does not lead on (CONNECT 403)",
            &[ProxyAnswered],
            Sure,
            Sure,
            Setting::proxy("403 Forbidden", &["content-type: text/html"], "<h1>Blocked</h1>"),
        ),
        case(
            "a captive portal's page (200)",
            &[ProxyAnswered],
            Sure,
            Sure,
            d().after(r#"{"fault":"proxy-answered","status":200}"#),
        ),
        case(
            "a page that names nobody (502)",
            &[ServiceFailure],
            Not,
            Not,
            Setting::answered("502 X", &["content-type: text/html"], "<h1>Bad Gateway</h1>"),
        ),
        case("text too long, held back", &[TextTooLong], Sure, Sure, d().text("x".repeat(5000))),
    ]
}

/// The token endpoint.
fn signing_in() -> Vec<Case> {
    let d = || Setting::described().of_the_token();
    vec![
        case("the secret is wrong", &[ClientRejected], Likely, Likely, d().before(r#"{"fault":"client-rejected"}"#)),
        case("the client is disabled", &[ClientDisabled], Sure, Sure, d().before(r#"{"fault":"client-disabled"}"#)),
        case("a scope that does not exist", &[ScopeWrong], Sure, Sure, d().scopes(&["guest:message:send"])),
        case(
            "too many token requests (429)",
            &[RateLimited],
            Sure,
            Sure,
            d().before(r#"{"fault":"rate-limited","target":"token"}"#),
        ),
        case(
            "the token endpoint fails (500)",
            &[ServiceFailure],
            Sure,
            Sure,
            d().before(r#"{"fault":"service-failure","target":"token"}"#),
        ),
        case(
            "the client is unknown here",
            &[ClientRejected],
            Likely,
            Likely,
            d().profile(|mut profile| {
                if let guestwire::config::Credentials::Client(client) = &mut profile.credentials {
                    NOBODY.clone_into(&mut client.id);
                }
                profile
            }),
        ),
    ]
}

/// No whole answer.
fn below_http() -> Vec<Case> {
    let d = Setting::described;
    vec![
        case(
            "nobody listens",
            &[NetworkConnect],
            Sure,
            Sure,
            d().of_the_token().profile(|mut profile| {
                // A port that was just free, and is closed again.
                let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
                profile.hosts.login = format!("http://127.0.0.1:{port}");
                profile
            }),
        ),
        case(
            "no TLS on the other side",
            &[NetworkTls],
            Sure,
            Sure,
            d().of_the_token().profile(|mut profile| {
                profile.hosts.login = profile.hosts.login.replace("http://", "https://");
                profile
            }),
        ),
        case(
            "the answer does not come in time",
            &[NetworkTimeout],
            Sure,
            Sure,
            d().after(r#"{"fault":"slow-headers","delay_ms":20000,"times":1}"#).patience(700),
        ),
        case(
            "reset after the message was received",
            &[NetworkConnect],
            Sure,
            Sure,
            d().after(r#"{"fault":"reset-after"}"#),
        ),
        case(
            "reset in the middle of the answer",
            &[NetworkConnect],
            Sure,
            Sure,
            d().after(r#"{"fault":"reset-during"}"#),
        ),
        case("the body is cut short", &[NetworkConnect], Sure, Sure, d().after(r#"{"fault":"truncated-body"}"#)),
    ]
}

/// Sent wrongly on purpose.
fn bench() -> Vec<Case> {
    let d = Setting::described;
    vec![
        case("on purpose: no token", &[TokenAbsent], Sure, Sure, d().sent_as(Variation::NoToken)),
        case("on purpose: expired token", &[TokenExpired], Likely, Likely, d().sent_as(Variation::ExpiredToken)),
        case("on purpose: wrong scope", &[ScopeWrong], Likely, Sure, d().sent_as(Variation::WrongScope)),
        case(
            "on purpose: other participant",
            &[ParticipantMismatch],
            Not,
            Sure,
            d().sent_as(Variation::OtherParticipant),
        ),
        case("on purpose: malformed id", &[ConversationMalformed], Likely, Likely, d().sent_as(Variation::MalformedId)),
        case("on purpose: oversize", &[TextTooLong], Sure, Sure, d().sent_as(Variation::Oversize)),
    ]
}
