//! Tests of `session::log::heights`.

use crate::session::log::heights::Heights;

#[test]
fn agrees_with_a_plain_list_around_the_ring() {
    let (mut heights, mut shown) = (Heights::new(6), Heights::new(6));
    let mut plain: Vec<(u64, u32)> = Vec::new();
    let mut first = 1;
    for seq in 1..200_u64 {
        let rows = (seq * 7 % 5) as u32;
        heights.set(seq, rows);
        shown.set(seq, rows.min(1));
        plain.push((seq, rows));
        if plain.len() > 6 {
            let (old, _) = plain.remove(0);
            heights.set(old, 0);
            shown.set(old, 0);
            first = old + 1;
        }
        let flat: Vec<(u64, u32)> = plain.iter().flat_map(|&(s, n)| (0..n).map(move |l| (s, l))).collect();
        assert_eq!(heights.total(), flat.len());
        assert_eq!(shown.total(), plain.iter().filter(|p| p.1 > 0).count());
        for (seq, _) in &plain {
            let later = plain.iter().filter(|p| p.0 >= *seq && p.1 > 0).count();
            assert_eq!(shown.total() - shown.row_of(first, *seq), later, "from {seq} on");
        }
        for (row, at) in flat.iter().enumerate() {
            assert_eq!(heights.find(first, row), Some(*at), "row {row} at {seq}");
            assert_eq!(heights.row_of(first, at.0) + at.1 as usize, row);
        }
        assert_eq!(heights.find(first, flat.len()), None);
    }
}
