//! The log from outside: rows, position, filter, copies, exports, cost.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod cost;
mod exports;
mod flow;
mod frames;
mod positions;
mod rows;
mod support;
