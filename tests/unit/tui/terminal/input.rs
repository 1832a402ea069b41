//! Which bursts of keys are pastes.

use super::*;

fn typed(text: &str) -> Vec<Event> {
    let key = |c| match c {
        '\n' => KeyCode::Enter,
        c => KeyCode::Char(c),
    };
    text.chars().map(|c| Event::Key(KeyEvent::new(key(c), KeyModifiers::NONE))).collect()
}

/// What reads that follow each other at once make of a text.
fn burst(term: &str, reads: &[&str]) -> Vec<Event> {
    let mut bursts = Bursts::new(term);
    let mut out = Vec::new();
    for read in reads {
        out.extend(bursts.take(typed(read), Instant::now()));
    }
    out.extend(bursts.end());
    out
}

#[test]
fn a_text_that_nobody_can_type_so_fast_is_a_paste() {
    let paste = |text: &str| vec![Event::Paste(text.to_owned())];
    let long = "quit the program now, delete everything";
    for (term, reads, wanted) in [
        ("xterm", &["one\ntwo\n"][..], paste("one\ntwo\n")),
        ("xterm", &["one\n", "two\nthree"], paste("one\ntwo\nthree")),
        ("xterm", &[long], paste(long)),
        // A line and its Enter, a few commands, a key that is held down: a person, or a script that types.
        ("xterm", &["hello\n"], typed("hello\n")),
        ("xterm", &["jjd"], typed("jjd")),
        ("xterm", &["a"], typed("a")),
        ("xterm", &["\n\n\n"], typed("\n\n\n")),
        ("screen", &["hello\n"], paste("hello\n")),
        ("screen.xterm-256color", &["qu", "it"], paste("quit")),
        ("linux", &["ab"], typed("ab")),
        ("vt220", &["jjjjjj"], typed("jjjjjj")),
    ] {
        assert_eq!(burst(term, reads), wanted, "{term} {reads:?}");
    }
}

#[test]
fn a_burst_with_a_key_that_is_no_text_stays_keys() {
    let mut events = typed("ab\nc");
    events.push(Event::Key(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE)));
    let mut bursts = Bursts::new("xterm");
    assert_eq!(bursts.take(events.clone(), Instant::now()), []);
    assert!(bursts.ends_at.is_some());
    assert_eq!(bursts.end(), events);
}
