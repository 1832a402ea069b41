//! The `guestwire` program.

fn main() {}
