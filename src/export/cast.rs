//! Recordings as asciinema cast files, version 2: a line of JSON about the whole, then one line an event.
//!
//! ```text
//! {"version":2,"width":120,"height":36,…}      what is being recorded
//! [0.000,"o","\u001b[2J…"]                     what the terminal was given
//! [3.120,"m","step 2: hello"]                  a marker: where a player can jump to
//! [4.700,"r","80x24"]                          the terminal changed its size
//! ```
//! The format: <https://docs.asciinema.org/manual/asciicast/v2/>.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

/// The first line.
pub fn header(width: u16, height: u16, began: Timestamp, title: &str) -> String {
    line(&json!({
        "version": 2,
        "width": width,
        "height": height,
        "timestamp": began.as_second(),
        "title": title,
        "env": { "TERM": "xterm-256color" },
    }))
}

/// What happened `at` so long after the beginning: `o`, what the terminal was given (whole sequences, whole
/// characters); `r`, its new size; `m`, a place to jump to.
pub fn event(at: Duration, kind: &str, data: &str) -> String {
    // Microseconds are what players can tell apart, and keep the lines short.
    let seconds = Duration::from_micros(u64::try_from(at.as_micros()).unwrap_or(u64::MAX)).as_secs_f64();
    line(&json!([seconds, kind, data]))
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}
