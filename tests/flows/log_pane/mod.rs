//! The log from outside: rows, position, filter, copies, exports, cost.

mod cost;
mod exports;
mod flow;
mod frames;
mod positions;
mod rows;
