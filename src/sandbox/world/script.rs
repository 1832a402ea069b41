//! The counterpart: what a bot or a person answers. Pure: (script, stage, text) → turn.
//!
//! ```text
//! Bot ──"agent" / second message of a hand-over──► Agent
//!  └────────────────── "bye" ──────────────────────┴──► the conversation ends
//! ```

use super::content::OfferedContent;
use crate::sandbox::scenario::ScenarioScript;

/// How far the counterpart is: how many messages the bot has answered, and whether a person has taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScriptStage {
    answered: u32,
    pub(crate) person: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScriptedAct {
    /// Whoever is there says this, and offers something to answer with.
    Says(String, OfferedContent),
    Types,
    Joins,
    Ends,
}

const MENU: &[&str] = &["Open invoices", "Pay an invoice", "Talk to a person"];
const SHOW: &[&str] = &["A card", "Several cards", "A date", "A list"];
const YES_NO: &[&str] = &["Yes", "No"];

fn says(text: impl Into<String>) -> ScriptedAct {
    ScriptedAct::Says(text.into(), OfferedContent::Nothing)
}

fn offers(text: &str, choices: &[&str]) -> ScriptedAct {
    let choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
    ScriptedAct::Says(text.to_owned(), OfferedContent::QuickReplies(choices))
}

/// What follows `text`, and the stage after it. The caller handles [`ScenarioScript::Repeat`], which depends on no text.
pub(crate) fn answer(script: ScenarioScript, stage: ScriptStage, text: &str) -> (Vec<ScriptedAct>, ScriptStage) {
    let heard = text.trim().to_lowercase();
    let bot = match script {
        ScenarioScript::Repeat | ScenarioScript::Silent => return (Vec::new(), stage),
        ScenarioScript::Echo => says(format!("You said: {text}")),
        ScenarioScript::Handover => says("Thank you. What is it about? A colleague will read along."),
        ScenarioScript::Billing => billing(&heard),
        ScenarioScript::Offers => offering(&heard),
    };
    if matches!(heard.trim_end_matches(['.', '!', ' ']), "bye" | "goodbye" | "tschüss" | "ciao") {
        let word = if stage.person { "Thank you for writing. Take care!" } else { "Goodbye!" };
        return (vec![says(word), ScriptedAct::Ends], stage);
    }
    if stage.person {
        return (vec![agent(&heard)], stage);
    }
    let calls = |word: &str| ["agent", "human", "person"].contains(&word.trim_matches('.'));
    if heard.split_whitespace().any(calls) || (script == ScenarioScript::Handover && stage.answered >= 1) {
        let wait = says("One moment, I am passing you on to a colleague.");
        let hello = says("Hello, this is Robin. How can I help?");
        return (vec![wait, ScriptedAct::Joins, hello], ScriptStage { person: true, ..stage });
    }
    (vec![bot], ScriptStage { answered: stage.answered.saturating_add(1), ..stage })
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

fn agent(heard: &str) -> ScriptedAct {
    says(match heard {
        _ if heard.contains("thank") => "You are welcome. Is there anything else?",
        _ if heard.contains('?') => "Good question. Let me look that up for you.",
        _ => "I see. I have noted that on your account.",
    })
}

fn billing(heard: &str) -> ScriptedAct {
    match heard {
        _ if heard.contains("pay") => {
            offers("Invoice 2026-118 over 48.20 EUR is open. Pay it from the account ending in 88?", YES_NO)
        }
        _ if heard.contains("invoice") || heard.contains("bill") => {
            says("You have one open invoice: 2026-118, 48.20 EUR, due on 30 November.")
        }
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
    ScriptedAct::Says(String::new(), offer)
}
