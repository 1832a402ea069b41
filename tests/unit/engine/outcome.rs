//! One table: what came, and what that says of the message.

use crate::engine::outcome::*;
use crate::genesys::answerer::{CallKind, tells_error, who_answered};
use crate::genesys::errors::ApiError;
use crate::genesys::web_messaging::ServerFrame;
use crate::model::{Body, Header, Response};
use crate::model::{Failure, FailureKind, Outcome, Reason};
use crate::model::{Phase, TlsFault};
use std::time::Duration;

/// How a message ends when nothing else is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Accepted,
    AlreadyReceived,
    Refused,
    TokenRefused,
    Limited,
    Unknown,
    NotSent,
    Unprocessed,
    Failed,
    TakenBack,
}
use End::{
    Accepted, AlreadyReceived, Failed, Limited, NotSent, Refused, TakenBack, TokenRefused, Unknown, Unprocessed,
};

fn end(result: &TryResult) -> End {
    match result {
        TryResult::Accepted => Accepted,
        TryResult::AlreadyReceived => AlreadyReceived,
        TryResult::Refused(_) => Refused,
        TryResult::TokenRefused(_) => TokenRefused,
        TryResult::Limited(..) => Limited,
        TryResult::Unknown(..) => Unknown,
        TryResult::NotSent(_) => NotSent,
        TryResult::Unprocessed(_) => Unprocessed,
        TryResult::Failed(_) => Failed,
        TryResult::TakenBack => TakenBack,
    }
}

type Fields<'f> = &'f [(&'f str, &'f str)];

const ININ: (&str, &str) = ("ININ-Correlation-Id", "c");
const REQUEST_ID: (&str, &str) = ("x-request-id", "r");
const HTML: (&str, &str) = ("Content-Type", "text/html; charset=iso-8859-1");
const VIA: (&str, &str) = ("Via", "1.1 proxy.corp.example");
const PAGE: &[u8] = b"<!DOCTYPE html><title>Sign in</title>";
const TAKEN: &[u8] = br#"{"id":"m-1"}"#;
const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00";

fn result_of(asked: CallKind, status: u16, headers: Fields<'_>, body: &[u8], lost: bool) -> TryResult {
    let headers: Vec<Header> = headers.iter().map(|(n, v)| Header::new(*n, *v)).collect();
    let error = ApiError::read(status, headers.as_slice(), body);
    let answerer = who_answered(asked, status, headers.as_slice(), body);
    let answered = AnswerEvidence {
        answerer,
        wait: error.retry_after,
        tells_error: tells_error(asked, body),
        refusal: error.refusal,
    };
    of_answer(&answered, lost)
}

