//! Tests of `tui::action`.

use crate::tui::action::*;

#[test]
fn rows_stand_at_their_action() {
    for spec in ACTIONS {
        assert_eq!(spec.action.spec().name, spec.name);
        assert_eq!(Action::named(spec.name), Some(spec.action));
    }
}
