//! Tests of `sandbox::world::outgoing`.

use super::*;

#[test]
fn the_published_vector_is_signed_as_published() {
    let body = r#"{"id":"c327c2078ca056db130c55ce648d9fa2","type":"Text","text":"Hello World"}"#;
    assert_eq!(signature("DEADBEEF", body.as_bytes()), "sha256=aNSl2+Fvl7u4wKvHSZa+fxa5E98dVQsgGH7JyOOZ0s8=");
}
