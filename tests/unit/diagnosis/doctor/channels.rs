//! The series for the published channels.

use super::*;
use crate::model::Address;
use crate::model::OpenGuest;

const KEY: ConversationKey = ConversationKey(0);

fn web(deployment: &str) -> Conversation {
    let address = Address::WebMessaging { deployment_id: deployment.to_owned(), origin: ORIGIN.to_owned() };
    Conversation { key: KEY, name: "web".to_owned(), address }
}

fn open(integration: &str) -> Conversation {
    let guest = OpenGuest { id: "guest-42".to_owned(), id_type: "Opaque".to_owned(), nickname: None };
    let address = Address::OpenMessaging { integration_id: integration.to_owned(), guest };
    Conversation { key: KEY, name: "open".to_owned(), address }
}

#[test]
fn a_web_conversation_is_looked_at_without_any_token() {
    let run = examine(&d(), web(PLACE));
    assert_eq!(run.asked, [ProbeQuestion::Deployment(KEY), ProbeQuestion::Domains(KEY), ProbeQuestion::Origin(KEY)]);
    assert_eq!(
        run.findings,
        [
            "pass names",
            "pass tls",
            "pass deployment",
            "pass clock",
            "pass domains",
            "pass names",
            "pass tls",
            "pass origin"
        ]
    );
    assert_eq!(run.verdict.cause, None);
}

/// What it is, where, with which conversation, the cause, how sure, and how many questions.
type Row = (&'static str, Place, Conversation, Option<&'static str>, Confidence, usize);

#[test]
fn what_is_wrong_with_a_deployment_is_proven_by_what_is_public() {
    let elsewhere = || ok(r#"{"allowAllDomains":false,"allowedDomains":["other.example"]}"#);
    let forbidden = || Json(403, r#"{"message":"Forbidden"}"#.to_owned());
    let unknown = Some("deployment-unknown");
    let no_name = || Broken(FailureKind::Dns, Phase::Resolve);
    let nowhere = Place { deployment: no_name(), origin: no_name(), ..d() };
    let another_origin = Place { domains: elsewhere(), origin: forbidden(), ..d() };
    let rows: Vec<Row> = vec![
        ("malformed", d(), web("nope"), unknown, Sure, 0),
        ("not there", Place { deployment: Json(404, "{}".to_owned()), ..d() }, web(PLACE), unknown, Sure, 1),
        ("switched off", Place { deployment: ok(r#"{"status":"Inactive"}"#), ..d() }, web(PLACE), unknown, Sure, 1),
        ("another origin", another_origin, web(PLACE), Some("origin-refused"), Sure, 3),
        // What the socket does counts, whatever the list says.
        ("a list that lags behind", Place { domains: elsewhere(), ..d() }, web(PLACE), None, Sure, 3),
        // Refused although all is public.
        ("refused", Place { origin: forbidden(), ..d() }, web(PLACE), Some("address-refused"), Likely, 3),
        // Messages do not go to the host that tells of deployments.
        ("no name of that host", Place { deployment: no_name(), ..d() }, web(PLACE), None, Sure, 3),
        ("no name of any host", nowhere, web(PLACE), Some("network-dns"), Sure, 3),
    ];
    for (what, place, target, cause, confidence, asked) in rows {
        let run = examine(&place, target);
        assert_eq!((run.cause(), run.verdict.confidence), (cause, confidence), "{what}: {:?}", run.verdict);
        assert_eq!(run.asked.len(), asked, "{what}");
        // Where nobody answered there is nothing to say of the clock.
        let clock = run.findings.iter().any(|finding| finding.ends_with("clock"));
        assert_eq!(clock, asked > 0 && !what.starts_with("no name"), "{what}: {:?}", run.findings);
    }
}

#[test]
fn an_open_conversation_is_looked_at_by_its_integration() {
    let run = examine(&d(), open(PLACE));
    assert!(run.asked.ends_with(&[ProbeQuestion::Integration(KEY), ProbeQuestion::Messages(KEY)]), "{:?}", run.asked);
    assert!(run.findings.ends_with(&["skip limits".to_owned(), "pass replies".to_owned()]), "{:?}", run.findings);
    assert!(run.findings.contains(&"pass integration".to_owned()), "{:?}", run.findings);
    assert_eq!(run.verdict.cause, None);
    // Scopes are not asked for where roles decide.
    let bare = Place { granted: Vec::new(), ..d() };
    assert_eq!(examine(&bare, open(PLACE)).verdict.cause, None);
    let missing = Place { integration: Json(404, r#"{"code":"not.found"}"#.to_owned()), ..d() };
    let run = examine(&missing, open(PLACE));
    assert_eq!((run.cause(), run.verdict.confidence), (Some("integration-unknown"), Sure));
    // Who may send need not be allowed to look.
    let hidden = Json(403, r#"{"code":"missing.permissions","message":"[messaging:integration:view]"}"#.to_owned());
    let run = examine(&Place { integration: hidden, ..d() }, open(PLACE));
    assert!(run.findings.contains(&"skip integration".to_owned()), "{:?}", run.findings);
    assert_eq!(run.verdict.cause, None);
    let run = examine(&d(), open("nope"));
    assert_eq!((run.cause(), run.verdict.confidence), (Some("integration-unknown"), Sure));
}
