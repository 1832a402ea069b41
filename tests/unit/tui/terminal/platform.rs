//! Tests of `tui::terminal::platform`.

use super::*;

#[test]
fn windows_gets_utf_16_with_its_mark() {
    assert_eq!(utf16("ü"), [0xff, 0xfe, 0xfc, 0x00]);
}

#[tokio::test]
async fn a_helper_that_hangs_is_left_behind() {
    let begun = Instant::now();
    assert!(!helper(Command::new("sh").args(["-c", "cat >/dev/null; exec tail -f /dev/null"]), b"text").await);
    assert!(begun.elapsed() < CLIPBOARD * 10);
    assert!(helper(Command::new("sh").args(["-c", "cat >/dev/null"]), b"text").await);
}
