//! Reading a fault, with a sentence for whatever is wrong.

use serde_json::Value;

use super::parameter::{AFTER, CONVERSATION, FaultError, ParameterValue as _, TARGET, TIMES};
use super::{FAULTS, Fault, FaultEffect, FaultKind, FaultTarget, ParameterShape};
use crate::text::suggest::suggestion;

/// The field that names the fault.
const NAME: &str = "fault";

fn wrong(field: &str, what: impl Into<String>) -> FaultError {
    FaultError { field: Some(field.to_owned()), what: what.into() }
}

impl Fault {
    /// Reads a fault from JSON.
    pub fn parse(json: &Value) -> Result<Self, FaultError> {
        let whole = |what: &str| FaultError { field: None, what: what.to_owned() };
        let Some(given) = json.as_object() else {
            return Err(whole("a fault is an object, for instance {\"fault\":\"rate-limited\",\"times\":1}"));
        };
        let name = match given.get(NAME) {
            Some(Value::String(name)) => name.as_str(),
            Some(_) => return Err(wrong(NAME, "`fault` must be a text: the name of a fault")),
            None => {
                return Err(whole(
                    "`fault` is missing: it names what goes wrong, for instance fault = \"token-expired\"",
                ));
            }
        };
        let kind = FaultKind::read(name, given)?;
        let kind = kind.ok_or_else(|| {
            wrong(NAME, format!("no fault is called `{name}`{}", suggestion(name, FAULTS.iter().map(|row| row.name))))
        })?;
        let row = kind.row();
        let named = row.names_a_conversation().then_some(CONVERSATION);
        let own = row.parameters.iter().map(|parameter| parameter.name);
        let known: Vec<&str> = [NAME, TIMES, AFTER, TARGET].into_iter().chain(named).chain(own).collect();
        if let Some(stranger) = given.keys().find(|key| !known.contains(&key.as_str())) {
            let near = suggestion(stranger, known);
            return Err(wrong(stranger, format!("the fault `{name}` has no field `{stranger}`{near}")));
        }
        let target = FaultTarget::SHAPE.read(given, TARGET)?.as_ref().and_then(FaultTarget::from_json);
        let target = target.unwrap_or(row.target);
        if target != FaultTarget::Any && !row.reaches.contains(&target) {
            let what = format!("the fault `{name}` makes no difference to that target; leave `target` out");
            return Err(wrong(TARGET, what));
        }
        let conversation = ParameterShape::Text.read(given, CONVERSATION)?.and_then(|v| v.as_str().map(str::to_owned));
        if conversation.is_some() && target == FaultTarget::Token {
            let what = "a token request names no conversation; leave `conversation` or `target` out";
            return Err(wrong(CONVERSATION, what));
        }
        let number = |value: Value| value.as_u64().map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        let after = ParameterShape::Count.read(given, AFTER)?.and_then(number);
        let times = ParameterShape::AtLeastOne.read(given, TIMES)?.and_then(number);
        let at_once = row.effect == FaultEffect::Acts && after.is_none() && times.is_none();
        let times = if row.lasts { times } else { Some(times.unwrap_or(1)) };
        Ok(Self { kind, target, conversation, after: after.unwrap_or(0), times, at_once })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
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
                let fault =
                    Fault::parse(&serde_json::from_str(fault).unwrap()).unwrap_or_else(|e| panic!("{label}: {e}"));
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
}
