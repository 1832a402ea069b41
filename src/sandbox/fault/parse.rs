//! Reading a fault, with a sentence for whatever is wrong.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Fault, Kind, RetryForm, Target};
use crate::sandbox::nearest::hint;

/// How a fault behaves that says nothing about it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Changes something when it is set.
    Act,
    /// Holds until it is cleared.
    Condition,
    /// Hits one request.
    Once,
}

/// A row of the table of faults: name, manner, requests that it is for by itself, fields of its own, and whether
/// `target` may be changed.
struct Row(&'static str, Manner, Target, &'static [&'static str], bool);

const TABLE: [Row; 37] = [
    Row("token-expired", Manner::Act, Target::Send, &[], true),
    Row("token-revoked", Manner::Act, Target::Send, &[], true),
    Row("conversation-ended", Manner::Act, Target::Send, &["conversation"], true),
    Row("participant-mismatch", Manner::Act, Target::Send, &["conversation"], true),
    Row("scope-stripped", Manner::Condition, Target::Token, &["scope"], false),
    Row("scope-wrong", Manner::Condition, Target::Token, &["scope"], false),
    Row("feature-off", Manner::Condition, Target::Any, &[], true),
    Row("permission-missing", Manner::Condition, Target::Any, &["permission"], true),
    Row("client-rejected", Manner::Condition, Target::Token, &[], false),
    Row("client-disabled", Manner::Condition, Target::Token, &[], false),
    Row("clock-skew", Manner::Condition, Target::Any, &["seconds"], true),
    Row("rate-limited", Manner::Once, Target::Send, &["retry_after", "form", "conversation"], true),
    Row("service-failure", Manner::Once, Target::Send, &["status", "retry_after", "received", "conversation"], true),
    Row("proxy-answered", Manner::Once, Target::Send, &["status", "conversation"], true),
    Row("slow-headers", Manner::Condition, Target::Send, &["delay_ms", "conversation"], true),
    Row("slow-body", Manner::Condition, Target::Send, &["delay_ms", "conversation"], true),
    Row("reset-before", Manner::Once, Target::Send, &["conversation"], true),
    Row("reset-during", Manner::Once, Target::Send, &["conversation"], true),
    Row("reset-after", Manner::Once, Target::Send, &["conversation"], true),
    Row("stale-connection", Manner::Once, Target::Send, &["conversation"], true),
    Row("truncated-body", Manner::Once, Target::Send, &["conversation"], true),
    Row("malformed-body", Manner::Once, Target::Send, &["conversation"], true),
    Row("wrong-content-type", Manner::Once, Target::Send, &["conversation"], true),
    Row("origin-refused", Manner::Condition, Target::Upgrade, &["conversation"], false),
    Row("deployment-unknown", Manner::Condition, Target::Any, &[], true),
    Row("session-read-only", Manner::Act, Target::Frame, &["conversation"], true),
    Row("session-expired", Manner::Act, Target::Frame, &["conversation"], true),
    Row("session-cleared", Manner::Act, Target::Frame, &["conversation"], true),
    Row("logged-out", Manner::Act, Target::Frame, &["conversation"], true),
    Row("socket-closed", Manner::Once, Target::Frame, &["received", "code", "conversation"], false),
    Row("frame-lost", Manner::Once, Target::Echo, &["conversation"], true),
    Row("frame-doubled", Manner::Once, Target::Echo, &["conversation"], true),
    Row("frame-late", Manner::Once, Target::Echo, &["delay_ms", "conversation"], true),
    Row("frame-reordered", Manner::Once, Target::Echo, &["conversation"], true),
    Row("frame-malformed", Manner::Once, Target::Echo, &["conversation"], true),
    Row("frame-unknown", Manner::Once, Target::Echo, &["conversation"], true),
    Row("slow-echo", Manner::Condition, Target::Echo, &["delay_ms", "conversation"], false),
];

/// The targets that can be named.
const TARGETS: [&str; 9] = ["send", "token", "read", "upgrade", "frame", "echo", "reply", "answer", "any"];

/// Fields that every fault has.
const COMMON: [&str; 4] = ["fault", "times", "after", "target"];

impl Fault {
    /// The names of all faults.
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        TABLE.iter().map(|row| row.0)
    }

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
        let Some(Row(_, manner, by_itself, own, aimable)) = TABLE.iter().find(|row| row.0 == name) else {
            return Err(format!("no fault is called `{name}`; {}", hint(name, Self::names())));
        };
        let fields = COMMON.iter().chain(own.iter()).copied();
        if let Some(stranger) = map.keys().find(|key| !fields.clone().any(|field| field == *key)) {
            return Err(format!("the fault `{name}` has no field `{stranger}`; {}", hint(stranger, fields)));
        }
        let target = choice(map, "target", &TARGETS)?.unwrap_or(*by_itself);
        if !aimable && target != *by_itself {
            let only = serde_json::to_value(by_itself).unwrap_or_default();
            let only = only.as_str().unwrap_or_default();
            return Err(format!("the fault `{name}` is only for the target `{only}`; leave `target` out"));
        }
        let conversation = text(map, "conversation")?;
        if conversation.is_some() && target == Target::Token {
            return Err("a token request names no conversation; leave `conversation` or `target` out".to_owned());
        }
        let after: Option<u32> = number(map, "after")?;
        let times: Option<u32> = number(map, "times")?;
        if times == Some(0) {
            return Err("`times` is 0, so that nothing would be hit; leave it out or give 1 or more".to_owned());
        }
        let kind = kind(name, map)?;
        if target != Target::Any && !kind.concerns(target) {
            return Err(format!("the fault `{name}` makes no difference to that target; leave `target` out"));
        }
        let at_once = *manner == Manner::Act && after.is_none() && times.is_none();
        let times = match manner {
            Manner::Condition => times,
            Manner::Act | Manner::Once => Some(times.unwrap_or(1)),
        };
        Ok(Self { kind, target, conversation, after: after.unwrap_or(0), times, at_once })
    }
}

