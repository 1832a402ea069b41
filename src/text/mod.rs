//! Text from outside: read whatever its charset, measured, cleaned and compared. Imports nothing of ours.

pub mod alike;
pub mod dates;
pub mod days;
pub mod fold;
pub mod json;
pub mod screen;
pub mod suggest;
pub mod typed;
