//! Tests of `sandbox::rng`.

use crate::sandbox::rng::Rng;

#[test]
fn ids_have_the_forms_of_the_platform() {
    let mut dice = Rng::new(1, "forms");
    assert!(crate::model::ids::is_uuid(&dice.uuid()));
    let hex = dice.hex();
    assert!(hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()), "{hex}");
    assert_eq!(dice.opaque(86).len(), 86);
}

#[test]
fn between_reaches_both_ends_and_nothing_else() {
    let mut dice = Rng::new(3, "range");
    let drawn: std::collections::BTreeSet<u64> = (0..500).map(|_| dice.between(4, 7)).collect();
    assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [4, 5, 6, 7]);
    assert_eq!(dice.between(9, 9), 9);
}
