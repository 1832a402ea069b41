//! Tests of `tui` that need nothing private.

mod action;
mod chord;
#[path = "state/composer.rs"]
mod composer;
#[path = "state/demo.rs"]
mod demo;
#[path = "state/key_hints.rs"]
mod key_hints;
mod keymap;
#[path = "state/palette.rs"]
mod palette;
#[path = "state/token_badge.rs"]
mod token_badge;