#[test]
fn whole_answers() {
    let (guest, open) = (CallKind::GuestMessage, CallKind::OpenMessage);
    let rows: &[(CallKind, u16, Fields<'_>, &[u8], End)] = &[
        // Honest answers of the service: full, minimal, empty with a header of the service.
        (guest, 200, &[ININ], br#"{"id":"m-1","text":"hello","type":"text"}"#, Accepted),
        (guest, 200, &[], TAKEN, Accepted),
        (guest, 201, &[], br#"{"messageId":"m-1"}"#, Accepted),
        (guest, 202, &[REQUEST_ID], b"", Accepted),
        (guest, 204, &[ININ], b"", Accepted),
        (guest, 204, &[REQUEST_ID], b"", Accepted),
        (guest, 200, &[("Genesys-Correlation-Id", "g")], b"{}", Accepted),
        (guest, 200, &[("inin-ratelimit-count", "3")], b"ok", Accepted),
        (guest, 200, &[VIA], TAKEN, Accepted),
        (guest, 203, &[VIA, ININ], b"{}", Accepted),
        (guest, 200, &[], b"\xEF\xBB\xBF{\"id\":\"m-1\"}", Accepted),
        (open, 200, &[], br#"{"id":"m-1","channel":{"type":"Private"},"direction":"Inbound"}"#, Accepted),
        (open, 200, &[], br#"{"conversationId":"c-1"}"#, Accepted),
        (open, 202, &[ININ], b"", Accepted),
        (open, 204, &[REQUEST_ID], b"", Accepted),
        (open, 200, &[HTML], TAKEN, Accepted),
        // A success that somebody else gave.
        (guest, 200, &[HTML], PAGE, Refused),
        (guest, 200, &[HTML, VIA], PAGE, Refused),
        (guest, 200, &[], PAGE, Refused),
        (guest, 200, &[], b"\xFF\xFE<\0h\0t\0m\0l\0>\0", Refused),
        (guest, 200, &[("Content-Type", "text/html"), ("Content-Encoding", "br")], b"\x1b\x07\x00\x01", Refused),
        (guest, 200, &[REQUEST_ID, HTML], PAGE, Refused),
        (guest, 201, &[], PAGE, Refused),
        (guest, 200, &[VIA], b"Access denied", Refused),
        (guest, 200, &[("X-Squid-Error", "ERR_ACCESS_DENIED 0")], b"", Refused),
        (guest, 206, &[HTML], PAGE, Refused),
        (open, 200, &[HTML], PAGE, Refused),
        (open, 200, &[], br#"{"fault":{"faultstring":"no"}}"#, Refused),
        // A success that nothing shows to be the service's.
        (guest, 200, &[], b"", Unknown),
        (guest, 204, &[], b"", Unknown),
        (guest, 202, &[VIA], b"", Unknown),
        (guest, 200, &[], b"{}", Unknown),
        (guest, 200, &[], b"OK", Unknown),
        (guest, 200, &[], br#"{"id":"m-"#, Unknown),
        (guest, 200, &[("Content-Encoding", "gzip, gzip")], GZIP, Unknown),
        (guest, 200, &[ININ, HTML], PAGE, Unknown),
        (open, 200, &[], b"", Unknown),
        (open, 201, &[], br#"{"status":"ok"}"#, Unknown),
        // A success that says an error.
        (guest, 200, &[], br#"{"code":"unauthorized","message":"no","status":401}"#, Unknown),
        (guest, 200, &[ININ], br#"{"code":"bad.request","message":"no","contextId":"c"}"#, Unknown),
        (open, 202, &[ININ], br#"{"code":"internal.server.error"}"#, Unknown),
        (guest, 200, &[ININ], br#"{"errors":[{"message":"no"}]}"#, Unknown),
        (guest, 200, &[ININ], br#"{"error":{"message":"no"}}"#, Unknown),
        (open, 200, &[ININ], br#"{"fault":{"faultstring":"no"}}"#, Unknown),
        (guest, 200, &[ININ], br#"{"id":"m-1","errors":[],"error":null}"#, Accepted),
        // Successes that the API does not use.
        (guest, 205, &[ININ], b"", Unknown),
        (guest, 206, &[ININ], TAKEN, Unknown),
        (guest, 299, &[ININ], TAKEN, Unknown),
        (guest, 299, &[], b"", Unknown),
        // Refusals.
        (guest, 302, &[("Location", "https://sso.example")], b"", Refused),
        (guest, 400, &[ININ], br#"{"code":"bad.request","message":"no"}"#, Refused),
        (guest, 400, &[], b"", Refused),
        (guest, 401, &[], br#"{"code":"unauthorized","message":"no"}"#, TokenRefused),
        (guest, 401, &[], b"", TokenRefused),
        (guest, 401, &[HTML], PAGE, Refused),
        (guest, 401, &[], br#"{"fault":{"faultstring":"Invalid access token"}}"#, Refused),
        (guest, 403, &[ININ], br#"{"code":"missing.permissions"}"#, Refused),
        (guest, 403, &[], br#"{"message":"Forbidden"}"#, Refused),
        (guest, 404, &[], br#"{"code":"not.found"}"#, Refused),
        (guest, 407, &[], PAGE, Refused),
        (guest, 408, &[], b"", Refused),
        (guest, 409, &[], br#"{"code":"general.conflict"}"#, Refused),
        (guest, 413, &[], b"", Refused),
        (guest, 501, &[], b"", Refused),
        (guest, 505, &[], b"", Refused),
        (guest, 511, &[HTML], PAGE, Refused),
        // Not taken now.
        (guest, 429, &[ININ], br#"{"code":"too.many.requests.retry.after"}"#, Limited),
        (guest, 429, &[], b"", Limited),
        (guest, 503, &[], br#"{"code":"too.many.requests","retryAfter":1}"#, Limited),
        // The service, or somebody on the way, failed after the request was written.
        (guest, 500, &[ININ], br#"{"code":"internal.server.error"}"#, Unknown),
        (guest, 502, &[HTML], PAGE, Unknown),
        (guest, 503, &[("Retry-After", "1")], b"", Unknown),
        (guest, 503, &[], br#"{"code":"service.unavailable","retryAfter":1}"#, Unknown),
        (guest, 504, &[], b"", Unknown),
        (guest, 520, &[], b"", Unknown),
        // Statuses that say nothing.
        (guest, 101, &[ININ], b"", Unknown),
        (guest, 600, &[ININ], TAKEN, Unknown),
        (guest, 999, &[], b"", Unknown),
    ];
    assert!(rows.len() >= 60);
    for (asked, status, headers, body, expected) in rows {
        let result = result_of(*asked, *status, headers, body, false);
        let shown = format!("{asked:?} {status} {headers:?} {}: {result:?}", String::from_utf8_lossy(body));
        assert_eq!(end(&result), *expected, "{shown}");
    }
}

#[test]
fn a_conflict_after_a_lost_answer_means_that_it_was_taken() {
    let conflict = br#"{"code":"general.conflict","message":"already exists"}"#;
    assert_eq!(end(&result_of(CallKind::OpenMessage, 409, &[], conflict, true)), AlreadyReceived);
    assert_eq!(end(&result_of(CallKind::OpenMessage, 409, &[], conflict, false)), Refused);
    assert_eq!(end(&result_of(CallKind::OpenMessage, 409, &[HTML], PAGE, true)), Refused, "a page proves nothing");
}

#[test]
fn broken_tries() {
    let off = |kind| of_failure(&Failure::new(kind, Phase::Connect, "d"));
    assert_eq!(end(&off(FailureKind::Dns)), NotSent);
    assert_eq!(end(&off(FailureKind::Connect)), NotSent);
    assert_eq!(end(&off(FailureKind::Timeout)), NotSent);
    assert_eq!(end(&off(FailureKind::Tls(TlsFault::Expired))), Failed);
    assert_eq!(end(&off(FailureKind::Unprocessed)), Unprocessed);
    assert_eq!(end(&off(FailureKind::Invalid)), Refused);
    assert_eq!(end(&off(FailureKind::Cancelled)), TakenBack);
    assert_eq!(end(&off(FailureKind::Reset)), NotSent);
    let kinds = [FailureKind::Timeout, FailureKind::Reset, FailureKind::Protocol, FailureKind::Cancelled];
    for kind in kinds {
        assert_eq!(end(&of_failure(&Failure::written(kind, Phase::Answer, "d"))), Unknown, "{kind:?}");
    }
    for status in [200, 204, 403, 503] {
        let partial = Response {
            status,
            version: String::new(),
            headers: Vec::new(),
            body: Body::default(),
            remote: None,
            phrase: None,
        };
        let cut =
            Failure { partial: Some(Box::new(partial)), ..Failure::written(FailureKind::Protocol, Phase::Body, "d") };
        assert_eq!(end(&of_failure(&cut)), Unknown, "{status}, and the rest did not come");
    }
}

#[test]
fn frames() {
    let rows = [
        (
            r#"{"type":"response","class":"StructuredMessage","code":200,"body":{"text":"hi","direction":"Inbound","id":"m"}}"#,
            Accepted,
        ),
        (
            r#"{"type":"response","class":"StructuredMessage","code":500,"body":{"text":"hi","direction":"Inbound","id":"m"}}"#,
            Unknown,
        ),
        (r#"{"type":"response","class":"string","code":400,"body":"no"}"#, Refused),
        (r#"{"type":"response","class":"string","body":"no"}"#, Unknown),
        (r#"{"type":"response","class":"SomethingNew","code":400,"body":{}}"#, Refused),
        (r#"{"type":"response","class":"string","code":4011,"body":"too long"}"#, Refused),
        (r#"{"type":"response","class":"string","code":429,"body":"slower"}"#, Limited),
        (r#"{"type":"response","class":"string","code":500,"body":"x"}"#, Unknown),
        (r#"{"type":"message","class":"SomethingNew","code":200,"body":{}}"#, Unknown),
    ];
    for (frame, expected) in rows {
        let result = ServerFrame::read(frame).map(|theirs| of_frame(&theirs));
        assert_eq!(result.as_ref().map(end), Some(expected), "{frame}: {result:?}");
    }
}

#[test]
fn a_part_of_an_answer_is_said_to_be_one() {
    let why = |status| match result_of(CallKind::GuestMessage, status, &[ININ], TAKEN, false) {
        TryResult::Unknown(why, None) => why.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(why(206).starts_with("206 came: the answer is only a part"), "{}", why(206));
    assert!(why(299).starts_with("299 came, which says neither yes nor no"), "{}", why(299));
}

mod retry {
    use super::*;
    use proptest::prelude::*;

    fn said() -> Reason {
        Reason::from("r")
    }

    fn follows(result: TryResult, repeatable: bool, mut tries: Tries) -> RetryDecision {
        what_follows(result, repeatable, &mut tries, &mut fastrand::Rng::with_seed(1))
    }

    #[test]
    fn what_follows_each_judgement() {
        let none = Tries::default();
        let healed = Tries { healed: true, ..none };
        let limited = Tries { limited: LIMITED_AGAIN, ..none };
        let lost = Tries { lost: LOST_AGAIN, ..none };
        let wait = |seconds| TryResult::Limited(429, said(), Some(Duration::from_secs(seconds)));
        let unknown = || TryResult::Unknown(said(), None);
        assert_eq!(follows(TryResult::Accepted, false, none), RetryDecision::End(Outcome::Accepted));
        assert_eq!(follows(TryResult::AlreadyReceived, true, none), RetryDecision::End(Outcome::Accepted));
        assert_eq!(follows(TryResult::TokenRefused(said()), false, none), RetryDecision::TokenRefused(said()));
        assert_eq!(
            follows(TryResult::TokenRefused(said()), false, healed),
            RetryDecision::End(Outcome::Refused(said()))
        );
        assert_eq!(
            follows(wait(7), false, none),
            RetryDecision::Again(Duration::from_secs(7), Reason::AskedToWait(429, Some(7)))
        );
        assert!(
            matches!(follows(TryResult::Limited(429, said(), None), false, none), RetryDecision::Again(p, _) if p <= LIMITED_FIRST)
        );
        assert!(matches!(follows(wait(7), false, limited), RetryDecision::End(Outcome::Refused(Reason::Tried(..)))));
        assert!(matches!(
            follows(wait(601), false, none),
            RetryDecision::End(Outcome::Refused(Reason::TooLongToWait(_, 601)))
        ));
        assert_eq!(
            follows(unknown(), false, none),
            RetryDecision::End(Outcome::Unknown(said())),
            "what was written is not sent again"
        );
        assert!(matches!(follows(unknown(), true, none), RetryDecision::Repeat(..)));
        assert!(matches!(follows(unknown(), true, lost), RetryDecision::End(Outcome::Unknown(Reason::Repeated(_, 4)))));
        let asked = TryResult::Unknown(said(), Some(Duration::from_secs(30)));
        assert!(matches!(follows(asked, true, none), RetryDecision::Repeat(p, _) if p.as_secs() == 30));
    }

    #[test]
    fn what_was_not_written_goes_again_where_that_may_help() {
        let off = |result: fn(Reason) -> TryResult, tries| follows(result(said()), false, tries);
        let none = Tries::default();
        assert!(matches!(off(TryResult::NotSent, none), RetryDecision::Again(..)));
        assert!(matches!(
            off(TryResult::NotSent, Tries { connect: CONNECT_AGAIN, ..none }),
            RetryDecision::End(Outcome::Failed(_))
        ));
        assert_eq!(off(TryResult::Unprocessed, none), RetryDecision::Again(Duration::ZERO, said()));
        assert!(matches!(
            off(TryResult::Unprocessed, Tries { unprocessed: true, ..none }),
            RetryDecision::End(Outcome::Failed(_))
        ));
        assert!(matches!(off(TryResult::Failed, none), RetryDecision::End(Outcome::Failed(_))));
        assert!(matches!(off(TryResult::Refused, none), RetryDecision::End(Outcome::Refused(_))));
        assert_eq!(follows(TryResult::TakenBack, false, none), RetryDecision::End(Outcome::Cancelled));
    }

    proptest! {
        #[test]
        fn trying_again_ends(kinds in proptest::collection::vec(0u8..4, 1..60)) {
            let (mut tries, mut jitter, mut again) = (Tries::default(), fastrand::Rng::with_seed(9), 0);
            for kind in kinds {
                let result = match kind {
                    0 => TryResult::NotSent(said()),
                    1 => TryResult::Limited(429, said(), Some(Duration::ZERO)),
                    2 => TryResult::TokenRefused(said()),
                    _ => TryResult::Unknown(said(), None),
                };
                match what_follows(result, true, &mut tries, &mut jitter) {
                    RetryDecision::Again(..) | RetryDecision::Repeat(..) => again += 1,
                    RetryDecision::TokenRefused(_) => tries.healed = true,
                    RetryDecision::End(_) => break,
                }
            }
            prop_assert!(again <= CONNECT_AGAIN + LIMITED_AGAIN + LOST_AGAIN);
        }
    }
}
