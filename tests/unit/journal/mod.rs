//! Tests of `journal`, a file for each that is tested.

mod columns;
mod schema;
mod search_text;
mod work;
