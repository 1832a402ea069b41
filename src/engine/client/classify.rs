//! What an error of the HTTP library means: kind, phase, and the innermost cause in words.

use std::error::Error;

use crate::genesys::errors::one_line;
use crate::model::{FailureKind, Phase};

use super::trace::Marks;

/// What went wrong, before it is redacted.
#[derive(Debug)]
pub struct Fault {
    /// What.
    pub kind: FailureKind,
    /// How far the request had got.
    pub phase: Phase,
    /// The innermost cause, one line.
    pub detail: String,
    /// Whether a byte of the request may have left.
    pub wrote: bool,
}

impl Fault {
    /// The bound of `phase` was reached.
    pub fn late(phase: Phase, wrote: bool) -> Self {
        Self { kind: FailureKind::Timeout, phase, detail: timeout_words(phase), wrote }
    }
}

/// Sorts an error that came before a status line.
pub fn before_answer(error: &reqwest::Error, marks: Marks, wrote: bool) -> Fault {
    let chain = Chain::of(error);
    let (kind, phase) = if wrote {
        let kind = match () {
            () if error.is_timeout() => FailureKind::Timeout,
            () if chain.tls => FailureKind::Tls(crate::model::TlsFault::Other),
            () if chain.parse => FailureKind::Protocol,
            () => FailureKind::Reset,
        };
        (kind, Phase::Answer)
    } else if error.is_builder() {
        (FailureKind::Invalid, Phase::Resolve)
    } else if marks.unresolved || error.is_dns() {
        (FailureKind::Dns, Phase::Resolve)
    } else if error.is_timeout() {
        (FailureKind::Timeout, connecting_phase(marks))
    } else if chain.tls {
        (FailureKind::Tls(crate::model::TlsFault::Other), Phase::Tls)
    } else if error.is_connect() {
        (FailureKind::Connect, Phase::Connect)
    } else {
        // The connection closed before it took the request.
        (FailureKind::Reset, Phase::Write)
    };
    let detail = if kind == FailureKind::Timeout { timeout_words(phase) } else { chain.innermost };
    Fault { kind, phase, detail, wrote }
}

/// Sorts an error that came while the body was read.
pub fn in_body(error: &reqwest::Error) -> Fault {
    let chain = Chain::of(error);
    let kind = match () {
        () if error.is_timeout() => FailureKind::Timeout,
        () if chain.parse => FailureKind::Protocol,
        () => FailureKind::Reset,
    };
    Fault { kind, phase: Phase::Body, detail: chain.innermost, wrote: true }
}

/// Where a request stands that has no connection yet.
pub fn connecting_phase(marks: Marks) -> Phase {
    if marks.resolving && marks.resolve.is_none() { Phase::Resolve } else { Phase::Connect }
}

/// The words for a bound that was reached in `phase`.
pub fn timeout_words(phase: Phase) -> String {
    format!("timed out while {}", if phase == Phase::Resolve { "looking up the name" } else { phase.word() })
}

struct Chain {
    tls: bool,
    parse: bool,
    innermost: String,
}

impl Chain {
    fn of(error: &reqwest::Error) -> Self {
        let mut out = Self { tls: false, parse: false, innermost: String::new() };
        let mut next: Option<&(dyn Error + 'static)> = error.source();
        while let Some(current) = next {
            out.tls |= current.is::<rustls::Error>();
            if let Some(hyper) = current.downcast_ref::<hyper::Error>() {
                out.parse |= hyper.is_parse();
            }
            let mut source = current.source();
            if let Some(io) = current.downcast_ref::<std::io::Error>()
                && let Some(inner) = io.get_ref()
            {
                out.tls |= inner.is::<rustls::Error>();
                // An io::Error skips the error that it wraps when asked for its source.
                source = Some(inner);
            }
            out.innermost = one_line(&current.to_string());
            next = source;
        }
        if out.innermost.is_empty() {
            // reqwest puts the URL into its own text; the innermost cause never holds it.
            out.innermost.push_str("the request could not be made");
        }
        out
    }
}
