//! The guest WebSocket: the literal frames of the protocol, in and out.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::guest::{Came, LIVE, ORIGIN, TOKEN, live};
use crate::test_sandbox::{TestSandbox, UNKNOWN};

#[tokio::test]
async fn only_allowed_origins_and_known_deployments_get_a_socket() {
    let sandbox = TestSandbox::with(LIVE);
    let deployment = sandbox.deployment();
    for (deployment, origin) in
        [(deployment.as_str(), Some("https://evil.example")), (&deployment, None), (UNKNOWN, Some(ORIGIN))]
    {
        let (status, body) = sandbox.socket(deployment, origin).await.err().unwrap();
        assert_eq!(status, 403);
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["message"], "Forbidden");
    }
    let plain = sandbox.answer(sandbox.request("GET", &format!("/v1?deploymentId={deployment}"))).await;
    assert_eq!(plain.status, 426);
    let state = sandbox.server.state();
    assert_eq!((&state["web"]["refused"], &state["web"]["opened"]), (&json!(3), &json!(0)));
    assert_eq!(state["refused"], json!({"origin-refused": 2, "deployment-unknown": 1}));
    let public = format!("/webdeployments/v1/deployments/{deployment}/domains.json");
    let domains = sandbox.answer(sandbox.request("GET", &public)).await.json();
    assert_eq!(domains, json!({"allowAllDomains": false, "allowedDomains": ["shop.example"]}));
    let public = format!("/webdeployments/v1/deployments/{UNKNOWN}/config.json");
    assert_eq!(sandbox.answer(sandbox.request("GET", &public)).await.status, 404);
}

#[tokio::test]
async fn the_published_configure_frame_begins_a_session_and_resumes_it() {
    let sandbox = TestSandbox::with(LIVE);
    let mut guest = sandbox.visitor().await;
    let literal = r#"{"action":"configureSession","deploymentId":"…","token":"…","startNew":false,"tracingId":"<uuid>",
        "journeyContext":{"customer":{"id":"<uuid>","idType":"cookie"},"customerSession":{"id":"","type":"web"}}}"#;
    let mut frame: Value = serde_json::from_str(literal).unwrap();
    frame["deploymentId"] = json!(sandbox.deployment());
    frame["token"] = json!(TOKEN);
    guest.send(&frame).await;
    let session = guest.frame().await;
    let expires = session["body"]["expirationDate"].as_i64().unwrap();
    let now: jiff::Timestamp = sandbox.server.state()["clock"]["now"].as_str().unwrap().parse().unwrap();
    assert!((259_100..=259_200).contains(&(expires - now.as_second())), "in seconds: {expires}");
    let expected = json!({"type":"response","class":"SessionResponse","code":200,"body":{"connected":true,
        "newSession":true,"readOnly":false,"maxCustomDataBytes":2048,
        "allowedMedia":{"inbound":{"fileTypes":[{"type":"*/*"}],"maxFileSizeKB":10240}},"blockedExtensions":[".exe"],
        "clearedExistingSession":false,"durationSeconds":259_200,"expirationDate":expires,"autoStarted":false},
        "tracingId":"<uuid>"});
    assert_eq!(session, expected);
    drop(guest);
    let (_, resumed) = sandbox.guest().await;
    assert_eq!(resumed["body"]["newSession"], false);
    assert_eq!(sandbox.server.state()["web"]["sessions"], 1);
}

