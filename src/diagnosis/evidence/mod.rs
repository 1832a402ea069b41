//! What a diagnosis is made from: the request as it was written, the answer as it came, and what earlier exchanges showed.

pub mod answer;
pub mod deployments;
pub mod history;
pub mod request;
pub mod seen;
