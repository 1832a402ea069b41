//! The seam for durability.

use std::sync::{Arc, Mutex};

use guestwire::clock::Clock;
use guestwire::engine::{Command, EngineOptions, Report};
use guestwire::engine::{GuestTokenAnswer, Intent, NoLog, Recording, SendLog, Unrecorded};
use guestwire::model::{ConversationKey, DeliveryStatus, Ending, FailureKind, MessageId};
use secrecy::SecretString;

use crate::support::engine::{TestEngine, profile, with_tokens};
use crate::support::http_server::{Server, json};

/// Writes down what it is told; fails where the text says so.
#[derive(Default)]
struct Book(Arc<Mutex<Vec<String>>>);

impl SendLog for Book {
    fn intent(&self, intent: Intent) -> Recording {
        let book = Arc::clone(&self.0);
        Box::pin(async move {
            tokio::task::yield_now().await;
            match intent.text.as_str() {
                "no room" => Err(Unrecorded::Never("disk full".to_owned())),
                "not now" => Err(Unrecorded::NotNow("disk full".to_owned())),
                text => {
                    book.lock().unwrap().push(format!("intent {text}"));
                    Ok(())
                }
            }
        })
    }

    fn outcome(&self, message: MessageId, delivery: &DeliveryStatus, _: Option<&str>) -> Recording {
        self.0.lock().unwrap().push(format!("outcome {message} {}", delivery.word()));
        Box::pin(async {
            tokio::task::yield_now().await;
            Ok(())
        })
    }

    fn read_only(&self) -> bool {
        false
    }

    fn guest_token(&self, key: ConversationKey, configured: Option<SecretString>, renew: bool) -> GuestTokenAnswer {
        NoLog.guest_token(key, configured, renew)
    }
}

#[tokio::test]
async fn intent_before_the_first_byte_and_outcome_after() {
    let book = Book::default();
    let (lines, shared) = (Arc::clone(&book.0), Arc::clone(&book.0));
    let server = Server::start(with_tokens(move |_| {
        shared.lock().unwrap().push("received".to_owned());
        json(200, r#"{"id":"m"}"#)
    }))
    .await;
    let options = EngineOptions { read_pauses: vec![], send_log: Arc::new(book), ..EngineOptions::default() };
    let mut engine = TestEngine::with_options(profile(&server.url(), 1), Clock::start(), options);
    let (kept, unkept) = (engine.send(0, "kept"), engine.send(0, "no room"));
    assert_eq!(engine.end_of(kept).await, DeliveryStatus::Accepted);
    assert!(
        matches!(engine.end_of(unkept).await, DeliveryStatus::Refused(why) if why.to_string().contains("disk full"))
    );
    assert_eq!(server.texts(), ["kept"], "what cannot be recorded is not sent");
    assert_eq!(*lines.lock().unwrap(), ["intent kept", "received", "outcome 1 accepted", "outcome 2 refused"]);
    engine.stop().await;
}

/// A journal that has no room now: the message waits, unsent, and can be taken back.
#[tokio::test]
async fn what_cannot_be_recorded_now_waits() {
    let book = Book::default();
    let lines = Arc::clone(&book.0);
    let server = Server::start(with_tokens(|_| json(200, r#"{"id":"m"}"#))).await;
    let options = EngineOptions { read_pauses: vec![], send_log: Arc::new(book), ..EngineOptions::default() };
    let mut engine = TestEngine::with_options(profile(&server.url(), 1), Clock::start(), options);
    let waits = engine.send(0, "not now");
    engine.until(
        |r| matches!(r, Report::Message { delivery: DeliveryStatus::Waiting { why, .. }, .. } if why.to_string().contains("disk full")),
    )
    .await;
    engine.handle.ask(Command::Cancel(waits));
    assert_eq!(engine.end_of(waits).await, DeliveryStatus::Cancelled);
    let ending = engine.exchange_of(waits).attempts().next().unwrap().ending.clone();
    let Some(Ending::Failed(failure)) = ending else { panic!("{ending:?}") };
    assert_eq!((failure.kind, failure.stage()), (FailureKind::Unrecorded, "keeping what is to be sent"));
    assert!(server.texts().is_empty());
    assert_eq!(*lines.lock().unwrap(), ["outcome 1 waiting", "outcome 1 cancelled"]);
    engine.stop().await;
}
