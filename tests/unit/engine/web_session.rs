//! The machine's table, walked; and random walks that keep its promises.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;
use crate::fixtures::at_second as at;

fn machine() -> SessionMachine {
    SessionMachine::new(fastrand::Rng::with_seed(7), AGAIN_FIRST)
}

fn session(connected: bool, new: bool, read_only: bool) -> SocketEvent {
    SocketEvent::Configured(SessionResponse { connected, new, read_only, ..SessionResponse::default() })
}

/// A machine in an open session.
fn open() -> SessionMachine {
    let mut m = machine();
    assert_eq!(m.on(SocketEvent::Want(Opener::Look), at(0)), [SocketStep::Open]);
    assert_eq!(m.session(), WebSession::Connecting);
    assert_eq!(m.on(SocketEvent::Opened { fresh: true }, at(0)), [SocketStep::Configure(Configure::New)]);
    assert_eq!(m.on(session(true, true, false), at(0)), []);
    assert_eq!(m.session(), WebSession::Open { expires: None, new: true });
    m
}

fn read_only() -> SessionMachine {
    let mut m = open();
    assert_eq!(m.on(SocketEvent::ReadOnly("409".into()), at(1)), []);
    assert_eq!(m.session(), WebSession::ReadOnly("409".into()));
    m
}

#[test]
fn a_new_session_follows_also_where_the_old_one_ends_by_itself_meanwhile() {
    let mut m = open();
    assert_eq!(m.on(SocketEvent::StartNew, at(1)), [SocketStep::WriteClose]);
    assert_eq!(m.on(SocketEvent::Over("expired".into()), at(1)), [SocketStep::Configure(Configure::StartNew)]);
    assert_eq!(m.on(session(true, true, false), at(2)), []);
    assert_eq!(m.session(), WebSession::Open { expires: None, new: true });
    assert_eq!(m.on(SocketEvent::Close, at(3)), [SocketStep::WriteClose]);
    assert_eq!(m.on(SocketEvent::Over("expired".into()), at(3)), [SocketStep::Drop, SocketStep::GiveUp]);
    assert_eq!(m.session(), WebSession::Closed);
}

#[test]
fn a_token_that_is_known_is_resumed_and_what_was_missed_is_read() {
    let mut m = machine();
    m.on(SocketEvent::Want(Opener::Message), at(0));
    assert_eq!(m.on(SocketEvent::Opened { fresh: false }, at(0)), [SocketStep::Configure(Configure::Resume)]);
    assert!(!m.is_writable());
    assert_eq!(m.on(session(true, false, false), at(0)), [SocketStep::CatchUp]);
    assert!(m.is_writable());
}

/// The pauses until nothing opens it by itself any more, where each opening comes to `ends`.
fn pauses(m: &mut SessionMachine, mut now: Moment, ends: impl Fn(&mut SessionMachine, Moment)) -> Vec<Duration> {
    let mut pauses = Vec::new();
    while let WebSession::Reconnecting(again, why) = m.session() {
        assert_eq!(why.to_string(), "reset");
        assert_eq!(m.on(SocketEvent::Tick, now), [], "not yet");
        pauses.push(again.since(now));
        now = again;
        assert_eq!(m.on(SocketEvent::Tick, now), [SocketStep::Open]);
        ends(m, now);
    }
    pauses
}

/// Seven pauses: each about twice the one before, up to the longest.
fn assert_they_grow(pauses: &[Duration]) {
    assert_eq!(pauses.len() + 1, TRIES as usize);
    for (n, pause) in (0..).zip(pauses) {
        let whole = (AGAIN_FIRST * (1 << n)).min(AGAIN_MAX);
        assert!((whole / 2..=whole).contains(pause), "{n}: {pause:?}");
    }
}

#[test]
fn a_broken_socket_is_opened_again_after_growing_pauses_then_what_waits_is_held() {
    let mut m = open();
    assert_eq!(m.on(SocketEvent::Broken("reset".into()), at(10)), []);
    let pauses = pauses(&mut m, at(10), |m, now| {
        assert_eq!(m.on(SocketEvent::Failed { why: "reset".into(), for_good: false }, now), [], "nothing is refused");
    });
    assert_they_grow(&pauses);
    assert_eq!(m.session(), WebSession::Unreachable(Reason::Tried(Box::new("reset".into()), 8)));
    assert_eq!(m.due(), None, "nothing more by itself");
    assert_eq!(m.on(SocketEvent::Want(Opener::Look), at(200)), [], "looking does not knock again");
    for by in [Opener::Message, Opener::Ask] {
        let mut m = m.clone();
        assert_eq!(m.on(SocketEvent::Want(by), at(200)), [SocketStep::Open], "{by:?}");
        m.on(SocketEvent::Failed { why: "reset".into(), for_good: false }, at(200));
        assert_eq!(m.session().word(), "reconnecting", "tried as often as the first time");
    }
    assert_eq!(m.on(SocketEvent::Close, at(200)), [SocketStep::GiveUp], "a person gives it up");
    assert_eq!(m.session(), WebSession::Closed);
}

