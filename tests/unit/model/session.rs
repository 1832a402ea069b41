//! Tests of `model::session`.

use crate::model::session::*;

#[test]
fn each_reason_is_said_in_words() {
    let missing = vec![READ_PERMISSION.to_owned()];
    let cases = [
        (Unreadable::Refused(403, missing), "403, missing conversation:message:view"),
        (Unreadable::Refused(403, Vec::new()), "403; reading messages needs the permission conversation:message:view"),
        (Unreadable::Refused(401, Vec::new()), "401; the token is not accepted for reading"),
        (Unreadable::Refused(404, Vec::new()), "404; there is no such conversation"),
        (Unreadable::Refused(400, Vec::new()), "refused with 400"),
        (Unreadable::Failing(503), "503; the service failed"),
        (Unreadable::Failing(429), "429; too many requests"),
        (Unreadable::Unrecognised(200), "200; the answer cannot be read as one of the service"),
        (Unreadable::Incomplete(2), "2 messages that the conversation lists were not given out"),
        (Unreadable::NoAnswer("connect: refused".to_owned()), "no answer came (connect: refused)"),
        (Unreadable::SocketClosed(String::new()), "the socket was not open all the time"),
    ];
    for (why, words) in cases {
        assert_eq!(why.sentence(), format!("replies could not be read: {words}"));
    }
}

#[test]
fn a_failure_is_the_services_own_only_where_the_answer_may_be() {
    let ours = || Some(Vec::new());
    for (status, missing, why) in [
        (503, ours(), Unreadable::Failing(503)),
        (502, None, Unreadable::Unrecognised(502)),
        (511, ours(), Unreadable::Unrecognised(511)),
        (429, None, Unreadable::Failing(429)),
        (404, ours(), Unreadable::Refused(404, Vec::new())),
        (404, None, Unreadable::Unrecognised(404)),
        (200, None, Unreadable::Unrecognised(200)),
    ] {
        assert_eq!(Unreadable::of(status, missing, ""), why);
    }
}
