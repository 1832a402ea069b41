//! A reply or a silence counts only where it could be observed.

use super::*;
use crate::model::SessionAsk;

/// What could not be read neither passes nor fails a step: it is blocked, with the reason.
#[test]
fn what_cannot_be_observed_blocks() {
    type Then = fn(&mut Rig);
    let end = |rig: &mut Rig| {
        rig.after(1000);
        rig.on(RunnerEvent::Due);
    };
    let late = |rig: &mut Rig| {
        rig.after(5000);
        rig.on(RunnerEvent::Due);
    };
    let cases: [(&str, Then, &str); 7] = [
        (
            "refused",
            |rig| {
                let missing = vec!["conversation:message:view".to_owned()];
                rig.read(RepliesReadable::No(Unreadable::Refused(403, missing)));
            },
            "403, missing conversation:message:view",
        ),
        (
            "answered by something else",
            |rig| drop(rig.read(RepliesReadable::No(Unreadable::Unrecognised(200)))),
            "200; the answer cannot be read as one of the service",
        ),
        ("failing", |rig| drop(rig.read(RepliesReadable::No(Unreadable::Failing(503)))), "503; the service failed"),
        (
            "without a conversation id",
            |rig| drop(rig.read(RepliesReadable::No(Unreadable::NoConversationId))),
            "the conversation id is not known yet; the answer to an accepted message names it",
        ),
        ("not read in time", late, "no read ended in time"),
        (
            "the socket was lost",
            |rig| drop(rig.socket(RepliesReadable::No(Unreadable::SocketClosed("reset".to_owned())))),
            "the socket was not open all the time (reset)",
        ),
        (
            "the socket was lost and came back",
            |rig| drop(rig.socket(RepliesReadable::Yes)),
            "the socket was not open all the time",
        ),
    ];
    for expect in ["{ silence = \"1s\" }", "{ reply = { contains = \"x\", within = \"1s\" } }"] {
        for (name, then, why) in &cases {
            let text = steps(&format!("steps = [{{ expect = {expect} }}, {{ send = \"next\" }}]"));
            let mut rig = Rig::new(&text, Mode::Alone { fail_fast: false });
            rig.token(1);
            end(&mut rig);
            then(&mut rig);
            let step = rig.step((0, 0));
            assert_eq!(step.suggested, Some(Verdict::Blocked), "{expect} {name}");
            let why = format!("replies could not be read: {why}");
            assert_eq!((step.why.as_ref(), step.caused_by()), (Some(&why), Some("replies-unreadable")), "{name}");
            assert_eq!(rig.mets((0, 0)), ["blocked"], "{name}");
            let next = rig.step((0, 1));
            assert_eq!((next.suggested, next.caused_by()), (Some(Verdict::Blocked), Some("replies-unreadable")));
        }
    }
}

/// A socket that was open all the time hears a silence; a refusal that was met before does not matter once a read shows
/// all.
#[test]
fn a_silence_that_was_observed_passes() {
    let text = steps("steps = [{ expect = { silence = \"1s\" } }]");
    let refused = || RepliesReadable::No(Unreadable::Refused(403, Vec::new()));
    for web in [true, false] {
        let mut rig = Rig::new(&text, Mode::Person);
        rig.token(1);
        if web {
            rig.socket(RepliesReadable::Yes)
        } else {
            rig.read(refused())
        };
        rig.after(10).on(RunnerEvent::Go);
        rig.after(1000).on(RunnerEvent::Due);
        if !web {
            assert_eq!(rig.mets((0, 0)), ["waiting"]);
            rig.read(RepliesReadable::Yes);
        }
        assert_eq!(rig.step((0, 0)).suggested, Some(Verdict::Pass), "{web}");
    }
}

/// A step that only listens has the session opened: what nobody opened says nothing.
#[test]
fn a_step_that_only_listens_opens_the_session() {
    let session = |session| Report::Session(ONE, session);
    let begun = || {
        let mut rig = Rig::new(&steps("steps = [{ expect = { silence = \"1s\" } }]"), Mode::Person);
        rig.runner.setup.conversations[0].channel = Channel::WebMessaging;
        assert_eq!(rig.on(RunnerEvent::Go), [RunnerEffect::Ask(Command::Session(ONE, SessionAsk::Connect))]);
        rig.socket(RepliesReadable::NotYetKnown);
        rig.report(session(WebSession::Connecting));
        assert!(rig.runner.opening().is_some() && rig.runner.due().is_some());
        rig.after(500);
        rig
    };
    let mut rig = begun();
    rig.report(session(WebSession::Open { new: true, expires: None }));
    rig.socket(RepliesReadable::Yes);
    let old = RemoteMessage::new("b", Author::Bot, "Good morning", Moment::ZERO.wall - Duration::from_mins(1));
    rig.report(Report::MessagesArrived(ONE, vec![old]));
    rig.after(1000).on(RunnerEvent::Due);
    assert_eq!(rig.step((0, 0)).suggested, Some(Verdict::Pass), "what was said before does not break a silence");
    // Open already: it is not asked for.
    rig.on(RunnerEvent::Undo);
    assert_eq!(rig.on(RunnerEvent::Go), []);
    // It was lost: an earlier step's trouble is not this one's.
    rig.on(RunnerEvent::Undo);
    rig.socket(RepliesReadable::No(Unreadable::SocketClosed("403".to_owned())));
    assert_eq!(rig.on(RunnerEvent::Go), [RunnerEffect::Ask(Command::Session(ONE, SessionAsk::Connect))]);
    // It does not open.
    let over =
        [(0, WebSession::Ended("403".into()), "403"), (60_000, WebSession::Connecting, "it did not open within 30 s")];
    for (ms, now, why) in over {
        let mut rig = begun();
        rig.after(ms).report(session(now));
        let step = rig.step((0, 0));
        let why = format!("the session of “One” is not open: {why}");
        assert_eq!((step.suggested, step.why.as_ref()), (Some(Verdict::Blocked), Some(&why)));
        assert_eq!((rig.runner.opening(), rig.runner.due()), (None, None));
    }
}
