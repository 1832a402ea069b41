//! A session that was driven by hand, as a pass: each message becomes a step that expects what came of it. Pure.

use crate::model::{Cause, DeliveryStatus, Variation};
use toml::{Table, Value};

/// A message of the session and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayedMessage {
    /// Into which conversation, by name.
    pub conversation: String,
    /// What was typed.
    pub text: String,
    /// Wrongly on purpose, in this way.
    pub sent_as: Option<Variation>,
    /// Where it stands.
    pub delivery: DeliveryStatus,
    /// HTTP status of the newest try.
    pub status: Option<u16>,
    /// The cause of the refusal, where it was told with some confidence.
    pub cause: Option<Cause>,
    /// What the other side answered first.
    pub reply: Option<String>,
}

/// The pass file's text: a case for each stretch in one conversation.
pub fn toml(name: &str, played: &[PlayedMessage]) -> String {
    let mut out = format!(
        "# Written from a session. Check it: each step expects what happened in that session.\n\nname = {}\n",
        quoted(name)
    );
    let mut open: Option<&str> = None;
    let mut cases = 0;
    for message in played {
        if open != Some(message.conversation.as_str()) {
            open = Some(&message.conversation);
            cases += 1;
            out.push_str(&format!(
                "\n[[cases]]\nname = {}\nid = \"part-{cases}\"\nconversation = {}\n",
                quoted(&format!("Part {cases}: {}", message.conversation)),
                quoted(&message.conversation)
            ));
        }
        out.push_str("\n[[cases.steps]]\n");
        out.push_str(&format!("send = {}\n", sent(message)));
        out.push_str(&format!("expect = {}\n", Value::Table(expected(message))));
    }
    out
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// The text as it was typed; the double braces of a text are no variables here unless they are ours.
fn sent(message: &PlayedMessage) -> String {
    let Some(variation) = message.sent_as else { return quoted(&message.text) };
    let mut table = Table::new();
    let extra = variation.text("").len();
    // The file has the text without the variation's part: the variation adds it at each run.
    let typed = match variation {
        Variation::EmojiBidi => message.text.len().checked_sub(extra).and_then(|end| message.text.get(..end)),
        Variation::Oversize => Some(message.text.trim_end_matches('x')),
        _ => Some(message.text.as_str()),
    };
    let typed = typed.filter(|t| !t.trim().is_empty()).unwrap_or("a text");
    table.insert("text".to_owned(), Value::String(typed.to_owned()));
    table.insert("as".to_owned(), Value::String(variation.as_str().to_owned()));
    Value::Table(table).to_string()
}

fn expected(message: &PlayedMessage) -> Table {
    let mut table = Table::new();
    let outcome = match &message.delivery {
        DeliveryStatus::Refused(_) | DeliveryStatus::Lost => "refused",
        DeliveryStatus::Unknown(_) => "unknown",
        _ => "accepted",
    };
    table.insert("outcome".to_owned(), Value::String(outcome.to_owned()));
    if let Some(status) = message.status {
        table.insert("status".to_owned(), Value::Integer(i64::from(status)));
    }
    if let Some(cause) = message.cause.filter(|_| outcome == "refused") {
        table.insert("cause".to_owned(), Value::String(cause.as_str().to_owned()));
    }
    if let Some(reply) = message.reply.as_ref().filter(|r| outcome == "accepted" && !r.trim().is_empty()) {
        table.insert("reply".to_owned(), Value::String(reply.clone()));
    }
    table
}

#[cfg(test)]
#[path = "../../tests/unit/pass/from_session.rs"]
mod tests;
