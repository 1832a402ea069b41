//! Where the panes stand at each size.

use super::*;

const USUAL: Arrangement = Arrangement::new(Size::ZERO);

fn at(width: u16, height: u16, arrangement: Arrangement) -> Panes {
    panes(Arrangement { size: Size { width, height }, ..arrangement }, false, |_, _| 1)
}

#[test]
fn breakpoints() {
    let wide = at(200, 60, USUAL);
    assert!(wide.picker.is_some_and(|p| p.outer.width == 40) && !wide.picker_on_top);
    assert!(wide.thread.zip(wide.log).is_some_and(|(t, l)| t.outer.right() + 1 == l.outer.left()));
    for (width, list) in [(120, 30), (140, 36)] {
        let usual = at(width, 36, USUAL);
        assert!(usual.picker.is_some_and(|p| p.outer.width == list));
        assert!(usual.thread.zip(usual.log).is_some_and(|(t, l)| t.outer.bottom() + 1 == l.outer.top()));
    }
    let narrow = at(80, 24, Arrangement { focus: Pane::Log, ..USUAL });
    let heights = [narrow.thread, narrow.log].map(|p| p.map(|p| p.outer.height));
    assert_eq!(heights, [Some(8), Some(8)], "thread, log and composer are there together");
    let picking = at(80, 24, Arrangement { focus: Pane::Picker, ..USUAL });
    assert!(picking.picker_on_top && picking.picker.is_some_and(|p| p.outer.width == 30));
    assert!(at(60, 18, USUAL).log.is_some_and(|p| !p.ruled));
    assert!(at(40, 12, USUAL).composer.is_some());
    assert!(at(39, 12, USUAL).too_small && at(40, 11, USUAL).too_small);
}

#[test]
fn the_pass_takes_the_logs_place() {
    for (width, height) in [(200, 60), (120, 36), (80, 24), (40, 12)] {
        let pass = panes(Arrangement::new(Size { width, height }), true, |_, _| 1);
        assert_eq!(pass.pass, at(width, height, USUAL).log);
        assert!(pass.pass.is_some() && pass.log.is_none());
    }
}

#[test]
fn the_thread_takes_the_logs_place_where_there_is_no_room_for_both() {
    let over = Arrangement { thread_over: true, ..USUAL };
    assert!(at(60, 18, over).thread.is_some() && at(60, 18, over).log.is_none());
    assert!(at(120, 36, over).thread.is_some() && at(120, 36, over).log.is_some());
}

#[test]
fn panes_and_rules_never_overlap_and_stay_on_screen() {
    for width in 40..210 {
        for height in 12..64 {
            for composer in [1, 3, 40] {
                let panes = panes(Arrangement::new(Size { width, height }), false, |_, _| composer);
                let screen = Rect::new(0, 0, width, height);
                let rules = panes.rules;
                let row = |y| Rect { x: panes.main.x, y, width: panes.main.width, height: 1 };
                let rows = [rules.log, rules.composer].map(|y| y.map(row));
                let bottom = rules.bottom.map(|y| Rect { x: 0, width, ..row(y) });
                let areas: Vec<Rect> = [Some(panes.header), Some(panes.status), Some(panes.footer), bottom]
                    .into_iter()
                    .chain(rows)
                    .chain(
                        [panes.picker, panes.log, panes.thread, panes.pass, panes.composer].map(|p| p.map(|p| p.outer)),
                    )
                    .flatten()
                    .collect();
                for (i, a) in areas.iter().enumerate() {
                    assert_eq!(screen.intersection(*a), *a, "{width}x{height}");
                    for b in areas.iter().skip(i + 1) {
                        assert!(a.intersection(*b).is_empty(), "{width}x{height}: {a:?} {b:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_focused_pane_can_have_it_all() {
    let zoomed = at(120, 36, Arrangement { focus: Pane::Log, zoomed: true, ..USUAL });
    assert!(zoomed.picker.is_none() && zoomed.composer.is_none());
    assert_eq!(zoomed.log.map(|p| p.outer.height), Some(32));
}
