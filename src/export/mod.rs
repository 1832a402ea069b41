//! What leaves guestwire as text for other tools. Pure: exchanges in, text out; secrets were taken out at capture.

pub mod cast;
mod curl;
pub mod escape;
mod har;
pub mod transcript;

pub use curl::curl;
pub use har::{HarEntry, har};
