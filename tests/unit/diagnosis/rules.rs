//! The rules on facts that no server on this machine can bring about: names without an address, clocks, other regions.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::diagnosis::render::{PartKind, Ticket, card, note, ticket};
use crate::diagnosis::{PastExchanges, ProfileFacts, diagnose};
use crate::model::{
    Attempt, Body, BodyForm, Cause, Channel, Confidence, Diagnosis, Ending, Exchange, ExchangeId, ExchangeKind,
    ExchangeStep, Failure, FailureKind, Generation, Outcome, Party, Phase, ProxyName, Request, Response, Timing,
    TlsFault, TokenFacts,
};

use crate::fixtures::{self, SCOPE, at_second as at, token_facts};

const PATH: &str = "/api/v2/conversations/messaging/{conversationId}/messages";
const ID: &str = "5f0c91ce-1111-4222-8333-44445555bd8a";

fn profile(token: &str, api: &str) -> ProfileFacts {
    ProfileFacts {
        region: "mypurecloud.de".to_owned(),
        api: api.to_owned(),
        token_host: token.to_owned(),
        client_id: Some("client".to_owned()),
        requested: vec![SCOPE.to_owned()],
        required: vec![SCOPE.to_owned()],
        guest_path: PATH.to_owned(),
        ..ProfileFacts::default()
    }
}

