//! Tests of the rules, and of what needs nothing private.

mod channels;
mod hypothesis;
mod rules;
mod attempt;
