//! The remote side's language: builds requests and reads answers. Pure: no I/O, no clock.
//!
//! ```text
//! what is wanted ─► oauth · tokens_me · guest_api · conversations ─► Call ─► (engine)
//! status, headers, body ─► oauth · errors · limits · conversations ─► facts in the model's words
//! ```

pub mod call;
pub mod conversations;
pub mod errors;
pub mod guest_api;
pub mod limits;
pub mod oauth;
pub mod tokens_me;
pub mod web_messaging;

pub use call::Call;
