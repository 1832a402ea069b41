//! Tests of `plain::commands`.

use crate::plain::commands::COMMANDS;

#[test]
fn no_two_commands_share_a_name() {
    for (at, row) in COMMANDS.iter().enumerate() {
        assert_eq!(COMMANDS.iter().position(|r| r.name == row.name), Some(at), "{}", row.name);
    }
}