#[tokio::test]
async fn a_message_is_echoed_with_our_tracing_id_and_answered() {
    let sandbox = TestSandbox::with(LIVE);
    let (mut guest, _) = sandbox.guest().await;
    let literal = r#"{"action":"onMessage","token":"…","tracingId":"t-1","message":{"type":"Text","text":"Hello",
        "metadata":{"id":"m-1"},"channel":{"metadata":{"customAttributes":{"testRun":"42"}}}}}"#;
    let mut frame: Value = serde_json::from_str(literal).unwrap();
    frame["token"] = json!(TOKEN);
    guest.send(&frame).await;
    let echo = guest.frame().await;
    assert_eq!(
        (&echo["type"], &echo["class"], &echo["code"]),
        (&json!("message"), &json!("StructuredMessage"), &json!(200))
    );
    assert_eq!(echo["tracingId"], "t-1");
    let body = &echo["body"];
    assert_eq!(
        (&body["type"], &body["text"], &body["direction"]),
        (&json!("Text"), &json!("Hello"), &json!("Inbound"))
    );
    assert!(body["id"].as_str().unwrap().len() == 32, "{body}");
    assert!(body["channel"]["time"].as_str().unwrap().ends_with('Z') && body["channel"]["messageId"].is_string());
    assert!(body["metadata"]["correlationId"].is_string());
    assert_eq!(body["metadata"]["id"], "m-1");
    let typing = guest.frame().await;
    assert_eq!(typing["body"]["events"], json!([{"eventType":"Typing","typing":{"type":"On","duration":5000}}]));
    let reply = guest.frame().await;
    assert_eq!(reply["body"]["text"], "You said: Hello");
    assert_eq!((&reply["body"]["direction"], &reply["body"]["originatingEntity"]), (&json!("Outbound"), &json!("Bot")));
    assert_eq!(reply["body"]["channel"]["from"], json!({"nickname": "Assistant"}));
    assert_eq!(reply.get("tracingId"), None);
    let state = sandbox.server.state();
    let web = state["conversations"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&web["name"], &web["channel"], &web["received"]),
        (&json!("Anna, web"), &json!("web-messaging"), &json!(1))
    );
    assert_eq!((&web["attributes"], &web["messages"][0]["request_id"]), (&json!({"testRun": "42"}), &json!("t-1")));
    assert_eq!((&state["web"]["frames_in"], &state["web"]["frames_out"]), (&json!(2), &json!(4)));
}

#[tokio::test]
async fn custom_attributes_count_in_the_message_alone() {
    let sandbox = TestSandbox::with(LIVE);
    let (mut guest, _) = sandbox.guest().await;
    let both = json!({"channel": {"metadata": {"customAttributes": {"a": "1"}}}, "message": {"type": "Text", "text": "x",
        "channel": {"metadata": {"customAttributes": {"b": "2"}}}}});
    guest.asked("onMessage", both).await;
    guest.reply().await;
    let large = json!({"message": {"type": "Text", "text": "x",
        "channel": {"metadata": {"customAttributes": {"b": "x".repeat(2048)}}}}});
    let refused = guest.asked("onMessage", large).await;
    let expected = json!({"type":"response","class":"string","code":4013,
        "body":"Custom Attributes in channel metadata is larger than 2048 bytes","tracingId":refused["tracingId"]});
    assert_eq!(refused, expected);
    let state = sandbox.server.state();
    assert_eq!(state["conversations"].as_array().unwrap().last().unwrap()["attributes"], json!({"b": "2"}));
    assert_eq!(state["web"]["attributes_ignored"], 1, "it is told");
}

