//! The doctor over real HTTP: one organisation a row, one thing wrong in it, the verdict and what it cost.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use guestwire::clock::Clock;
use guestwire::config::{Credentials, Profile};
use guestwire::diagnosis::{Doctor, DoctorEvidence, DoctorStep, DoctorVerdict, PastExchanges, ProfileFacts};
use guestwire::engine::{Command, EngineHandle, EngineOptions, Report};
use guestwire::model::OutgoingMessage;
use guestwire::model::{Address, Cause, Confidence, Exchange, ExchangeId, ExchangeKind, MessageId, Probed};
use guestwire::sandbox::Scenario;

const BOUND: Duration = Duration::from_secs(30);

pub struct Run {
    pub verdict: DoctorVerdict,
    findings: Vec<String>,
    exchanges: Vec<Arc<Exchange>>,
    received: u64,
}

/// Plays the part of the command line: asks what the doctor asks, tells it what came.
async fn examine(profile: Profile, send_test: bool) -> (DoctorVerdict, Vec<String>, Vec<Arc<Exchange>>) {
    let profile = Arc::new(profile);
    let facts = ProfileFacts::of(&profile);
    let target = profile.conversations.first().map(|e| e.conversation.clone());
    let mut doctor = Doctor::new(&facts, target, send_test);
    let options = EngineOptions { sign_in: false, ..EngineOptions::default() };
    let (engine, mut reports) = EngineHandle::start(Arc::clone(&profile), Clock::start(), options);
    let (mut history, mut token) = (PastExchanges::default(), None);
    let mut known: HashMap<ExchangeId, Arc<Exchange>> = HashMap::new();
    let mut answered = true;
    let verdict = loop {
        if std::mem::take(&mut answered) {
            let evidence = DoctorEvidence { profile: &facts, history: &history, token: token.as_ref(), proxied: false };
            match doctor.next(&evidence) {
                DoctorStep::Ask(asked) => engine.ask(Command::Probe(asked)),
                DoctorStep::Send(conversation) => engine.ask(Command::Send(
                    MessageId(1),
                    OutgoingMessage {
                        conversation,
                        text: "test".to_owned(),
                        resend_of: None,
                        sent_as: None,
                        extras: guestwire::model::Extras::default(),
                    },
                )),
                DoctorStep::Over(verdict) => break verdict,
            }
        }
        match tokio::time::timeout(BOUND, reports.recv()).await.expect("it goes on").expect("it runs") {
            Report::Exchange(exchange) => {
                history.exchange(&exchange);
                known.insert(exchange.id, Arc::clone(&exchange));
                if exchange.kind == ExchangeKind::Send && exchange.outcome.is_finished() {
                    let evidence =
                        DoctorEvidence { profile: &facts, history: &history, token: token.as_ref(), proxied: false };
                    doctor.sent(&exchange, &evidence);
                    answered = true;
                }
            }
            Report::Token(status) => {
                token = status.facts().cloned();
                if let Some(facts) = &token {
                    history.token(facts);
                }
            }
            Report::ClockSkew(seconds) => history.skew = Some(seconds),
            Report::Probe(asked, result) => {
                let exchange = if let Probed::Asked(id) = &result { known.get(id).cloned() } else { None };
                let evidence =
                    DoctorEvidence { profile: &facts, history: &history, token: token.as_ref(), proxied: false };
                doctor.answered(asked, &result, exchange.as_deref(), &evidence);
                answered = true;
            }
            _ => {}
        }
    };
    let mut exchanges: Vec<_> = known.into_values().collect();
    exchanges.sort_by_key(|x| x.id);
    (verdict, doctor.findings.iter().map(|f| format!("{} {}", f.result.name(), f.name)).collect(), exchanges)
}

async fn run(toml: &str, fault: Option<&str>, send_test: bool, change: impl FnOnce(&mut Profile)) -> Run {
    series(&format!("{toml}\n[[conversations]]\nname = \"A\"\nscript = \"silent\"\n"), fault, send_test, change).await
}

