//! What happens at a defect of guestwire's own: a panic on whichever thread ends the program, since half a program that
//! goes on would lie.

use std::io::Write as _;
use std::panic;
use std::process::exit;

use super::exit::Exit;
use super::output;

/// Exit code of a program that panicked, as Rust's own.
const PANICKED: i32 = 101;

/// From now on a panic puts the terminal back, says what happened, and ends the process with 101. `leave_terminal`: see
/// [`super::front_ends::FrontEnds`].
pub fn end_the_program(leave_terminal: fn() -> bool) {
    panic::set_hook(Box::new(move |info| {
        let restored = if leave_terminal() { "The terminal is restored. " } else { "" };
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let text = info.payload().downcast_ref::<&str>().copied();
        let what = text.or_else(|| info.payload().downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
        tracing::error!(place, what, "panic");
        let _ = writeln!(
            std::io::stderr(),
            "guestwire met a defect of its own and stopped: {what} ({place}).\n\
             {restored}A message that was on its way may have been received: read the conversation before you send it \
             again. Please report this line."
        );
        exit(PANICKED);
    }));
}

/// Runs `work`, which panics where the system gives too little. A panic then says `sentence` and ends the process with 1.
pub fn said_as<T>(sentence: &'static str, work: impl FnOnce() -> T) -> T {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |_| {
        output::warn(sentence);
        exit(Exit::Refused.code().into());
    }));
    let done = work();
    panic::set_hook(before);
    done
}
