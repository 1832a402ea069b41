//! An exchange as it lies in the journal: a version byte, then its JSON, deflated. (Its form: [`crate::model::kept_form`].)
//! Only what was captured goes in, so it is redacted already. Times are the wall clock's, lengths of time are the
//! monotonic one's.

use std::cell::RefCell;
use std::io::Read as _;

use flate2::read::DeflateDecoder;
use flate2::{Compress, Compression, FlushCompress, Status};

use crate::model::{Exchange, ExchangeId, ExchangeStep};

/// The only form so far. Earlier versions left out what stands in columns too: what the exchange was for, and its line.
const FORM: u8 = 1;
/// No honest record unpacks to more, in bytes.
const MAX_UNPACKED: u64 = 64 << 20;

/// An exchange packed.
pub fn pack(exchange: &Exchange) -> Vec<u8> {
    // Plain data becomes JSON without fail.
    let json = serde_json::to_vec(exchange).unwrap_or_default();
    PACKER.with_borrow_mut(|packer| deflate(packer, &json))
}

thread_local! {
    /// Working memory of the packer (some 300 KB), kept: making it anew costs more than packing a record.
    static PACKER: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(1), false));
}

fn deflate(packer: &mut Compress, json: &[u8]) -> Vec<u8> {
    packer.reset();
    let mut out = Vec::with_capacity(json.len() / 2 + 64);
    out.push(FORM);
    loop {
        let read = usize::try_from(packer.total_in()).unwrap_or(usize::MAX);
        let left = json.get(read..).unwrap_or_default();
        match packer.compress_vec(left, &mut out, FlushCompress::Finish) {
            Ok(Status::Ok | Status::BufError) => out.reserve(out.capacity().max(64)),
            // An error would mean that the working memory is not sound; the record is then found damaged when read.
            Ok(Status::StreamEnd) | Err(_) => return out,
        }
    }
}

/// An exchange of that session unpacked, without what only columns know: conversation and message. `None` where the record
/// is damaged.
pub fn unpack(packed: &[u8], session: u32) -> Option<Exchange> {
    let (form, packed) = packed.split_first()?;
    if *form != FORM {
        return None;
    }
    let mut json = Vec::new();
    DeflateDecoder::new(packed).take(MAX_UNPACKED).read_to_end(&mut json).ok()?;
    let mut exchange: Exchange = serde_json::from_slice(&json).ok()?;
    // Ids are given anew in each session: the session makes them different from those of others.
    let of_session = |id: ExchangeId| ExchangeId(u64::from(session) << 32 | (id.0 & 0xffff_ffff));
    exchange.id = of_session(exchange.id);
    for step in &mut exchange.steps {
        if let ExchangeStep::Renewal { exchange, .. } = step {
            *exchange = of_session(*exchange);
        }
    }
    Some(exchange)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::time::Duration;

    use super::*;
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
        let packed = PACKER.with_borrow_mut(|packer| deflate(packer, json.as_bytes()));
        let exchange = unpack(&packed, 2).unwrap();
        assert_eq!(exchange.took, Some(Duration::from_micros(2_500)));
        let attempt = exchange.last_attempt().unwrap();
        let after = attempt.started.since(exchange.started);
        assert_eq!((after, attempt.status()), (Duration::from_micros(100), Some(200)));
        assert!(
            matches!(&exchange.steps[2], ExchangeStep::Renewal { exchange: ExchangeId(id), .. } if *id == 2 << 32 | 3)
        );
    }
}
