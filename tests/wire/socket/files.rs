//! Files: asked for a place, put there, sent with the message; and everything that may be said against that.

use std::path::PathBuf;

use guestwire::engine::{Command, Report};
use guestwire::model::OutgoingMessage;
use guestwire::model::{
    Attachment, ConversationKey, DeliveryStatus, ExchangeKind, Extras, FileSource, MessageId, Outcome,
};
use serde_json::json;

use super::guest::{Act, Guests, by_itself, start_engine, usual};
use crate::support::engine::TestEngine;
use crate::support::http_server::{self as server, Server};

fn file(dir: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn send(engine: &TestEngine, id: u64, files: &[(PathBuf, &str)]) -> MessageId {
    let attachments = files
        .iter()
        .map(|(path, mime)| Attachment { place: FileSource::File(path.clone()), mime: (*mime).to_owned(), name: None })
        .collect();
    let message = MessageId(id);
    engine.handle.ask(Command::Send(
        message,
        OutgoingMessage {
            conversation: ConversationKey(0),
            text: "see files".into(),
            resend_of: None,
            sent_as: None,
            extras: Extras { attachments, ..Extras::default() },
        },
    ));
    message
}

/// Answers `onAttachment` with a place at `http`, and says that the file has arrived.
fn with_places(
    http: &str,
    says: impl Fn(&str) -> Act + Send + Sync + 'static,
) -> impl Fn(&super::guest::Frame, usize) -> Vec<Act> + Send + Sync + 'static {
    let http = http.to_owned();
    move |frame, place| match frame.action() {
        "onAttachment" => {
            let id = frame.json["attachmentId"].as_str().unwrap();
            let body = json!({"attachmentId": id, "headers": {"x-amz-tagging": "abc"},
                "url": format!("{http}/put/{id}?X-Amz-Signature=signed-and-secret&X-Amz-Expires=60")});
            vec![frame.answer("PresignedUrlResponse", 200, body), says(id)]
        }
        _ => usual(frame, place),
    }
}

fn arrived(id: &str) -> Act {
    by_itself(
        "UploadSuccessEvent",
        json!({"attachmentId": id, "downloadUrl": "https://d/x?sig=download-secret", "timestamp": "2026-11-23T10:00:00Z"}),
    )
}

#[tokio::test]
async fn two_files_go_first_and_the_message_names_them() {
    let dir = tempfile::tempdir().unwrap();
    let http = Server::start(|_| server::json(200, "")).await;
    let guests = Guests::start(with_places(&http.url(), arrived)).await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    let files = [(file(&dir, "a.png", b"first"), "image/png"), (file(&dir, "b.jpg", b"second"), "image/jpeg")];
    let message = send(&engine, 1, &files);
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);

    let frames = guests.frames();
    let asked: Vec<_> = frames.iter().filter(|f| f.action() == "onAttachment").map(|f| f.json.clone()).collect();
    assert_eq!((&asked[0]["fileName"], &asked[0]["fileSize"]), (&json!("a.png"), &json!(5)));
    assert_eq!(asked[0]["fileMd5"], "iwTV43ddKY54RV78XKQE1Q==");
    let said = frames.iter().find(|f| f.action() == "onMessage").unwrap();
    let ids: Vec<_> =
        said.json["message"]["content"].as_array().unwrap().iter().map(|c| c["attachment"]["id"].clone()).collect();
    assert_eq!(ids, [asked[0]["attachmentId"].clone(), asked[1]["attachmentId"].clone()]);

    // The answer to the last PUT may be read after the message was accepted.
    while engine.exchanges(ExchangeKind::Event).iter().filter(|e| e.outcome == Outcome::Accepted).count() < 2 {
        engine.next().await;
    }
    let puts = http.log();
    assert_eq!(
        puts.iter().map(|p| (p.method.as_str(), p.body.as_str())).collect::<Vec<_>>(),
        [("PUT", "first"), ("PUT", "second")]
    );
    assert_eq!(puts[0].header("x-amz-tagging"), Some("abc"));
    assert!(puts[0].path.contains("signed-and-secret") && puts[0].header("authorization").is_none());
    assert_eq!(engine.exchanges(ExchangeKind::Event)[0].what, "upload a.png");
    let seen = format!("{:?}", engine.stop().await);
    assert!(!seen.contains("signed-and-secret") && !seen.contains("download-secret"), "a signature was reported");
}

#[tokio::test]
async fn what_may_not_be_attached_is_refused_before_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let guests = Guests::start(usual).await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    for (n, (path, mime, why)) in [
        (file(&dir, "a.exe", b"x"), "image/png", "takes no .exe files"),
        (file(&dir, "a.txt", b"x"), "text/plain", "takes only image/*"),
        (file(&dir, "big.png", &[0; 1025]), "image/png", "takes 1 KB at most"),
        (file(&dir, "empty.png", b""), "image/png", "is empty"),
        (dir.path().join("absent.png"), "image/png", "cannot be read"),
    ]
    .into_iter()
    .enumerate()
    {
        let message = send(&engine, n as u64 + 1, &[(path, mime)]);
        let delivery = engine.end_of(message).await;
        assert!(
            matches!(&delivery, DeliveryStatus::Refused(said) if said.to_string().contains(why)),
            "{why}: {delivery:?}"
        );
    }
    assert!(guests.frames().iter().all(|f| f.action() == "configureSession"));
    engine.stop().await;
}

