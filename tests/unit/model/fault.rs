//! Tests of `model::fault`.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;
use crate::model::fault::RetryForm;

#[test]
fn every_fault_of_the_table_is_built_under_its_own_name_and_reads_what_it_writes() {
    for row in FAULTS {
        let fault = Fault::parse(&json!({ "fault": row.name })).unwrap();
        assert_eq!(fault.kind.row(), *row);
        assert!(row.target == FaultTarget::Any || row.reaches.contains(&row.target), "{}", row.name);
        let json = fault.to_json();
        let own: Vec<_> = row.parameters.iter().map(|parameter| parameter.name).collect();
        assert!(own.iter().all(|name| json.get(name).is_some()), "{json}");
        assert_eq!(Fault::parse(&json).unwrap().kind, fault.kind);
    }
}

#[test]
fn every_fault_has_a_line_in_the_menu_that_can_be_set() {
    for row in FAULTS {
        assert!(!row.menu.is_empty() && row.about.ends_with('.'), "{}", row.name);
        for (label, fault) in row.menu {
            let fault = Fault::parse(&serde_json::from_str(fault).unwrap()).unwrap_or_else(|e| panic!("{label}: {e}"));
            assert_eq!(fault.kind.row(), *row);
        }
    }
}

#[test]
fn what_is_left_out_is_sensible() {
    let fault = Fault::parse(&json!({"fault":"rate-limited"})).unwrap();
    assert_eq!(fault.kind, FaultKind::RateLimited { retry_after: 5, form: RetryForm::Seconds });
    assert_eq!((fault.target, fault.times, fault.after, fault.at_once), (FaultTarget::Send, Some(1), 0, false));
    let fault = Fault::parse(&json!({"fault":"feature-off"})).unwrap();
    assert_eq!((fault.target, fault.times), (FaultTarget::Any, None));
    assert!(Fault::parse(&json!({"fault":"token-expired"})).unwrap().at_once);
    assert!(!Fault::parse(&json!({"fault":"token-expired","after":3})).unwrap().at_once);
}

#[test]
fn whatever_is_wrong_gets_its_sentence_and_its_field() {
    let wrong = |json: Value| {
        let error = Fault::parse(&json).unwrap_err();
        format!("{}: {}", error.field.unwrap_or_default(), error.what)
    };
    for (fault, expected) in [
        (json!({"fault":"clock-skw"}), "fault: no fault is called `clock-skw`; did you mean `clock-skew`?"),
        (
            json!({"fault":"rate-limited","retry-after":3}),
            "retry-after: the fault `rate-limited` has no field `retry-after`; did you mean `retry_after`?",
        ),
        (
            json!({"fault":"slow-body","delay_ms":-1}),
            "delay_ms: `delay_ms` is -1, but must be a whole number, 0 or more",
        ),
        (json!({"fault":"clock-skew","seconds":"1"}), "seconds: `seconds` is \"1\", but must be a whole number"),
        (json!({"fault":"reset-after","target":"sned"}), "target: `target` cannot be `sned`; did you mean `send`?"),
        (json!({"fault":"rate-limited","form":"datum"}), "form: `form` cannot be `datum`; did you mean `date`?"),
        (
            json!({"fault":"service-failure","status":404}),
            "status: `status` is 404, but must be one of 500, 502, 503, 504",
        ),
        (json!({"fault":"service-failure","received":1}), "received: `received` is 1, but must be true or false"),
        (
            json!({"fault":"socket-closed","code":1006}),
            "code: `code` is 1006, but must be one that a close frame can carry: 1001, 1011, 4000 …",
        ),
        (
            json!({"fault":"scope-stripped","target":"read"}),
            "target: the fault `scope-stripped` makes no difference to that target; leave `target` out",
        ),
        (
            json!({"fault":"token-revoked","conversation":"Echo"}),
            "conversation: the fault `token-revoked` has no field `conversation`",
        ),
        (
            json!({"fault":"reset-after","target":"token","conversation":"Echo"}),
            "conversation: a token request names no conversation; leave `conversation` or `target` out",
        ),
        (json!({"fault":"reset-after","times":0}), "times: `times` is 0, but must be a whole number, 1 or more"),
        (json!({"times":1}), ": `fault` is missing"),
        (json!({"fault":7}), "fault: `fault` must be a text"),
        (json!([]), ": a fault is an object"),
    ] {
        let found = wrong(fault.clone());
        assert!(found.starts_with(expected), "{fault}\n{found}\n{expected}");
    }
}
