//! An exchange as it lies in the journal: a version byte, then its JSON, deflated. (Its form: [`crate::model::kept_form`].)
//! Only what was captured goes in, so it is redacted already. Times are the wall clock's, lengths of time are the
//! monotonic one's.

use std::io::Read as _;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::model::{Exchange, ExchangeId, ExchangeStep};

/// The only form so far. Earlier versions left out what stands in columns too: what the exchange was for, and its line.
const FORM: u8 = 1;
/// No honest record unpacks to more, in bytes.
const MAX_UNPACKED: u64 = 64 << 20;

/// An exchange packed.
pub fn pack(exchange: &Exchange) -> Vec<u8> {
    let mut packer = DeflateEncoder::new(vec![FORM], Compression::fast());
    // Plain data becomes JSON without fail, and memory takes all that is written.
    let _ = serde_json::to_writer(&mut packer, exchange);
    packer.finish().unwrap_or_default()
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
#[path = "../../tests/unit/journal/exchange_codec.rs"]
mod tests;
