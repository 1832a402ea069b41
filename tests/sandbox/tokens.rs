//! `/oauth/token` and `/api/v2/tokens/me`.

use serde_json::{Value, json};

use crate::test_sandbox::{PLAIN, TestSandbox, unauthorized};

async fn asked(sandbox: &TestSandbox, form: &[(&str, &str)]) -> (u16, Value) {
    let answer = sandbox.answer(sandbox.request("POST", "/oauth/token").form(form)).await;
    (answer.status, answer.json())
}

fn oauth_error(error: &str, description: &str) -> Value {
    json!({"error": error, "description": description, "error_description": description})
}

#[tokio::test]
async fn basic_and_body_credentials_get_a_token() {
    let sandbox = TestSandbox::plain();
    let answer = sandbox.token_answer("guest:messages:send").await;
    assert_eq!(answer.status, 200);
    let token = answer.json();
    assert_eq!(token["token_type"], "bearer");
    assert_eq!(token["expires_in"], 3600);
    assert_eq!(token["scope"], "guest:messages:send");
    assert!(token["access_token"].as_str().unwrap().len() > 40);
    assert_eq!(answer.header("cache-control"), "no-cache, no-store, must-revalidate");
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(answer.headers.contains_key("inin-correlation-id"));
    let form = [("grant_type", "client_credentials"), ("client_id", "the-client"), ("client_secret", "the-secret")];
    let (status, body) = asked(&sandbox, &form).await;
    assert_eq!((status, body["token_type"].as_str()), (200, Some("bearer")));
    assert_ne!(body["access_token"], token["access_token"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_token_request_is_said_in_oauth_words() {
    let sandbox = TestSandbox::plain();
    let id = ("client_id", "the-client");
    let grant = ("grant_type", "client_credentials");
    let secret = ("client_secret", "the-secret");
    let cases = [
        (vec![grant, id, ("client_secret", "wrong")], "invalid_client", "authentication failed"),
        (vec![grant, ("client_id", "nobody"), secret], "invalid_client", "client not found"),
        (vec![grant], "invalid_client", "client not found"),
        (vec![id, secret], "invalid_request", "grant_type is missing"),
        (
            vec![("grant_type", "refresh_token"), id, secret],
            "unsupported_grant_type",
            "grant type is not supported for this client",
        ),
        (vec![grant, id, secret, ("scope", "no:such")], "invalid_scope", "the requested scope is unknown"),
    ];
    for (form, error, description) in cases {
        assert_eq!(asked(&sandbox, &form).await, (400, oauth_error(error, description)));
    }
    let basic = sandbox.request("POST", "/oauth/token").basic_auth("the-client", Some("wrong")).form(&[grant]);
    let answer = sandbox.answer(basic).await;
    assert_eq!((answer.status, answer.json()), (401, oauth_error("invalid_client", "authentication failed")));
    assert_eq!(sandbox.server.state()["refused"]["invalid_client"], 4);
    assert_eq!(sandbox.server.state()["tokens"]["issued"], 0);
}

#[tokio::test]
async fn scopes_are_granted_or_silently_left_out() {
    let sandbox = TestSandbox::plain();
    let scope = async |asked: &str| sandbox.token_answer(asked).await.json()["scope"].clone();
    assert_eq!(scope("guest:messages:send conversations").await, "guest:messages:send conversations");
    assert_eq!(scope("guest:messages:send users").await, "guest:messages:send");
    assert_eq!(scope("users").await, Value::Null);
    assert_eq!(scope("").await, "conversations analytics", "nothing asked: general scopes only");
}

#[tokio::test]
async fn a_client_without_the_guest_api_gets_its_scope_stripped() {
    let sandbox = TestSandbox::with(&PLAIN.replace("name = \"Tests\"", "name = \"Tests\"\nguest_api = false"));
    let answer = sandbox.token_answer("guest:messages:send conversations").await;
    assert_eq!(answer.json()["scope"], "conversations");
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let answer = sandbox.say(&token, "hello").await;
    assert_eq!((answer.status, answer.json()), (401, unauthorized()));
    let me = sandbox.get(&token, "/api/v2/tokens/me").await.json();
    assert_eq!(me["authorizedScope"], json!(["conversations"]));
}

#[tokio::test]
async fn the_answer_can_leave_the_scope_unsaid() {
    let sandbox = TestSandbox::with(&format!("{PLAIN}\n[token]\ntell_scope = false\nlifetime_seconds = 60\n"));
    let answer = sandbox.token_answer("guest:messages:send").await;
    let body = answer.json();
    assert_eq!(body.get("scope"), None);
    assert_eq!(body["expires_in"], 60);
    let me = sandbox.get(body["access_token"].as_str().unwrap(), "/api/v2/tokens/me").await.json();
    assert_eq!(me["authorizedScope"], json!(["guest:messages:send"]));
}

#[tokio::test]
async fn tokens_me_tells_who_asks_and_delete_revokes() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let answer = sandbox.get(&token, "/api/v2/tokens/me").await;
    assert_eq!(answer.status, 200);
    let me = answer.json();
    assert_eq!(me["authorizedScope"], json!(["guest:messages:send", "conversations"]));
    assert_eq!(me["OAuthClient"]["id"], "the-client");
    assert_eq!(me["OAuthClient"]["name"], "Tests");
    assert_eq!(me["OAuthClient"]["authorizedGrantType"], "CLIENT-CREDENTIALS");
    assert_eq!(me["organization"]["name"], "Sandbox Energy");
    let answer = sandbox.answer(sandbox.request("DELETE", "/api/v2/tokens/me").bearer_auth(&token)).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    let answer = sandbox.get(&token, "/api/v2/tokens/me").await;
    assert_eq!((answer.status, answer.json()), (401, unauthorized()));
    assert_eq!(sandbox.server.state()["refused"], json!({"token-revoked": 1}));
    assert_eq!(sandbox.server.state()["tokens"]["valid"], 0);
}

#[tokio::test]
async fn a_token_request_of_another_form_or_method_is_refused() {
    let sandbox = TestSandbox::plain();
    let json = sandbox.request("POST", "/oauth/token").header("content-type", "application/json").body("{}");
    let answer = sandbox.answer(json).await;
    assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("invalid_request")));
    let answer = sandbox.answer(sandbox.request("GET", "/oauth/token")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
}
