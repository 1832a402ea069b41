//! Masking 1 MiB of the worst that a server can say, on one core: under 20 ms each.
//!
//! `cargo bench --profile measure --bench redact`

use divan::Bencher;
use guestwire::engine::Redactor;
use guestwire::model::Generation;

const SIZE: usize = 1 << 20;

fn main() {
    divan::main();
}

fn filled(unit: &str) -> String {
    unit.repeat(SIZE / unit.len())
}

#[divan::bench(args = [
    "eyJ", "eyJhbGciOiJIUzI1NiJ9.", "%25", "%2525", "Authorization:", "Authorization: ", "token=%20", "\"token\":\"", "{\"a\":[",
    "password: a ", "Bearer a1b2c3d4e5f6a7b8 ", "&#38;", "\\u0041", "\\\"token\\\":", "://a:b@", "Cookie:", "ü",
    "{\"text\":\"Hello, how can I help you today?\",\"id\":\"5f0c91ce-3f6e-4a98-ab8b-941167ea8968\"},",
])]
fn worst(bencher: Bencher<'_, '_>, unit: &str) {
    let redactor = Redactor::new(&[])
        .with_secret(&"hU8+sh/Secret=42".into(), "client secret")
        .with_token(&"tok-3f9aK2c_81x0a9b8c7d6e5f4".into(), Generation(3));
    let text = filled(unit);
    bencher.bench(|| redactor.text(divan::black_box(&text)).len());
}