fn send(start: u64, age: u64, ending: Ending, outcome: Outcome) -> Exchange {
    let url = format!("https://api.mypurecloud.com{}", PATH.replace("{conversationId}", ID));
    let headers = fixtures::headers(&[("authorization", "Bearer «token #1»")]);
    let attempt = Attempt {
        generation: Some(Generation(1)),
        token_age: Some(Duration::from_secs(age)),
        timing: Timing { total: Some(Duration::from_millis(90)), ..Timing::default() },
        ..fixtures::attempt(
            at(start),
            fixtures::request("POST", url, headers, r#"{"text":"hi","type":"text"}"#),
            Some(ending),
        )
    };
    Exchange {
        what: "hi".to_owned(),
        took: Some(Duration::ZERO),
        ..fixtures::exchange(9, ExchangeKind::Send, vec![attempt], outcome)
    }
}

fn unauthorized() -> Ending {
    let headers = fixtures::headers(&[("x-request-id", "r")]);
    Ending::Answered(fixtures::response(401, headers, r#"{"code":"unauthorized","message":"not authorized"}"#))
}

fn failed(kind: FailureKind, phase: Phase, detail: &str) -> Exchange {
    let failure = Failure::new(kind, phase, detail);
    send(100, 5, Ending::Failed(failure), Outcome::Failed("x".into()))
}

fn token(lifetime: u64) -> TokenFacts {
    TokenFacts {
        expires: Some(at(lifetime)),
        lifetime: Some(Duration::from_secs(lifetime)),
        granted: Some(vec![SCOPE.to_owned()]),
        ..token_facts()
    }
}

fn diagnosis_of(exchange: &Exchange, profile: &ProfileFacts, history: &PastExchanges) -> Diagnosis {
    diagnose(exchange, Some(Channel::GuestApi), profile, history).unwrap()
}

#[test]
fn a_name_without_an_address_and_a_clock_that_is_wrong() {
    let here = profile("https://login.mypurecloud.de", "https://api.mypurecloud.de");
    let dns = diagnosis_of(&failed(FailureKind::Dns, Phase::Resolve, "no such host"), &here, &PastExchanges::default());
    assert_eq!((dns.cause(), dns.confidence()), (Cause::NetworkDns, Confidence::Sure));
    let slow = diagnosis_of(&failed(FailureKind::Timeout, Phase::Resolve, ""), &here, &PastExchanges::default());
    assert_eq!(slow.sentence(), "nothing was received in time during the name look-up");

    let tls =
        failed(FailureKind::Tls(TlsFault::NotYetValid), Phase::Tls, "the certificate is not valid before 2031-01-01");
    let plain = diagnosis_of(&tls, &here, &PastExchanges::default());
    assert_eq!((plain.cause(), plain.confidence()), (Cause::NetworkTls, Confidence::Sure));
    let mut skewed = PastExchanges::default();
    skewed.skew = Some(86_400);
    let clock = diagnosis_of(&tls, &here, &skewed);
    assert_eq!((clock.cause(), clock.confidence()), (Cause::ClockSkew, Confidence::Likely));
    assert!(clock.suspects.iter().any(|s| s.cause == Cause::NetworkTls));
}

/// With whom it broke is named: the proxy with its variable, the CA file; never the host behind them.
#[test]
fn the_right_party_is_named() {
    let here = profile("https://login.mypurecloud.de", "https://api.mypurecloud.de");
    let variable = Some("HTTPS_PROXY".to_owned());
    let proxy =
        Party::Proxy { proxy: ProxyName { address: "http://proxy.example:3128".to_owned(), named_by: variable } };
    let file = Party::CaFile { ca_file: "/etc/corp.pem".to_owned() };
    for (kind, phase, party, cause, part) in [
        (FailureKind::Proxy, Phase::Connect, proxy.clone(), Cause::ProxyAnswered, "(HTTPS_PROXY)"),
        (FailureKind::Connect, Phase::Connect, proxy.clone(), Cause::NetworkConnect, "http://proxy.example:3128"),
        (FailureKind::Dns, Phase::Resolve, proxy.clone(), Cause::NetworkConnect, "http://proxy.example:3128"),
        (FailureKind::Timeout, Phase::Connect, proxy, Cause::NetworkTimeout, "http://proxy.example:3128"),
        (FailureKind::Invalid, Phase::Tls, file, Cause::NetworkTls, "/etc/corp.pem"),
        (FailureKind::Invalid, Phase::Connect, Party::Host {}, Cause::NetworkConnect, "what happened"),
    ] {
        let failure = Failure::new(kind, phase, "what happened").with(party);
        let exchange = send(100, 5, Ending::Failed(failure), Outcome::Failed("x".into()));
        let found = diagnosis_of(&exchange, &here, &PastExchanges::default());
        let because = &found.suspects[0].because;
        assert_eq!((found.cause(), found.confidence()), (cause, Confidence::Sure), "{because}");
        assert!(because.contains(part), "{because}");
    }
}

/// What to do follows from how far it got: a port is in question only where no connection came about, and a message only
/// where it was written.
#[test]
fn the_advice_follows_from_the_phase() {
    use FailureKind::{Connect, Protocol, Reset, Timeout};
    let here = profile("https://login.mypurecloud.de", "https://api.mypurecloud.de");
    for (of, kind, phase, wrote, first) in [
        (ExchangeKind::Send, Connect, Phase::Connect, false, "let connections to https://api.mypurecloud.de through"),
        (ExchangeKind::Send, Timeout, Phase::Connect, false, "let connections to https://api.mypurecloud.de through"),
        (ExchangeKind::Send, Reset, Phase::Tls, false, "let connections to https://api.mypurecloud.de through"),
        (ExchangeKind::Send, Reset, Phase::Write, false, "Try again: the connection broke while writing the request."),
        (
            ExchangeKind::Send,
            Reset,
            Phase::Write,
            true,
            "Read the conversation before you send again: the connection broke while writing the request",
        ),
        (
            ExchangeKind::Send,
            Reset,
            Phase::Answer,
            true,
            "Read the conversation before you send again: the connection broke while waiting for the answer",
        ),
        (
            ExchangeKind::Send,
            Reset,
            Phase::Body,
            true,
            "Read the conversation before you send again: the connection broke while reading the body",
        ),
        (
            ExchangeKind::Send,
            Protocol,
            Phase::Body,
            true,
            "Read the conversation before you send again: the connection broke while reading the body",
        ),
        (
            ExchangeKind::Send,
            Timeout,
            Phase::Write,
            true,
            "Read the conversation before you send again: the time limit passed while writing the request",
        ),
        (
            ExchangeKind::Send,
            Timeout,
            Phase::Answer,
            true,
            "Read the conversation before you send again: the time limit passed while waiting for the answer",
        ),
        (
            ExchangeKind::Send,
            Timeout,
            Phase::Body,
            true,
            "Read the conversation before you send again: the time limit passed while reading the body",
        ),
        (
            ExchangeKind::Token,
            Reset,
            Phase::Answer,
            true,
            "Try again: the connection broke while waiting for the answer.",
        ),
        (ExchangeKind::Read, Timeout, Phase::Body, true, "Try again: the time limit passed while reading the body."),
    ] {
        let failure = Failure { wrote, ..Failure::new(kind, phase, "what happened") };
        let exchange = Exchange { kind: of, ..send(100, 5, Ending::Failed(failure), Outcome::Unknown("x".into())) };
        let advice = diagnosis_of(&exchange, &here, &PastExchanges::default()).actions;
        let actions: Vec<String> = advice.into_iter().map(|advice| advice.words).collect();
        assert!(actions[0].contains(first), "{kind:?} {phase:?}: {actions:?}");
        let port = actions.iter().any(|line| line.contains("firewall"));
        assert_eq!(port, phase < Phase::Write, "{kind:?} {phase:?}: {actions:?}");
        assert_eq!(actions.iter().any(|line| line.contains("raise request_timeout")), kind == Timeout && !port);
    }
}

#[test]
fn a_token_of_another_region_is_seen_by_its_hosts() {
    let mut history = PastExchanges::default();
    history.token(&token(3600));
    let exchange = send(5, 5, unauthorized(), Outcome::Refused("401".into()));
    let apart = profile("https://login.mypurecloud.de", "https://api.mypurecloud.com");
    let found = diagnosis_of(&exchange, &apart, &history);
    assert_eq!((found.cause(), found.confidence()), (Cause::RegionMismatch, Confidence::Likely));
    // Two hosts of one region are no evidence for it.
    let together = profile("https://login.mypurecloud.com", "https://api.mypurecloud.com");
    let found = diagnosis_of(&exchange, &together, &history);
    assert!(found.excluded.contains(&Cause::RegionMismatch), "{found:#?}");
}

#[test]
fn a_token_past_its_end_by_our_own_clock_has_expired() {
    let mut history = PastExchanges::default();
    history.token(&token(60));
    let here = profile("https://login.mypurecloud.com", "https://api.mypurecloud.com");
    let late = diagnosis_of(&send(100, 100, unauthorized(), Outcome::Refused("401".into())), &here, &history);
    assert_eq!(late.cause(), Cause::TokenExpired);
    assert!(late.confidence() >= Confidence::Likely);
    let early = diagnosis_of(&send(40, 40, unauthorized(), Outcome::Refused("401".into())), &here, &history);
    assert_ne!(early.confidence(), Confidence::Sure, "{early:#?}");
}

/// An exchange of its own that reads a conversation with `token`: what it shows, others may use.
fn read(id: u64, start: u64, token: u32, status: u16) -> Exchange {
    let mut exchange = send(start, start, unauthorized(), Outcome::Refused("401".into()));
    exchange.id = ExchangeId(id);
    exchange.kind = ExchangeKind::Read;
    let Some(ExchangeStep::Try(attempt)) = exchange.steps.first_mut() else { unreachable!() };
    let attempt = Arc::make_mut(attempt);
    attempt.generation = Some(Generation(token));
    attempt.request = Arc::new(Request {
        method: "GET".to_owned(),
        url: format!("https://api.mypurecloud.com/api/v2/conversations/{ID}"),
        ..Request::clone(&attempt.request)
    });
    if let Some(Ending::Answered(response)) = &mut attempt.ending
        && status == 200
    {
        response.status = 200;
        response.body.text = format!(r#"{{"id":"{ID}","participants":[]}}"#);
        exchange.outcome = Outcome::Accepted;
    }
    exchange
}

/// Which token worked when, and when which newer one was given out, against what is said of the older one's 401 at 100 s.
#[test]
fn a_newer_token_speaks_only_from_when_it_existed_and_no_entry_for_itself() {
    use Cause::{TokenRevoked, TokenRotation};
    use Confidence::{Likely, Sure};
    type Row<'r> = (&'r str, Option<u64>, &'r [(u64, u64, u32, u16)], Option<(Cause, Confidence)>);
    let here = profile("https://login.mypurecloud.com", "https://api.mypurecloud.com");
    let newer = |issued: u64| TokenFacts { generation: Generation(2), issued: at(issued), ..token(3600) };
    let rows: &[Row<'_>] = &[
        ("it worked before", None, &[(1, 50, 1, 200)], Some((TokenRevoked, Likely))),
        ("a newer one existed and works", Some(90), &[(1, 50, 1, 200), (2, 110, 2, 200)], Some((TokenRotation, Sure))),
        ("a newer one came later", Some(105), &[(1, 50, 1, 200), (2, 110, 2, 200)], Some((TokenRevoked, Likely))),
        ("it works afterwards", None, &[(1, 110, 1, 200)], None),
        ("nothing but itself", None, &[], None),
    ];
    for (what, issued, seen, expected) in rows {
        let mut history = PastExchanges::default();
        history.token(&token(3600));
        issued.map(|issued| history.token(&newer(issued)));
        for (id, start, generation, status) in *seen {
            history.exchange(&read(*id, *start, *generation, *status));
        }
        let refused = read(9, 100, 1, 401);
        history.exchange(&refused);
        let found = diagnosis_of(&refused, &here, &history);
        match expected {
            Some(expected) => assert_eq!((found.cause(), found.confidence()), *expected, "{what}: {found:#?}"),
            None => assert!(found.confidence() < Sure, "{what}: {found:#?}"),
        }
    }
    // Within half a minute of its being given out the same is so.
    let mut history = PastExchanges::default();
    history.token(&token(3600));
    history.exchange(&read(1, 5, 1, 200));
    let early = read(9, 20, 1, 401);
    history.exchange(&early);
    let found = diagnosis_of(&early, &here, &history);
    assert_eq!((found.cause(), found.confidence()), (TokenRevoked, Likely), "{found:#?}");
}

/// Whatever comes, the diagnosis is sound: no cause is both in question and ruled out, and only one can be sure.
#[test]
fn no_diagnosis_contradicts_itself() {
    let codes = ["", "unauthorized", "bad.credentials", "not.found", "missing.permissions", "not.authorized", "x"];
    let here = profile("https://login.mypurecloud.de", "https://api.mypurecloud.de");
    let mut seen = BTreeSet::new();
    for status in (300..=511).chain([599]) {
        for code in codes {
            for form in [BodyForm::Json, BodyForm::Text, BodyForm::Empty] {
                let text = if form == BodyForm::Json { format!(r#"{{"code":"{code}"}}"#) } else { code.to_owned() };
                let ending = Ending::Answered(Response {
                    status,
                    version: "HTTP/1.1".to_owned(),
                    headers: Vec::new(),
                    body: Body { form, text, ..Body::default() },
                    remote: None,
                    phrase: None,
                });
                let found =
                    diagnosis_of(&send(50, 40, ending, Outcome::Refused("r".into())), &here, &PastExchanges::default());
                let sure = found.suspects.iter().filter(|s| s.confidence == Confidence::Sure).count();
                assert!(sure <= 1, "{found:#?}");
                for suspect in &found.suspects {
                    assert!(!found.excluded.contains(&suspect.cause), "{status} {code}: {found:#?}");
                }
                assert!(found.suspects.is_sorted_by(|a, b| a.confidence >= b.confidence), "{found:#?}");
                assert!(!found.sentence().is_empty() && !found.said.is_empty());
                seen.insert(found.cause());
            }
        }
    }
    assert!(seen.len() > 6, "{seen:?}");
}

/// What is not known is called unknown, and what is known is not; the number of a frame is no status of HTTP.
#[test]
fn a_headline_says_what_came_of_the_request() {
    use FailureKind::{Connect, Reset, Unprocessed};
    let here = profile("https://login.mypurecloud.de", "https://api.mypurecloud.de");
    let unknown = || Outcome::Unknown("x".into());
    let refused = || Outcome::Refused("x".into());
    let broken = |kind, wrote| Ending::Failed(Failure { wrote, ..Failure::new(kind, Phase::Answer, "what happened") });
    let answered = |status| Ending::Answered(fixtures::response(status, Vec::new(), "<html>hello"));
    let mut frame = send(100, 5, answered(4029), refused());
    if let Some(ExchangeStep::Try(attempt)) = frame.steps.first_mut() {
        "FRAME".clone_into(&mut Arc::make_mut(&mut Arc::make_mut(attempt).request).method);
    }
    let promised = "not taken, the server promised that it did not process the request";
    for (exchange, how) in [
        (send(100, 5, broken(Connect, false), Outcome::Failed("x".into())), "not sent"),
        (send(100, 5, broken(Unprocessed, false), Outcome::Failed("x".into())), promised),
        (send(100, 5, broken(Connect, false), unknown()), "without an answer, outcome unknown"),
        (send(100, 5, broken(Reset, true), unknown()), "without an answer, outcome unknown"),
        (send(100, 5, answered(502), unknown()), "answered with HTTP 502, outcome unknown"),
        (send(100, 5, answered(403), refused()), "refused with HTTP 403"),
        (send(100, 5, answered(200), Outcome::Accepted), "not taken, answered with HTTP 200"),
        (frame, "refused with code 4029 of the guest socket"),
    ] {
        let found = diagnosis_of(&exchange, &here, &PastExchanges::default());
        let (diagnosis, zone) = (&found, &jiff::tz::TimeZone::UTC);
        let of = Ticket { diagnosis, exchange: &exchange, profile: &here, conversation: None, zone };
        let text = ticket(&of);
        assert!(text.starts_with(&format!("Guest message {how}: profile ")), "{text}");
    }
}

/// The server said something only where it answered; the card and the note follow from the same facts.
#[test]
fn nothing_is_put_into_the_mouth_of_a_server_that_did_not_answer() {
    use FailureKind::{Connect, Reset};
    let here = profile("https://login.mypurecloud.de", "https://api.mypurecloud.de");
    let refused = Outcome::Refused("x".into());
    let with = |ending| send(100, 5, ending, refused.clone());
    let broken = |kind| with(Ending::Failed(Failure::new(kind, Phase::Answer, "what happened")));
    let headers = fixtures::headers(&[("inin-correlation-id", "r")]);
    let body = r#"{"code":"odd","status":418,"message":"odd"}"#;
    let never_sent = Exchange { steps: Vec::new(), ..broken(Connect) };
    for (exchange, heading, note_says) in [
        (never_sent, "Not sent", "Nothing was sent: x."),
        (broken(FailureKind::Cancelled), "What happened", "No known cause fits: no complete answer was received: "),
        (broken(Connect), "What happened", "no connection"),
        (broken(Reset), "What happened", "the connection was closed"),
        (with(Ending::Answered(fixtures::response(418, headers, body))), "Server said", "the server said: odd"),
    ] {
        let found = diagnosis_of(&exchange, &here, &PastExchanges::default());
        let parts = card(&found, &exchange, &found.actions, &here, &|_| None, "check");
        let said = parts.iter().find(|part| part.kind == PartKind::Said).unwrap();
        assert_eq!(said.heading, heading, "{found:?}");
        let first = &parts[0].lines[0];
        assert!(!first.contains("see “") || first.contains(heading), "{first}");
        let (diagnosis, zone) = (&found, &jiff::tz::TimeZone::UTC);
        let text = note(&Ticket { diagnosis, exchange: &exchange, profile: &here, conversation: None, zone });
        assert!(text.contains(note_says), "{text}");
    }
}

/// A body that is no JSON need not be a page.
#[test]
fn a_text_that_is_no_json_is_called_a_text() {
    let here = profile("https://login.mypurecloud.de", "https://api.mypurecloud.de");
    let answered = Ending::Answered(fixtures::response(403, Vec::new(), "[cut"));
    let found = diagnosis_of(&send(1, 5, answered, Outcome::Refused("x".into())), &here, &PastExchanges::default());
    assert_eq!(found.said, "403 with text that is not the service's JSON");
}

/// While a machine sleeps, the monotonic clock may stand: the wall clock then says for how long a token is over.
#[test]
fn a_token_is_over_by_the_clock_that_decided() {
    let mut history = PastExchanges::default();
    history.token(&token(60));
    let here = profile("https://login.mypurecloud.com", "https://api.mypurecloud.com");
    let mut late = send(40, 40, unauthorized(), Outcome::Refused("401".into()));
    if let Some(ExchangeStep::Try(attempt)) = late.steps.first_mut() {
        Arc::make_mut(attempt).started.wall = at(3_660).wall;
    }
    let found = diagnosis_of(&late, &here, &history);
    assert!(found.sentence().contains("had expired 3600 s before"), "{}", found.sentence());
}
