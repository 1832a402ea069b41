//! Tests of `engine::metrics`.

use crate::engine::driver::metrics::*;

#[test]
fn a_tag_cannot_break_out_of_its_place() {
    assert_eq!(clean("my profile|c,x#y\n"), "my_profile_c_x_y_");
    assert_eq!(clean("team:qa"), "team:qa");
}
