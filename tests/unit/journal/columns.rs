//! Exchanges as they lie on disks.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::journal::columns::*;
use crate::model::{Exchange, ExchangeId, ExchangeStep};
use crate::model::{ExchangeKind, Outcome};

#[test]
fn what_is_packed_comes_back_whatever_its_size() {
    for size in [0, 1, 100, 5_000, 300_000] {
        let mut exchange = crate::fixtures::exchange(7, ExchangeKind::Send, Vec::new(), Outcome::Accepted);
        // Hard to pack, so that the result outgrows the first guess.
        let text: String =
            (0..size).map(|n: u32| char::from(b'!' + (n.wrapping_mul(2_654_435_761) >> 25) as u8 % 90)).collect();
        exchange.outcome = Outcome::Failed(text.into());
        assert_eq!(unpack(&pack(&exchange), 0), Some(exchange), "{size}");
    }
}

/// As it lies on disks, to the letter.
#[test]
fn the_form_on_disk_stays() {
    let json = r#"{"id":7,"kind":"SEND","what":"hello","began":1000000,"took":2500,"outcome":["unknown","no answer"],"steps":[
        {"try":{"number":1,"at":1000100,"generation":2,"token_age":5,"method":"POST","url":"https://x/","headers":[["a","b"]],
          "body":{"form":1,"text":"{}","total":2,"mime":"application/json"},
          "ending":{"failed":{"kind":3,"phase":4,"detail":"late","wrote":true,"partial":{"status":200,"version":"HTTP/1.1",
            "headers":[],"body":{"form":0,"total":9,"cut":true},"remote":null},"proxy":["p:1","HTTPS_PROXY"]}},
          "timing":[[1,2,null,4,5],true]}},
        {"wait":{"at":1000200,"until":1000300,"why":"429"}},
        {"renewal":{"exchange":3,"at":1000400,"generation":null,"took":6,"waiting":1}}],"sent_as":"no-token"}"#;
    let read: Exchange = serde_json::from_str(json).unwrap();
    let again: serde_json::Value = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    assert_eq!(again, serde_json::from_str::<serde_json::Value>(json).unwrap());
    // As earlier versions wrote it, without what stands in columns.
    let json = json.replace(r#""kind":"SEND","what":"hello","#, "");
    let mut packer = DeflateEncoder::new(vec![FORM], Compression::fast());
    packer.write_all(json.as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    let exchange = unpack(&packed, 2).unwrap();
    assert_eq!(exchange.took, Some(Duration::from_micros(2_500)));
    let attempt = exchange.last_attempt().unwrap();
    let after = attempt.started.since(exchange.started);
    assert_eq!((after, attempt.status()), (Duration::from_micros(100), Some(200)));
    assert!(matches!(&exchange.steps[2], ExchangeStep::Renewal { exchange: ExchangeId(id), .. } if *id == 2 << 32 | 3));
}