/// Each offer of the script, and the answers that official clients write to it.
#[tokio::test]
async fn each_offer_takes_the_answer_of_its_own_kind_and_no_other() {
    let sandbox = TestSandbox::with(&live("offers", ""));
    let (mut guest, _) = sandbox.guest().await;
    let answer = |kind: &str, payload: &str| json!({"type": kind, "text": "t", "payload": payload});
    let said = |form: &str, answers: &[&Value], metadata: Value| {
        let content: Vec<Value> =
            answers.iter().map(|a| json!({"contentType": "ButtonResponse", "buttonResponse": a})).collect();
        json!({"message": {"type": form, "text": "", "content": content, "metadata": metadata}})
    };
    for (ask, content, kind) in [
        ("a card", "Card", "Button"),
        ("several cards", "Carousel", "Button"),
        ("a date", "DatePicker", "DatePicker"),
        ("a list", "ListPicker", "ListPicker"),
    ] {
        sandbox.server.advance(1);
        guest.say(ask).await;
        let offer = guest.reply().await["body"].clone();
        assert_eq!(offer["content"][0]["contentType"], content);
        let payload = match content {
            "DatePicker" => offer["content"][0]["datePicker"]["availableTimes"][0]["dateTime"].clone(),
            "ListPicker" => offer["content"][0]["listPicker"]["sections"][0]["items"][0]["id"].clone(),
            _ => json!("Take green"),
        };
        let payload = payload.as_str().unwrap();
        let id = offer["id"].as_str().unwrap();
        let mut named = answer(kind, payload);
        named["originatingMessageId"] = json!(id);
        let wrongly = [
            said("Structured", &[&answer("QuickReply", payload)], json!({"parentMessageId": id})),
            said("Structured", &[&answer("Hologram", payload)], json!({})),
            said("Structured", &[&answer(kind, "nobody offered this")], json!({"parentMessageId": id})),
            said("Structured", &[&answer(kind, payload)], json!({"parentMessageId": "no-such-message"})),
            said("Structured", &[], json!({})),
        ];
        for wrong in wrongly {
            sandbox.server.advance(1);
            let refused = guest.asked("onMessage", wrong.clone()).await;
            assert_eq!((&refused["code"], &refused["body"]), (&json!(400), &json!("Request failed.")), "{wrong}");
        }
        // The JavaScript client's form, and the mobile one's.
        for right in [
            said("Structured", &[&answer(kind, payload)], json!({"parentMessageId": id})),
            said("Text", &[&named], json!({})),
        ] {
            sandbox.server.advance(1);
            let echo = guest.asked("onMessage", right).await;
            assert_eq!(echo["body"]["content"][0]["buttonResponse"]["originatingMessageId"], id, "{echo}");
            assert!(guest.reply().await["body"]["text"].as_str().unwrap().starts_with("Noted: "));
        }
    }
    let unknown = json!({"message": {"type": "Structured", "content": [{"contentType": "Hologram"}]}});
    assert_eq!(guest.asked("onMessage", unknown).await["code"], 400);
    let state = sandbox.server.state();
    let messages = &state["conversations"].as_array().unwrap().last().unwrap()["messages"];
    assert_eq!(messages[1]["content"][0]["buttonResponse"]["type"], "Button", "the control API tells what was taken");
}

#[tokio::test]
async fn a_deployment_that_requires_sign_in_says_so_and_configures_nobody() {
    let sandbox = TestSandbox::of(guestwire::sandbox::Scenario::named("sign-in").unwrap());
    let mut guest = sandbox.visitor().await;
    let refused =
        guest.asked("configureSession", json!({"deploymentId": sandbox.deployment(), "startNew": false})).await;
    assert_eq!((&refused["code"], &refused["body"]), (&json!(401), &json!("Session authentication failed")));
    let public = format!("/webdeployments/v1/deployments/{}/config.json", sandbox.deployment());
    assert_eq!(sandbox.answer(sandbox.request("GET", &public)).await.json()["auth"], json!({"enabled": true}));
}

#[tokio::test]
async fn quick_replies_are_offered_and_taken_in_both_forms() {
    let sandbox = TestSandbox::with(&live("billing", ""));
    let (mut guest, _) = sandbox.guest().await;
    guest.say("hi").await;
    let menu = guest.reply().await;
    assert_eq!(menu["body"]["type"], "Structured");
    let first = json!({"contentType": "QuickReply", "quickReply": {"text": "Open invoices", "payload": "Open invoices",
        "action": "Message"}});
    assert_eq!(menu["body"]["content"][0], first);
    let taken = json!([{"contentType": "ButtonResponse", "buttonResponse":
        {"type": "QuickReply", "text": "Pay an invoice", "payload": "Pay an invoice"}}]);
    let echo = guest
        .asked("onMessage", json!({"message": {"type": "Structured", "text": "Pay an invoice", "content": taken}}))
        .await;
    assert_eq!((&echo["body"]["type"], &echo["body"]["direction"]), (&json!("Structured"), &json!("Inbound")));
    let answered = &echo["body"]["content"][0]["buttonResponse"];
    assert_eq!(answered["originatingMessageId"], menu["body"]["id"], "the menu that offered it");
    assert!(guest.reply().await["body"]["text"].as_str().unwrap().contains("2026-118"));
    // As the mobile SDK sends it: a text that is empty, and the choice.
    let taken = json!([{"contentType": "ButtonResponse", "buttonResponse":
        {"type": "QuickReply", "text": "Yes", "payload": "Yes"}}]);
    guest.asked("onMessage", json!({"message": {"type": "Text", "text": "", "content": taken}})).await;
    assert!(guest.reply().await["body"]["text"].as_str().unwrap().starts_with("Done."));
}