#[tokio::test]
async fn each_way_in_which_an_upload_fails_is_said_and_the_next_message_goes() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "a.png", b"first");
    let http = Server::start(|req| match req.path.as_str() {
        "/page" => server::Act::Say(server::answer(200, &[("Content-Type", "text/html")], "<html>Sign in</html>")),
        _ => server::json(403, r#"{"message":"expired"}"#),
    })
    .await;
    let url = http.url();
    let guests = Guests::start(move |frame, place| {
        let id = frame.json["attachmentId"].as_str().unwrap_or_default();
        let place_at = |url: &str| {
            frame.answer("PresignedUrlResponse", 200, json!({"attachmentId": id, "headers": {}, "url": url}))
        };
        match (frame.action(), place) {
            ("onAttachment", 2) => {
                vec![frame.answer("GenerateUrlError", 400, json!({"errorCode": 4001, "errorMessage": "no"}))]
            }
            ("onAttachment", 3) => vec![frame.refuse(4002, "too large")],
            ("onAttachment", 4) => vec![place_at(&format!("{url}/put"))],
            ("onAttachment", 5) => vec![
                place_at("http://127.0.0.1:1/put"),
                by_itself(
                    "UploadFailureEvent",
                    json!({"attachmentId": id, "errorCode": 4003, "errorMessage": "virus"}),
                ),
            ],
            ("onAttachment", 6) => vec![place_at("http://bucket.example/put")],
            ("onAttachment", 7) => vec![place_at(&format!("{url}/page"))],
            _ => usual(frame, place),
        }
    })
    .await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    for (n, why) in
        ["4001", "4002", "403", "4003", "not secure", "200 from somebody on the way"].into_iter().enumerate()
    {
        let message = send(&engine, n as u64 + 1, &[(path.clone(), "image/png")]);
        let delivery = engine.end_of(message).await;
        let said = |delivery: &DeliveryStatus| matches!(delivery, DeliveryStatus::Refused(said) if said.to_string().contains(why));
        // Whichever is heard first, the refused connection or the event.
        let either = n == 3
            && matches!(&delivery, DeliveryStatus::Refused(said) if said.to_string().contains("could not be uploaded"));
        assert!(said(&delivery) || either, "{why}: {delivery:?}");
    }
    let next = send(&engine, 9, &[]);
    assert_eq!(engine.end_of(next).await, DeliveryStatus::Accepted);
    assert_eq!(guests.texts(), ["see files"], "nothing of the others was written");
    engine.stop().await;
}

/// Neither is asked again for ever, nor waited for.
#[tokio::test]
async fn a_place_that_does_not_come_or_is_of_another_file_ends_the_message() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "a.png", b"first");
    let guests = Guests::start(move |frame, place| match (frame.action(), place) {
        ("onAttachment", 1) => vec![],
        ("onAttachment", _) => {
            let body = json!({"attachmentId": "another", "headers": {}, "url": "http://127.0.0.1:1/put"});
            vec![frame.answer("PresignedUrlResponse", 200, body)]
        }
        _ => usual(frame, place),
    })
    .await;
    let mut profile = guests.profile(1, "http://127.0.0.1:1");
    profile.request_timeout = std::time::Duration::from_millis(300);
    let mut engine = start_engine(profile);
    for n in 1..=2 {
        let message = send(&engine, n, &[(path.clone(), "image/png")]);
        let delivery = engine.end_of(message).await;
        let why = "a.png: nobody said that it had arrived";
        assert!(matches!(&delivery, DeliveryStatus::Refused(said) if said.to_string() == why), "{delivery:?}");
    }
    assert_eq!(guests.frames().iter().filter(|f| f.action() == "onAttachment").count(), 2);
    engine.stop().await;
}

#[tokio::test]
async fn a_connection_that_breaks_during_an_upload_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let http = Server::start(|_| server::json(200, "")).await;
    let places = with_places(&http.url(), arrived);
    let guests = Guests::start(move |frame, place| match (frame.action(), frame.connection) {
        ("onAttachment", 0) => vec![Act::Break],
        _ => places(frame, place),
    })
    .await;
    let mut engine = start_engine(guests.profile(1, &http.url()));
    let message = send(&engine, 1, &[(file(&dir, "a.png", b"first"), "image/png")]);
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    assert_eq!(guests.texts(), ["see files"]);
    engine.stop().await;
}

