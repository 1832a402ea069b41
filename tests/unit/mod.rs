//! Tests that need nothing private of a room, or several rooms.

mod app;
mod clock;
mod export;
mod files;
mod front_ends;
mod fuzz;
mod model;
mod text;
