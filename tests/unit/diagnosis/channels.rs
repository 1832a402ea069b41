//! The rules for the published channels, on exchanges as the engine tells them: an open message is a POST, a frame of the
//! guest socket has the method `FRAME` and the answering frame as its response, the socket's opening is a GET.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use crate::diagnosis::{PastExchanges, ProfileFacts, diagnose};
use crate::model::Cause::{self, *};
use crate::model::Confidence::{self, Likely, Possible, Sure};
use crate::model::{
    Channel, CheckAnswer, Diagnosis, Ending, Exchange, ExchangeId, ExchangeKind, ExchangeStep, Failure, FailureKind,
    Header, Objection, Outcome, Phase, Reason, Remedy, Request, Response, ServerRefusal, SessionEnd, Sign, TlsFault,
};

use crate::fixtures::{self, at_second, request, response};

const DEPLOYMENT: &str = "d0d0c0de-1111-4222-8333-44445555bd8a";
const INTEGRATION: &str = "1e9fa710-1111-4222-8333-44445555bd8a";
const ORIGIN: &str = "https://shop.example";
const CDN: &str = "https://api-cdn.mypurecloud.de/webdeployments/v1/deployments";

fn answer(status: u16, version: &str, headers: Vec<Header>, text: &str) -> Ending {
    Ending::Answered(Response { version: version.to_owned(), ..response(status, headers, text) })
}

fn exchange(id: u64, kind: ExchangeKind, request: Request, ending: Ending) -> Exchange {
    let outcome = match &ending {
        Ending::Answered(r) if r.status == 101 || (200..300).contains(&r.status) => Outcome::Accepted,
        Ending::Answered(r) => Outcome::Refused(r.status.to_string().into()),
        Ending::Failed(f) if f.wrote => Outcome::Unknown(f.detail.clone().into()),
        Ending::Failed(f) => Outcome::Failed(f.detail.clone().into()),
    };
    fixtures::exchange(id, kind, vec![fixtures::attempt(at_second(id), request, Some(ending))], outcome)
}

/// A message as a frame, and the frame that answers it.
fn frame(code: u16, answering: &str) -> Exchange {
    let url = format!("wss://webmessaging.mypurecloud.de/v1?deploymentId={DEPLOYMENT}");
    let sent = r#"{"action":"onMessage","token":"«guest token»","message":{"type":"Text","text":"hi"}}"#;
    exchange(
        50,
        ExchangeKind::Send,
        request("FRAME", url, Vec::new(), sent),
        answer(code, "WebSocket", Vec::new(), answering),
    )
}

