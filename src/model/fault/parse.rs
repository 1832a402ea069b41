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
#[path = "../../../tests/unit/model/fault/parse.rs"]
mod tests;
