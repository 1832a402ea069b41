//! A try without a whole answer: what went wrong, with whom, and how far the request had got.

use super::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// How far a request got.
    #[derive(Serialize, Deserialize)]
    #[serde(from = "u8", into = "u8")]
    pub enum Phase: word {
        /// Finding the host's addresses.
        Resolve = "name look-up";
        /// Opening the TCP connection, and the tunnel through a proxy.
        Connect = "connecting";
        /// The TLS handshake.
        Tls = "TLS handshake";
        /// Writing the request; some of it may have left.
        Write = "writing the request";
        /// Waiting for the status line.
        Answer = "waiting for the answer";
        /// Reading the body.
        Body = "reading the body";
    }
}

/// What went wrong below HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub enum FailureKind {
    /// The name has no address.
    Dns,
    /// Nobody listens, or no way there.
    Connect,
    /// The certificate or the handshake was not accepted.
    Tls(TlsFault),
    /// A proxy on the way answered instead of leading to the host; its answer is the failure's `partial`.
    Proxy,
    /// It took longer than the bound of the phase.
    Timeout,
    /// The connection was closed or reset.
    Reset,
    /// The guest's session ended while a frame waited for its answer, and the socket was closed for that.
    SessionEnded,
    /// The server promises that it did not process the request: REFUSED_STREAM, or a GOAWAY below the request's stream.
    /// [RFC 9113 8.7]
    Unprocessed,
    /// What came is not HTTP, or is cut short.
    Protocol,
    /// The answer is larger than guestwire reads: its header, the number of its fields, or of the pieces of its body.
    TooLarge,
    /// Taken back by a person while under way.
    Cancelled,
    /// The request could not be built (a bad URL or header, a CA file that cannot be read).
    Invalid,
}

/// Why the TLS handshake came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFault {
    /// No authority that is trusted vouches for the certificate.
    UnknownIssuer,
    /// The certificate is that of an authority, which vouches for itself.
    SelfSigned,
    /// The certificate's time is over.
    Expired,
    /// The certificate's time has not come.
    NotYetValid,
    /// The certificate is for another host.
    WrongName,
    /// The server wants a certificate of the client.
    ClientCertificate,
    /// Anything else.
    Other,
}

/// With whom a try broke.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "PartyForm", into = "PartyForm")]
pub enum Party {
    /// The host of the URL.
    #[default]
    Host,
    /// A proxy on the way to it.
    Proxy(ProxyName),
    /// A file of `ca_files`, by its path: nobody was asked.
    CaFile(String),
}

/// A proxy, and who named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyName {
    /// Scheme, host and port, without user and password: `http://proxy.example:3128`.
    pub address: String,
    /// Who names it: the variable as it is spelled (`HTTPS_PROXY`), or `proxy` of the profile; none where the system's
    /// settings do.
    pub named_by: Option<String>,
}

impl std::fmt::Display for ProxyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.named_by {
            Some(named_by) => write!(f, "the proxy {} ({named_by})", self.address),
            None => write!(f, "the proxy {} (of the system's settings)", self.address),
        }
    }
}

/// One line: how far a try got, with whom it broke, and why.
pub fn line(kind: FailureKind, phase: Phase, party: &Party, detail: &str) -> String {
    let phase = phase.word();
    match party {
        Party::Host => format!("{phase}: {detail}"),
        Party::Proxy(proxy) if kind == FailureKind::Proxy => format!("{phase}: {proxy} {detail}"),
        Party::Proxy(proxy) => format!("{phase}: {proxy}: {detail}"),
        Party::CaFile(path) => format!("{phase}: the CA file {path}: {detail}"),
    }
}

/// With whom a try broke: address and variable of a proxy, or a CA file.
#[derive(Serialize, Deserialize)]
struct PartyForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proxy: Option<(String, Option<String>)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca_file: Option<String>,
}

impl From<Party> for PartyForm {
    fn from(party: Party) -> Self {
        match party {
            Party::Host => Self { proxy: None, ca_file: None },
            Party::Proxy(ProxyName { address, named_by }) => Self { proxy: Some((address, named_by)), ca_file: None },
            Party::CaFile(path) => Self { proxy: None, ca_file: Some(path) },
        }
    }
}

impl From<PartyForm> for Party {
    fn from(form: PartyForm) -> Self {
        match (form.proxy, form.ca_file) {
            (Some((address, named_by)), _) => Self::Proxy(ProxyName { address, named_by }),
            (None, Some(path)) => Self::CaFile(path),
            (None, None) => Self::Host,
        }
    }
}
