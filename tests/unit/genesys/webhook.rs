#![expect(clippy::unwrap_used, reason = "tests")]

use crate::genesys::open_messaging;
use crate::genesys::open_messaging::*;
use crate::model::Author;
use crate::model::RemoteMessage;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

const BODY: &[u8] = br#"{"id":"c327c2078ca056db130c55ce648d9fa2","type":"Text","text":"Hello World"}"#;
const SIGNED: &str = "sha256=aNSl2+Fvl7u4wKvHSZa+fxa5E98dVQsgGH7JyOOZ0s8=";

#[test]
fn the_documented_vector() {
    assert_eq!(verify(b"DEADBEEF", BODY, Some(SIGNED)), Ok(WebhookForm::Base64));
    let bytes = base64::Engine::decode(&STANDARD, "aNSl2+Fvl7u4wKvHSZa+fxa5E98dVQsgGH7JyOOZ0s8=").unwrap();
    let hex = bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    assert_eq!(verify(b"DEADBEEF", BODY, Some(&format!("sha256={hex}"))), Ok(WebhookForm::Hex));
    assert_eq!(verify(b"DEADBEEF", BODY, Some(&format!("sha256={}", hex.to_uppercase()))), Ok(WebhookForm::Hex));
}

#[test]
fn everything_else_is_refused() {
    let signed = |secret: &[u8], body: &[u8], signature| verify(secret, body, signature).unwrap_err();
    assert_eq!(signed(b"DEADBEEF", BODY, None), Unsigned::Missing);
    assert_eq!(signed(b"deadbeef", BODY, Some(SIGNED)), Unsigned::Differs);
    let spaced = [BODY, b" "].concat();
    assert_eq!(signed(b"DEADBEEF", &spaced, Some(SIGNED)), Unsigned::Differs, "the raw body counts");
    for odd in ["", "sha256=", "sha1=aaaa", "sha256=!!", "sha256=YQ==", "aNSl2+Fvl7u4wKvHSZa+fxa5E98dVQsgGH7JyOOZ0s8="]
    {
        assert_eq!(signed(b"DEADBEEF", BODY, Some(odd)), Unsigned::Malformed, "{odd}");
    }
}

fn outbound(rest: &str) -> Outbound {
    let body = format!(
        r#"{{"id":"c327","channel":{{"id":"i-1","platform":"Open","type":"Private","messageId":"c327","to":{{"id":"guest-42","idType":"Opaque"}},"from":{{"nickname":"Bot","id":"i-1"}},"time":"2026-11-23T04:00:00.000Z"}},"conversationId":"d06c","direction":"Outbound",{rest}}}"#
    );
    open_messaging::outbound(body.as_bytes(), Timestamp::UNIX_EPOCH).unwrap()
}

#[test]
fn messages_and_where_they_belong() {
    let out = outbound(r#""type":"Text","text":"Hello","originatingEntity":"Bot""#);
    assert_eq!(out.unique, ("c327".into(), "2026-11-23T04:00:00.000Z".into()));
    assert_eq!(out.conversation_id.as_deref(), Some("d06c"));
    assert_eq!((out.integration_id.as_deref(), out.guest_id.as_deref()), (Some("i-1"), Some("guest-42")));
    let at = "2026-11-23T04:00:00Z".parse().unwrap();
    assert_eq!(out.what, WebhookContent::Message(RemoteMessage::new("c327", Author::Bot, "Hello", at)));
    let shouted = outbound(r#""type":"Text","text":"Hello","originatingEntity":"BOT""#);
    assert_eq!(shouted.what, out.what, "reads take the word in any case, and so does this");
    let picks = outbound(
        r#""type":"Structured","text":"Pick","originatingEntity":"Bot","content":[{"contentType":"QuickReply","quickReply":{"text":"Yes","payload":"yes","action":"Message"}}]"#,
    );
    let WebhookContent::Message(message) = picks.what else { panic!("{picks:?}") };
    assert_eq!(message.choices[0].payload, "yes");
}

#[test]
fn what_is_no_message() {
    let typing = outbound(
        r#""type":"Event","originatingEntity":"Human","events":[{"eventType":"Typing","typing":{"type":"On","duration":5000}}]"#,
    );
    assert_eq!(typing.what, WebhookContent::Typing(true, Some(std::time::Duration::from_secs(5))));
    assert_eq!(typing.author, Author::Agent);
    for (rest, words, failed) in [
        (r#""status":"Delivered""#, "Delivered", false),
        (
            r#""status":"Failed","reasons":[{"code":"RateLimited","message":"slow"},{"code":"ServerError"}]"#,
            "Failed (RateLimited: slow, ServerError)",
            true,
        ),
        (r#""reasons":"odd""#, "without a status", false),
    ] {
        let WebhookContent::Receipt(receipt) = outbound(&format!(r#""type":"Receipt",{rest}"#)).what else {
            panic!("{rest}")
        };
        assert_eq!((receipt.words().as_str(), receipt.status == "Failed"), (words, failed));
    }
    assert_eq!(open_messaging::outbound(b"[]", Timestamp::UNIX_EPOCH), None);
    assert_eq!(open_messaging::outbound(b"{}", Timestamp::UNIX_EPOCH), None);
}
