//! A session that was driven by hand, as a pass: each message becomes a step that expects what came of it. Pure.

use crate::model::variables::{NAMES, next_name};
use crate::model::{Cause, DeliveryStatus, Variation};
use crate::text::one_line;
use toml::Value;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayedMessage {
    pub conversation: String,
    pub text: String,
    pub sent_as: Option<Variation>,
    pub delivery: DeliveryStatus,
    pub status: Option<u16>,
    /// The cause of the refusal, where it was told with some confidence.
    pub cause: Option<Cause>,
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
        let mut names = std::iter::successors(next_name(&message.text), |(_, _, rest)| next_name(rest));
        if let Some((_, name, _)) = names.find(|(_, name, _)| !NAMES.iter().any(|(known, _)| known == name)) {
            // Nothing escapes braces in a pass file, which could not be read.
            let text = quoted(&one_line(&message.text));
            out.push_str(&format!("\n# Left out, for a pass takes {{{{{name}}}}} for a variable: {text}\n"));
            continue;
        }
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
        out.push_str(&format!("send = {}\nexpect = {}\n", sent(message), expected(message)));
    }
    out
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// The text as it was typed.
fn sent(message: &PlayedMessage) -> String {
    let Some(variation) = message.sent_as else { return quoted(&message.text) };
    let extra = variation.text("").len();
    // The file has the text without the variation's part: the variation adds it at each run.
    let typed = match variation {
        Variation::EmojiBidi => message.text.len().checked_sub(extra).and_then(|end| message.text.get(..end)),
        Variation::Oversize => Some(message.text.trim_end_matches('x')),
        _ => Some(message.text.as_str()),
    };
    let typed = typed.filter(|t| !t.trim().is_empty()).unwrap_or("a text");
    table([Some(("text", Value::from(typed))), Some(("as", Value::from(variation.name())))])
}

fn expected(message: &PlayedMessage) -> String {
    let outcome = match &message.delivery {
        DeliveryStatus::Refused(_) | DeliveryStatus::NotReceived => "refused",
        DeliveryStatus::Unknown(_) => "unknown",
        _ => "accepted",
    };
    let reply = message.reply.as_ref().filter(|r| outcome == "accepted" && !r.trim().is_empty());
    table([
        Some(("outcome", Value::from(outcome))),
        message.status.map(|status| ("status", Value::from(i64::from(status)))),
        message.cause.filter(|_| outcome == "refused").map(|cause| ("cause", Value::from(cause.name()))),
        reply.map(|reply| ("reply", Value::from(reply.as_str()))),
    ])
}

fn table<const N: usize>(fields: [Option<(&str, Value)>; N]) -> String {
    Value::Table(fields.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect()).to_string()
}
