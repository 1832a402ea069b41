//! The counterpart: what a bot or a person answers. Pure: (script, stage, text) → turn.
//!
//! ```text
//! Bot ──"agent" / second message of a hand-over──► Agent
//!  └────────────────── "bye" ──────────────────────┴──► the conversation ends
//! ```

use super::content::OfferedContent;
use crate::sandbox::scenario::ScenarioScript;

/// Who is on the other side now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ScriptStage {
    /// A bot; so many messages of the guest have been answered.
    Bot {
        answered: u32,
    },
    Agent,
    /// Nothing has been said yet.
    #[default]
    Fresh,
}

/// What happens in answer to a message, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScriptedAct {
    /// Whoever is there says something, and perhaps offers something to answer with.
    Says { text: String, offer: OfferedContent },
    /// The counterpart types: seen in channels that show it.
    Types,
    /// A person takes over.
    Joins,
    /// The conversation ends.
    Ends,
}

const MENU: &[&str] = &["Open invoices", "Pay an invoice", "Talk to a person"];
const SHOW: &[&str] = &["A card", "Several cards", "A date", "A list"];
const YES_NO: &[&str] = &["Yes", "No"];

fn says(text: impl Into<String>) -> ScriptedAct {
    ScriptedAct::Says { text: text.into(), offer: OfferedContent::Nothing }
}

fn offers(text: &str, choices: &[&str]) -> ScriptedAct {
    let choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
    ScriptedAct::Says { text: text.to_owned(), offer: OfferedContent::QuickReplies(choices) }
}

/// What follows `text`, and the stage after it. [`ScenarioScript::Repeat`] is not asked: it does
/// not depend on what is said.
pub(crate) fn answer(script: ScenarioScript, stage: ScriptStage, text: &str) -> (Vec<ScriptedAct>, ScriptStage) {
    let heard = text.trim().to_lowercase();
    let answered = match stage {
        ScriptStage::Bot { answered } => answered,
        ScriptStage::Agent | ScriptStage::Fresh => 0,
    };
    let next = ScriptStage::Bot { answered: answered.saturating_add(1) };
    if matches!(script, ScenarioScript::Silent | ScenarioScript::Repeat) {
        return (Vec::new(), next);
    }
    if is_farewell(&heard) {
        let word = if stage == ScriptStage::Agent { "Thank you for writing. Take care!" } else { "Goodbye!" };
        return (vec![says(word), ScriptedAct::Ends], stage);
    }
    if stage == ScriptStage::Agent {
        return (vec![agent(&heard)], ScriptStage::Agent);
    }
    if wants_person(&heard) || (script == ScenarioScript::Handover && answered >= 1) {
        let wait = says("One moment, I am passing you on to a colleague.");
        return (vec![wait, ScriptedAct::Joins, says("Hello, this is Robin. How can I help?")], ScriptStage::Agent);
    }
    let happening = match script {
        ScenarioScript::Echo => says(format!("You said: {text}")),
        ScenarioScript::Handover => says("Thank you. What is it about? A colleague will read along."),
        ScenarioScript::Billing => billing(&heard),
        ScenarioScript::Offers => offering(&heard),
        ScenarioScript::Repeat | ScenarioScript::Silent => return (Vec::new(), next),
    };
    (vec![happening], next)
}

/// What a guest hears who joins without a word.
pub(crate) fn greeting(script: ScenarioScript) -> Option<ScriptedAct> {
    match script {
        ScenarioScript::Echo => Some(says("Welcome. I say back what I hear.")),
        ScenarioScript::Billing => Some(offers("Welcome. I can help with these:", MENU)),
        ScenarioScript::Offers => Some(offering("")),
        ScenarioScript::Handover => Some(says("Welcome. What is it about?")),
        ScenarioScript::Repeat | ScenarioScript::Silent => None,
    }
}

fn is_farewell(heard: &str) -> bool {
    matches!(heard.trim_end_matches(['.', '!', ' ']), "bye" | "goodbye" | "tschüss" | "ciao")
}

fn wants_person(heard: &str) -> bool {
    ["agent", "human", "person"].iter().any(|word| heard.split_whitespace().any(|w| w.trim_matches('.') == *word))
}

fn agent(heard: &str) -> ScriptedAct {
    if heard.contains("thank") {
        return says("You are welcome. Is there anything else?");
    }
    if heard.contains('?') {
        return says("Good question. Let me look that up for you.");
    }
    says("I see. I have noted that on your account.")
}

fn billing(heard: &str) -> ScriptedAct {
    if heard.contains("pay") {
        return offers("Invoice 2026-118 over 48.20 EUR is open. Pay it from the account ending in 88?", YES_NO);
    }
    if heard.contains("invoice") || heard.contains("bill") {
        return says("You have one open invoice: 2026-118, 48.20 EUR, due on 30 November.");
    }
    match heard {
        "yes" => says("Done. You get a receipt by mail."),
        "no" => offers("Nothing was paid. What else can I do?", MENU),
        _ if heard.chars().any(|c| c.is_ascii_digit()) => offers("Thank you, I found your account. What now?", MENU),
        _ => offers("I can help with these:", MENU),
    }
}

/// A bot that shows each kind of offer that a client may have to answer.
fn offering(heard: &str) -> ScriptedAct {
    let offer = match heard {
        "a card" => OfferedContent::Cards(&[("Green tariff", "Wind and sun", &["Take green", "Tell me more"])]),
        "several cards" => OfferedContent::Cards(&[
            ("Green tariff", "Wind and sun", &["Take green"]),
            ("Basic tariff", "The cheapest", &["Take basic"]),
        ]),
        "a date" => OfferedContent::Times("When may the fitter come?", &[24, 26, 48]),
        "a list" => OfferedContent::Items(
            "Which meter is it?",
            "This meter",
            &[("meter-1", "Electricity"), ("meter-2", "Gas"), ("meter-3", "Water")],
        ),
        "" | "hi" | "hello" | "menu" => return offers("What shall I show?", SHOW),
        _ => return offers(&format!("Noted: {heard}. What else?"), SHOW),
    };
    ScriptedAct::Says { text: String::new(), offer }
}

#[cfg(test)]
#[path = "../../../tests/unit/sandbox/world/script.rs"]
mod tests;
