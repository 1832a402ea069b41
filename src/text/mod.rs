//! Text from outside: read whatever its charset, measured and cleaned. Imports nothing of ours.

pub mod json;
pub mod screen;