#[test]
fn a_server_that_takes_each_connection_and_breaks_it_is_left_alone_for_longer_and_longer() {
    let mut m = open();
    m.on(SocketEvent::Broken("reset".into()), at(1));
    let pauses = pauses(&mut m, at(1), |m, now| {
        m.on(SocketEvent::Opened { fresh: false }, now);
        assert_eq!(m.on(session(true, false, false), now), [SocketStep::CatchUp]);
        assert_eq!(m.on(SocketEvent::Broken("reset".into()), now.after(LIVED / 2)), []);
        // The test goes on from the break.
        if let Phase::Idle(WebSession::Reconnecting(at, _)) = &mut m.phase {
            *at = now.after(at.since(now.after(LIVED / 2)));
        }
    });
    assert_they_grow(&pauses);
    assert_eq!(m.session().word(), "unreachable");
}

#[test]
fn a_session_that_lived_or_in_which_somebody_spoke_counts_its_failures_anew() {
    for speaks in [true, false] {
        let mut m = open();
        let mut now = at(0);
        for _ in 0..3 * TRIES {
            if speaks {
                assert_eq!(m.on(SocketEvent::Spoken, now), []);
            } else {
                now = now.after(LIVED);
            }
            m.on(SocketEvent::Broken("reset".into()), now);
            let WebSession::Reconnecting(again, _) = m.session() else { panic!("{:?}", m.session()) };
            assert!(again.since(now) <= AGAIN_FIRST);
            now = again;
            m.on(SocketEvent::Tick, now);
            assert_eq!(m.on(SocketEvent::Opened { fresh: false }, now), [SocketStep::Configure(Configure::Resume)]);
            assert_eq!(m.on(session(true, false, false), now), [SocketStep::CatchUp]);
        }
    }
}

#[test]
fn a_refused_upgrade_ends_it_unless_the_service_failed() {
    for (status, wait, ends) in [
        (302, None, true),
        (403, None, true),
        (400, None, true),
        (404, Some(5), true),
        (429, None, false),
        (429, Some(7), false),
        (503, Some(600), false),
        (503, Some(601), true),
        (503, None, false),
    ] {
        let mut m = machine();
        m.on(SocketEvent::Want(Opener::Look), at(0));
        let wait = wait.map(Duration::from_secs);
        let steps = m.on(SocketEvent::Refused { status, why: "no".into(), wait }, at(0));
        if let WebSession::Reconnecting(at, _) = m.session() {
            assert!(at.mono >= wait.unwrap_or_default(), "{status}, {wait:?}");
        }
        assert_eq!(
            (steps, matches!(m.session(), WebSession::Ended(_))),
            (if ends { vec![SocketStep::GiveUp] } else { vec![] }, ends),
            "{status}"
        );
    }
    let mut m = machine();
    m.on(SocketEvent::Want(Opener::Look), at(0));
    assert_eq!(m.on(SocketEvent::Failed { why: "certificate".into(), for_good: true }, at(0)), [SocketStep::GiveUp]);
    assert_eq!(m.on(SocketEvent::Want(Opener::Look), at(0)), [], "looking does not knock again");
    assert_eq!(m.on(SocketEvent::Want(Opener::Message), at(0)), [SocketStep::Open], "a message does");
}

#[test]
fn a_declined_configuration() {
    for (code, session, steps) in [
        (4006, "ended", vec![SocketStep::Drop, SocketStep::GiveUp]),
        (4007, "ended", vec![SocketStep::Drop, SocketStep::GiveUp]),
        (400, "ended", vec![SocketStep::Drop, SocketStep::GiveUp]),
        (4029, "reconnecting", vec![SocketStep::Drop]),
        (5000, "reconnecting", vec![SocketStep::Drop]),
        (409, "read-only", vec![]),
    ] {
        let mut m = machine();
        m.on(SocketEvent::Want(Opener::Look), at(0));
        m.on(SocketEvent::Opened { fresh: false }, at(0));
        let wait = Some(Duration::from_secs(40));
        let done = m.on(SocketEvent::Declined { code, why: "no".into(), wait }, at(0));
        assert_eq!((m.session().word(), done), (session, steps), "{code}");
        if session == "reconnecting" {
            assert_eq!(m.due(), Some(at(40)), "no earlier than asked");
        }
    }
}

