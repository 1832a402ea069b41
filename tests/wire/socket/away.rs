//! A socket that stays away: what is to be sent waits for it, and for a person.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use guestwire::clock::Clock;
use guestwire::engine::{Command, EngineOptions, Report};
use guestwire::model::{ConversationKey, DeliveryStatus, MessageId, SessionAsk, WebSession};
use tokio::net::{TcpListener, TcpStream};

use super::guest::{Guests, usual};
use crate::support::engine::TestEngine;

/// A way to a server that drops each connection until it is repaired.
struct Way {
    addr: SocketAddr,
    repaired: Arc<AtomicBool>,
}

impl Way {
    async fn broken(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let repaired = Arc::new(AtomicBool::new(false));
        let open = Arc::clone(&repaired);
        tokio::spawn(async move {
            loop {
                let (mut from, _) = listener.accept().await.unwrap();
                if open.load(Ordering::SeqCst) {
                    let mut to = TcpStream::connect(to).await.unwrap();
                    tokio::spawn(async move { tokio::io::copy_bidirectional(&mut from, &mut to).await });
                }
            }
        });
        Self { addr, repaired }
    }
}

/// Guests behind a way that is broken, and an engine that tries again at once.
async fn away() -> (Guests, Way, TestEngine) {
    let guests = Guests::start(usual).await;
    let way = Way::broken(guests.addr).await;
    let mut profile = guests.profile(1, "http://127.0.0.1:1");
    profile.hosts.webmessaging = format!("ws://{}", way.addr);
    let options = EngineOptions { seed: 7, reopen_after: Some(Duration::from_millis(1)), ..EngineOptions::default() };
    let engine = TestEngine::with_options(profile, Clock::start(), options);
    (guests, way, engine)
}

fn ended(engine: &TestEngine, message: MessageId) -> bool {
    engine.delivery(message).is_some_and(|delivery| delivery.is_finished())
}

#[tokio::test]
async fn what_waits_is_held_can_be_taken_back_and_goes_in_order_once_somebody_connects_or_says_more() {
    for by_key in [true, false] {
        let (guests, way, mut engine) = away().await;
        let [one, two, three] = ["one", "two", "three"].map(|text| engine.send(0, text));
        let WebSession::Unreachable(why) = engine.session(0, "unreachable").await else { panic!() };
        assert!(why.to_string().ends_with("; tried 8 times"), "{why}");
        assert_eq!(engine.frames().len(), 8, "each attempt is an entry");
        for message in [one, two, three] {
            assert_eq!(
                engine.delivery(message),
                Some(DeliveryStatus::Queued),
                "held, and not for a moment that is over"
            );
        }
        engine.handle.ask(Command::Cancel(two));
        assert_eq!(engine.end_of(two).await, DeliveryStatus::Cancelled);

        way.repaired.store(true, Ordering::SeqCst);
        engine.handle.ask(Command::Watch(Some(ConversationKey(0))));
        assert!(!ended(&engine, one));
        let mut last = three;
        if by_key {
            engine.handle.ask(Command::Session(ConversationKey(0), SessionAsk::Connect));
        } else {
            last = engine.send(0, "four");
        }
        assert_eq!(engine.end_of(last).await, DeliveryStatus::Accepted);
        assert_eq!(engine.delivery(one), Some(DeliveryStatus::Accepted));
        let said = guests.texts();
        assert_eq!(said, if by_key { vec!["one", "three"] } else { vec!["one", "three", "four"] });
        engine.stop().await;
    }
}

/// Leaving takes nothing back: what is held is there at the next start.
#[tokio::test]
async fn what_is_held_while_guestwire_leaves_is_not_refused() {
    let (_guests, _way, mut engine) = away().await;
    let message = engine.send(0, "later");
    engine.session(0, "unreachable").await;
    let seen = engine.stop().await;
    let refused =
        |r: &Report| matches!(r, Report::Message { id, delivery: DeliveryStatus::Refused(_), .. } if *id == message);
    assert!(!seen.iter().any(refused));
}