fn kind(name: &str, map: &Map<String, Value>) -> Result<Kind, String> {
    let scope = |default: &str| Ok::<_, String>(text(map, "scope")?.unwrap_or_else(|| default.to_owned()));
    let delay_ms = || Ok::<_, String>(number(map, "delay_ms")?.unwrap_or(3000));
    Ok(match name {
        "token-expired" => Kind::TokenExpired,
        "token-revoked" => Kind::TokenRevoked,
        "conversation-ended" => Kind::ConversationEnded,
        "participant-mismatch" => Kind::ParticipantMismatch,
        "scope-stripped" => Kind::ScopeStripped { scope: scope("guest:messages:send")? },
        "scope-wrong" => Kind::ScopeWrong { scope: scope("messaging:guest")? },
        "feature-off" => Kind::FeatureOff,
        "permission-missing" => Kind::PermissionMissing {
            permission: text(map, "permission")?.unwrap_or_else(|| "conversation:message:receive".to_owned()),
        },
        "client-rejected" => Kind::ClientRejected,
        "client-disabled" => Kind::ClientDisabled,
        "clock-skew" => Kind::ClockSkew { seconds: number(map, "seconds")?.unwrap_or(300) },
        "rate-limited" => Kind::RateLimited {
            retry_after: number(map, "retry_after")?.unwrap_or(5),
            form: choice(map, "form", &["seconds", "date", "body", "none"])?.unwrap_or(RetryForm::Seconds),
        },
        "service-failure" => Kind::ServiceFailure {
            status: status(map, 500, &[500, 502, 503, 504])?,
            retry_after: number(map, "retry_after")?,
            received: flag(map, "received")?,
        },
        "proxy-answered" => Kind::ProxyAnswered { status: status(map, 502, &[200, 403, 407, 502, 503, 504])? },
        "slow-headers" => Kind::SlowHeaders { delay_ms: delay_ms()? },
        "slow-body" => Kind::SlowBody { delay_ms: delay_ms()? },
        "reset-before" => Kind::ResetBefore,
        "reset-during" => Kind::ResetDuring,
        "reset-after" => Kind::ResetAfter,
        "stale-connection" => Kind::StaleConnection,
        "truncated-body" => Kind::TruncatedBody,
        "malformed-body" => Kind::MalformedBody,
        "wrong-content-type" => Kind::WrongContentType,
        "origin-refused" => Kind::OriginRefused,
        "deployment-unknown" => Kind::DeploymentUnknown,
        "session-read-only" => Kind::SessionReadOnly,
        "session-expired" => Kind::SessionExpired,
        "session-cleared" => Kind::SessionCleared,
        "logged-out" => Kind::LoggedOut,
        "socket-closed" => {
            let code = number(map, "code")?.unwrap_or(1001);
            if !(1000..=4999).contains(&code) || matches!(code, 1004..=1006 | 1015) {
                return Err(format!(
                    "`code` is {code}, but must be one that a close frame can carry: 1001, 1011, 4000 …"
                ));
            }
            Kind::SocketClosed { received: flag(map, "received")?, code }
        }
        "frame-lost" => Kind::FrameLost,
        "frame-doubled" => Kind::FrameDoubled,
        "frame-late" => Kind::FrameLate { delay_ms: delay_ms()? },
        "frame-reordered" => Kind::FrameReordered,
        "frame-malformed" => Kind::FrameMalformed,
        "frame-unknown" => Kind::FrameUnknown,
        "slow-echo" => Kind::SlowEcho { delay_ms: delay_ms()? },
        other => return Err(format!("the fault `{other}` is in the table but not built")),
    })
}

fn text(map: &Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    match map.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(format!("`{key}` is {other}, but must be a text")),
    }
}

fn flag(map: &Map<String, Value>, key: &str) -> Result<bool, String> {
    match map.get(key) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => Err(format!("`{key}` is {other}, but must be true or false")),
    }
}

fn number<N: DeserializeOwned>(map: &Map<String, Value>, key: &str) -> Result<Option<N>, String> {
    let Some(value) = map.get(key) else { return Ok(None) };
    let whole = if key == "seconds" { "a whole number" } else { "a whole number, 0 or more" };
    serde_json::from_value(value.clone()).map(Some).map_err(|_| format!("`{key}` is {value}, but must be {whole}"))
}

fn status(map: &Map<String, Value>, default: u16, possible: &[u16]) -> Result<u16, String> {
    let status = number(map, "status")?.unwrap_or(default);
    if possible.contains(&status) {
        return Ok(status);
    }
    let possible: Vec<String> = possible.iter().map(u16::to_string).collect();
    Err(format!("`status` is {status}, but must be one of {}", possible.join(", ")))
}

fn choice<T: DeserializeOwned>(map: &Map<String, Value>, key: &str, known: &[&str]) -> Result<Option<T>, String> {
    let Some(word) = text(map, key)? else { return Ok(None) };
    let value = Value::String(word.clone());
    serde_json::from_value(value)
        .map(Some)
        .map_err(|_| format!("`{key}` cannot be `{word}`; {}", hint(&word, known.iter().copied())))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_fault_of_the_table_is_built_under_its_own_name() {
        for name in Fault::names() {
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
