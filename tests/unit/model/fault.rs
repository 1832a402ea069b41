//! Tests of `model::fault`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use crate::model::fault::RetryForm;
use crate::model::fault::kind::FaultRow;
use serde_json::{Value, json};

use crate::model::fault::*;
use crate::model::{Cause, Variation};
use crate::pass::builtin;

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
fn a_fault_is_said_with_what_is_unusual() {
    for (fault, words) in [
        (json!({"fault":"rate-limited"}), "rate limited"),
        (json!({"fault":"rate-limited","after":1,"times":2}), "rate limited, after 1 request, 2 times"),
        (json!({"fault":"slow-headers"}), "slow headers"),
        (json!({"fault":"slow-headers","after":2,"times":1}), "slow headers, after 2 requests, once"),
    ] {
        assert_eq!(Fault::parse(&fault).unwrap().words(), words);
    }
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

/// Causes, variations and faults stand in the schema as they stand in the code. `GUESTWIRE_BLESS=1` writes them.
#[test]
fn the_schema_has_the_tables_of_the_code() {
    let mut schema: Value = serde_json::from_str(builtin::SCHEMA).unwrap();
    let defs = &mut schema["$defs"];
    defs["expect"]["properties"]["cause"]["enum"] = Cause::ALL.iter().map(|cause| cause.name()).collect();
    defs["send"]["properties"]["as"]["enum"] = Variation::ALL.iter().map(|variation| variation.name()).collect();
    defs["fault_conversation"] = described(ParameterShape::Text, "For which conversation only: its name or id.");
    defs["fault_after"] = described(ParameterShape::Count, "How many requests go through before the first is hit.");
    defs["fault_times"] = described(ParameterShape::AtLeastOne, "How many are hit.");
    defs["fault"]["oneOf"] = FAULTS.iter().map(|row| fault_schema(row)).collect();
    let mut text = Vec::new();
    let indent = serde_json::ser::PrettyFormatter::with_indent(b" ");
    serde::Serialize::serialize(&schema, &mut serde_json::Serializer::with_formatter(&mut text, indent)).unwrap();
    text.push(b'\n');
    let text = String::from_utf8(text).unwrap();
    if std::env::var_os("GUESTWIRE_BLESS").is_some() {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/passes/schema.json"), text).unwrap();
    } else {
        assert!(
            text == builtin::SCHEMA,
            "assets/passes/schema.json is not what the code has: GUESTWIRE_BLESS=1 writes it"
        );
    }
}

/// The page of the faults. `GUESTWIRE_BLESS=1` writes it.
#[test]
fn the_page_of_faults_is_the_table_of_the_code() {
    let mut page = String::from(
        "# Faults of the sandbox\n\n\
         A fault is set with `POST /_sandbox/faults`, in `[[faults]]` of a scenario, in the `fault` of a pass step, or with **B** in\n\
         the console. Beside its own parameters each takes `target` (for which requests), `after` (how many of them go through\n\
         first) and `times` (how many are hit), and most take `conversation` (a name or id). This page is written from the program's\n\
         table.\n",
    );
    let mut group = None;
    for row in FAULTS {
        if group != Some(row.group) {
            group = Some(row.group);
            page.push_str(&format!(
                "\n## {}\n\n| fault | what it does | its parameters |\n|---|---|---|\n",
                row.group.name()
            ));
        }
        let own = row.parameters.iter().map(|p| format!("`{}`: {}", p.name, p.about)).collect::<Vec<_>>().join(" ");
        page.push_str(&format!("| `{}` | {} | {own} |\n", row.name, row.about));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/faults.md");
    if std::env::var_os("GUESTWIRE_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/faults.md is not what the code has: GUESTWIRE_BLESS=1 writes it");
}

/// A parameter as JSON Schema has it.
fn described(shape: ParameterShape, about: &str) -> Value {
    let mut schema = match shape {
        ParameterShape::Text => json!({"type": "string"}),
        ParameterShape::Flag => json!({"type": "boolean"}),
        ParameterShape::Whole => json!({"type": "integer"}),
        ParameterShape::Count => json!({"type": "integer", "minimum": 0}),
        ParameterShape::AtLeastOne => json!({"type": "integer", "minimum": 1}),
        ParameterShape::Status(known) => json!({ "enum": known }),
        ParameterShape::CloseCode => json!({"type": "integer", "minimum": 1000, "maximum": 4999}),
        ParameterShape::Words(known) => json!({ "enum": known }),
    };
    schema["description"] = about.into();
    schema
}

fn fault_schema(row: &FaultRow) -> Value {
    let mut properties = serde_json::Map::new();
    let mut property = |name: &str, schema: Value| properties.insert(name.to_owned(), schema);
    property("fault", json!({ "const": row.name }));
    for parameter in row.parameters {
        property(parameter.name, described(parameter.shape, parameter.about));
    }
    let targets: Vec<&str> = row.reaches.iter().chain([&FaultTarget::Any]).map(|target| target.name()).collect();
    property("target", json!({ "enum": targets }));
    if row.names_a_conversation() {
        property("conversation", json!({"$ref": "#/$defs/fault_conversation"}));
    }
    property("after", json!({"$ref": "#/$defs/fault_after"}));
    property("times", json!({"$ref": "#/$defs/fault_times"}));
    json!({
        "type": "object",
        "description": row.about,
        "required": ["fault"],
        "additionalProperties": false,
        "properties": properties,
    })
}
