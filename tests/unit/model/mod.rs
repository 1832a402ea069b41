//! Tests of `model`, a file for each that is tested.

mod channel;
mod diagnosis;
mod exchange;
mod fault;
mod frame_codes;
mod mask;
mod message;
mod session;
mod variables;
mod variation;
