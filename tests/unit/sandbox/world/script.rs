//! Tests of `sandbox::world::script`.

use super::super::content::OfferedContent;
use super::super::script::{ScriptStage, ScriptedAct, answer};
use crate::sandbox::scenario::ScenarioScript;

#[test]
fn the_billing_bot_offers_choices_and_takes_them() {
    let (menu, stage) = answer(ScenarioScript::Billing, ScriptStage::default(), "hi");
    assert!(
        matches!(menu.as_slice(), [ScriptedAct::Says(_, OfferedContent::QuickReplies(choices))] if choices.len() == 3),
        "{menu:?}"
    );
    let (person, _) = answer(ScenarioScript::Billing, stage, "Talk to a person");
    assert!(person.contains(&ScriptedAct::Joins));
    assert!(matches!(&answer(ScenarioScript::Billing, stage, "Pay an invoice").0[..],
            [ScriptedAct::Says(_, OfferedContent::QuickReplies(choices))] if *choices == ["Yes", "No"]));
}

#[test]
fn silence_answers_nothing_not_even_a_farewell() {
    assert_eq!(answer(ScenarioScript::Silent, ScriptStage::default(), "bye").0, []);
}