#[test]
fn a_configuration_that_is_not_answered_is_tried_again() {
    let mut m = machine();
    m.on(SocketEvent::Want(Opener::Look), at(0));
    m.on(SocketEvent::Opened { fresh: false }, at(0));
    let due = m.due().unwrap();
    assert_eq!(m.on(SocketEvent::Tick, due), [SocketStep::Drop]);
    assert_eq!(m.session().word(), "reconnecting");
}

#[test]
fn read_only_can_be_written_and_starts_anew() {
    let mut m = read_only();
    assert!(m.is_writable(), "what the server says to it is worth seeing");
    assert_eq!(m.on(SocketEvent::StartNew, at(2)), [SocketStep::WriteClose]);
    assert_eq!(m.session(), WebSession::Connecting);
    assert_eq!(
        m.on(SocketEvent::Closed, at(2)),
        [SocketStep::Configure(Configure::StartNew)],
        "on the same connection"
    );
    assert_eq!(m.on(session(true, true, false), at(3)), []);
    assert_eq!(m.session(), WebSession::Open { expires: None, new: true });
}

#[test]
fn start_new_goes_on_however_the_closing_ends() {
    // The server closes the connection, or says nothing, or tells that the session is not connected any more.
    let mut closed = read_only();
    closed.on(SocketEvent::StartNew, at(2));
    assert_eq!(closed.on(SocketEvent::Broken("closed".into()), at(2)), [SocketStep::Open]);
    assert_eq!(closed.on(SocketEvent::Opened { fresh: false }, at(2)), [SocketStep::Configure(Configure::StartNew)]);
    let mut silent = read_only();
    silent.on(SocketEvent::StartNew, at(2));
    assert_eq!(silent.on(SocketEvent::Tick, silent.due().unwrap()), [SocketStep::Configure(Configure::StartNew)]);
    for answer in [session(false, false, true), session(false, false, false), SocketEvent::Over("x".into())] {
        let mut told = read_only();
        told.on(SocketEvent::StartNew, at(2));
        assert_eq!(told.on(answer, at(2)), [SocketStep::Configure(Configure::StartNew)]);
    }
}

#[test]
fn start_new_that_broke_is_still_a_new_one() {
    let mut m = read_only();
    m.on(SocketEvent::StartNew, at(2));
    m.on(SocketEvent::Closed, at(2));
    m.on(SocketEvent::Broken("reset".into()), at(2));
    m.on(SocketEvent::Tick, m.due().unwrap());
    assert_eq!(m.on(SocketEvent::Opened { fresh: false }, at(9)), [SocketStep::Configure(Configure::StartNew)]);
    m.on(session(true, true, false), at(9));
    m.on(SocketEvent::Broken("reset".into()), at(10));
    m.on(SocketEvent::Tick, m.due().unwrap());
    assert_eq!(
        m.on(SocketEvent::Opened { fresh: false }, at(20)),
        [SocketStep::Configure(Configure::Resume)],
        "once is enough"
    );
}

#[test]
fn the_ends_of_a_session() {
    let mut m = open();
    assert_eq!(m.on(SocketEvent::Over("expired".into()), at(1)), [SocketStep::Drop, SocketStep::GiveUp]);
    assert_eq!(m.session(), WebSession::Ended("expired".into()));
    assert_eq!(m.on(SocketEvent::Broken("late".into()), at(1)), [], "it was dropped");
    assert_eq!(m.session().word(), "ended");
    assert_eq!(m.on(SocketEvent::Want(Opener::Ask), at(2)), [SocketStep::Open]);
    let mut m = machine();
    m.on(SocketEvent::Want(Opener::Look), at(0));
    m.on(SocketEvent::Opened { fresh: false }, at(0));
    assert_eq!(m.on(session(false, false, false), at(0)), [SocketStep::Drop, SocketStep::GiveUp]);
    let mut m = machine();
    m.on(SocketEvent::Want(Opener::Look), at(0));
    m.on(SocketEvent::Opened { fresh: false }, at(0));
    assert_eq!(m.on(session(false, false, true), at(0)), [SocketStep::CatchUp], "a read-only session can be read");
    assert_eq!(m.session().word(), "read-only");
}

#[test]
fn closing_and_being_another_guest() {
    let mut m = open();
    assert_eq!(m.on(SocketEvent::Close, at(1)), [SocketStep::WriteClose]);
    assert_eq!(m.session(), WebSession::Closed);
    assert_eq!(m.on(SocketEvent::Closed, at(1)), [SocketStep::Drop, SocketStep::GiveUp]);
    assert_eq!(m.on(SocketEvent::Want(Opener::Look), at(2)), [SocketStep::Open]);
    assert_eq!(m.on(SocketEvent::Close, at(2)), [SocketStep::Drop, SocketStep::GiveUp]);
    assert_eq!(m.on(SocketEvent::Opened { fresh: false }, at(3)), [SocketStep::Drop], "too late");

    let mut m = open();
    assert_eq!(m.on(SocketEvent::NewGuest, at(1)), [SocketStep::Drop, SocketStep::NewToken, SocketStep::Open]);
    assert_eq!(m.on(SocketEvent::Opened { fresh: true }, at(1)), [SocketStep::Configure(Configure::New)]);
    assert_eq!(machine().on(SocketEvent::NewGuest, at(1)), [SocketStep::NewToken, SocketStep::Open]);
}

