//! Tests of the rules, and of what needs nothing private.

mod attempt;
mod channels;
mod hypothesis;
mod rules;
