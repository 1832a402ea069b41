//! Tests of `session::log::line`.

use crate::session::log::line::Columns;

#[test]
fn columns_go_in_the_order_that_was_promised() {
    let c = |width| Columns::new(width, 2, false);
    let wide = c(159);
    assert!(wide.ms && wide.kind && wide.time == 8);
    // Each step of narrowing takes one thing away, and nothing that went comes back.
    let seen: Vec<[bool; 5]> = (20..160)
        .rev()
        .map(|w| {
            let c = c(w);
            [c.ms, c.time == 8, c.kind, c.time != 0, c.id.is_some()]
        })
        .collect();
    for pair in seen.windows(2) {
        assert!(pair[0].iter().zip(&pair[1]).all(|(before, after)| before >= after), "{pair:?}");
    }
    for there in &seen {
        // The later in the list, the longer it stays.
        assert!(there.windows(2).all(|p| p[0] <= p[1]), "{there:?}");
    }
    assert!(seen.iter().any(|there| there.iter().filter(|t| **t).count() == 3));
    let narrow = c(29);
    assert!(narrow.id.is_some() && narrow.status && narrow.text >= 4, "{narrow:?}");
    for width in 0..200 {
        let c = c(width);
        assert!(width < 16 || c.fixed() + c.text <= width.max(c.fixed()), "{width}");
    }
}
