//! The engine against a small raw server on real TCP that counts what it receives.

mod bounds;
mod capture;
mod errands;
mod histories;
mod http2;
mod open;
mod proxies;
mod reading;
mod secure;
mod send_log;
mod sending;
mod simulated;
mod simulated_open;
mod tokens;
mod webhooks;
