//! `update` by itself: keys by name in, state and effects out. One behaviour a test, an area a file.

mod bindings;
mod conversations;
mod faults;
mod focus;
mod ids;
mod in_sight;
mod leaving;
mod live;
mod log_actions;
mod named_keys;
mod palette;
mod pass;
mod prefix;
mod present;
mod production;
mod prompts;
mod random;
mod reports;
mod restart;
mod sending;
mod sessions;
mod small;
mod status_line;
