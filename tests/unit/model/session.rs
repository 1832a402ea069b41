//! Tests of `model::session`.

use super::*;

#[test]
fn each_reason_is_said_in_words() {
    let missing = vec![READ_PERMISSION.to_owned()];
    let cases = [
        (Unreadable::Refused { status: 403, missing }, "403, missing conversation:message:view"),
        (
            Unreadable::Refused { status: 403, missing: Vec::new() },
            "403; reading messages needs the permission conversation:message:view",
        ),
        (Unreadable::Refused { status: 401, missing: Vec::new() }, "401; the token is not accepted for reading"),
        (Unreadable::Refused { status: 404, missing: Vec::new() }, "404; there is no such conversation"),
        (Unreadable::Refused { status: 400, missing: Vec::new() }, "refused with 400"),
        (Unreadable::Failing { status: 503 }, "503; the service failed"),
        (Unreadable::Failing { status: 429 }, "429; too many requests"),
        (Unreadable::NotTheService { status: 200 }, "200; the answer is not one of the service"),
        (Unreadable::Incomplete { absent: 2 }, "2 messages that the conversation lists were not given out"),
        (Unreadable::NoAnswer("connect: refused".to_owned()), "no answer came (connect: refused)"),
        (Unreadable::SocketClosed(String::new()), "the socket was not open all the time"),
    ];
    for (why, words) in cases {
        assert_eq!(why.sentence(), format!("replies could not be read: {words}"));
    }
}