/// The second file is not taken at first: the first is deleted, and both are uploaded again after the wait.
#[tokio::test]
async fn a_storage_that_asks_to_wait_gets_the_files_again() {
    let dir = tempfile::tempdir().unwrap();
    let http = Server::start(|req| match req.path.as_str() {
        "/full" => server::Act::Say(server::answer(429, &[("Retry-After", "1")], "")),
        _ => server::json(200, ""),
    })
    .await;
    let (url, places) = (http.url(), with_places(&http.url(), arrived));
    let guests = Guests::start(move |frame, place| match (frame.action(), place) {
        ("onAttachment", 3) => {
            let id = &frame.json["attachmentId"];
            let body = json!({"attachmentId": id, "headers": {}, "url": format!("{url}/full")});
            vec![frame.answer("PresignedUrlResponse", 200, body)]
        }
        _ => places(frame, place),
    })
    .await;
    let mut engine = start_engine(guests.profile(1, &http.url()));
    let files = [(file(&dir, "a.png", b"first"), "image/png"), (file(&dir, "b.png", b"second"), "image/png")];
    let message = send(&engine, 1, &files);
    let waits = |r: &Report| matches!(r, Report::Message { delivery: DeliveryStatus::Waiting { why, .. }, .. } if why.to_string().contains("429"));
    engine.until(waits).await;
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    let frames = guests.frames();
    let of = |action: &str| frames.iter().filter(|f| f.action() == action).map(|f| f.json.clone()).collect::<Vec<_>>();
    let (asked, deleted) = (of("onAttachment"), of("deleteAttachment"));
    assert_eq!((asked.len(), deleted.len()), (4, 1));
    assert_eq!(deleted[0]["attachmentId"], asked[0]["attachmentId"]);
    assert_eq!(guests.texts(), ["see files"]);
    engine.stop().await;
}

/// A file that arrived and goes with no message is deleted: also where the message waits, and where only some arrived.
#[tokio::test]
async fn the_files_of_a_message_that_is_taken_back_are_deleted() {
    for stuck in ["onMessage", "onAttachment"] {
        let dir = tempfile::tempdir().unwrap();
        let http = Server::start(|_| server::json(200, "")).await;
        let places = with_places(&http.url(), arrived);
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let guests = Guests::start(move |frame, place| match frame.action() {
            "deleteAttachment" => {
                let id = &frame.json["attachmentId"];
                vec![frame.answer("AttachmentDeletedResponse", 200, json!({"attachmentId": id}))]
            }
            "onMessage" => vec![frame.answer(
                "TooManyRequestsErrorMessage",
                429,
                json!({"retryAfter": 1, "errorCode": 4029, "errorMessage": "Message rate too high for this session"}),
            )],
            // The second one is given no place.
            "onAttachment"
                if asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 1 && stuck == "onAttachment" =>
            {
                vec![]
            }
            _ => places(frame, place),
        })
        .await;
        let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
        let files = [(file(&dir, "a.png", b"first"), "image/png"), (file(&dir, "b.png", b"second"), "image/png")];
        let message = send(&engine, 1, &files);
        let second_is_asked_for = |r: &Report| matches!(r, Report::Exchange(e) if e.what == "onAttachment b.png");
        match stuck {
            "onAttachment" => engine.until(second_is_asked_for).await,
            _ => engine.until(|r| matches!(r, Report::Message { delivery: DeliveryStatus::Waiting { .. }, .. })).await,
        };
        engine.handle.ask(Command::Cancel(message));
        assert_eq!(engine.end_of(message).await, DeliveryStatus::Cancelled, "{stuck}");
        let deleted = |engine: &TestEngine| {
            let row = |e: &&std::sync::Arc<guestwire::model::Exchange>| e.what == "deleteAttachment";
            engine.frames().iter().filter(row).filter(|e| e.outcome == Outcome::Accepted).count()
        };
        while deleted(&engine) < 2 {
            engine.next().await;
        }
        let frames = guests.frames();
        let ids = |action: &str| {
            let of = frames.iter().filter(|f| f.action() == action);
            of.map(|f| f.json["attachmentId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ids("deleteAttachment"), ids("onAttachment"), "{stuck}");
        engine.stop().await;
    }
}

/// The one that arrived before another was refused.
#[tokio::test]
async fn files_that_arrived_for_nothing_are_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let http = Server::start(|_| server::json(200, "")).await;
    let places = with_places(&http.url(), arrived);
    let guests = Guests::start(move |frame, place| match frame.action() {
        "deleteAttachment" => vec![frame.refuse(4009, "Attachment not found")],
        _ => places(frame, place),
    })
    .await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    let files = [(file(&dir, "a.png", b"first"), "image/png"), (dir.path().join("absent.png"), "image/png")];
    let message = send(&engine, 1, &files);
    assert!(
        matches!(engine.end_of(message).await, DeliveryStatus::Refused(why) if why.to_string().contains("absent.png"))
    );
    engine
        .until(|r| matches!(r, Report::Notice(_, text) if text.starts_with("deleteAttachment was refused: 4009")))
        .await;
    let frames = guests.frames();
    let asked = frames.iter().find(|f| f.action() == "onAttachment").unwrap();
    let deleted = frames.iter().find(|f| f.action() == "deleteAttachment").unwrap();
    assert_eq!(deleted.json["attachmentId"], asked.json["attachmentId"]);
    engine.stop().await;
}