fn said(code: u16, body: &str) -> Exchange {
    frame(code, &format!(r#"{{"type":"response","class":"string","code":{code},"body":"{body}"}}"#))
}

/// The opening of the guest socket.
fn opening(deployment: &str, ending: Ending) -> Exchange {
    let url = format!("https://webmessaging.mypurecloud.de/v1?deploymentId={deployment}&application=guestwire");
    let headers = vec![Header::new("upgrade", "websocket"), Header::new("origin", ORIGIN)];
    exchange(50, ExchangeKind::Frame, request("GET", url, headers, ""), ending)
}

fn public(id: u64, file: &str, status: u16, text: &str) -> Exchange {
    let url = format!("{CDN}/{DEPLOYMENT}/{file}.json");
    exchange(id, ExchangeKind::Probe, request("GET", url, Vec::new(), ""), answer(status, "HTTP/1.1", Vec::new(), text))
}

fn open_message(integration: &str, status: u16, text: &str) -> Exchange {
    let url = format!(
        "https://api.mypurecloud.de/api/v2/conversations/messages/{integration}/inbound/open/message?prefetchConversationId=true"
    );
    let headers = vec![Header::new("authorization", "Bearer «token #1»")];
    let own = vec![Header::new("inin-correlation-id", "c0ffee")];
    let sent = r#"{"channel":{"from":{"id":"guest-42","idType":"Opaque"}},"text":"hi"}"#;
    exchange(50, ExchangeKind::Send, request("POST", url, headers, sent), answer(status, "HTTP/1.1", own, text))
}

fn diagnosis_of(exchange: &Exchange, channel: Channel, history: &PastExchanges) -> Diagnosis {
    let region = "mypurecloud.de".to_owned();
    let profile = ProfileFacts { region, ..ProfileFacts::default() };
    diagnose(exchange, Some(channel), &profile, history).unwrap()
}

fn first(exchange: &Exchange, channel: Channel, history: &PastExchanges) -> (Cause, Confidence) {
    let found = diagnosis_of(exchange, channel, history);
    for suspect in &found.suspects {
        assert!(!found.excluded.contains(&suspect.cause), "{found:#?}");
    }
    (found.cause(), found.confidence())
}

#[test]
fn each_frame_that_refuses_has_its_cause() {
    let rows = [
        (said(400, "Request failed."), BodyMalformed, Likely),
        (said(401, "User is unauthorized"), GuestJwtExpired, Likely),
        (said(403, "Presence events Conversation Clear are not supported"), FeatureOff, Sure),
        (said(403, "Turn on the Feature Toggle or fix the configuration."), FeatureOff, Sure),
        (said(403, "Session authentication failed"), GuestJwtExpired, Likely),
        (said(403, "Origin is not allowed"), OriginRefused, Sure),
        (said(409, "Session is read-only, no new messages allowed"), ConversationEnded, Sure),
        (said(4000, "feature unavailable"), FeatureOff, Sure),
        (said(4001, "file type"), AttachmentRefused, Sure),
        (said(4006, "session expired error message"), ConversationEnded, Sure),
        (said(4007, "session not found error message"), ConversationEnded, Sure),
        (said(4010, "not uploaded"), AttachmentRefused, Sure),
        (said(4011, "message too long"), TextTooLong, Sure),
        (said(4013, "Custom Attributes in channel metadata is larger than 2048 bytes"), TextTooLong, Sure),
        (said(4020, "missing parameter"), BodyMalformed, Sure),
        (said(5000, "internal"), ServiceFailure, Sure),
        (said(418, "something new"), Unknown, Possible),
    ];
    for (exchange, cause, confidence) in rows {
        let found = first(&exchange, Channel::WebMessaging, &PastExchanges::default());
        assert_eq!(found, (cause, confidence), "{exchange:#?}");
    }
    let unknown_guest =
        diagnosis_of(&said(401, "User is unauthorized"), Channel::WebMessaging, &PastExchanges::default());
    let why = "the guest is not accepted any more: this is about the guest's own token, not the OAuth token";
    assert_eq!(unknown_guest.sentence(), why);
}

/// A frame has no header, and not each of its refusals is about its token.
#[test]
fn a_frame_without_a_token_on_purpose_is_refused_for_that_or_for_another_reason() {
    for (code, cause) in [(401, Some("the frame had no token")), (403, Some("the frame had no token")), (4011, None)] {
        let mut sent = said(code, "no");
        sent.sent_as = Some(crate::model::Variation::NoToken);
        let found = diagnosis_of(&sent, Channel::WebMessaging, &PastExchanges::default());
        let absent = found.suspects.iter().find(|suspect| suspect.cause == TokenAbsent);
        let because = absent.map(|suspect| suspect.because.rsplit(": ").next().unwrap());
        assert_eq!(because, cause, "{code}: {found:#?}");
    }
}

/// A message that was never written: whoever kept it back is named, not the server, which said nothing of it.
#[test]
fn what_was_not_written_has_the_cause_that_its_reason_names() {
    let not_uploaded = |why| Reason::NotUploaded("a.png".to_owned(), Box::new(why));
    let answered = |status| Reason::Answer(Box::new(ServerRefusal { status, ..ServerRefusal::default() }));
    let broken = Failure::written(FailureKind::Reset, Phase::Answer, "reset").reason();
    let refused = |code| Reason::FileRefused("a.png".to_owned(), code, String::new());
    let rows = [
        (Reason::File("a.png cannot be read (no such file)".to_owned()), HeldBack),
        (Reason::Held(Objection::ListPicker), HeldBack),
        (Reason::Held(Objection::TextTooLong(5000)), TextTooLong),
        (not_uploaded(Reason::NotBuilt("its address is not secure".to_owned())), HeldBack),
        (not_uploaded(Reason::Elsewhere(200, Sign::Html)), ProxyAnswered),
        (not_uploaded(answered(403)), AttachmentRefused),
        (not_uploaded(answered(503)), ServiceFailure),
        (not_uploaded(broken), NetworkConnect),
        (Reason::NotArrived("a.png".to_owned()), NetworkTimeout),
        (refused(4001), AttachmentRefused),
        (refused(403), AttachmentRefused),
        (refused(4000), FeatureOff),
        (refused(4029), RateLimited),
        (refused(5000), ServiceFailure),
    ];
    for (why, cause) in rows {
        let exchange = fixtures::exchange(50, ExchangeKind::Send, Vec::new(), Outcome::Refused(why));
        let found = first(&exchange, Channel::WebMessaging, &PastExchanges::default());
        assert_eq!(found, (cause, Sure), "{exchange:#?}");
    }
}

/// The socket closes after the session's end: what ended the session is the cause of what was not written any more.
#[test]
fn a_message_that_met_the_end_of_its_session_has_that_cause() {
    let rows = [
        (Reason::Session(SessionEnd::SignedOut), ConversationEnded),
        (Reason::Session(SessionEnd::Expired), ConversationEnded),
        (Reason::Frame(4006, "session expired".to_owned()), ConversationEnded),
        (Reason::SocketLost("reset".to_owned()), NetworkConnect),
    ];
    for (why, cause) in rows {
        let lost = Ending::Failed(Failure::new(FailureKind::Reset, Phase::Write, "the socket was lost"));
        let written = request("FRAME", "wss://webmessaging.mypurecloud.de/v1", Vec::new(), "{}");
        let mut exchange = exchange(50, ExchangeKind::Send, written, lost);
        exchange.outcome = Outcome::Failed(why);
        let found = first(&exchange, Channel::WebMessaging, &PastExchanges::default());
        assert_eq!(found, (cause, Sure), "{exchange:#?}");
    }
}

/// What to do about an ended conversation is what its channel lets a person do.
#[test]
fn an_advice_is_that_of_the_channel() {
    let rows = [
        (
            said(4006, "session expired"),
            Channel::WebMessaging,
            "On the guest socket: start a new session",
            Some(Remedy::NewSession),
        ),
        (said(4006, "session expired"), Channel::GuestApi, "Begin a new conversation", None),
    ];
    for (exchange, channel, words, remedy) in rows {
        let found = diagnosis_of(&exchange, channel, &PastExchanges::default());
        let advice = found.actions.first().unwrap();
        assert!(advice.words.starts_with(words), "{advice:?}");
        assert_eq!(advice.remedy, remedy);
        assert_eq!(found.actions.len(), 2, "{found:#?}");
    }
}

#[test]
fn a_frame_says_how_long_to_wait_and_what_ended() {
    let body = r#"{"retryAfter":3,"errorCode":4029,"errorMessage":"Message rate too high for this session"}"#;
    let class = r#""type":"response","class":"TooManyRequestsErrorMessage","code":429"#;
    let limited_by = |body: &str| {
        let limited = frame(429, &format!(r#"{{{class},"body":{body}}}"#));
        diagnosis_of(&limited, Channel::WebMessaging, &PastExchanges::default())
    };
    let found = limited_by(body);
    assert_eq!((found.cause(), found.confidence()), (RateLimited, Sure));
    assert!(found.sentence().contains("4029") && found.sentence().contains("3 s"), "{}", found.sentence());
    assert_eq!(found.said, "4029 · “Message rate too high for this session”");
    let in_parts = limited_by(r#"{"retryAfter":1.5,"errorCode":"4029","message":"slow down"}"#);
    assert!(in_parts.sentence().contains("4029") && in_parts.sentence().contains("2 s"), "{}", in_parts.sentence());
    assert_eq!(in_parts.said, "4029 · “slow down”");
    for class in ["SessionExpiredEvent", "SessionClearedEvent", "LogoutEvent"] {
        let mut event = frame(200, &format!(r#"{{"type":"message","class":"{class}","code":200,"body":{{}}}}"#));
        event.outcome = Outcome::Refused(class.to_owned().into());
        assert_eq!(first(&event, Channel::WebMessaging, &PastExchanges::default()), (ConversationEnded, Sure));
    }
}

#[test]
fn an_opening_that_is_refused_is_settled_by_what_is_public() {
    let refused = || opening(DEPLOYMENT, answer(403, "HTTP/1.1", Vec::new(), r#"{"message":"Forbidden"}"#));
    let active = || public(1, "config", 200, r#"{"id":"x","status":"Active"}"#);
    let after = |seen: Vec<Exchange>| {
        let mut history = PastExchanges::default();
        for exchange in &seen {
            history.exchange(exchange);
        }
        first(&refused(), Channel::WebMessaging, &history)
    };
    let elsewhere = || public(2, "domains", 200, r#"{"allowAllDomains":false,"allowedDomains":["other.example"]}"#);
    let here = || public(2, "domains", 200, r#"{"allowAllDomains":false,"allowedDomains":["shop.example"]}"#);
    assert_eq!(after(Vec::new()), (OriginRefused, Possible), "one answer for both");
    assert_eq!(after(vec![active()]), (OriginRefused, Likely));
    assert_eq!(after(vec![active(), elsewhere()]), (OriginRefused, Sure));
    assert_eq!(after(vec![elsewhere()]), (OriginRefused, Likely), "whether it is active is not known");
    assert_eq!(after(vec![public(1, "config", 404, "")]), (DeploymentUnknown, Sure));
    assert_eq!(after(vec![public(1, "config", 200, r#"{"status":"Inactive"}"#), here()]), (DeploymentUnknown, Sure));
    assert_eq!(after(vec![active(), here()]), (AddressRefused, Likely), "neither is it");
    let malformed = opening("nope", answer(403, "HTTP/1.1", Vec::new(), ""));
    assert_eq!(diagnosis_of(&malformed, Channel::WebMessaging, &PastExchanges::default()).cause(), DeploymentUnknown);
}

#[test]
fn what_is_excluded_is_shown_by_what_was_checked() {
    let refused = opening(DEPLOYMENT, answer(403, "HTTP/1.1", Vec::new(), ""));
    let mut before = opening(DEPLOYMENT, answer(101, "HTTP/1.1", Vec::new(), ""));
    before.id = ExchangeId(7);
    let mut history = PastExchanges::default();
    history.exchange(&before);
    let found = diagnosis_of(&refused, Channel::WebMessaging, &history);
    assert!(found.excluded.contains(&DeploymentUnknown), "{found:#?}");
    let shown = found.checked.iter().find(|c| c.what.starts_with("deployment exists and is active")).unwrap();
    assert_eq!((shown.holds, shown.shown_by), (CheckAnswer::Yes, Some(ExchangeId(7))));
    assert!(shown.what.contains(ORIGIN), "{shown:?}");
}

#[test]
fn an_opening_that_fails_otherwise_is_told_from_a_refusal() {
    let broken = |kind, phase| {
        let failure = Failure::new(kind, phase, "x");
        first(&opening(DEPLOYMENT, Ending::Failed(failure)), Channel::WebMessaging, &PastExchanges::default())
    };
    assert_eq!(broken(FailureKind::Dns, Phase::Resolve), (NetworkDns, Sure));
    assert_eq!(broken(FailureKind::Connect, Phase::Connect), (NetworkConnect, Sure));
    assert_eq!(broken(FailureKind::Tls(TlsFault::UnknownIssuer), Phase::Tls), (NetworkTls, Sure));
    assert_eq!(broken(FailureKind::Timeout, Phase::Answer), (NetworkTimeout, Sure));
    assert_eq!(broken(FailureKind::Reset, Phase::Answer), (NetworkConnect, Sure));
    let of = |status, headers, text| {
        let ending = answer(status, "HTTP/1.1", headers, text);
        first(&opening(DEPLOYMENT, ending), Channel::WebMessaging, &PastExchanges::default())
    };
    assert_eq!(of(404, Vec::new(), ""), (DeploymentUnknown, Likely));
    assert_eq!(of(429, Vec::new(), ""), (RateLimited, Sure));
    assert_eq!(of(503, Vec::new(), ""), (ServiceFailure, Sure));
    let squid = vec![Header::new("via", "1.1 proxy.corp.example (squid)")];
    assert_eq!(of(403, squid, "<html>Denied"), (ProxyAnswered, Sure));
    // A frame whose answer never came.
    for (kind, cause) in [(FailureKind::Reset, NetworkConnect), (FailureKind::Protocol, ServiceFailure)] {
        let failure = Failure::written(kind, Phase::Answer, "the socket closed");
        let mut lost = said(200, "");
        if let Some(ExchangeStep::Try(attempt)) = lost.steps.first_mut() {
            Arc::make_mut(attempt).ending = Some(Ending::Failed(failure));
        }
        lost.outcome = Outcome::Unknown("the socket closed".into());
        assert_eq!(first(&lost, Channel::WebMessaging, &PastExchanges::default()).0, cause, "{kind:?}");
    }
}

#[test]
fn a_message_that_is_known_already_ends_no_conversation() {
    for text in [
        r#"{"code":"general.conflict","message":"A message with this id already exists.","status":409}"#,
        r#"{"code":"general.conflict","message":"Duplicate messageId","status":409}"#,
        r#"{"code":"general.conflict","message":"Conflict","status":409}"#,
    ] {
        let refused = open_message(INTEGRATION, 409, text);
        let found = diagnosis_of(&refused, Channel::OpenMessaging, &PastExchanges::default());
        assert_eq!((found.cause(), found.confidence()), (Unknown, Possible), "{text}: {found:#?}");
        assert!(found.suspects.iter().all(|s| s.cause != ConversationEnded), "{text}: {found:#?}");
    }
}

#[test]
fn an_open_message_is_refused_by_role_integration_or_form() {
    let missing = r#"{"code":"missing.permissions","message":"Unable to perform the requested action. You are missing the following permission(s): [conversation:message:receive]","status":403}"#;
    let not_found = r#"{"code":"not.found","message":"The requested resource was not found.","status":404}"#;
    let path = format!(r#"{{"code":"invalid.path.parameter","message":"integrationId {INTEGRATION} is not valid"}}"#);
    let rows = [
        (open_message(INTEGRATION, 403, missing), PermissionMissing, Sure),
        (open_message(INTEGRATION, 404, not_found), IntegrationUnknown, Sure),
        (open_message("nope", 404, not_found), IntegrationUnknown, Sure),
        (open_message(INTEGRATION, 400, &path), IntegrationUnknown, Sure),
        (open_message(INTEGRATION, 400, r#"{"code":"bad.request","message":"malformed syntax"}"#), BodyMalformed, Sure),
        (open_message(INTEGRATION, 413, r#"{"code":"request.entity.too.large"}"#), TextTooLong, Sure),
        (open_message(INTEGRATION, 429, r#"{"code":"too.many.requests"}"#), RateLimited, Sure),
        (open_message(INTEGRATION, 401, r#"{"code":"credentials.expired"}"#), TokenExpired, Sure),
        (open_message(INTEGRATION, 403, r#"{"code":"not.authorized","message":"no"}"#), PermissionMissing, Possible),
    ];
    for (exchange, cause, confidence) in rows {
        let found = diagnosis_of(&exchange, Channel::OpenMessaging, &PastExchanges::default());
        assert_eq!((found.cause(), found.confidence()), (cause, confidence), "{found:#?}");
        let scopes = [ScopeStripped, ScopeNotRequested, ScopeWrong];
        assert!(found.suspects.iter().all(|s| !scopes.contains(&s.cause)), "roles decide here: {found:#?}");
    }
    let named =
        diagnosis_of(&open_message(INTEGRATION, 403, missing), Channel::OpenMessaging, &PastExchanges::default());
    assert!(named.sentence().contains("conversation:message:receive"), "{}", named.sentence());
    assert!(named.actions.iter().any(|a| a.words.contains("conversation:message:receive")), "{:?}", named.actions);
}

#[test]
fn an_id_in_the_wrong_place_is_called_by_its_name() {
    let conversation = "c0c0c0c0-1111-4222-8333-44445555bd8a";
    let participant = "9a9a9a9a-1111-4222-8333-44445555bd8a";
    let url = format!("https://api.mypurecloud.de/api/v2/conversations/messages/{conversation}");
    let text = format!(
        r#"{{"id":"{conversation}","participants":[{{"id":"{participant}","purpose":"customer","state":"connected"}}]}}"#
    );
    let mut read = exchange(
        1,
        ExchangeKind::Read,
        request("GET", url, Vec::new(), ""),
        answer(200, "HTTP/1.1", Vec::new(), &text),
    );
    if let Some(ExchangeStep::Try(attempt)) = read.steps.first_mut() {
        Arc::make_mut(attempt).generation = Some(crate::model::Generation(1));
    }
    let mut history = PastExchanges::default();
    history.exchange(&read);
    let not_found = r#"{"code":"not.found","message":"x","status":404}"#;
    let found = diagnosis_of(&open_message(conversation, 404, not_found), Channel::OpenMessaging, &history);
    assert_eq!((found.cause(), found.confidence()), (IntegrationUnknown, Sure));
    assert!(found.sentence().contains("is a conversation's"), "{}", found.sentence());
    let found = diagnosis_of(&open_message(participant, 404, not_found), Channel::OpenMessaging, &history);
    assert!(found.sentence().contains(&format!("a participant's, of the conversation {conversation}")));
}

/// The messages of before are read with the guest's JWT: a 401 says nothing of the OAuth token, whatever its code.
#[test]
fn a_refused_history_is_the_guests_jwt() {
    let url = "https://api.mypurecloud.de/api/v2/webmessaging/messages?pageSize=25&pageNumber=1";
    let own = || vec![Header::new("inin-correlation-id", "c0ffee")];
    let read = |status, headers, text: &str| {
        let bearer = vec![Header::new("authorization", "Bearer «guest JWT»"), Header::new("origin", ORIGIN)];
        let asked = request("GET", url.to_owned(), bearer, "");
        exchange(50, ExchangeKind::Read, asked, answer(status, "HTTP/1.1", headers, text))
    };
    for text in [
        "",
        r#"{"code":"unauthorized","message":"not authorized"}"#,
        r#"{"code":"bad.credentials","message":"Invalid login credentials.","status":401}"#,
        r#"{"code":"credentials.expired","message":"Expired credentials.","status":401}"#,
        r#"{"code":"authentication.required","message":"No authentication bearer token specified.","status":401}"#,
    ] {
        let found = diagnosis_of(&read(401, own(), text), Channel::WebMessaging, &PastExchanges::default());
        assert_eq!((found.cause(), found.confidence()), (GuestJwtExpired, Likely), "{text}: {found:#?}");
        let oauth = [TokenAbsent, TokenExpired, TokenRevoked, TokenRotation, ScopeStripped];
        assert!(found.suspects.iter().all(|s| !oauth.contains(&s.cause)), "{text}: {found:#?}");
        assert!(found.sentence().contains("guest's JWT"), "{}", found.sentence());
        let actions: String = found.actions.into_iter().map(|advice| advice.words).collect();
        assert!(actions.contains("new JWT") && !actions.contains("OAuth"), "{actions}");
    }
    // A page of a proxy is no word of the API about the JWT; a failure of the service neither.
    let first =
        |status, headers, text| first(&read(status, headers, text), Channel::WebMessaging, &PastExchanges::default());
    assert_eq!(first(401, vec![Header::new("via", "1.1 squid")], "<html>Sign in").0, ProxyAnswered);
    assert_eq!(first(503, own(), "{}").0, ServiceFailure);
}

/// A line of the evidence states what should hold: the "no" beside it is the only one.
#[test]
fn what_does_not_hold_is_said_as_such() {
    let found = diagnosis_of(
        &opening("nope", answer(403, "HTTP/1.1", Vec::new(), "")),
        Channel::WebMessaging,
        &PastExchanges::default(),
    );
    let failed: Vec<&str> =
        found.checked.iter().filter(|c| c.holds == CheckAnswer::No).map(|c| c.what.as_str()).collect();
    assert_eq!(failed, ["deployment id well formed"]);
}
