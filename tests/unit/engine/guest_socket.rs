//! What a link does with a peer that floods it.
#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use crate::engine::client::capture;
use crate::engine::client::wire::Stream;
use crate::engine::guest_socket::*;
use crate::engine::redact::Redactor;
use crate::genesys::web_messaging::ServerFrameContent;
use crate::model::{ConversationKey, FailureKind};
use futures_util::FutureExt as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::Role;

/// How many pings are written to a link over `ours` until it is gone, and why it is.
async fn pings_until_left(ours: impl Stream + 'static, mut theirs: impl AsyncWrite + Unpin) -> (usize, String) {
    let socket = Socket::from_raw_socket(Box::new(ours), Role::Client, None).await;
    let (events, mut inbox) = mpsc::channel(AHEAD);
    let (_newest, redactor) = watch::channel(Arc::new(Redactor::new(&[])));
    let _link = SocketTask::start(socket, (ConversationKey(0), 1), events, redactor);
    let ping = [&[0x89, 125][..], &[b'p'; 125]].concat();
    let mut pings = 0;
    while pings < 5_000 && theirs.write_all(&ping).await.is_ok() {
        pings += 1;
    }
    match inbox.recv().now_or_never() {
        Some(Some(SocketTaskReport { said: SocketTaskEvent::Gone(_, why), .. })) => (pings, why),
        other => panic!("{other:?} after {pings} pings"),
    }
}

/// Also where the kernel takes no more: what waits to be written stays small, and the socket is dropped.
#[tokio::test]
async fn a_peer_that_sends_pings_and_takes_no_pongs_is_left() {
    let (ours, theirs) = tokio::io::duplex(4 << 10);
    let (pings, why) = pings_until_left(ours, theirs).await;
    assert!((400..2_000).contains(&pings) && why.contains("does not take the answers"), "{pings}: {why}");

    let small = |socket: TcpSocket| {
        socket.set_send_buffer_size(4 << 10).unwrap();
        socket.set_recv_buffer_size(4 << 10).unwrap();
        socket
    };
    let server = small(TcpSocket::new_v4().unwrap());
    server.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = server.listen(1).unwrap();
    let ours = small(TcpSocket::new_v4().unwrap()).connect(listener.local_addr().unwrap());
    let (ours, accepted) = tokio::join!(ours, listener.accept());
    let (pings, why) = pings_until_left(ours.unwrap(), accepted.unwrap().0).await;
    assert!((400..3_000).contains(&pings) && why.contains("does not take the answers"), "{pings}: {why}");
}

#[tokio::test]
async fn text_that_is_not_utf8_is_a_fault_of_the_other_side_and_no_lost_connection() {
    let (ours, mut theirs) = tokio::io::duplex(4 << 10);
    let socket = Socket::from_raw_socket(Box::new(ours), Role::Client, None).await;
    let (events, mut inbox) = mpsc::channel(AHEAD);
    let (_newest, redactor) = watch::channel(Arc::new(Redactor::new(&[])));
    let _link = SocketTask::start(socket, (ConversationKey(0), 1), events, redactor);
    theirs.write_all(&[0x81, 3, b'{', 0xc3, b'}']).await.unwrap();
    let Some(SocketTaskReport { said: SocketTaskEvent::Gone(kind, why), .. }) = inbox.recv().await else { panic!() };
    assert_eq!((kind, why.as_str()), (FailureKind::Protocol, "the other side sent text that is not UTF-8"));
}

#[test]
fn a_burst_is_read_at_once_and_a_flood_slowly() {
    let start = Instant::now();
    for (bytes, burst, pause) in [(0, 2_500, FRAME_COST), (1 << 20, 9, Duration::from_millis(502))] {
        let mut budget = ReadBudget(start);
        for n in 0..burst {
            assert_eq!(budget.take(bytes, start), None, "{n} of {bytes}");
        }
        let mut now = start;
        for _ in 0..2 {
            while let Some(next) = budget.take(bytes, now) {
                assert!(next - now <= pause, "{bytes}");
                now = next;
                if now > start + Duration::from_secs(20) {
                    break;
                }
            }
        }
        assert!(now > start + Duration::from_secs(20), "it goes on slowly");
        // Silence pays it back.
        assert_eq!(budget.take(bytes, now + BURST), None);
    }
}

