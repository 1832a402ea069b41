//! Tests of `sandbox` beside those of its world.

mod fault;
mod loopback;
mod rng;
mod scenario;
