//! Literal frames of the contract, and whatever else may come.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use proptest::prelude::*;

use crate::genesys::web_messaging::frames::*;
use crate::genesys::web_messaging::{NormalizedEvent, Structured};
use crate::model::Reason;
use crate::model::{Author, Choice, ChoiceKind, FileSource};
use jiff::Timestamp;

fn read(frame: &str) -> ServerFrame {
    ServerFrame::read(frame).unwrap()
}

fn message(frame: &str) -> Structured {
    let ServerFrameContent::Message(message) = read(frame).content else { panic!("no message: {frame}") };
    *message
}

#[test]
fn the_session() {
    let frame = read(
        r#"{"type":"response","class":"SessionResponse","code":200,"body":{"connected":true,"newSession":true,"readOnly":false,"maxCustomDataBytes":2048,"allowedMedia":{"inbound":{"fileTypes":[{"type":"*/*"}],"maxFileSizeKB":10240}},"blockedExtensions":[".exe"],"clearedExistingSession":false,"durationSeconds":259200,"expirationDate":1791139139,"autoStarted":false},"tracingId":"tr"}"#,
    );
    assert_eq!((frame.code, frame.tracing.as_deref(), frame.words().as_str()), (200, Some("tr"), "session, new"));
    let ServerFrameContent::Session(session) = frame.content else { panic!("{frame:?}") };
    assert!(session.connected && session.new && !session.read_only);
    assert_eq!(session.expires.map(Timestamp::as_second), Some(1_791_139_139), "in seconds");
    assert_eq!(session.media.max_kb, Some(10240));
    assert_eq!(session.media.blocked, [".exe"]);

    let read_only =
        read(r#"{"type":"response","class":"SessionResponse","code":200,"body":{"connected":false,"readOnly":true}}"#);
    assert_eq!(read_only.words(), "session, read-only");
}

#[test]
fn the_echo_of_our_own_message() {
    let frame = r#"{"type":"message","class":"StructuredMessage","code":200,"body":{"text":"Hello","type":"Text","direction":"Inbound","id":"0123456789abcdef0123456789abcdef","channel":{"time":"2022-08-22T19:24:26.704Z","messageId":"6a1d4f9e-0000-4000-8000-000000000001"},"metadata":{"correlationId":"c","id":"own"}},"tracingId":"ours"}"#;
    assert_eq!(read(frame).tracing.as_deref(), Some("ours"));
    let echo = message(frame);
    assert!(echo.by_guest);
    assert_eq!(echo.author, Author::Guest);
    assert_eq!(echo.id.as_deref(), Some("0123456789abcdef0123456789abcdef"));
    assert_eq!(echo.key.as_deref(), Some("6a1d4f9e-0000-4000-8000-000000000001"));
    assert_eq!(echo.own_id.as_deref(), Some("own"));
    let told = echo.message(Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!((told.text.as_str(), told.at.to_string().as_str()), ("Hello", "2022-08-22T19:24:26.704Z"));
}

#[test]
fn a_reply_and_one_with_choices() {
    let frame = r#"{"type":"message","class":"StructuredMessage","code":200,"body":{"text":"Hi","type":"Text","direction":"Outbound","id":"a","channel":{"time":"2026-11-23T10:00:00Z","type":"Private","from":{"nickname":"Bot"}},"originatingEntity":"Bot","metadata":{"correlationId":"c"}}}"#;
    assert_eq!(read(frame).words(), "bot: Hi");
    let reply = message(frame);
    assert_eq!((reply.author, reply.key.as_deref()), (Author::Bot, Some("a")), "without messageId the id is the key");

    let offer = message(
        r#"{"type":"message","class":"StructuredMessage","code":200,"body":{"type":"Structured","direction":"Outbound","id":"b","text":"Pick","channel":{"time":"2026-11-23T10:00:00Z","type":"Private"},"content":[{"contentType":"QuickReply","quickReply":{"text":"Yes","payload":"yes","action":"Message"}},{"contentType":"QuickReply","quickReply":{"text":"No","action":"Message"}}],"originatingEntity":"Human"}}"#,
    );
    assert_eq!((offer.author, offer.text.as_str()), (Author::Agent, "Pick"));
    let choice = |label: &str, payload: &str| Choice::new(label, payload);
    assert_eq!(offer.choices, [choice("Yes", "yes"), choice("No", "No")]);
}

#[test]
fn other_content_is_read_or_named() {
    let body = |content: &str| {
        format!(
            r#"{{"type":"message","class":"StructuredMessage","code":200,"body":{{"type":"Structured","direction":"Outbound","id":"b","content":[{content}]}}}}"#
        )
    };
    let card = r#"{"title":"Shoes","description":"red","actions":[{"type":"Postback","text":"Buy","payload":"buy-1"},{"type":"Link","text":"Look","url":"https://x"}]}"#;
    for frame in [
        body(&format!(r#"{{"contentType":"Card","card":{card}}}"#)),
        body(&format!(r#"{{"contentType":"Carousel","carousel":{{"cards":[{card}]}}}}"#)),
    ] {
        let card = message(&frame);
        assert_eq!(card.text, "Shoes: red");
        assert_eq!(card.choices, [Choice::new("Buy", "buy-1").of(ChoiceKind::Button)]);
    }
    let bare = message(&body(
        r#"{"contentType":"Card","card":{"actions":[{"type":"Postback","text":"Buy","payload":"buy-1"}]}}"#,
    ));
    assert_eq!(bare.text, "[choices]", "a card without words");
    let picker = message(&body(
        r#"{"contentType":"ListPicker","listPicker":{"receivedMessage":{"title":"Which?"},"replyMessage":{"title":"t","subtitle":"Chosen"},"sections":[{"title":"s","multipleSelection":true,"items":[{"id":"i1","title":"One"}]}]}}"#,
    ));
    assert_eq!(picker.text, "Which?\n[ListPicker of several items: guestwire answers with one]");
    let item = Choice { words: Some("Chosen".into()), ..Choice::new("One", "i1").of(ChoiceKind::ListPicker) };
    assert_eq!(picker.choices, [item]);
    let date = message(&body(
        r#"{"contentType":"DatePicker","datePicker":{"title":"When?","availableTimes":[{"dateTime":"2026-12-01T09:00:00.000Z","duration":1800}]}}"#,
    ));
    let time = "2026-12-01T09:00:00.000Z";
    assert_eq!((date.text.as_str(), date.choices), ("When?", vec![Choice::new(time, time).of(ChoiceKind::DatePicker)]));
    let file = message(&body(
        r#"{"contentType":"Attachment","attachment":{"id":"x","mediaType":"Image","url":"https://f/a.png?sig=1","mime":"image/png","filename":"a.png"}}"#,
    ));
    assert_eq!(file.text, "[Attachment]");
    assert_eq!(file.attachments[0].place, FileSource::Url("https://f/a.png?sig=1".into()));
}

/// The content types of the frames' schema that guestwire does not read, and one that nobody knows.
#[test]
fn no_content_is_dropped_and_what_cannot_be_answered_says_so() {
    let shown = |kind: &str| {
        message(&format!(
            r#"{{"class":"StructuredMessage","code":200,"body":{{"type":"Structured","direction":"Outbound","id":"b","text":"Here","content":[{{"contentType":"{kind}"}}]}}}}"#
        ))
        .text
    };
    for kind in ["Form", "PaymentRequest", "InteractiveApplication", "GenericTemplate", "ListTemplate", "WheelPicker"] {
        assert_eq!(shown(kind), format!("Here\n[{kind}: guestwire cannot answer it]"));
    }
    for kind in [
        "Location",
        "Mention",
        "Notification",
        "PaymentResponse",
        "Postback",
        "Push",
        "Reactions",
        "RichLink",
        "RoadsideAssistance",
        "Story",
        "Hologram",
    ] {
        assert_eq!(shown(kind), format!("Here\n[{kind}]"));
    }
    assert_eq!(shown("DatePicker"), "Here\n[DatePicker without times: guestwire cannot answer it]");
}

/// What happened is in the thread by its name, said by nobody: no pass takes it for a reply.
#[test]
fn events_that_no_other_place_shows_are_named_in_the_thread() {
    let event = |direction: &str, inside: &str| {
        message(&format!(
            r#"{{"class":"StructuredMessage","code":200,"body":{{"type":"Event","direction":"{direction}","id":"e","originatingEntity":"Human","events":[{inside}]}}}}"#
        ))
        .message(Timestamp::UNIX_EPOCH)
    };
    for (inside, name) in [
        (r#"{"eventType":"CoBrowse","coBrowse":{"type":"Offering"}}"#, Some("[CoBrowse: Offering]")),
        (r#"{"eventType":"Video","video":{"type":"OfferingExpired"}}"#, Some("[Video: OfferingExpired]")),
        (r#"{"eventType":"Reactions","reactions":[{"reactionType":"Like","count":1}]}"#, Some("[Reactions: Like]")),
        (r#"{"eventType":"Hologram"}"#, Some("[Hologram]")),
        (r#"{"eventType":"Presence","presence":{"type":"Authenticate"}}"#, Some("[Presence: Authenticate]")),
        (r#"{"eventType":"Presence","presence":{"type":"SignIn"}}"#, None),
        (r#"{"eventType":"Presence","presence":{"type":"Join"}}"#, None),
        (r#"{"eventType":"Typing","typing":{"type":"On"}}"#, None),
    ] {
        let told = event("Outbound", inside);
        assert_eq!(told.as_ref().map(|m| m.text.as_str()), name, "{inside}");
        assert!(told.is_none_or(|m| m.author == Author::System));
        assert_eq!(event("Inbound", inside), None, "the guest's own comes back as an echo");
    }
}

#[test]
fn events_are_no_messages() {
    let event = |inside: &str| {
        format!(
            r#"{{"type":"message","class":"StructuredMessage","code":200,"body":{{"type":"Event","direction":"Outbound","id":"e","channel":{{"time":"2026-11-23T10:00:00Z"}},"events":[{inside}],"metadata":{{"readOnly":"true"}},"originatingEntity":"Bot"}}}}"#
        )
    };
    let typing = event(r#"{"eventType":"Typing","typing":{"type":"On","duration":5000}}"#);
    assert_eq!(read(&typing).words(), "typing on");
    let on = NormalizedEvent::Typing { on: true, duration: Some(Duration::from_secs(5)) };
    assert_eq!(message(&typing).events, [on]);
    assert_eq!(message(&typing).message(Timestamp::UNIX_EPOCH), None);
    let off = message(&event(r#"{"eventType":"Typing","typing":{"type":"Off"}}"#));
    assert_eq!(off.events, [NormalizedEvent::Typing { on: false, duration: None }]);

    let gone = event(r#"{"eventType":"Presence","presence":{"type":"Disconnect"}}"#);
    assert_eq!(read(&gone).words(), "presence Disconnect");
    assert!(message(&gone).read_only);
    assert_eq!(message(&gone).events, [NormalizedEvent::Presence("Disconnect".into())]);
    assert_eq!(read(&event(r#"{"eventType":"CoBrowse"}"#)).words(), "event CoBrowse");
}

#[test]
fn the_health_check_comes_back_with_the_sessions_end() {
    let frame = r#"{"type":"response","class":"StructuredMessage","code":200,"body":{"text":"ping","type":"Text","direction":"Inbound","id":"h","metadata":{"durationSeconds":"259200","expirationDate":"1791139139"}},"tracingId":"SGVhbHRoQ2hlY2tNZXNzYWdlSWQ="}"#;
    assert_eq!(read(frame).tracing.as_deref(), Some(HEALTH_TRACING));
    assert_eq!(message(frame).expires.map(Timestamp::as_second), Some(1_791_139_139));
}

#[test]
fn jwt_and_upload() {
    let jwt = read(r#"{"type":"response","class":"JwtResponse","code":200,"body":{"jwt":"eyJ","exp":1791139139}}"#);
    assert!(
        matches!(jwt.content, ServerFrameContent::Jwt(jwt, Some(exp)) if jwt == "eyJ" && exp.as_second() == 1_791_139_139)
    );
    let place = read(
        r#"{"type":"response","class":"PresignedUrlResponse","code":200,"body":{"attachmentId":"a","headers":{"x-amz-tagging":"abc"},"url":"https://up","fileName":"a.png","fileSize":1,"fileType":"image/png"}}"#,
    );
    let headers = vec![("x-amz-tagging".to_owned(), "abc".to_owned())];
    assert_eq!(
        place.content,
        ServerFrameContent::Presigned { attachment_id: "a".into(), url: "https://up".into(), headers }
    );
    let done = read(
        r#"{"type":"message","class":"UploadSuccessEvent","code":200,"body":{"attachmentId":"a","downloadUrl":"https://d","timestamp":"2026-11-23T10:00:00Z"}}"#,
    );
    assert_eq!(done.content, ServerFrameContent::Uploaded("a".into()));
    let gone =
        read(r#"{"type":"response","class":"AttachmentDeletedResponse","code":200,"body":{"attachmentId":"a"}}"#);
    assert_eq!((gone.words().as_str(), gone.content), ("file deleted", ServerFrameContent::Deleted));
    let failed = read(
        r#"{"type":"message","class":"UploadFailureEvent","code":200,"body":{"attachmentId":"a","errorCode":4001,"errorMessage":"no","timestamp":"x"}}"#,
    );
    assert_eq!(
        failed.content,
        ServerFrameContent::UploadFailed { attachment_id: Some("a".into()), code: 4001, message: "no".into() }
    );
    let refused = read(
        r#"{"type":"response","class":"GenerateUrlError","code":400,"body":{"name":"e","message":"m","errorCode":4002,"errorMessage":"large"}}"#,
    );
    assert_eq!(
        refused.content,
        ServerFrameContent::UploadFailed { attachment_id: None, code: 4002, message: "large".into() }
    );
}

#[test]
fn how_sessions_and_connections_end() {
    let event =
        |class: &str, body: &str| read(&format!(r#"{{"type":"message","class":"{class}","code":200,"body":{body}}}"#));
    let closed = event("ConnectionClosedEvent", r#"{"reason":"signedIn"}"#);
    assert_eq!(closed.content, ServerFrameContent::ConnectionClosed(Some("signedIn".into())));
    assert_eq!(closed.words(), "connection closed, signedIn");
    let other = event("ConnectionClosedEvent", r#"{"reasonCode":"newConnection"}"#);
    assert_eq!(other.content, ServerFrameContent::ConnectionClosed(Some("newConnection".into())));
    assert_eq!(event("ConnectionClosedEvent", "{}").content, ServerFrameContent::ConnectionClosed(None));
    for (class, said, words) in [
        ("SessionExpiredEvent", ServerFrameContent::Expired, "session expired"),
        ("SessionClearedEvent", ServerFrameContent::Cleared, "session cleared"),
        ("LogoutEvent", ServerFrameContent::Logout, "signed out"),
    ] {
        let frame = event(class, "{}");
        assert_eq!((frame.content.clone(), frame.words().as_str()), (said, words));
    }
}

#[test]
fn errors_come_in_two_shapes() {
    for (code, body) in [
        (400, "Request failed."),
        (409, "Session is read-only, no new messages allowed"),
        (4006, "session expired error message"),
        (4011, "message too long"),
        (4013, "Custom Attributes in channel metadata is larger than 2048 bytes"),
        (403, "Presence events Conversation Clear are not supported"),
        (401, "User is unauthorized"),
    ] {
        let frame = read(&format!(r#"{{"type":"response","class":"string","code":{code},"body":"{body}"}}"#));
        assert_eq!(frame.content, ServerFrameContent::Error { code, message: body.into(), retry_after: None });
        assert!(frame.words().starts_with(&format!("error {code}")));
    }
    let fast = read(
        r#"{"type":"response","class":"TooManyRequestsErrorMessage","code":429,"body":{"retryAfter":3,"errorCode":4029,"errorMessage":"Message rate too high for this session"}}"#,
    );
    let message = "Message rate too high for this session".to_owned();
    assert_eq!(fast.content, ServerFrameContent::Error { code: 4029, message, retry_after: Some(3) });
    assert_eq!(fast.code, 429);
}

#[test]
fn an_answer_with_the_code_of_an_error_is_one_whatever_its_class() {
    for class in ["SessionResponse", "JwtResponse", "PresignedUrlResponse", "AttachmentDeletedResponse", "Hologram"] {
        for (code, body) in
            [("400", r#""no""#), (r#""400""#, r#"{"message":"no"}"#), ("200", r#"{"errorCode":400,"message":"no"}"#)]
        {
            let frame = read(&format!(r#"{{"type":"response","class":"{class}","code":{code},"body":{body}}}"#));
            let error = ServerFrameContent::Error { code: 400, message: "no".into(), retry_after: None };
            assert_eq!(frame.content, error, "{class} {code}");
        }
    }
}

/// All classes of the frames' schema are known, whatever their bodies hold.
#[test]
fn every_class_of_the_service_is_known() {
    for (class, body) in [
        ("string", r#""no""#),
        ("SessionResponse", "{}"),
        ("StructuredMessage", "{}"),
        ("PresignedUrlResponse", r#"{"attachmentId":"a","url":"u"}"#),
        ("AttachmentDeletedResponse", r#"{"attachmentId":"a"}"#),
        ("UploadFailureEvent", r#"{"attachmentId":"a"}"#),
        ("UploadSuccessEvent", r#"{"attachmentId":"a"}"#),
        ("ConnectionClosedEvent", "{}"),
        ("LogoutEvent", "{}"),
        ("SessionExpiredEvent", "{}"),
        ("SessionClearedEvent", "{}"),
        ("JwtResponse", r#"{"jwt":"j"}"#),
        ("GetConfigurationResponse", r#"{"messageRoutingEnabled":true}"#),
        ("GenerateUrlError", "{}"),
        ("TooManyRequestsErrorMessage", "{}"),
        ("ResumeTokenResponse", r#"{"resumeToken":"r","exp":1}"#),
        ("Error", r#"{"errorMessage":"no"}"#),
    ] {
        let frame = read(&format!(r#"{{"type":"response","class":"{class}","code":400,"body":{body}}}"#));
        assert_ne!(frame.content, ServerFrameContent::Other, "{class}");
    }
}

#[test]
fn what_is_not_known_is_kept_by_its_name() {
    let odd = read(r#"{"type":"message","class":"HologramEvent","code":200,"body":{"x":1},"extra":true}"#);
    assert_eq!(
        (odd.content.clone(), odd.words().as_str()),
        (ServerFrameContent::Other, "HologramEvent (not known to guestwire)")
    );
    assert_eq!(read(r#"{"class":"JwtResponse","code":200,"body":{}}"#).content, ServerFrameContent::Other);
    for frame in [r#"{"class":"string","code":200,"body":"fine"}"#, r#"{"class":"string","body":"fine"}"#] {
        assert_eq!(read(frame).words(), "a text without an error code, “fine”");
    }
    assert_eq!(read("{}").words(), "a frame without a class");
    assert_eq!(ServerFrame::read("[1]"), None);
    assert_eq!(ServerFrame::read("ping"), None);
}

proptest! {
    /// Whatever comes in a known class, nothing panics.
    #[test]
    fn nothing_that_comes_is_fatal(class in 0usize..12, key in "[a-zA-Z]{0,14}", value in "[\\PC]{0,20}", number in proptest::num::f64::ANY) {
        let classes = ["SessionResponse", "StructuredMessage", "JwtResponse", "PresignedUrlResponse", "UploadSuccessEvent",
            "UploadFailureEvent", "AttachmentDeletedResponse", "GenerateUrlError", "ConnectionClosedEvent", "string", "Error", "TooManyRequestsErrorMessage", "x"];
        for body in [serde_json::json!({key.clone(): value}), serde_json::json!({key: number}), serde_json::json!([value]), serde_json::json!(value)] {
            let frame = serde_json::json!({"class": classes[class], "code": number, "body": body}).to_string();
            if let Some(frame) = ServerFrame::read(&frame) {
                prop_assert!(!frame.words().is_empty());
            }
        }
    }
}

#[test]
fn a_session_that_is_declined_for_want_of_a_sign_in_says_so() {
    for (code, said, sign_in) in [
        (401, "Session authentication failed", true),
        (401, "User is unauthorized", true),
        (403, "Session authentication failed", true),
        (403, "Try to authenticate again", true),
        (403, "Turn on the Feature Toggle or fix the configuration.", false),
        (4006, "session expired error message", false),
    ] {
        assert_eq!(matches!(declined(code, said), Reason::SignInRequired(..)), sign_in, "{code} {said}");
    }
}