mod frame {
    use base64::Engine as _;
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::genesys::{conversations, open_messaging};
    use crate::model::{Generation, Masks};

    const TOKEN: &str = "tok-3f9aK2c_81x0";
    const SECRET: &str = "hU8+sh/Sek/ret42";
    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    const PHONE: &str = "+49 170 4711222";

    /// The same message as each channel brings it: a frame of the socket, a page of a read, a webhook.
    fn said(canary: &str) -> [Value; 3] {
        let message = json!({
            "id": "m-1", "type": "Structured", "text": format!("see {canary} there"),
            "direction": "Outbound", "originatingEntity": "Bot",
            "channel": { "time": "2026-11-23T10:00:00Z", "messageId": "c-1", "from": { "nickname": canary } },
            "content": [
                { "contentType": "QuickReply", "quickReply": { "text": canary, "payload": canary } },
                { "contentType": "Card", "card": { "title": canary, "description": canary } },
                { "contentType": "Attachment", "attachment": {
                    "url": format!("https://files.example/f?name={canary}&X-Amz-Signature=a1b2c3"),
                    "mime": "text/plain", "filename": canary,
                } },
            ],
        });
        let entity = json!({ "id": "m-1", "direction": "outbound", "normalizedMessage": message });
        [
            json!({ "type": "message", "class": "StructuredMessage", "code": 200, "body": message }),
            json!({ "entities": [entity] }),
            message,
        ]
    }

    /// All that leaves the place where a message enters.
    fn kept(canary: &str, redactor: &Redactor) -> String {
        let [frame, page, hook] = said(canary).map(|said| said.to_string());
        let body =
            |text: &str| capture::body(text.as_bytes(), text.len() as u64, &http::HeaderMap::new(), redactor, false);
        let (page, hook) = (body(&page), body(&hook));
        let at = Timestamp::UNIX_EPOCH;
        let frame = Frame::new(&frame, redactor);
        let read = conversations::read_bulk(page.text.as_bytes(), &[], at).unwrap();
        let outbound = open_messaging::outbound(hook.text.as_bytes(), at).unwrap();
        // Each of them is a message still.
        assert!(
            matches!(&frame.theirs.as_ref().unwrap().content, ServerFrameContent::Message(m) if m.text.starts_with("see "))
        );
        assert!(read.len() == 1 && read[0].text.starts_with("see ") && read[0].attachments.len() == 1);
        format!("{frame:?} {page:?} {read:?} {hook:?} {outbound:?}")
    }

    #[test]
    fn what_the_other_side_says_has_no_secret_in_any_field_or_encoding() {
        let blind = Redactor::new(&[]);
        let knows = blind
            .with_secret(&SECRET.into(), "client secret")
            .with_token(&TOKEN.into(), Generation(1))
            .with_masks(Masks::new(&[], true));
        let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let percent = SECRET.bytes().fold(String::new(), |all, b| all + &format!("%{b:02x}"));
        let hex = TOKEN.bytes().fold(String::new(), |all, b| all + &format!("{b:02x}"));
        for canary in [
            TOKEN.to_owned(),
            SECRET.to_owned(),
            JWT.to_owned(),
            PHONE.to_owned(),
            percent,
            hex,
            base64(SECRET).trim_end_matches('=').to_owned(),
            base64(&format!("id:{SECRET}")).trim_end_matches('=').to_owned(),
            SECRET.replace('+', "&#43;"),
        ] {
            assert!(!kept(&canary, &knows).contains(&canary), "{canary} is kept");
            assert!(canary == JWT || kept(&canary, &blind).contains(&canary), "{canary} would be found");
        }
        assert!(!kept("x", &knows).contains("a1b2c3"), "the signature of a file's address is kept");
    }

    #[test]
    fn what_the_session_needs_is_read_unmasked() {
        let jwt = json!({ "class": "JwtResponse", "code": 200, "body": { "jwt": JWT } }).to_string();
        let frame = Frame::new(&jwt, &Redactor::new(&[]));
        assert!(matches!(&frame.theirs.unwrap().content, ServerFrameContent::Jwt(jwt, _) if jwt == JWT));
        assert!(!frame.body.text.contains(JWT));
    }
}