#[tokio::test]
async fn the_end_is_a_presence_event_and_then_nothing_more_is_taken() {
    let sandbox = TestSandbox::with(LIVE);
    let (mut guest, _) = sandbox.guest().await;
    guest.say("bye").await;
    assert_eq!(guest.reply().await["body"]["text"], "Goodbye!");
    let end = guest.frame().await;
    assert_eq!(end["body"]["events"], json!([{"eventType":"Presence","presence":{"type":"Disconnect"}}]));
    assert_eq!(end["body"]["metadata"], json!({"readOnly": "true"}));
    let refused = guest.say("one more").await;
    assert_eq!((&refused["class"], &refused["code"]), (&json!("string"), &json!(409)));
    assert_eq!(refused["body"], "Session is read-only, no new messages allowed");
    let resumed = guest.configure(false).await;
    assert_eq!((&resumed["body"]["readOnly"], &resumed["body"]["newSession"]), (&json!(true), &json!(false)));
    let closed = guest.asked("closeSession", json!({"closeAllConnections": true})).await;
    assert_eq!((&closed["body"]["connected"], &closed["body"]["readOnly"]), (&json!(false), &json!(true)));
    let anew = guest.configure(true).await;
    assert_eq!((&anew["body"]["readOnly"], &anew["body"]["newSession"]), (&json!(false), &json!(true)));
    assert_eq!(anew["body"]["clearedExistingSession"], true);
    assert_eq!(guest.say("again").await["code"], 200);
    assert_eq!(sandbox.web_received(), ["bye", "again"]);
}

#[tokio::test]
async fn a_deployment_that_lets_conversations_go_on_begins_another() {
    let sandbox = TestSandbox::with(&live("echo", "[deployment]\nread_only_at_end = false\n"));
    let (mut guest, _) = sandbox.guest().await;
    guest.say("bye").await;
    guest.reply().await;
    assert_eq!(guest.frame().await["body"]["metadata"], json!({"readOnly": "false"}));
    assert_eq!(guest.say("again").await["code"], 200);
    let state = sandbox.server.state();
    let web: Vec<&Value> =
        state["conversations"].as_array().unwrap().iter().filter(|c| c["channel"] == "web-messaging").collect();
    assert_eq!(web.len(), 2);
    assert_ne!(web[0]["id"], web[1]["id"]);
}

#[tokio::test]
async fn joining_begins_the_conversation_and_clearing_erases_it() {
    let sandbox = TestSandbox::with(LIVE);
    let (mut guest, _) = sandbox.guest().await;
    let presence = |kind: &str| json!({"message": {"type": "Event", "events": [{"eventType": "Presence", "presence": {"type": kind}}]}});
    let echo = guest.asked("onMessage", presence("Join")).await;
    assert_eq!(echo["body"]["events"][0]["presence"]["type"], "Join");
    assert_eq!(guest.reply().await["body"]["text"], "Welcome. I say back what I hear.");
    guest
        .ask(
            "onMessage",
            json!({"message": {"type": "Event", "events": [{"eventType": "Typing", "typing": {"type": "On"}}]}}),
        )
        .await;
    guest.asked("onMessage", presence("Clear")).await;
    assert_eq!(guest.frame().await["class"], "SessionClearedEvent");
    let closed = guest.frame().await;
    assert_eq!(closed["body"], json!({"reason": "conversationCleared", "reasonCode": "conversationCleared"}));
    assert!(matches!(guest.next().await, Came::Closed(1000)));
    let (_, session) = sandbox.guest().await;
    assert_eq!(session["body"]["newSession"], true);

    let sandbox = TestSandbox::with(&live("echo", "[deployment]\nclear = false\n"));
    let (mut guest, _) = sandbox.guest().await;
    let refused = guest.asked("onMessage", presence("Clear")).await;
    assert_eq!(
        (&refused["code"], &refused["body"]),
        (&json!(403), &json!("Presence events Conversation Clear are not supported"))
    );
}

