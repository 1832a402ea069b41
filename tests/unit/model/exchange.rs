//! Tests of `model::exchange`.

use crate::model::Reason;
use crate::model::exchange::*;
use crate::model::{Failure, FailureKind, Objection, Phase, ServerRefusal, SessionEnd, Sign};

#[test]
fn reasons_come_back_from_disk_and_the_words_of_earlier_versions_stay() {
    let refusal = ServerRefusal {
        status: 403,
        phrase: Some("Blocked".into()),
        code: Some("c".into()),
        ..ServerRefusal::default()
    };
    let answer = Reason::Answer(Box::new(refusal));
    let failure = Failure::written(FailureKind::Timeout, Phase::Answer, "timed out");
    for reason in [
        Reason::Tried(Box::new(answer.clone()), 3),
        failure.reason(),
        Reason::Elsewhere(200, Sign::Via("via: 1.1 x".into())),
        Reason::Held(Objection::TextTooLong(5000)),
        Reason::Session(SessionEnd::ConnectionClosed(None)),
        Reason::OnTheWire,
        Reason::from("429, Retry-After 7 s"),
    ] {
        assert_eq!(Reason::of_kept(reason.kept()), reason);
        let form: (String, Option<Reason>) = Outcome::Refused(reason.clone()).into();
        assert_eq!(Outcome::from(form), Outcome::Refused(reason));
    }
    for words in ["401 unauthorized: No.", "401", "", "\u{201c}quoted\u{201d}", "{\"a\":1}"] {
        assert_eq!(Reason::of_kept(words.to_owned()), Reason::from(words));
    }
    assert_eq!(answer.to_string(), "403 Blocked; c");
}

#[test]
fn an_empty_context_id_is_no_request_id() {
    for (body, ids) in [(r#"{"contextId":""}"#, vec![]), (r#"{"contextId":"c"}"#, vec![("contextId", "c".to_owned())])]
    {
        assert_eq!(crate::fixtures::response(400, Vec::new(), body).request_ids(), ids, "{body}");
    }
}
