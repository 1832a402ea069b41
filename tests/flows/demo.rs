//! Showing it to others: recordings, demo mode and rehearsals on the real shell, engine and sandbox.

use std::path::{Path, PathBuf};

use crate::support::shell::{Hands, accepted, run_in};
use guestwire::sandbox::Scenario;
use serde_json::Value;

/// The only file of this kind in the exports of a data directory.
fn exported(data: &Path, extension: &str) -> PathBuf {
    let all = std::fs::read_dir(data.join("exports")).unwrap().map(|e| e.unwrap().path());
    let mut found: Vec<PathBuf> = all.filter(|p| p.extension().is_some_and(|e| e == extension)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// Plays a cast as a terminal would; the screen after each output, and the markers.
fn play(cast: &str) -> (Vec<String>, Vec<String>) {
    let mut lines = cast.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let head = lines.next().unwrap();
    let cells = |v: &Value| std::num::NonZeroU16::new(u16::try_from(v.as_u64().unwrap()).unwrap()).unwrap();
    let mut parser = vt100::Parser::new(cells(&head["height"]), cells(&head["width"]), 0);
    let (mut screens, mut markers, mut last) = (Vec::new(), Vec::new(), 0.0);
    for event in lines {
        let at = event[0].as_f64().unwrap();
        assert!(at >= last, "time goes on: {event}");
        last = at;
        let data = event[2].as_str().unwrap();
        match event[1].as_str().unwrap() {
            "o" => {
                parser.process(data.as_bytes());
                let rows = parser.screen().rows(0, parser.screen().size().1.get());
                screens.push(rows.map(|row| row.trim_end().to_owned() + "\n").collect());
            }
            "r" => {
                let (width, height) = data.split_once('x').unwrap();
                parser.screen_mut().set_size(height.parse().unwrap(), width.parse().unwrap());
            }
            "m" => markers.push(data.to_owned()),
            other => panic!("no such event: {other}"),
        }
    }
    assert!(!parser.screen().hide_cursor(), "the terminal has its cursor again");
    assert!(!parser.screen().bold() && parser.screen().fgcolor() == vt100::Color::Default);
    (screens, markers)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_plays_back_what_was_on_the_screen() {
    let data = tempfile::tempdir().unwrap();
    let seen = std::cell::RefCell::new(Vec::new());
    let frames = &seen;
    run_in(
        (120, 36),
        Scenario::builtin(),
        |p| p,
        data.path(),
        |mut hands: Hands| async move {
            hands.see("token ok").await;
            hands.until("the conversation was read", |f| f.contains("connected")).await;
            hands.keys("ctrl-p");
            hands.type_text("rec");
            hands.keys("enter");
            let begun = hands.see("REC").await;
            assert!(begun.contains("Recording into"), "{begun}");
            hands.type_text("on the record");
            hands.keys("enter");
            hands.until("accepted", |f| accepted(f, "on the record")).await;
            hands.resize(80, 24);
            // The screen in memory keeps its size; what is drawn on it is smaller.
            let small = hands.until("the smaller screen", |f| f.lines().skip(24).all(str::is_empty)).await;
            let small = small.lines().take(24).flat_map(|line| [line, "\n"]).collect::<String>();
            hands.resize(120, 36);
            hands.until("the larger screen", |f| f.lines().skip(24).any(|line| !line.is_empty())).await;
            hands.keys("ctrl-p");
            hands.type_text("rec");
            let before = hands.see("asciinema").await;
            hands.keys("enter");
            hands.see("Recorded in").await;
            hands.type_text("off the record");
            hands.keys("ctrl-c");
            frames.borrow_mut().extend([begun, small, before]);
            hands.keys("esc q");
        },
    )
    .await;
    let path = exported(data.path(), "cast");
    let cast = std::fs::read_to_string(&path).unwrap();
    let (screens, markers) = play(&cast);
    for frame in seen.borrow().iter() {
        assert!(screens.contains(frame), "a frame is missing:\n{frame}");
    }
    assert_eq!(markers, ["message to Billing bot"]);
    assert!(!cast.contains("off the record"));
    assert!(!screens.iter().any(|s| s.contains("Recorded in")), "nothing is recorded after its end");
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions()) & 0o777,
        0o600
    );
}
