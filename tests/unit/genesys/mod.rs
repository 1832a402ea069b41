//! Units of the remote side's language.

mod answerer;
mod call;
mod conversations;
mod deployments;
mod errors;
mod guest_api;
mod headers;
mod lookups;
mod oauth;
mod open_messaging;
mod ours;
mod theirs;
mod web_messaging;
mod webhook;
