//! Faults of the sandbox: what can be made to go wrong. [`FaultKind`] is the one table of them: the control API, scenario
//! files, pass files and the console's menu all read it, so that a new fault is its row there and the place where it acts.
//!
//! ```text
//! {"fault":"rate-limited","retry_after":7,"times":2,"after":10,"target":"send"}
//!     parse ─► Fault ─► the sandbox, for each request that it is for: let pass `after` ─► hit `times` ─► gone
//! ```
//! A fault that brings about a cause which the console can name has that cause's name.

pub(crate) mod kind;
mod parameter;

pub use kind::{FAULTS, FaultEffect, FaultKind};
pub use parameter::{FaultError, FaultTarget, ParameterShape, RetryForm};

use std::time::Duration;

use serde_json::{Value, json};

use crate::text::{counted, suggestion};

/// What a pass or a person asks of the embedded sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SandboxRequest {
    /// Set a fault (JSON of its control API), or lift all.
    Fault(Option<String>),
    /// Put its clock forward.
    Advance(Duration),
}

/// What goes wrong in the sandbox, for which requests, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) target: FaultTarget,
    /// For which conversation only: its name or id.
    pub(crate) conversation: Option<String>,
    /// How many requests that it is for go through before the first is hit.
    pub(crate) after: u32,
    /// How many are hit; `None`: all, until the faults are cleared.
    pub(crate) times: Option<u32>,
    /// Takes effect when it is set, and does not wait for a request.
    pub(crate) at_once: bool,
}

impl Fault {
    pub(crate) fn to_json(&self) -> Value {
        let mut json = json!({ "fault": self.kind.row().name });
        for (name, value) in self.kind.parameters() {
            json[name] = value;
        }
        json["target"] = json!(self.target.name());
        if let Some(conversation) = &self.conversation {
            json["conversation"] = json!(conversation);
        }
        // What takes effect when it is set counts no requests.
        if !self.at_once {
            json["after"] = json!(self.after);
            json["times"] = json!(self.times);
        }
        json
    }

    /// What it does in a few words: `rate limited, retry after 7, 2 times`. What is as usual is left out.
    pub(crate) fn words(&self) -> String {
        let row = self.kind.row();
        let spoken = |name: &str| name.replace(['-', '_'], " ");
        let usual = Self::parse(&json!({ "fault": row.name })).map(|usual| usual.kind.parameters()).unwrap_or_default();
        let own = self.kind.parameters().into_iter().filter(|parameter| !usual.contains(parameter));
        let value = |value: Value| value.as_str().map_or_else(|| value.to_string(), spoken);
        let mut parts = vec![spoken(row.name)];
        parts.extend(own.map(|(name, given)| format!("{} {}", spoken(name), value(given))));
        parts.extend((self.target != row.target).then(|| format!("of {}", self.target.name())));
        parts.extend(self.conversation.as_ref().map(|name| format!("in “{name}”")));
        parts.extend((self.after > 0).then(|| format!("after {}", counted(self.after as usize, "request"))));
        parts.extend(self.often().filter(|_| self.times != Some(1) || row.lasts));
        parts.join(", ")
    }

    /// Its name, and how often it still hits where that ends: `rate-limited (once)`.
    pub(crate) fn left(&self) -> String {
        let often = self.often().map_or_else(String::new, |often| format!(" ({often})"));
        format!("{}{often}", self.kind.row().name)
    }

    fn often(&self) -> Option<String> {
        self.times.map(|times| if times == 1 { "once".to_owned() } else { format!("{times} times") })
    }
}

fn wrong(field: &str, what: impl Into<String>) -> FaultError {
    FaultError { field: Some(field.to_owned()), what: what.into() }
}

impl Fault {
    /// Reads one as the control API takes it.
    pub fn parse(json: &Value) -> Result<Self, FaultError> {
        let whole = |what: &str| FaultError { field: None, what: what.to_owned() };
        let Some(given) = json.as_object() else {
            return Err(whole("a fault is an object, for instance {\"fault\":\"rate-limited\",\"times\":1}"));
        };
        let name = match given.get("fault") {
            Some(Value::String(name)) => name.as_str(),
            Some(_) => return Err(wrong("fault", "`fault` must be a text: the name of a fault")),
            None => {
                return Err(whole(
                    "`fault` is missing: it names what goes wrong, for instance fault = \"token-expired\"",
                ));
            }
        };
        let kind = FaultKind::read(name, given)?;
        let kind = kind.ok_or_else(|| {
            wrong(
                "fault",
                format!("no fault is called `{name}`{}", suggestion(name, FAULTS.iter().map(|row| row.name))),
            )
        })?;
        let row = kind.row();
        let named = row.names_a_conversation().then_some("conversation");
        let own = row.parameters.iter().map(|parameter| parameter.name);
        let known: Vec<&str> = ["fault", "times", "after", "target"].into_iter().chain(named).chain(own).collect();
        if let Some(stranger) = given.keys().find(|key| !known.contains(&key.as_str())) {
            let near = suggestion(stranger, known);
            return Err(wrong(stranger, format!("the fault `{name}` has no field `{stranger}`{near}")));
        }
        let target = ParameterShape::Words(&FaultTarget::WORDS).read(given, "target")?.unwrap_or(row.target);
        if target != FaultTarget::Any && !row.reaches.contains(&target) {
            let what = format!("the fault `{name}` makes no difference to that target; leave `target` out");
            return Err(wrong("target", what));
        }
        let conversation = ParameterShape::Text.read::<String>(given, "conversation")?;
        if conversation.is_some() && target == FaultTarget::Token {
            let what = "a token request names no conversation; leave `conversation` or `target` out";
            return Err(wrong("conversation", what));
        }
        let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let after = ParameterShape::Count.read(given, "after")?.map(number);
        let times = ParameterShape::AtLeastOne.read(given, "times")?.map(number);
        let at_once = row.effect == FaultEffect::Acts && after.is_none() && times.is_none();
        let times = if row.lasts { times } else { Some(times.unwrap_or(1)) };
        Ok(Self { kind, target, conversation, after: after.unwrap_or(0), times, at_once })
    }
}
