use std::time::Duration;

use super::*;
use crate::diagnosis::PastExchanges;
use crate::fixtures::{self, SCOPE, guest_conversation};
use crate::model::Address;
use crate::model::TokenFacts;
use crate::model::{
    Attempt, Ending, ExchangeKind, Failure, FailureKind, Generation, Header, Moment, Outcome, Phase, TlsFault,
};

const CONVERSATION: &str = "5f0c91ce-0000-4000-8000-00000000000a";
const GUEST: &str = "77aa04b1-0000-4000-8000-00000000000b";
const AGENT: &str = "77aa04b1-0000-4000-8000-00000000000c";
const PLACE: &str = "1e9fa710-0000-4000-8000-00000000000d";
const ORIGIN: &str = "https://shop.example";

mod channels;

fn profile() -> ProfileFacts {
    ProfileFacts {
        api: "https://api.mypurecloud.de".to_owned(),
        token_host: "https://login.mypurecloud.de".to_owned(),
        requested: vec![SCOPE.to_owned()],
        required: vec![SCOPE.to_owned()],
        guest_path: "/api/v2/conversations/messaging/{conversationId}/messages".to_owned(),
        ..ProfileFacts::default()
    }
}

fn target(conversation: &str, participant: Option<&str>) -> Conversation {
    let address = Address::GuestApi {
        conversation_id: conversation.to_owned(),
        participant_id: participant.map(str::to_owned),
        external_id: None,
    };
    Conversation { address, ..guest_conversation(0, "A", conversation) }
}

/// What a pretended server answers to a question.
enum Answer {
    Json(u16, String),
    Broken(FailureKind, Phase),
}
use Answer::{Broken, Json};
use Confidence::{Likely, Sure};

fn ok(body: &str) -> Answer {
    Json(200, body.to_owned())
}