#[tokio::test]
async fn what_cannot_be_read_or_is_not_there_is_refused_in_the_published_words() {
    let sandbox = TestSandbox::with(LIVE);
    let mut guest = sandbox.visitor().await;
    for raw in
        ["{", "[]", r#"{"action":"onFire"}"#, r#"{"action":7}"#, r#"{"action":"disconnectCustomer","token":"x"}"#]
    {
        guest.send_raw(Message::text(raw)).await;
        let expected = json!({"type":"response","class":"string","code":400,"body":"Request failed."});
        assert_eq!(guest.frame().await, expected, "{raw}");
    }
    guest.send_raw(Message::binary(vec![1, 2])).await;
    assert_eq!(guest.frame().await["code"], 400);
    assert_eq!(guest.say("too early").await["code"], 4007);
    assert_eq!(guest.asked("configureSession", json!({"deploymentId": UNKNOWN})).await["code"], 400);
    assert_eq!(guest.asked("configureSession", json!({})).await["code"], 4020);
    guest.configure(false).await;
    let other = guest.asked("onMessage", json!({"token": "somebody", "message": {"type": "Text", "text": "x"}})).await;
    assert_eq!((&other["code"], &other["body"]), (&json!(401), &json!("User is unauthorized")));
    let long = guest.say(&"x".repeat(5000)).await;
    assert_eq!((&long["code"], &long["body"]), (&json!(4011), &json!("Message length 5000 is larger than 4096")));
    assert_eq!(guest.say(&"ä".repeat(2048)).await["code"], 200, "4096 bytes");
    guest.reply().await;
    assert_eq!(guest.say("  ").await["code"], 400);
    let deployment = sandbox.deployment();
    let signed =
        guest.asked("configureAuthenticatedSession", json!({"deploymentId": deployment, "data": {"code": "x"}})).await;
    assert_eq!((&signed["code"], &signed["body"]), (&json!(403), &json!("Session authentication failed")));
    let configuration = guest.asked("getConfiguration", json!({"deploymentId": deployment})).await;
    assert_eq!(
        (&configuration["class"], &configuration["body"]["messageRoutingEnabled"]),
        (&json!("GetConfigurationResponse"), &json!(true))
    );
    assert_eq!(
        sandbox.server.state()["web"]["errors"],
        json!({"400": 8, "401": 1, "403": 1, "4007": 1, "4011": 1, "4020": 1})
    );
}

#[tokio::test]
async fn a_health_check_is_said_back_with_how_long_the_session_lives() {
    let sandbox = TestSandbox::with(LIVE);
    let (mut guest, session) = sandbox.guest().await;
    let literal = json!({"tracingId":"SGVhbHRoQ2hlY2tNZXNzYWdlSWQ=","message":{"type":"Text","text":"ping"}});
    guest.ask("echo", literal).await;
    let echo = guest.frame().await;
    assert_eq!((&echo["type"], &echo["tracingId"]), (&json!("response"), &json!("SGVhbHRoQ2hlY2tNZXNzYWdlSWQ=")));
    assert_eq!(echo["body"]["text"], "ping");
    let expires = session["body"]["expirationDate"].to_string();
    assert_eq!(echo["body"]["metadata"], json!({"durationSeconds": "259200", "expirationDate": expires}));
}

#[tokio::test]
async fn a_session_that_nobody_uses_expires_by_the_clock() {
    let sandbox = TestSandbox::with(&live("echo", "[deployment]\nsession_seconds = 900\n"));
    let (mut guest, _) = sandbox.guest().await;
    sandbox.server.advance(800);
    assert_eq!(guest.say("still here").await["code"], 200);
    guest.reply().await;
    sandbox.server.advance(800);
    assert_eq!(guest.say("a message makes it live on").await["code"], 200);
    guest.reply().await;
    sandbox.server.advance(901);
    assert_eq!(guest.frame().await["class"], "SessionExpiredEvent");
    assert_eq!(guest.say("too late").await["code"], 4006);
    assert_eq!(guest.configure(false).await["code"], 4006);
    let anew = guest.configure(true).await;
    assert_eq!((&anew["code"], &anew["body"]["newSession"]), (&json!(200), &json!(true)));
}
