//! Reading a fault, with a sentence for whatever is wrong.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{Fault, Kind, Target};
use crate::sandbox::nearest::{expected, hint};

/// Fields that every fault has.
const COMMON: [&str; 4] = ["fault", "times", "after", "target"];

impl Fault {
    /// Reads a fault from JSON. The error is a sentence that names the nearest known name.
    pub fn parse(json: &Value) -> Result<Self, String> {
        let Some(map) = json.as_object() else {
            return Err("a fault is an object, for instance {\"fault\":\"rate-limited\",\"times\":1}".to_owned());
        };
        let name = match map.get("fault") {
            Some(Value::String(name)) => name.as_str(),
            Some(_) => return Err("`fault` must be a text: the name of a fault".to_owned()),
            None => return Err("the field `fault` is missing: it names what goes wrong".to_owned()),
        };
        let kind = kind(name, map)?;
        let target = field(map, "target")?.unwrap_or_else(|| kind.target());
        let conversation: Option<String> = field(map, "conversation")?;
        if conversation.is_some() && target == Target::Token {
            return Err("a token request names no conversation; leave `conversation` or `target` out".to_owned());
        }
        let after: Option<u32> = field(map, "after")?;
        let times: Option<u32> = field(map, "times")?;
        if times == Some(0) {
            return Err("`times` is 0, so that nothing would be hit; leave it out or give 1 or more".to_owned());
        }
        if target != Target::Any && !kind.concerns(target) {
            return Err(format!("the fault `{name}` makes no difference to that target; leave `target` out"));
        }
        let at_once = kind.is_act() && after.is_none() && times.is_none();
        let times = if kind.holds() { times } else { Some(times.unwrap_or(1)) };
        Ok(Self { kind, target, conversation, after: after.unwrap_or(0), times, at_once })
    }
}

/// The kind of that name with its own fields. What a kind has by itself tells which fields it knows.
fn kind(name: &str, map: &Map<String, Value>) -> Result<Kind, String> {
    let by_itself: Kind = serde_json::from_value(json!({ "fault": name }))
        .map_err(|e| format!("no fault is called `{name}`; {}", hint(name, expected(&e.to_string()))))?;
    let own = serde_json::to_value(&by_itself).unwrap_or_default();
    let own = own.as_object().into_iter().flat_map(Map::keys).map(String::as_str).filter(|key| *key != "fault");
    let named = by_itself.names_a_conversation().then_some("conversation");
    let known: Vec<&str> = COMMON.into_iter().chain(named).chain(own.clone()).collect();
    if let Some(stranger) = map.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(format!("the fault `{name}` has no field `{stranger}`; {}", hint(stranger, known)));
    }
    let mut asked = json!({ "fault": name });
    for key in own {
        let Some(value) = map.get(key) else { continue };
        asked[key] = value.clone();
        serde_json::from_value::<Kind>(asked.clone()).map_err(|e| wrong(key, value, &e))?;
    }
    let kind = serde_json::from_value(asked).unwrap_or(by_itself);
    kind.impossible().map_or(Ok(kind), Err)
}

/// A field that every fault may have.
fn field<T: DeserializeOwned>(map: &Map<String, Value>, key: &str) -> Result<Option<T>, String> {
    let Some(value) = map.get(key) else { return Ok(None) };
    serde_json::from_value(value.clone()).map(Some).map_err(|e| wrong(key, value, &e))
}

/// The sentence for a field that has a value which it cannot have.
fn wrong(key: &str, value: &Value, error: &serde_json::Error) -> String {
    let error = error.to_string();
    if let (true, Some(word)) = (error.starts_with("unknown variant"), value.as_str()) {
        return format!("`{key}` cannot be `{word}`; {}", hint(word, expected(&error)));
    }
    let must = match error.rsplit_once("expected ").map_or("", |(_, what)| what) {
        what if what.starts_with('i') => "a whole number",
        what if what.starts_with('u') => "a whole number, 0 or more",
        what if what.contains("bool") => "true or false",
        _ => "a text",
    };
    format!("`{key}` is {value}, but must be {must}")
}

#[cfg(test)]
/// The names of all faults, as the reader itself tells them.
fn names() -> Vec<String> {
    let error =
        serde_json::from_value::<Kind>(json!({ "fault": "?" })).map_or_else(|e| e.to_string(), |_| String::new());
    expected(&error).into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use crate::sandbox::fault::RetryForm;

    use super::*;

    #[test]
    fn every_fault_of_the_table_is_built_under_its_own_name() {
        let names = names();
        assert!(names.len() > 30, "{names:?}");
        for name in names {
            let fault = Fault::parse(&json!({ "fault": name })).unwrap();
            assert_eq!(serde_json::to_value(&fault).unwrap()["fault"], name);
        }
    }

    #[test]
    fn what_is_left_out_is_sensible() {
        let fault = Fault::parse(&json!({"fault":"rate-limited"})).unwrap();
        assert_eq!(fault.kind, Kind::RateLimited { retry_after: 5, form: RetryForm::Seconds });
        assert_eq!((fault.target, fault.times, fault.after, fault.at_once), (Target::Send, Some(1), 0, false));
        let fault = Fault::parse(&json!({"fault":"feature-off"})).unwrap();
        assert_eq!((fault.target, fault.times), (Target::Any, None));
        assert!(Fault::parse(&json!({"fault":"token-expired"})).unwrap().at_once);
        assert!(!Fault::parse(&json!({"fault":"token-expired","after":3})).unwrap().at_once);
    }

    #[test]
    fn whatever_is_wrong_gets_its_sentence() {
        let why = |json: Value| Fault::parse(&json).unwrap_err();
        assert_eq!(why(json!({"fault":"clock-skw"})), "no fault is called `clock-skw`; did you mean `clock-skew`?");
        assert_eq!(
            why(json!({"fault":"rate-limited","retry-after":3})),
            "the fault `rate-limited` has no field `retry-after`; did you mean `retry_after`?"
        );
        assert_eq!(
            why(json!({"fault":"slow-body","delay_ms":-1})),
            "`delay_ms` is -1, but must be a whole number, 0 or more"
        );
        assert_eq!(
            why(json!({"fault":"reset-after","target":"sned"})),
            "`target` cannot be `sned`; did you mean `send`?"
        );
        assert_eq!(
            why(json!({"fault":"service-failure","status":404})),
            "`status` is 404, but must be one of 500, 502, 503, 504"
        );
        assert!(why(json!({"fault":"scope-stripped","target":"read"})).contains("leave `target` out"));
        assert!(why(json!({"fault":"reset-after","times":0})).contains("`times` is 0"));
        let both = json!({"fault":"reset-after","target":"token","conversation":"Echo"});
        assert!(why(both).starts_with("a token request names no conversation"));
        assert!(why(json!({"times":1})).contains("`fault` is missing"));
        assert!(why(json!([])).contains("is an object"));
    }
}
