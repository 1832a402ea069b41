//! What leaves guestwire as text for other tools. Pure: exchanges in, text out; secrets were taken out at
//! capture, and what `[redact]` names is masked here.

pub(crate) mod cast;
pub(crate) mod escape;
mod exchange;
pub(crate) mod transcript;

pub use exchange::{HarEntry, curl, har};