/// An organisation as the questions meet it; each test changes one thing.
struct Place {
    reach: fn(Host) -> Answer,
    token: Answer,
    granted: Vec<&'static str>,
    scopes: Answer,
    conversation: Answer,
    messages: Answer,
    integration: Answer,
    deployment: Answer,
    domains: Answer,
    origin: Answer,
    date: &'static str,
    proxied: bool,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            reach: |_| Json(404, "{}".to_owned()),
            token: ok("{}"),
            granted: vec![SCOPE],
            scopes: ok("{}"),
            conversation: ok(&format!(
                r#"{{"participants":[{{"id":"{GUEST}","purpose":"customer","state":"connected"}},
                   {{"id":"{AGENT}","purpose":"agent","state":"connected"}}]}}"#
            )),
            messages: ok(r#"{"entities":[]}"#),
            integration: ok(&format!(r#"{{"id":"{PLACE}"}}"#)),
            deployment: ok(r#"{"status":"Active"}"#),
            domains: ok(r#"{"allowAllDomains":false,"allowedDomains":["shop.example"]}"#),
            origin: Json(101, String::new()),
            date: "Thu, 01 Jan 1970 00:00:00 GMT",
            proxied: false,
        }
    }
}

fn d() -> Place {
    Place::default()
}

struct Run {
    asked: Vec<ProbeQuestion>,
    findings: Vec<String>,
    verdict: DoctorVerdict,
}

impl Run {
    fn cause(&self) -> Option<&'static str> {
        self.verdict.cause.map(Cause::name)
    }
}

fn exchange(id: u64, asked: ProbeQuestion, answer: &Answer, date: &str) -> Exchange {
    let (host, path) = match asked {
        ProbeQuestion::Reach(Host::Token) => ("login", "/".to_owned()),
        ProbeQuestion::Reach(Host::Api) => ("api", "/".to_owned()),
        ProbeQuestion::Token => ("login", "/oauth/token".to_owned()),
        ProbeQuestion::Scopes => ("api", "/api/v2/tokens/me".to_owned()),
        ProbeQuestion::Conversation(_) => ("api", format!("/api/v2/conversations/messages/{CONVERSATION}")),
        ProbeQuestion::Messages(_) => ("api", format!("/api/v2/conversations/messages/{CONVERSATION}/messages/bulk")),
        ProbeQuestion::Integration(_) => ("api", format!("/api/v2/conversations/messaging/integrations/open/{PLACE}")),
        ProbeQuestion::Deployment(_) => ("api-cdn", format!("/webdeployments/v1/deployments/{PLACE}/config.json")),
        ProbeQuestion::Domains(_) => ("api-cdn", format!("/webdeployments/v1/deployments/{PLACE}/domains.json")),
        ProbeQuestion::Origin(_) => ("webmessaging", format!("/v1?deploymentId={PLACE}")),
        ProbeQuestion::Id(..) => panic!("no series asks it"),
    };
    let with_token = matches!(
        asked,
        ProbeQuestion::Scopes
            | ProbeQuestion::Conversation(_)
            | ProbeQuestion::Messages(_)
            | ProbeQuestion::Integration(_)
    );
    let mut headers: Vec<Header> =
        with_token.then(|| Header::new("authorization", "Bearer «token #1»")).into_iter().collect();
    if matches!(asked, ProbeQuestion::Origin(_)) {
        headers.extend([Header::new("upgrade", "websocket"), Header::new("origin", ORIGIN)]);
    }
    let request = fixtures::request("GET", format!("https://{host}.mypurecloud.de{path}"), headers, "");
    let (ending, outcome) = match answer {
        Json(status, body) => {
            let headers = fixtures::headers(&[("date", date), ("inin-correlation-id", &format!("id-{id}"))]);
            let response = fixtures::response(*status, headers, body);
            let fine = *status < 300 || matches!(asked, ProbeQuestion::Reach(_));
            (
                Ending::Answered(response),
                if fine { Outcome::Accepted } else { Outcome::Refused(status.to_string().into()) },
            )
        }
        Broken(kind, phase) => {
            let failure = Failure::new(*kind, *phase, "broken");
            (Ending::Failed(failure), Outcome::Failed("broken".into()))
        }
    };
    let attempt = Attempt {
        generation: with_token.then_some(Generation(1)),
        token_age: with_token.then_some(Duration::from_secs(1)),
        ..fixtures::attempt(Moment::ZERO, request, Some(ending))
    };
    fixtures::exchange(id, ExchangeKind::Probe, vec![attempt], outcome)
}

fn run(place: &Place, mut doctor: Doctor, profile: &ProfileFacts) -> Run {
    let mut history = PastExchanges::default();
    let mut token = None;
    let mut asked = Vec::new();
    for id in 1..20 {
        let evidence = DoctorEvidence { profile, history: &history, token: token.as_ref(), proxied: place.proxied };
        let question = match doctor.next(&evidence) {
            DoctorStep::Ask(question) => question,
            DoctorStep::Send(_) => panic!("nothing is sent here"),
            DoctorStep::Over(verdict) => {
                let findings = doctor.findings.iter().map(|f| format!("{} {}", f.result.name(), f.name)).collect();
                return Run { asked, findings, verdict };
            }
        };
        asked.push(question);
        let answer = match question {
            ProbeQuestion::Reach(host) => &(place.reach)(host),
            ProbeQuestion::Token => &place.token,
            ProbeQuestion::Scopes => &place.scopes,
            ProbeQuestion::Conversation(_) => &place.conversation,
            ProbeQuestion::Messages(_) => &place.messages,
            ProbeQuestion::Integration(_) => &place.integration,
            ProbeQuestion::Deployment(_) => &place.deployment,
            ProbeQuestion::Domains(_) => &place.domains,
            ProbeQuestion::Origin(_) => &place.origin,
            ProbeQuestion::Id(..) => panic!("no series asks it"),
        };
        let exchange = exchange(id, question, answer, place.date);
        if question == ProbeQuestion::Token && exchange.outcome == Outcome::Accepted {
            let facts = TokenFacts {
                requested: profile.requested.clone(),
                granted: Some(place.granted.iter().map(|s| (*s).to_owned()).collect()),
                ..fixtures::token_facts()
            };
            history.token(&facts);
            token = Some(facts);
        }
        history.exchange(&exchange);
        let evidence = DoctorEvidence { profile, history: &history, token: token.as_ref(), proxied: place.proxied };
        doctor.answered(question, &Probed::Asked(exchange.id), Some(&exchange), &evidence);
    }
    panic!("it does not end");
}

fn examine(place: &Place, target: Conversation) -> Run {
    run(place, Doctor::new(&profile(), Some(target), false), &profile())
}

#[test]
fn all_is_asked_once_and_in_order_where_all_is_well() {
    let run = examine(&d(), target(CONVERSATION, Some(GUEST)));
    let order = [
        ProbeQuestion::Reach(Host::Token),
        ProbeQuestion::Reach(Host::Api),
        ProbeQuestion::Token,
        ProbeQuestion::Scopes,
        ProbeQuestion::Conversation(ConversationKey(0)),
        ProbeQuestion::Messages(ConversationKey(0)),
    ];
    assert_eq!(run.asked, order);
    assert_eq!(
        run.findings,
        [
            "pass names",
            "pass tls",
            "pass names",
            "pass tls",
            "pass token",
            "pass scopes",
            "pass region",
            "pass clock",
            "pass conversation",
            "pass participant",
            "skip limits",
            "pass replies",
        ]
    );
    assert_eq!((run.verdict.cause, run.verdict.because.as_str()), (None, "every check passed"));
}

/// guestwire asks for no address of a host that a proxy leads to.
#[test]
fn behind_a_proxy_no_name_was_looked_up() {
    let run = examine(&Place { proxied: true, ..d() }, target(CONVERSATION, Some(GUEST)));
    assert_eq!(run.findings.iter().filter(|finding| *finding == "skip names").count(), 2, "{:?}", run.findings);
    assert_eq!(run.verdict.because, "every check passed");
}

#[test]
fn a_check_that_was_not_made_did_not_pass() {
    let silent = Place { scopes: Json(403, "{}".to_owned()), messages: Json(400, "{}".to_owned()), ..d() };
    let verdict = examine(&silent, target(CONVERSATION, Some(GUEST))).verdict;
    let because = "every check that could be made passed; not known: scopes, replies";
    assert_eq!((verdict.cause, verdict.because.as_str()), (None, because));
}

#[test]
fn it_stops_at_the_first_proven_cause() {
    type Row = (&'static str, Place, Conversation, &'static str, Confidence, usize);
    let here = || target(CONVERSATION, Some(GUEST));
    let unauthorized = || Json(401, r#"{"code":"unauthorized","message":"no"}"#.to_owned());
    let unknown_issuer = |host| match host {
        Host::Token => Json(200, "{}".to_owned()),
        Host::Api => Broken(FailureKind::Tls(TlsFault::UnknownIssuer), Phase::Tls),
    };
    let bad_secret = r#"{"error":"invalid_client","description":"authentication failed"}"#.to_owned();
    let unknown = r#"{"code":"not.found"}"#.to_owned();
    let ended = ok(r#"{"participants":[{"id":"p","purpose":"customer","state":"disconnected"}]}"#);
    let rows: Vec<Row> = vec![
        (
            "no host",
            Place { reach: |_| Broken(FailureKind::Dns, Phase::Resolve), ..d() },
            here(),
            "network-dns",
            Sure,
            1,
        ),
        ("the API's certificate", Place { reach: unknown_issuer, ..d() }, here(), "network-tls", Sure, 2),
        ("a wrong secret", Place { token: Json(400, bad_secret), ..d() }, here(), "client-rejected", Likely, 3),
        ("stripped", Place { granted: vec!["conversations"], ..d() }, here(), "scope-stripped", Sure, 4),
        // Roles alone may decide there.
        ("no scope is named at all", Place { granted: vec![], ..d() }, here(), "scope-stripped", Likely, 6),
        ("another scope", Place { granted: vec!["messaging:guest"], ..d() }, here(), "scope-wrong", Sure, 4),
        // The API does not know the token, and may not know this address.
        ("an unknown token", Place { scopes: unauthorized(), ..d() }, here(), "address-refused", Likely, 4),
        // It is not asked about.
        ("a malformed id", d(), target("5f0c91ce", None), "conversation-malformed", Sure, 4),
        ("no conversation", Place { conversation: Json(404, unknown), ..d() }, here(), "conversation-unknown", Sure, 5),
        ("it has ended", Place { conversation: ended, ..d() }, here(), "conversation-ended", Sure, 5),
        ("the agent's id", d(), target(CONVERSATION, Some(AGENT)), "participant-mismatch", Sure, 5),
        ("the clocks", Place { date: "Thu, 01 Jan 1970 00:10:00 GMT", ..d() }, here(), "clock-skew", Sure, 6),
    ];
    for (what, place, target, cause, confidence, questions) in rows {
        let run = examine(&place, target);
        let found = (run.cause(), run.verdict.confidence, run.asked.len());
        assert_eq!(found, (Some(cause), confidence, questions), "{what}: {:?} {:?}", run.verdict, run.findings);
    }
}

#[test]
fn regions_that_differ_are_proven_by_the_refusal_and_not_by_the_config() {
    let elsewhere = ProfileFacts { token_host: "https://login.mypurecloud.com".to_owned(), ..profile() };
    let doctor = || Doctor::new(&elsewhere, Some(target(CONVERSATION, None)), false);
    let fine = run(&d(), doctor(), &elsewhere);
    assert_eq!(fine.verdict.cause, None, "whatever the config says, the token is known there");
    let bad = r#"{"code":"bad.credentials","message":"Invalid login credentials.","status":401}"#;
    let refused = Place { scopes: Json(401, bad.to_owned()), ..d() };
    let run = run(&refused, doctor(), &elsewhere);
    assert_eq!((run.cause(), run.verdict.confidence), (Some("region-mismatch"), Sure));
    assert!(run.findings.contains(&"fail region".to_owned()));
}

/// Sending may work without it, but all is not well where replies cannot be read.
#[test]
fn replies_that_cannot_be_read_are_told() {
    let missing =
        r#"{"code":"missing.permissions","message":"x","messageParams":{"permissions":"[conversation:message:view]"}}"#;
    let named = "replies could not be read: 403, missing conversation:message:view";
    let refused = || Json(403, missing.to_owned());
    let cases = [
        (Place { conversation: refused(), ..d() }, "skip conversation", "fail replies", Some(named)),
        (Place { messages: refused(), ..d() }, "pass conversation", "fail replies", Some(named)),
        (
            Place { messages: Json(503, "{}".to_owned()), ..d() },
            "pass conversation",
            "fail replies",
            Some("replies could not be read: 503; the service failed"),
        ),
        (
            Place { messages: Broken(FailureKind::Reset, Phase::Answer), ..d() },
            "pass conversation",
            "fail replies",
            Some("replies could not be read: no answer came (broken)"),
        ),
        (Place { messages: Json(400, "{}".to_owned()), ..d() }, "pass conversation", "skip replies", None),
        (d(), "pass conversation", "pass replies", None),
    ];
    for (place, conversation, replies, because) in cases {
        let run = examine(&place, target(CONVERSATION, None));
        for finding in [conversation, replies] {
            assert!(run.findings.iter().any(|f| f == finding), "{finding}: {:?}", run.findings);
        }
        assert_eq!(run.cause(), because.map(|_| "replies-unreadable"));
        if let Some(because) = because {
            assert_eq!(run.verdict.because, because);
        }
    }
}

#[test]
fn a_refusal_is_explained_and_not_what_else_is_wrong() {
    // A send that a rate limit refused: the server named it, so there is nothing to ask.
    let mut refusal = exchange(99, ProbeQuestion::Scopes, &Json(429, r#"{"code":"too.many.requests"}"#.to_owned()), "");
    refusal.kind = ExchangeKind::Send;
    let doctor = Doctor::new(&profile(), Some(target(CONVERSATION, Some(AGENT))), false)
        .because_of(refusal, Some(Channel::GuestApi));
    let run = run(&d(), doctor, &profile());
    assert_eq!((run.cause(), run.asked.len()), (Some("rate-limited"), 0));
}

#[test]
fn without_a_token_nothing_else_counts_as_checked() {
    let pasted = ProfileFacts { pasted: true, ..profile() };
    let cases = [
        (profile(), ProbeQuestion::Token, "set GUESTWIRE_CLIENT_SECRET"),
        (profile(), ProbeQuestion::Scopes, "there is no valid token"),
        (pasted, ProbeQuestion::Scopes, "there is no valid token"),
    ];
    for (profile, asked, why) in cases {
        let mut doctor = Doctor::new(&profile, None, false);
        let evidence =
            DoctorEvidence { profile: &profile, history: &PastExchanges::default(), token: None, proxied: false };
        doctor.answered(asked, &Probed::NotAsked(why.to_owned()), None, &evidence);
        assert_eq!(doctor.findings.first().unwrap().result, ProbeResult::Fail, "{asked:?}");
        let DoctorStep::Over(verdict) = doctor.next(&evidence) else { panic!("not over") };
        assert_eq!((verdict.cause, verdict.stage), (Some(Cause::Unknown), DoctorStage::Token), "{asked:?}");
    }
}
