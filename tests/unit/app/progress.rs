//! Tests of `app::output`.

use super::*;

#[test]
fn the_bar_fills() {
    let line = |done, all| RunProgress { done, all, open: vec!["a/b".to_owned()] }.line();
    assert_eq!(line(0, 4), "[--------------------] 0 of 4  a/b");
    assert_eq!(line(1, 4), "[#####---------------] 1 of 4  a/b");
    assert_eq!(line(4, 4), "[####################] 4 of 4  a/b");
    assert_eq!(line(0, 0), "[####################] 0 of 0  a/b");
}
