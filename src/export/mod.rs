//! What leaves guestwire as text for other tools. Pure: exchanges in, text out; secrets were taken out at capture.

mod curl;
mod har;

pub use curl::curl;
pub use har::{HarEntry, har};
