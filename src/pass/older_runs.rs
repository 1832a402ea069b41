//! Runs as earlier builds left them in the journal: each exchange in a form of its own, which is made an
//! [`crate::model::Exchange`] again here. Journals of all earlier builds stay readable.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::pass::PassRun;

/// A run that was kept, in whatever form; `None` where it cannot be read any more.
pub fn read(progress: &str) -> Option<PassRun> {
    let mut run: Value = serde_json::from_str(progress).ok()?;
    for case in run.get_mut("cases")?.as_array_mut()? {
        for step in case.get_mut("steps")?.as_array_mut()? {
            let exchanges = step.pointer_mut("/evidence/exchanges").and_then(Value::as_array_mut);
            for record in exchanges.into_iter().flatten().filter(|record| record.get("exchange").is_none()) {
                let exchange = exchange(record);
                *record =
                    json!({ "exchange": exchange, "conversation": record["conversation"], "cause": record["cause"] });
            }
        }
    }
    serde_json::from_value(run).ok()
}

fn exchange(record: &Value) -> Value {
    let outcome = match record["outcome"].as_str().unwrap_or_default() {
        "sending" => "open",
        "WAIT" => "waiting",
        "ok" => "accepted",
        "ERR" => "refused",
        "CANC" => "cancelled",
        _ => "unknown",
    };
    let renewal = json!({ "renewal":
        { "exchange": 0, "at": micros(&record["at"]), "generation": null, "took": null, "waiting": 1 } });
    let renewals = usize::try_from(record["renewals"].as_u64().unwrap_or(0)).unwrap_or(0);
    let tries = record["tries"].as_array().into_iter().flatten().map(|one| json!({ "try": attempt(one) }));
    let steps: Vec<Value> = std::iter::repeat_n(renewal, renewals).chain(tries).collect();
    json!({
        "id": record["id"], "kind": record["kind"], "what": record["what"], "sent_as": record["sent_as"],
        "began": micros(&record["at"]), "took": record["took_ms"].as_u64().map(|ms| ms * 1_000),
        "outcome": [outcome, record["reason"]], "steps": steps,
    })
}

fn attempt(one: &Value) -> Value {
    let response = (!one["status"].is_null()).then(|| {
        json!({ "status": one["status"], "version": "", "headers": one["response_headers"],
            "body": body(&one["response_body"]), "remote": null })
    });
    let ending = match (&one["failure"], response) {
        (Value::Null, None) => Value::Null,
        (Value::Null, Some(response)) => json!({ "answered": response }),
        (why, partial) => json!({ "failed":
            { "kind": 5, "phase": 4, "detail": why, "wrote": true, "partial": partial } }),
    };
    let timing = ["resolve_us", "connect_us", "tls_us", "first_byte_us", "total_us"].map(|part| &one["timing"][part]);
    json!({
        "number": one["number"], "at": micros(&one["at"]), "generation": one["generation"], "token_age": null,
        "method": one["method"], "url": one["url"], "headers": one["request_headers"],
        "body": body(&one["request_body"]), "ending": ending, "timing": [timing, one["timing"]["reused"]],
    })
}

fn body(record: &Value) -> Value {
    let mut body = record.as_object().cloned().unwrap_or_else(Map::new);
    body.insert("form".to_owned(), json!(3));
    Value::Object(body)
}

fn micros(at: &Value) -> i64 {
    at.as_str().and_then(|at| at.parse().ok()).map_or(0, Timestamp::as_microsecond)
}