/// The series for the first conversation of a scenario.
pub async fn series(toml: &str, fault: Option<&str>, send_test: bool, change: impl FnOnce(&mut Profile)) -> Run {
    let scenario = Scenario::parse(toml, std::path::Path::new("doctor.toml")).unwrap();
    let sandbox = guestwire::sandbox::start(0, scenario, guestwire::clock::Clock::start()).unwrap();
    if let Some(fault) = fault {
        sandbox.set_fault(fault).unwrap();
    }
    let mut profile = sandbox.profile();
    change(&mut profile);
    let (verdict, findings, exchanges) = examine(profile, send_test).await;
    let received = sandbox.state()["received"].as_u64().unwrap();
    sandbox.stop().await;
    Run { verdict, findings, exchanges, received }
}

fn same(_: &mut Profile) {}

fn conversation(profile: &mut Profile, change: impl FnOnce(&mut String, &mut Option<String>)) {
    if let Address::GuestApi { conversation_id, participant_id, .. } =
        &mut profile.conversations[0].conversation.address
    {
        change(conversation_id, participant_id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_well_and_nothing_was_sent() {
    let run = run("", None, false, same).await;
    assert_eq!(run.verdict.cause, None, "{:?} {:?}", run.verdict, run.findings);
    assert_eq!(run.received, 0);
    assert!(run.exchanges.iter().all(|x| x.kind == ExchangeKind::Probe), "every question is one in the log");
    assert_eq!(run.exchanges.len(), 5, "host, token, scopes, conversation, messages");
    let first = run.exchanges[0].last_attempt().unwrap();
    assert!(first.request.headers.iter().all(|h| h.name != "authorization"), "reaching a host needs no secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_has_its_verdict() {
    const NOBODY: &str = "11111111-2222-4333-8444-555555555555";
    #[expect(clippy::type_complexity, reason = "a table, read once")]
    let rows: [(&str, Option<&str>, fn(&mut Profile), Cause, Confidence); 15] = [
        ("[client]\nguest_api = false", None, same, Cause::ScopeStripped, Confidence::Sure),
        // Roles decide there, and no token has a scope: that one is missing proves nothing.
        ("world = \"published\"", None, same, Cause::ScopeStripped, Confidence::Likely),
        ("", Some(r#"{"fault":"scope-wrong"}"#), same, Cause::ScopeWrong, Confidence::Sure),
        ("", None, |p| scopes(p, &["conversations"]), Cause::ScopeNotRequested, Confidence::Sure),
        ("", Some(r#"{"fault":"client-rejected"}"#), same, Cause::ClientRejected, Confidence::Likely),
        ("", Some(r#"{"fault":"client-disabled"}"#), same, Cause::ClientDisabled, Confidence::Sure),
        ("", Some(r#"{"fault":"clock-skew","seconds":600}"#), same, Cause::ClockSkew, Confidence::Sure),
        ("", Some(r#"{"fault":"conversation-ended"}"#), same, Cause::ConversationEnded, Confidence::Sure),
        ("", Some(r#"{"fault":"rate-limited","target":"token"}"#), same, Cause::RateLimited, Confidence::Sure),
        (
            "",
            Some(r#"{"fault":"service-failure","target":"read","times":9}"#),
            same,
            Cause::ServiceFailure,
            Confidence::Sure,
        ),
        (
            "",
            Some(r#"{"fault":"proxy-answered","target":"any","status":407}"#),
            same,
            Cause::ProxyAnswered,
            Confidence::Sure,
        ),
        ("", None, |p| conversation(p, |c, _| *c = NOBODY.to_owned()), Cause::ConversationUnknown, Confidence::Sure),
        ("", None, |p| conversation(p, |c, _| *c = "5f0c".to_owned()), Cause::ConversationMalformed, Confidence::Sure),
        (
            "",
            None,
            |p| conversation(p, |_, id| *id = Some(NOBODY.to_owned())),
            Cause::ParticipantMismatch,
            Confidence::Sure,
        ),
        (
            "",
            None,
            |p| p.hosts.login = p.hosts.login.replace("http://", "https://"),
            Cause::NetworkTls,
            Confidence::Sure,
        ),
    ];
    for (toml, fault, change, cause, confidence) in rows {
        let run = run(toml, fault, false, change).await;
        let found = (run.verdict.cause, run.verdict.confidence);
        assert_eq!(found, (Some(cause), confidence), "{:?} {:?}", run.verdict, run.findings);
        assert_eq!(run.received, 0);
    }
}

fn scopes(profile: &mut Profile, scopes: &[&str]) {
    if let Credentials::Client(client) = &mut profile.credentials {
        client.scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_place_is_told_from_one_that_is_bad() {
    for (toml, confidence) in [("world = \"published\"", Confidence::Sure), ("", Confidence::Likely)] {
        let other = guestwire::sandbox::start(
            0,
            Scenario::parse(toml, std::path::Path::new("other.toml")).unwrap(),
            guestwire::clock::Clock::start(),
        )
        .unwrap();
        let api = other.url().to_owned();
        let run = run(toml, None, false, move |p| p.hosts.api = api).await;
        let found = (run.verdict.cause, run.verdict.confidence);
        assert_eq!(found, (Some(Cause::RegionMismatch), confidence), "{:?} {:?}", run.verdict, run.findings);
        assert!(run.findings.contains(&"fail region".to_owned()));
        other.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_message_goes_out_once_and_only_when_asked() {
    let fine = run("", None, true, same).await;
    assert_eq!((fine.verdict.cause, fine.received), (None, 1));
    assert_eq!(fine.findings.last().map(String::as_str), Some("pass send"));
    let refused = run("", Some(r#"{"fault":"service-failure","status":500}"#), true, same).await;
    assert_eq!(refused.verdict.cause, Some(Cause::ServiceFailure), "{:?}", refused.verdict);
    assert!(refused.verdict.send_unknown, "a 500 after the message was written settles nothing");
}

const WEB: &str = "name = \"W\"\nchannel = \"web-messaging\"\norigin = \"https://shop.example\"";
const OPEN: &str = "name = \"O\"\nchannel = \"open-messaging\"\nguest_id = \"g\"";

/// The series for one conversation of a published channel.
async fn published(entry: &str, fault: Option<&str>, change: impl FnOnce(&mut Profile)) -> Run {
    let toml = format!("world = \"published\"\n[[conversations]]\n{entry}\nscript = \"silent\"\n");
    series(&toml, fault, false, change).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_conversation_needs_neither_client_nor_token() {
    let no_client = |p: &mut Profile| p.credentials = Credentials::Missing("no client".to_owned());
    let run = published(WEB, None, no_client).await;
    assert_eq!(run.verdict.cause, None, "{:?} {:?}", run.verdict, run.findings);
    assert_eq!((run.received, run.exchanges.len()), (0, 3), "{:?}", run.findings);
    for exchange in &run.exchanges {
        let attempt = exchange.last_attempt().unwrap();
        assert!(attempt.request.headers.iter().all(|h| h.name != "authorization"), "{attempt:?}");
        assert!(attempt.request.body.text.is_empty(), "nothing is configured or sent");
    }
    assert_eq!(run.exchanges[2].status(), Some(101), "the socket itself was opened");
    let elsewhere = |p: &mut Profile| {
        if let Address::WebMessaging { origin, .. } = &mut p.conversations[0].conversation.address {
            "https://other.example".clone_into(origin);
        }
    };
    let run = published(WEB, None, elsewhere).await;
    assert_eq!((run.verdict.cause, run.verdict.confidence), (Some(Cause::OriginRefused), Confidence::Sure));
    let members = format!("[deployment]\nsign_in = true\n[[conversations]]\n{WEB}\nscript = \"silent\"\n");
    let run = series(&members, None, false, same).await;
    assert_eq!((run.verdict.cause, run.verdict.confidence), (Some(Cause::GuestAuthRequired), Confidence::Sure));
    let run = published(WEB, Some(r#"{"fault":"deployment-unknown"}"#), same).await;
    assert_eq!((run.verdict.cause, run.verdict.confidence), (Some(Cause::DeploymentUnknown), Confidence::Sure));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_conversation_is_looked_at_by_its_integration() {
    let run = published(OPEN, None, same).await;
    assert_eq!(run.verdict.cause, None, "{:?} {:?}", run.verdict, run.findings);
    assert!(run.findings.contains(&"pass integration".to_owned()), "{:?}", run.findings);
    let unknown = |p: &mut Profile| {
        if let Address::OpenMessaging { integration_id, .. } = &mut p.conversations[0].conversation.address {
            "11111111-2222-4333-8444-555555555555".clone_into(integration_id);
        }
    };
    let run = published(OPEN, None, unknown).await;
    assert_eq!((run.verdict.cause, run.verdict.confidence), (Some(Cause::IntegrationUnknown), Confidence::Sure));
}