#[test]
fn a_health_check_moves_the_end() {
    let mut m = open();
    let end = Timestamp::from_second(99).unwrap();
    assert_eq!(m.on(SocketEvent::Expires(end), at(1)), []);
    assert_eq!(m.session(), WebSession::Open { expires: Some(end), new: true });
}

fn any_event() -> impl Strategy<Value = SocketEvent> {
    prop_oneof![
        Just(SocketEvent::Want(Opener::Look)),
        Just(SocketEvent::Want(Opener::Message)),
        Just(SocketEvent::Want(Opener::Ask)),
        Just(SocketEvent::StartNew),
        Just(SocketEvent::NewGuest),
        Just(SocketEvent::Close),
        any::<bool>().prop_map(|fresh| SocketEvent::Opened { fresh }),
        prop_oneof![Just(403u16), Just(503)].prop_map(|status| SocketEvent::Refused {
            status,
            why: "r".into(),
            wait: None
        }),
        any::<bool>().prop_map(|for_good| SocketEvent::Failed { why: "f".into(), for_good }),
        any::<(bool, bool, bool)>().prop_map(|(c, n, r)| session(c, n, r)),
        prop_oneof![Just(4006u16), Just(4029), Just(5000), Just(409)].prop_map(|code| SocketEvent::Declined {
            code,
            why: "d".into(),
            wait: None
        }),
        Just(SocketEvent::Closed),
        Just(SocketEvent::ReadOnly("o".into())),
        Just(SocketEvent::Over("o".into())),
        Just(SocketEvent::Broken("b".into())),
        Just(SocketEvent::Spoken),
        Just(SocketEvent::Tick),
    ]
}

proptest! {
    /// Whatever happens in whatever order: a frame is only written while there is a socket, at most one socket is open
    /// or being opened, and what is over stays over without a person.
    #[test]
    fn random_walks_keep_the_promises(events in proptest::collection::vec(any_event(), 1..60)) {
        let mut m = machine();
        let (mut now, mut opening, mut open) = (at(0), false, false);
        for event in events {
            now = m.due().filter(|_| event == SocketEvent::Tick).unwrap_or(now);
            match event {
                // What can only come of an attempt under way, or from an open socket.
                SocketEvent::Opened { .. } | SocketEvent::Refused { .. } | SocketEvent::Failed { .. } if !opening => continue,
                SocketEvent::Configured(_) | SocketEvent::Declined { .. } | SocketEvent::Closed | SocketEvent::ReadOnly(_) | SocketEvent::Over(_)
                | SocketEvent::Broken(_) | SocketEvent::Spoken if !open => continue,
                SocketEvent::Opened { .. } => (opening, open) = (false, true),
                SocketEvent::Refused { .. } | SocketEvent::Failed { .. } => opening = false,
                SocketEvent::Broken(_) => open = false,
                _ => {}
            }
            let before = m.session();
            for step in m.on(event.clone(), now) {
                match step {
                    SocketStep::Open => {
                        prop_assert!(!opening && !open, "two at once after {event:?}");
                        opening = true;
                    }
                    SocketStep::Drop => {
                        prop_assert!(opening || open, "nothing to drop after {event:?}");
                        (opening, open) = (false, false);
                    }
                    SocketStep::Configure(_) | SocketStep::WriteClose => prop_assert!(open, "no socket after {event:?}"),
                    SocketStep::NewToken | SocketStep::CatchUp | SocketStep::GiveUp => {}
                }
            }
            prop_assert!(!m.is_writable() || open);
            match m.session() {
                WebSession::Ended(_) | WebSession::Unreachable(_) => {
                    prop_assert!(!opening && !open, "open after the end by {event:?}");
                    prop_assert_eq!(m.due(), None);
                }
                WebSession::Reconnecting(..) => prop_assert!(m.due().is_some() && !opening && !open),
                _ => {}
            }
            if matches!(before, WebSession::Ended(_) | WebSession::Unreachable(_)) && m.session() != before {
                let asked = matches!(event, SocketEvent::Want(Opener::Message | Opener::Ask) | SocketEvent::StartNew | SocketEvent::NewGuest | SocketEvent::Close);
                prop_assert!(asked, "{event:?} woke what was over");
            }
        }
    }
}
