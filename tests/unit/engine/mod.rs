//! Units of the engine.

mod channel;
mod client {
    mod capture;
    mod proxy;
    mod tls;
    mod wire;
}
mod frames_in_flight;
mod guest_socket;
mod history;
mod metrics;
mod outcome;
mod queue;
mod token;
