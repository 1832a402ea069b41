//! The control API, the clock, the announcement, and determinism.

use guestwire::config::{Credentials, SecretSource};
use guestwire::model::Address;
use guestwire::sandbox::{Sandbox, Scenario, start};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::test_sandbox::{Answer, CONVERSATION, PLAIN, TestSandbox, scenario, unauthorized};

async fn control(sandbox: &TestSandbox, method: &str, what: &str, body: &str) -> Answer {
    sandbox.answer(sandbox.request(method, &format!("/_sandbox/{what}")).body(body.to_owned())).await
}

#[tokio::test]
async fn faults_are_set_shown_and_cleared_over_http() {
    let sandbox = TestSandbox::plain();
    let answer =
        control(&sandbox, "POST", "faults", "{\"fault\":\"rate-limited\",\"times\":2,\"retry_after\":9}").await;
    assert_eq!(answer.status, 200);
    let shown = json!([{"fault": "rate-limited", "retry_after": 9, "form": "seconds", "target": "send", "after": 0,
        "times": 2, "hit": 0}]);
    assert_eq!(answer.json(), json!({"faults": shown}));
    let token = sandbox.guest_token().await;
    assert_eq!(sandbox.say(&token, "x").await.status, 429);
    let state = control(&sandbox, "GET", "state", "").await.json();
    assert_eq!((&state["faults"][0]["times"], &state["faults"][0]["hit"]), (&json!(1), &json!(1)));
    assert_eq!(control(&sandbox, "DELETE", "faults", "").await.json(), json!({"faults": []}));
    assert_eq!(sandbox.say(&token, "x").await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_gets_a_sentence_with_the_nearest_name() {
    let sandbox = TestSandbox::plain();
    let why = async |body: &str| {
        let answer = control(&sandbox, "POST", "faults", body).await;
        assert_eq!(answer.status, 400, "{body}");
        answer.json()["error"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        why("{\"fault\":\"tokn-expired\"}").await,
        "no fault is called `tokn-expired`; did you mean `token-expired`?"
    );
    assert_eq!(
        why("{\"fault\":\"rate-limited\",\"time\":1}").await,
        "the fault `rate-limited` has no field `time`; did you mean `times`?"
    );
    assert!(why("{").await.starts_with("the body is not JSON"));
    for body in ["{}", "{\"advance_seconds\":-1}", "{\"advance_seconds\":1,\"x\":2}", "x"] {
        let answer = control(&sandbox, "POST", "clock", body).await;
        assert_eq!(answer.status, 400);
        assert!(answer.json()["error"].as_str().unwrap().contains("advance_seconds"));
    }
    assert_eq!(control(&sandbox, "GET", "faults", "").await.status, 405);
    assert_eq!(control(&sandbox, "GET", "nothing", "").await.status, 404);
}

#[tokio::test]
async fn the_clock_expires_tokens_at_once_and_shows_in_every_time() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let answer = control(&sandbox, "POST", "clock", "{\"advance_seconds\":3599}").await;
    assert_eq!((answer.status, answer.json()["advanced_seconds"].as_u64()), (200, Some(3599)));
    assert_eq!(sandbox.say(&token, "just in time").await.status, 200);
    control(&sandbox, "POST", "clock", "{\"advance_seconds\":2}").await;
    assert_eq!(sandbox.say(&token, "late").await.json(), unauthorized());
    let state = control(&sandbox, "GET", "state", "").await.json();
    assert_eq!(state["clock"]["advanced_seconds"], 3601);
    assert_eq!((&state["tokens"]["issued"], &state["tokens"]["valid"]), (&json!(1), &json!(0)));
    control(&sandbox, "POST", "clock", &format!("{{\"advance_seconds\":{}}}", u64::MAX)).await;
    assert_eq!(sandbox.say(&token, "in a thousand years").await.status, 401);
}

#[tokio::test]
async fn pages_of_other_origins_cannot_reach_the_control_api() {
    let sandbox = TestSandbox::plain();
    let status = async |header: &'static str, value: &'static str| {
        sandbox.answer(sandbox.request("GET", "/_sandbox/state").header(header, value)).await.status
    };
    assert_eq!(status("origin", "https://evil.example").await, 403);
    assert_eq!(status("origin", "null").await, 403);
    assert_eq!(status("origin", "http://[::1].evil").await, 403);
    assert_eq!(status("origin", "http://127.0.0.1:1@evil.example").await, 403);
    assert_eq!(status("origin", "http://localhost:3000").await, 200);
    assert_eq!(status("host", "localhost:1").await, 200);
    let fault = sandbox.request("POST", "/_sandbox/faults").header("origin", "https://evil.example");
    assert_eq!(sandbox.answer(fault.body("{\"fault\":\"token-revoked\"}")).await.status, 403);
}

/// A page that reaches this machine under a name of its own (DNS rebinding) signs in nowhere and reads nothing.
#[tokio::test]
async fn nothing_is_answered_under_the_name_of_another_machine() {
    let sandbox = TestSandbox::plain();
    for (method, path) in [
        ("GET", "/_sandbox/state"),
        ("POST", "/oauth/token"),
        ("GET", "/v1"),
        ("GET", "/api/v2/tokens/me"),
        ("GET", "/webdeployments/v1/deployments/x/config.json"),
    ] {
        for host in ["rebound.evil.example", "[::1].evil", "127.0.0.1@evil.example"] {
            let answer = sandbox.answer(sandbox.request(method, path).header("host", host)).await;
            assert_eq!(answer.status, 403, "{method} {path} {host}");
            assert!(answer.text.contains("only under a name of this machine"), "{}", answer.text);
        }
    }
    assert_eq!(sandbox.server.state()["requests"]["total"], 0);
}

#[tokio::test]
async fn the_control_api_is_not_counted() {
    let sandbox = TestSandbox::plain();
    control(&sandbox, "GET", "state", "").await;
    let token = sandbox.guest_token().await;
    sandbox.say(&token, "x").await;
    sandbox.get(&token, "/api/v2/nowhere").await;
    let requests = control(&sandbox, "GET", "state", "").await.json()["requests"].clone();
    let expected = json!({"total": 3, "by_route": {"POST /oauth/token": 1, "other": 1,
        "POST /api/v2/conversations/messaging/{conversationId}/messages": 1},
        "by_status": {"200": 2, "404": 1}, "without_answer": 0});
    assert_eq!(requests, expected);
}

#[tokio::test]
async fn announcement_and_profile_tell_how_to_come_in() {
    let sandbox = TestSandbox::plain();
    let line = sandbox.server.announcement();
    let port = sandbox.server.addr().port();
    assert_eq!(line["url"], format!("http://127.0.0.1:{port}"));
    assert_eq!(line["ws"], format!("ws://127.0.0.1:{port}/v1"));
    assert_eq!((&line["client_id"], &line["client_secret"]), (&json!("the-client"), &json!("the-secret")));
    assert_eq!(line["conversations"][0]["id"], CONVERSATION);
    assert_eq!(line["web_deployments"][0]["id"], line["deployment_id"]);
    for field in ["integration_id", "deployment_id", "origin"] {
        assert!(line[field].is_string(), "{field}");
    }
    let profile = sandbox.server.profile();
    assert!(profile.sandbox && !profile.production);
    assert_eq!(
        (profile.hosts.api.as_str(), profile.hosts.login.as_str()),
        (sandbox.server.url(), sandbox.server.url())
    );
    let Credentials::Client(client) = &profile.credentials else { panic!("no client") };
    assert_eq!(client.scopes, ["guest:messages:send", "conversations"]);
    let SecretSource::Literal(secret) = &client.secret else { panic!("no secret") };
    assert_eq!(secret.expose_secret(), "the-secret");
    assert!(!format!("{profile:?}").contains("the-secret"));
    assert!(!format!("{:?}", scenario(PLAIN)).contains("the-secret"));
}

#[tokio::test]
async fn every_healthy_entry_of_the_default_profile_works_and_the_others_are_refused_as_told() {
    let sandbox =
        TestSandbox::with(&include_str!("../../assets/scenarios/default.toml").replace("[40, 180]", "[0, 0]"));
    let profile = sandbox.server.profile();
    let line = sandbox.server.announcement();
    let form = [("grant_type", "client_credentials"), ("scope", "guest:messages:send conversations")];
    let (id, secret) = (line["client_id"].as_str().unwrap(), line["client_secret"].as_str());
    let answer = sandbox.answer(sandbox.request("POST", "/oauth/token").basic_auth(id, secret).form(&form)).await;
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let mut seen = Vec::new();
    for entry in &profile.conversations {
        seen.push(match &entry.conversation.address {
            Address::GuestApi { conversation_id, participant_id, external_id } => {
                let body = if participant_id.is_some() || external_id.is_some() {
                    json!({"to": {"id": participant_id, "externalId": external_id}, "text": "x"})
                } else {
                    json!({"text": "x", "type": "text"})
                };
                sandbox.send(&token, conversation_id, &body.to_string()).await.status
            }
            Address::OpenMessaging { integration_id, guest } => {
                let from = json!({"id": guest.id, "idType": guest.id_type, "nickname": guest.nickname});
                let body = json!({"channel": {"from": from, "time": "2026-11-23T04:00:00.000Z"}, "text": "x"});
                let path = format!("/api/v2/conversations/messages/{integration_id}/inbound/open/message");
                sandbox.post(&token, &path, &body).await.status
            }
            Address::WebMessaging { deployment_id, origin } => {
                match sandbox.socket(deployment_id, Some(origin)).await {
                    Err((status, _)) => status,
                    Ok(mut guest) => {
                        let Some(SecretSource::Literal(token)) = &entry.guest_token else { panic!("no guest token") };
                        token.expose_secret().clone_into(&mut guest.token);
                        assert_eq!(guest.configure(false).await["body"]["newSession"], false, "it has a history");
                        u16::try_from(guest.say("x").await["code"].as_u64().unwrap()).unwrap()
                    }
                }
            }
        });
    }
    assert_eq!(seen, [200, 200, 200, 409, 401, 200, 200, 403]);
    let state = sandbox.server.state();
    let name = |channel| {
        let all = state["conversations"].as_array().unwrap();
        all.iter().find(|c| c["channel"] == channel).map(|c| (c["name"].clone(), c["received"].clone())).unwrap()
    };
    assert_eq!(name("open-messaging"), (json!("Anna, open"), json!(1)));
    assert_eq!(name("web-messaging"), (json!("Anna, web"), json!(1)));
}

fn identity(sandbox: &Sandbox) -> Vec<Value> {
    let mut line = sandbox.announcement();
    let fields = ["client_id", "client_secret", "conversations", "integration_id", "deployment_id"];
    fields.map(|field| line[field].take()).to_vec()
}

#[tokio::test]
async fn one_seed_gives_one_set_of_ids() {
    let begin = |seed| {
        let mut scenario = Scenario::builtin();
        scenario.seed = seed;
        start(0, scenario, guestwire::clock::Clock::start()).unwrap()
    };
    assert_eq!(identity(&begin(7)), identity(&begin(7)));
    for (one, other) in identity(&begin(7)).into_iter().zip(identity(&begin(8))) {
        assert_ne!(one, other);
    }
    let story = async || {
        let sandbox = TestSandbox::plain();
        let token = sandbox.guest_token().await;
        let answer = sandbox.say(&token, "x").await;
        (token, answer.json()["id"].clone(), answer.header("x-request-id").to_owned())
    };
    assert_eq!(story().await, story().await);
}

/// A journal outlives many starts: it finds its conversations again, and takes no new message for one that it knows. The
/// secret is another: whoever saw one start cannot sign in at the next.
#[tokio::test]
async fn another_run_has_the_same_conversations_and_no_message_id_twice() {
    let started = |run, mut scenario: Scenario| {
        scenario.run = run;
        scenario
    };
    let begin = |run| start(0, started(run, Scenario::builtin()), guestwire::clock::Clock::start()).unwrap();
    let (mut one, mut other) = (identity(&begin(7)), identity(&begin(8)));
    assert_ne!(one[1].take(), other[1].take());
    assert_eq!(one, other);
    let story = async |run| {
        let sandbox = TestSandbox::of(started(run, scenario(PLAIN)));
        let token = sandbox.guest_token().await;
        let answer = sandbox.say(&token, "x").await;
        [json!(token), answer.json()["id"].clone(), json!(answer.header("x-request-id"))]
    };
    let (one, other) = (story(7).await, story(8).await);
    assert!(one.iter().zip(&other).all(|(one, other)| one != other), "{one:?} {other:?}");
}

/// With a seed of a person's own the secret is the same at each start too.
#[tokio::test]
async fn a_seed_of_ones_own_keeps_the_secret_and_gives_no_message_id_twice() {
    let begin = |run| {
        let mut scenario = Scenario::builtin();
        (scenario.seed, scenario.run) = (7, run);
        scenario.keep_secret();
        start(0, scenario, guestwire::clock::Clock::start()).unwrap()
    };
    assert_eq!(identity(&begin(7)), identity(&begin(8)));
}

#[tokio::test]
async fn a_taken_port_is_an_error_and_a_runtime_is_needed() {
    let sandbox = TestSandbox::plain();
    let port = sandbox.server.addr().port();
    assert_eq!(
        start(port, scenario(PLAIN), guestwire::clock::Clock::start()).err().unwrap().kind(),
        std::io::ErrorKind::AddrInUse
    );
    let outside = std::thread::spawn(|| start(0, Scenario::builtin(), guestwire::clock::Clock::start()).is_err());
    assert!(outside.join().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_are_each_received_once() {
    let sandbox = std::sync::Arc::new(TestSandbox::plain());
    let token = sandbox.guest_token().await;
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let (sandbox, token) = (sandbox.clone(), token.clone());
            tokio::spawn(async move { sandbox.say(&token, &format!("message {n}")).await.status })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 200);
    }
    let mut received = sandbox.received();
    received.sort();
    received.dedup();
    assert_eq!(received.len(), 100);
    assert_eq!(sandbox.server.state()["received"], 100);
}
